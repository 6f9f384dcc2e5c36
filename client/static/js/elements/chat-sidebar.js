import { Drawer } from "../chat/drawer.js"
import { fire, listen, query } from "../lib/dom.js"

const narrow = matchMedia("not (min-width: 60rem)")
const root = document.documentElement

/**
 * The sidebar: a column that folds to a rail on a wide window, a drawer on a narrow one.
 * Methods: toggle(). Fires `sidebar:change` (detail: "rail" or "open", the new setting).
 */
export class ChatSidebar extends HTMLElement {
  /** @type {Drawer} */
  #drawer

  connectedCallback() {
    this.#drawer = new Drawer(this, query(document, ".layout-main"), narrow)
    listen(this, { click: ({ target }) => target.closest("[data-toggle]") && this.toggle() })
    narrow.addEventListener("change", () => this.#describe())
    this.#describe()
  }

  /** Open or close the drawer, fold or unfold the column. */
  toggle() {
    if (narrow.matches) {
      this.#drawer.isOpen ? this.#drawer.close() : this.#drawer.open()
      return
    }
    root.dataset.sidebar = root.dataset.sidebar === "rail" ? "open" : "rail"
    this.#describe()
    fire(this, "sidebar:change", root.dataset.sidebar)
  }

  #describe() {
    query(this, "[data-toggle]").ariaExpanded = String(narrow.matches || root.dataset.sidebar !== "rail")
  }
}

customElements.define("chat-sidebar", ChatSidebar)
