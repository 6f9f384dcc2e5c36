import { query } from "../lib/dom.js"
import { durationText } from "../lib/formats.js"

const TICK_MS = 1000

/** How long a service asks to wait: `data-left-s` counts down. The reader may retry before. */
class RetryWait extends HTMLElement {
  #timer = 0
  #until = 0

  connectedCallback() {
    const left = Number(this.dataset.leftS)
    this.hidden = !(left > 0)
    if (!this.hidden) {
      this.#until = performance.now() + left * 1000
      this.#timer = setInterval(() => this.#show(), TICK_MS)
      this.#show()
    }
  }

  disconnectedCallback() {
    clearInterval(this.#timer)
  }

  #show() {
    const left = Math.max(0, Math.round((this.#until - performance.now()) / 1000))
    this.dataset.leftS = String(left)
    query(this, "[data-left]").textContent = durationText(left, document.documentElement.lang)
    this.toggleAttribute("data-over", left === 0)
    if (left === 0) {
      clearInterval(this.#timer)
    }
  }
}

customElements.define("retry-wait", RetryWait)
