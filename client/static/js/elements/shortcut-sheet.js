import { keyNames, SHORTCUTS } from "../chat/shortcuts.js"
import { query } from "../lib/dom.js"
import { keyboard } from "../lib/platform.js"

/** The list of shortcuts, each key named as on the reader's keyboard. Methods: open(). */
export class ShortcutSheet extends HTMLElement {
  connectedCallback() {
    for (const { action, keys } of SHORTCUTS) {
      const row = query(this, `[data-action-name="${action}"] [data-keys]`)
      row.replaceChildren(...keyNames(keys, keyboard, this.dataset).map(keycap))
    }
    document.addEventListener("click", this)
  }

  disconnectedCallback() {
    document.removeEventListener("click", this)
  }

  /** The buttons that open it may be anywhere, and may come later. @param {Event} event */
  handleEvent({ target }) {
    if (target instanceof Element && target.closest("[data-open-shortcuts]")) {
      this.open()
    }
  }

  open() {
    query(this, "dialog").showModal()
  }
}

/** @param {string} name */
function keycap(name) {
  const key = document.createElement("kbd")
  key.className = "shortcuts-key"
  key.textContent = name
  return key
}

customElements.define("shortcut-sheet", ShortcutSheet)
