import { fire, listen, query } from "../lib/dom.js"
import { isPlainClick } from "../lib/plain-click.js"
import { pluralText } from "../lib/plural.js"
import { RangeSelection } from "../lib/range-selection.js"

/**
 * Selects several conversations of a list and acts on them. Shift+click begins, or begin(id); a plain click adds.
 * Fires `selection:act` ({act, ids}).
 */
export class ChatSelection extends HTMLElement {
  #selection = new RangeSelection()

  connectedCallback() {
    this.addEventListener("click", ({ target }) => this.#press(/** @type {Element} */ (target).closest("button")))
    listen(this.#list, {
      click: (event) => this.#click(event),
      keydown: (event) => this.#onKeydown(event),
      "list:changed": () => {
        this.#selection.retain(this.#list.ids)
        this.#show()
      },
    })
    document.addEventListener("keydown", (event) => this.#endByKey(event))
  }

  /** Select a first conversation. @param {string} id */
  begin(id) {
    this.#selection.clear()
    this.#toggle(id)
    this.#list.row(id)?.querySelector("[data-check]")?.focus()
  }

  get #isOn() {
    return this.#selection.size > 0
  }

  get #list() {
    return /** @type {ChatList} */ (document.getElementById(this.dataset.of ?? ""))
  }

  /** @param {On<MouseEvent>} event */
  #click(event) {
    const id = event.target.closest("[data-row]")?.dataset.row
    const isCheck = event.target.matches("[data-check]")
    const isLink = event.target.closest("[data-link]")
    const extends_ = event.shiftKey && !(event.ctrlKey || event.metaKey)
    if (id && (isCheck || (isLink && (extends_ || (this.#isOn && (isPlainClick(event) || event.ctrlKey || event.metaKey)))))) {
      isLink && event.preventDefault()
      extends_ ? this.#selection.extend(id, this.#list.ids) : this.#selection.toggle(id)
      this.#show()
    }
  }

  /** @param {On<KeyboardEvent>} event */
  #onKeydown(event) {
    const id = event.target.closest("[data-row]")?.dataset.row
    if (id && event.key === " " && this.#isOn && event.target.matches("[data-link]")) {
      event.preventDefault()
      this.#toggle(id)
    }
  }

  /** @param {string} id */
  #toggle(id) {
    this.#selection.toggle(id)
    this.#show()
  }

  /** @param {HTMLButtonElement | null} button */
  #press(button) {
    if (button) {
      const ids = this.#selection.inOrder(this.#list.ids)
      const act = /** @type {RemovalAct | undefined} */ (button.dataset.act)
      this.#end()
      act && fire(this, "selection:act", { act, ids })
    }
  }

  /** @param {KeyboardEvent} event */
  #endByKey(event) {
    if (event.key === "Escape" && this.#isOn && !document.querySelector("dialog:modal, [role=menu]:popover-open")) {
      event.stopImmediatePropagation() // or it would also stop an answer, or close the drawer
      this.#end()
    }
  }

  #end() {
    const { anchor } = this.#selection
    this.#selection.clear()
    this.#show()
    this.#list.row(anchor)?.querySelector("[data-link]")?.focus({ preventScroll: true })
  }

  #show() {
    this.hidden = !this.#isOn
    this.#list.toggleAttribute("data-selecting", this.#isOn)
    this.#list.rows.forEach((row) => (query(row, "input[data-check]").checked = this.#selection.has(row.dataset.row ?? "")))
    query(this, "[data-many]").textContent = pluralText(this.dataset.forms, this.#selection.size)
    const isArchive = this.#list.view === "archived"
    query(this, "[data-act=archive]").hidden = isArchive
    query(this, "[data-act=restore]").hidden = !isArchive
  }
}

customElements.define("chat-selection", ChatSelection)
