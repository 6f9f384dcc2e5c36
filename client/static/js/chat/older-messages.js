import { keepInPlace } from "../lib/keep-scroll.js"
import { unlessBug } from "../lib/problem.js"

const AHEAD = "1200px 0px 0px" // some windows before somebody gets there

/** The messages before those on the page: fetched as soon as somebody comes near. */
export class Earlier {
  #api
  #thread
  #onLoaded
  #loading
  #near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.load(), { rootMargin: AHEAD })

  /** @param {(count: number) => void} onLoaded told how many messages came */
  constructor(api, thread, onLoaded) {
    this.#api = api
    this.#thread = thread
    this.#onLoaded = onLoaded
    new MutationObserver(() => this.#watch()).observe(thread, { childList: true })
    this.#watch()
  }

  /** Put the messages before those on the page, of which none moves. Without a connection there are none. */
  load() {
    this.#loading ??= this.#load()
      .catch(unlessBug)
      .finally(() => (this.#loading = undefined))
    return this.#loading
  }

  async #load() {
    const link = this.#thread.earlier
    const page = await this.#api.page(link.dataset.earlier)
    if (link !== this.#thread.earlier) {
      return // another branch is shown by now
    }
    const messages = Array.from(page.querySelectorAll("chat-message"))
    layOutOnce(messages)
    keepInPlace(this.#firstInView(), () => link.replaceWith(...page.querySelectorAll("[data-earlier]"), ...messages))
    this.#onLoaded(messages.length)
  }

  #firstInView() {
    return this.#thread.messages.find((message) => message.getBoundingClientRect().bottom > 0)
  }

  #watch() {
    this.#near.disconnect()
    if (this.#thread.earlier) {
      this.#near.observe(this.#thread.earlier)
    }
  }
}

/** Have messages laid out at once, or they would grow, and push others, when they come near. */
function layOutOnce(messages) {
  messages.forEach((message) => message.toggleAttribute("data-fresh", true))
  requestAnimationFrame(() =>
    requestAnimationFrame(() => messages.forEach((message) => message.removeAttribute("data-fresh"))),
  )
}
