import { errorText } from "../chat/error-texts.js"
import { listen, query } from "../lib/dom.js"
import { Problem, rethrowBugs } from "../lib/problem.js"

const SHOWN_MS = 10_000

/**
 * Shows for a while what was just done, with a button that undoes it. Methods: show(sentence, {undo}),
 * showError(error).
 */
export class ChatToast extends HTMLElement {
  /** @type {(() => void) | undefined} */
  #undo
  #timer = 0

  connectedCallback() {
    const wait = () => clearTimeout(this.#timer) // while the reader may be about to press the button
    const count = () => this.#startTimer()
    listen(this, {
      click: ({ target }) => {
        if (target.closest("[data-undo]")) {
          this.#hide()
          this.#undo?.()
        }
      },
      pointerenter: wait,
      focusin: wait,
      pointerleave: count,
      focusout: count,
    })
  }

  /**
   * @param {string | undefined} sentence
   * @param {{undo?: () => void}} [options] undo: runs on the button; without it there is none
   */
  show(sentence, { undo } = {}) {
    this.#undo = undo
    this.#part("sentence").textContent = sentence ?? ""
    this.#part("undo").hidden = !undo
    this.#part("card").hidden = false
    this.#moveToTop()
    this.#startTimer()
  }

  /** Show why something failed; a bug is thrown again. @param {unknown} error */
  showError(error) {
    rethrowBugs(error)
    this.show(error instanceof Problem ? errorText(error) : this.dataset.unreachable)
  }

  /**
   * Be above an open popover. The toast is always rendered: a screen reader ignores what was hidden when it changed.
   */
  #moveToTop() {
    if (document.querySelector(":popover-open")) {
      this.hidePopover()
      this.showPopover()
    }
  }

  #startTimer() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#hide(), SHOWN_MS)
  }

  #hide() {
    clearTimeout(this.#timer)
    this.hidePopover()
    this.#part("card").hidden = true
    this.#part("sentence").textContent = ""
  }

  /** @param {string} name */
  #part(name) {
    return query(this, `[data-${name}]`)
  }
}

customElements.define("chat-toast", ChatToast)
