import { query } from "../lib/dom.js"
import { rethrowBugs } from "../lib/problem.js"

/** The settings over the chat. Methods: open(api). Its content is that of the settings page, loaded each time. */
export class SettingsDialog extends HTMLElement {
  /** Return whether the settings could be loaded. @param {Page["api"]} api */
  async open(api) {
    const dialog = query(this, "dialog")
    if (dialog.open) {
      return true
    }
    const part = await api.page(this.dataset.source ?? "").catch(rethrowBugs)
    if (part && !dialog.open) {
      query(this, "[data-content]").replaceChildren(...part.body.children)
      dialog.showModal()
    }
    return Boolean(part)
  }
}

customElements.define("settings-dialog", SettingsDialog)
