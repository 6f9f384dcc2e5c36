import { query } from "./dom.js"

const MARK = "● "

/** Puts a mark before the document's title until the page is visible, also if the title changes meanwhile. */
export class UnreadTitle {
  #isShown = false

  constructor() {
    new MutationObserver(() => this.#apply()).observe(query(document, "title"), { childList: true })
    document.addEventListener("visibilitychange", () => document.hidden || this.#hide())
  }

  show() {
    this.#isShown = true
    this.#apply()
  }

  #apply() {
    if (this.#isShown && !document.title.startsWith(MARK)) {
      document.title = MARK + document.title
    }
  }

  #hide() {
    this.#isShown = false
    document.title = document.title.replace(MARK, "")
  }
}
