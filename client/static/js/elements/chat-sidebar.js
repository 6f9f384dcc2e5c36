import { unlessBug } from "../problem.js"

const GATHER_MS = 100

/** The list of conversations. Orders: refresh(api, currentId). */
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
    const fresh = await api.page(`${this.dataset.source}?current=${encodeURIComponent(currentId)}`).catch(unlessBug)
    if (!fresh) {
      return // the list stays as it is until the next news
    }
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.id : null
    this.#list.replaceChildren(...fresh.body.children)
    if (focused) {
      this.#list.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus()
    }
  }
}

customElements.define("chat-sidebar", ChatSidebar)
