import { copy } from "../lib/clipboard.js"

/** A secret that is shown this once, with a button that copies it. */
class OnceShown extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button")
    button.hidden = false
    button.addEventListener("click", () => this.#copy(button))
  }

  async #copy(button) {
    await copy(Promise.resolve(this.querySelector("[data-secret]").textContent))
    button.toggleAttribute("data-done", true)
    const status = this.querySelector("[data-copied]")
    status.textContent = status.dataset.copied
  }
}

customElements.define("once-shown", OnceShown)
