import { copyText } from "../lib/clipboard.js"
import { query } from "../lib/dom.js"
import { formatElements } from "../lib/formats.js"

/** A secret that is shown only once, with a button that copies it. */
class SecretOnce extends HTMLElement {
  connectedCallback() {
    const button = query(this, "button")
    button.hidden = false
    button.addEventListener("click", () => this.#copy(button))
  }

  /** @param {HTMLButtonElement} button */
  async #copy(button) {
    await copyText(Promise.resolve(query(this, "[data-secret]").textContent))
    button.toggleAttribute("data-done", true)
    const status = query(this, "[data-copied]")
    status.textContent = status.dataset.copied ?? ""
  }
}

customElements.define("secret-once", SecretOnce)
formatElements(document)
