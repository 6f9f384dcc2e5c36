const MARK = "● "

/** A mark in front of a document's title, until somebody looks. Whoever changes the title meanwhile needs not know. */
export class TitleMark {
  #document
  #isShown = false

  constructor(document) {
    this.#document = document
    new MutationObserver(() => this.#keep()).observe(document.querySelector("title"), { childList: true })
    document.addEventListener("visibilitychange", () => document.hidden || this.#hide())
  }

  show() {
    this.#isShown = true
    this.#keep()
  }

  #keep() {
    const { title } = this.#document
    if (this.#isShown && !title.startsWith(MARK)) {
      this.#document.title = MARK + title
    }
  }

  #hide() {
    this.#isShown = false
    this.#document.title = this.#document.title.replace(MARK, "")
  }
}
