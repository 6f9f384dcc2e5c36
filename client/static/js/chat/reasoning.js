import { format } from "../lib/formats.js"

/** What a model thinks before it answers, folded away, and for how long it did. */
export class Reasoning {
  #fold
  #since

  /** @param {HTMLDetailsElement} fold */
  constructor(fold) {
    this.#fold = fold
  }

  /** Show more of it. */
  append(text) {
    this.#since ??= performance.now()
    this.#fold.hidden = false
    this.#fold.toggleAttribute("data-live", true)
    this.#part("reasoning-text").append(text)
  }

  /** Take out what is there. */
  clear() {
    this.#part("reasoning-text").textContent = ""
  }

  /** The model has thought enough, as far as this page saw it. */
  stop() {
    if (this.#since !== undefined) {
      this.took((performance.now() - this.#since) / 1000)
      this.#since = undefined
    }
    this.#fold.removeAttribute("data-live")
  }

  /** Tell how long it was. */
  took(seconds) {
    this.#part("thought").hidden = true
    this.#part("thought-for").hidden = false
    this.#part("seconds").dataset.seconds = Math.max(1, Math.round(seconds))
    format(this.#fold)
  }

  #part(name) {
    return this.#fold.querySelector(`[data-${name}]`)
  }
}
