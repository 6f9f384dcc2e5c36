import { Drawer } from "../chat/drawer.js"

const narrow = matchMedia("not (min-width: 60rem)")
const root = document.documentElement

/**
 * What stands beside the conversation: a column that folds to a rail on a wide window, a drawer on a narrow one.
 * Orders: toggle(). Tells `sidebar:kept` (detail: "rail" or "open", how it is to be from now on).
 */
class ChatSidebar extends HTMLElement {
  #drawer

  connectedCallback() {
    this.#drawer = new Drawer(this, document.querySelector(".layout-main"), narrow)
    this.addEventListener("click", this)
    narrow.addEventListener("change", () => this.#describe())
    this.#describe()
  }

  handleEvent({ target }) {
    if (target.closest("[data-toggle]")) {
      this.toggle()
    }
  }

  /** Open or close the drawer, fold or unfold the column. */
  toggle() {
    if (narrow.matches) {
      this.#drawer.isOpen ? this.#drawer.close() : this.#drawer.open()
      return
    }
    root.dataset.sidebar = root.dataset.sidebar === "rail" ? "open" : "rail"
    this.#describe()
    this.dispatchEvent(new CustomEvent("sidebar:kept", { detail: root.dataset.sidebar, bubbles: true }))
  }

  #describe() {
    this.querySelector("[data-toggle]").ariaExpanded = String(narrow.matches || root.dataset.sidebar !== "rail")
  }
}

customElements.define("chat-sidebar", ChatSidebar)
