import { unlessBug } from "../problem.js"

const GATHER_MS = 100

/**
 * The list of conversations. Orders: refresh(api, currentId).
 * Tells `sidebar:title` (detail: the title of the conversation that is open) after each.
 */
class ChatSidebar extends HTMLElement {
  #list
  #timer

  connectedCallback() {
    this.#list = this.querySelector("[data-list]")
  }

  /** Show the list as the server has it now; several orders in one moment are one. */
  refresh(api, currentId) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#load(api, currentId), GATHER_MS)
  }

  async #load(api, currentId) {
    const timer = this.#timer
    const fresh = await api.page(`${this.dataset.source}?current=${encodeURIComponent(currentId)}`).catch(unlessBug)
    if (!fresh || timer !== this.#timer) {
      return // offline, so the list stays as it is; or a later order is on its way
    }
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.id : ""
    this.#list.replaceChildren(...fresh.body.children)
    this.#entry(focused)?.focus()
    const title = this.#entry(currentId)?.querySelector("[data-title]").textContent
    if (title) {
      this.dispatchEvent(new CustomEvent("sidebar:title", { detail: title, bubbles: true }))
    }
  }

  #entry(id) {
    return this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`)
  }
}

customElements.define("chat-sidebar", ChatSidebar)
