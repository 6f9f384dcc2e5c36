import { durationText } from "../lib/duration.js"

const TICK_MS = 1000

/** How long a service wants to be left alone: `data-left-s` counts down. It keeps nobody from trying. */
class RetryWait extends HTMLElement {
  #timer
  #until

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
    this.dataset.leftS = left
    this.querySelector("[data-left]").textContent = durationText(left, document.documentElement.lang)
    this.toggleAttribute("data-over", left === 0)
    if (left === 0) {
      clearInterval(this.#timer)
    }
  }
}

customElements.define("retry-wait", RetryWait)
