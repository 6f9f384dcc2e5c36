import { keyboard } from "../lib/platform.js"
import { keyNames, SHORTCUTS } from "../chat/shortcuts.js"

/** The list of keys, each called as the keyboard in front of the reader calls it. Orders: open(). */
class ShortcutSheet extends HTMLElement {
  connectedCallback() {
    for (const { action, keys } of SHORTCUTS) {
      const row = this.querySelector(`[data-action-name="${action}"] [data-keys]`)
      row.replaceChildren(...keyNames(keys, keyboard, this.dataset).map(keycap))
    }
    document.addEventListener("click", this)
  }

  disconnectedCallback() {
    document.removeEventListener("click", this)
  }

  /** Buttons that lead here may be anywhere, and come later. */
  handleEvent({ target }) {
    if (target.closest("[data-open-shortcuts]")) {
      this.open()
    }
  }

  open() {
    this.querySelector("dialog").showModal()
  }
}

function keycap(name) {
  const key = document.createElement("kbd")
  key.className = "shortcuts-key"
  key.textContent = name
  return key
}

customElements.define("shortcut-sheet", ShortcutSheet)
