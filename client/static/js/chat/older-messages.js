import { keepScroll } from "../lib/keep-scroll.js"
import { rethrowBugs } from "../lib/problem.js"

const AHEAD = "1200px 0px 0px" // a window or more before the reader gets there

/** Loads the messages before those on the page when the reader scrolls near them. */
export class OlderMessages {
  #api
  #thread
  #onLoaded
  /** @type {Promise<void> | undefined} */
  #loading
  #near = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && this.load(), { rootMargin: AHEAD })

  /**
   * @param {import("../lib/api.js").Api} api
   * @param {ChatThread} thread
   * @param {(count: number) => void} onLoaded
   */
  constructor(api, thread, onLoaded) {
    this.#api = api
    this.#thread = thread
    this.#onLoaded = onLoaded
    new MutationObserver(() => this.#observe()).observe(thread, { childList: true })
    this.#observe()
  }

  /** Insert the messages before those on the page, which stay in place. Offline, nothing changes. */
  load() {
    this.#loading ??= this.#load()
      .catch(rethrowBugs)
      .finally(() => (this.#loading = undefined))
    return this.#loading
  }

  async #load() {
    const link = this.#thread.olderLink
    const page = link && (await this.#api.page(link.dataset.olderMessages ?? ""))
    if (!page || link !== this.#thread.olderLink) {
      return // the thread shows another branch now
    }
    const messages = Array.from(page.querySelectorAll("chat-message"))
    layOutAtOnce(messages)
    const replace = () => link.replaceWith(...page.querySelectorAll("[data-older-messages]"), ...messages)
    keepScroll(this.#firstInView() ?? this.#thread, replace)
    this.#onLoaded(messages.length)
  }

  #firstInView() {
    return this.#thread.messages.find((message) => message.getBoundingClientRect().bottom > 0)
  }

  #observe() {
    this.#near.disconnect()
    if (this.#thread.olderLink) {
      this.#near.observe(this.#thread.olderLink)
    }
  }
}

/** Otherwise messages grow, and push others, as they come into view. @param {HTMLElement[]} messages */
function layOutAtOnce(messages) {
  messages.forEach((message) => message.toggleAttribute("data-fresh", true))
  requestAnimationFrame(() =>
    requestAnimationFrame(() => messages.forEach((message) => message.removeAttribute("data-fresh"))),
  )
}
