import { unlessBug } from "../lib/problem.js"

/** The settings over the chat. Orders: open(api). Its content is the settings page's own, fetched each time. */
class SettingsDialog extends HTMLElement {
  /** Resolve to whether the settings could be had. */
  async open(api) {
    const dialog = this.querySelector("dialog")
    if (dialog.open) {
      return true
    }
    const part = await api.page(this.dataset.source).catch(unlessBug)
    if (part && !dialog.open) {
      this.querySelector("[data-content]").replaceChildren(...part.body.children)
      dialog.showModal()
    }
    return Boolean(part)
  }
}

customElements.define("settings-dialog", SettingsDialog)
