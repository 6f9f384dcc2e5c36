import { fire, listen, query } from "../lib/dom.js"

/**
 * The menu of a conversation in the list: one for all, opened by the row's button.
 * Fires `conversation:act` ({act, id}) and `conversation:close`.
 */
class ConversationMenu extends HTMLElement {
  /** @type {HTMLElement | undefined} */
  #row

  connectedCallback() {
    document.addEventListener("click", this, true) // before the button opens the menu
    listen(this, {
      click: ({ target }) => this.#choose(target.closest("[data-act]")),
      beforetoggle: ({ newState }) => this.#row?.toggleAttribute("data-open", newState === "open"),
      toggle: ({ newState }) => newState === "closed" && fire(this, "conversation:close"),
    })
  }

  /** @param {Event} event */
  handleEvent({ target }) {
    const row = target instanceof Element && target.closest("[data-more]")?.closest("[data-row]")
    if (!row) {
      return
    }
    if (row !== this.#row) {
      this.hidePopover() // so that the click opens it here instead of closing it there
    }
    this.#row = row
    query(this, "a[data-export]").href = `${this.dataset.address}${encodeURIComponent(this.#id)}/markdown`
    this.#offer("pin", !("pinned" in row.dataset))
    this.#offer("unpin", "pinned" in row.dataset)
    this.#offer("archive", !("archived" in row.dataset))
    this.#offer("restore", "archived" in row.dataset)
  }

  get #id() {
    return this.#row?.dataset.row ?? ""
  }

  /**
   * @param {string} act
   * @param {boolean} is
   */
  #offer(act, is) {
    query(this, `[data-act=${act}]`).hidden = !is
  }

  /** @param {HTMLElement | null} item */
  #choose(item) {
    if (item) {
      fire(this, "conversation:act", { act: item.dataset.act ?? "", id: this.#id })
    }
  }
}

customElements.define("conversation-menu", ConversationMenu)
