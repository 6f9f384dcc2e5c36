/**
 * What can be done with one conversation of the list: one menu for all, open for the row whose button was pressed.
 * Tells `conversation:act` (detail: {act, row}) and `conversation:close`.
 */
class ConversationMenu extends HTMLElement {
  #row

  connectedCallback() {
    document.addEventListener("click", this, true) // before the button opens the menu
    this.addEventListener("click", ({ target }) => this.#choose(target.closest("[data-act]")))
    this.addEventListener("beforetoggle", ({ newState }) => this.#row?.toggleAttribute("data-open", newState === "open"))
    this.addEventListener("toggle", ({ newState }) => newState === "closed" && this.#tell("close"))
  }

  handleEvent({ target }) {
    const row = target.closest?.("[data-more]")?.closest("[data-row]")
    if (!row) {
      return
    }
    if (row !== this.#row) {
      this.hidePopover() // so that the press opens it here instead of closing it there
    }
    this.#row = row
    this.querySelector("[data-export]").href = `${this.dataset.address}${encodeURIComponent(row.dataset.row)}/markdown`
    this.#offer("pin", !("pinned" in row.dataset))
    this.#offer("unpin", "pinned" in row.dataset)
    this.#offer("archive", !("archived" in row.dataset))
    this.#offer("restore", "archived" in row.dataset)
  }

  #offer(act, is) {
    this.querySelector(`[data-act=${act}]`).hidden = !is
  }

  #choose(item) {
    if (item) {
      this.#tell("act", { act: item.dataset.act, row: this.#row })
    }
  }

  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(`conversation:${what}`, { detail, bubbles: true }))
  }
}

customElements.define("conversation-menu", ConversationMenu)
