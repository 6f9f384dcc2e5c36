import { causeOf } from "../chat/error-texts.js"
import { Problem, unlessBug } from "../lib/problem.js"

const SHOWN_MS = 10_000

/** Says what was just done, for a while, and takes it back if asked. Orders: show(sentence, {undo}), fail(error). */
class ChatToast extends HTMLElement {
  #undo
  #timer

  connectedCallback() {
    for (const type of ["click", "pointerenter", "pointerleave", "focusin", "focusout"]) {
      this.addEventListener(type, this)
    }
  }

  /**
   * @param {string} sentence
   * @param {{undo?: () => void}} [options] undo: what the button does; without it there is none
   */
  show(sentence, { undo } = {}) {
    this.#undo = undo
    this.querySelector("[data-sentence]").textContent = sentence
    this.querySelector("[data-undo]").hidden = !undo
    this.querySelector("[data-card]").hidden = false
    this.#rise()
    this.#count()
  }

  /** Say why something could not be done; what is no failure but a bug is thrown on. */
  fail(error) {
    unlessBug(error)
    this.show(error instanceof Problem ? causeOf(error) : this.dataset.unreachable)
  }

  /** Count only while nobody is about to press the button. */
  handleEvent({ type, target }) {
    if (type === "click" && target.closest("[data-undo]")) {
      this.#hide()
      this.#undo()
    } else if (type === "pointerenter" || type === "focusin") {
      clearTimeout(this.#timer)
    } else if (type !== "click") {
      this.#count()
    }
  }

  /** Be above what is open above the page: it is always rendered, as what is hidden is not heard when it speaks. */
  #rise() {
    if (document.querySelector(":popover-open")) {
      this.hidePopover()
      this.showPopover()
    }
  }

  #count() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#hide(), SHOWN_MS)
  }

  #hide() {
    clearTimeout(this.#timer)
    this.hidePopover()
    this.querySelector("[data-card]").hidden = true
    this.querySelector("[data-sentence]").textContent = ""
  }
}

customElements.define("chat-toast", ChatToast)
