import { isVisible, whenVisible } from "./visibility.js"

const EVERY_MS = 10_000

/** Polls at an interval while the page is visible. */
export class Polling {
  #poll
  /** @type {number | undefined} */
  #timer

  /** @param {() => void} poll */
  constructor(poll) {
    this.#poll = poll
  }

  start() {
    this.#timer ??= setInterval(() => this.#tick(), EVERY_MS)
  }

  stop() {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** A hidden page polls once when it is visible again. */
  async #tick() {
    if (isVisible()) {
      this.#poll()
      return
    }
    this.stop()
    await whenVisible()
    this.#poll()
    this.start()
  }
}
