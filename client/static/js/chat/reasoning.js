import { query } from "../lib/dom.js"
import { formatElements } from "../lib/formats.js"

/** A model's reasoning before it answers, folded, and how long it took. */
export class Reasoning {
  #fold
  /** @type {number | undefined} */
  #since

  /** @param {HTMLElement} fold */
  constructor(fold) {
    this.#fold = fold
  }

  /** @param {string} text */
  append(text) {
    this.#since ??= performance.now()
    this.#fold.hidden = false
    this.#fold.toggleAttribute("data-live", true)
    this.#part("reasoning-text").append(text)
  }

  clear() {
    this.#part("reasoning-text").textContent = ""
  }

  /** The reasoning has ended; show how long this page saw it last. */
  stop() {
    if (this.#since !== undefined) {
      this.showDuration((performance.now() - this.#since) / 1000)
      this.#since = undefined
    }
    this.#fold.removeAttribute("data-live")
  }

  /** @param {number} seconds */
  showDuration(seconds) {
    this.#part("thought").hidden = true
    this.#part("thought-for").hidden = false
    this.#part("seconds").dataset.seconds = String(Math.max(1, Math.round(seconds)))
    formatElements(this.#fold)
  }

  /** @param {string} name */
  #part(name) {
    return query(this.#fold, `[data-${name}]`)
  }
}
