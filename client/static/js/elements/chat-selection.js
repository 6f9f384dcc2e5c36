import { isPlain } from "../lib/plain-click.js"
import { pluralText } from "../lib/plural.js"
import { Selection } from "../lib/selection.js"

/**
 * What can be done with several conversations of a list at once. Shift+click begins, or begin(id); a click goes on.
 * Tells `selection:act` (detail: {act, ids}).
 */
class ChatSelection extends HTMLElement {
  #list
  #selection = new Selection()

  connectedCallback() {
    this.#list = document.getElementById(this.dataset.of)
    this.addEventListener("click", ({ target }) => this.#press(target.closest("button")))
    for (const type of ["click", "keydown", "list:changed"]) {
      this.#list.addEventListener(type, this)
    }
    document.addEventListener("keydown", (event) => this.#leaveBy(event))
  }

  handleEvent(event) {
    const row = event.target.closest("[data-row]")?.dataset.row
    if (event.type === "list:changed") {
      this.#selection.keep(this.#order)
      this.#show()
    } else if (row && event.type === "click") {
      this.#click(row, event)
    } else if (row && event.key === " " && this.#isOn && event.target.matches("[data-link]")) {
      event.preventDefault()
      this.#toggle(row)
    }
  }

  /** Select a first one. */
  begin(id) {
    this.#selection.clear()
    this.#toggle(id)
    this.#list.row(id).querySelector("[data-check]").focus()
  }

  get #isOn() {
    return this.#selection.size > 0
  }

  get #order() {
    return this.#list.rows.map((row) => row.dataset.row)
  }

  #click(row, event) {
    const isCheck = event.target.matches("[data-check]")
    const isLink = event.target.closest("[data-link]")
    const extends_ = event.shiftKey && !(event.ctrlKey || event.metaKey)
    if (isCheck || (isLink && (extends_ || (this.#isOn && (isPlain(event) || event.ctrlKey || event.metaKey))))) {
      isLink && event.preventDefault()
      extends_ ? this.#selection.extend(row, this.#order) : this.#selection.toggle(row)
      this.#show()
    }
  }

  #toggle(id) {
    this.#selection.toggle(id)
    this.#show()
  }

  #press(button) {
    if (button) {
      const detail = { act: button.dataset.act, ids: this.#selection.inOrder(this.#order) }
      this.#clear()
      detail.act && this.dispatchEvent(new CustomEvent("selection:act", { detail, bubbles: true }))
    }
  }

  #leaveBy(event) {
    if (event.key === "Escape" && this.#isOn && !document.querySelector("dialog:modal, [role=menu]:popover-open")) {
      event.stopImmediatePropagation() // it stops no answer, and closes no drawer
      this.#clear()
    }
  }

  #clear() {
    const { anchor } = this.#selection
    this.#selection.clear()
    this.#show()
    this.#list.row(anchor)?.querySelector("[data-link]").focus({ preventScroll: true })
  }

  #show() {
    this.hidden = !this.#isOn
    this.#list.toggleAttribute("data-selecting", this.#isOn)
    this.#list.rows.forEach((row) => (row.querySelector("[data-check]").checked = this.#selection.has(row.dataset.row)))
    this.querySelector("[data-many]").textContent = pluralText(this.dataset.forms, this.#selection.size)
    const isArchive = this.#list.view === "archived"
    this.querySelector("[data-act=archive]").hidden = isArchive
    this.querySelector("[data-act=restore]").hidden = !isArchive
  }
}

customElements.define("chat-selection", ChatSelection)
