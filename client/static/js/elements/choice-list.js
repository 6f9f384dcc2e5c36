import { cloneTemplate, fire, listen, query } from "../lib/dom.js"

const PAGE = 60 // rendered at once; the rest follows as the reader scrolls
const NEAR_PX = 600

/**
 * A listbox for a field that keeps the focus. Fires `choice:active`, `choice:pick`, and `choice:aside` for a click on
 * `[data-aside]`; the detail is the choice. `field` is the field. Methods: show(choices, at), move(step), pick().
 */
export class ChoiceList extends HTMLElement {
  /** @type {HTMLElement} */
  field
  /** @type {Choice[]} */
  #choices = []
  #shown = 0
  #at = -1

  connectedCallback() {
    this.addEventListener("scroll", () => this.#showNear(), { passive: true })
    listen(this, {
      mousedown: (event) => event.preventDefault(), // the field keeps the focus
      click: ({ target }) => this.#click(target),
    })
  }

  /** The active choice, or undefined. */
  get active() {
    return this.#choices[this.#at]
  }

  /** Its option. */
  get activeRow() {
    return this.#row(this.#at)
  }

  /**
   * @param {Choice[]} choices in the order of their groups
   * @param {number} at the active one; -1 is none
   */
  show(choices, at) {
    this.#choices = choices
    this.#shown = 0
    this.#at = -1
    this.replaceChildren()
    this.#showTo(PAGE)
    this.#activate(at)
  }

  /** Move down some choices, or up, but not beyond the first or last. @param {number} step */
  move(step) {
    this.#activate(Math.max(0, Math.min(this.#at + step, this.#choices.length - 1)))
  }

  /** Pick the active choice, unless it is disabled. */
  pick() {
    if (this.active && !this.active.disabled) {
      fire(this, "choice:pick", this.active)
    }
  }

  /** @param {HTMLElement} target */
  #click(target) {
    const row = target.closest("[role=option]")
    if (row) {
      this.#activate(Number(row.dataset.index))
      target.closest("[data-aside]") ? fire(this, "choice:aside", this.active) : this.pick()
    }
  }

  /** @param {number} at */
  #activate(at) {
    this.#row(this.#at)?.removeAttribute("data-active")
    this.#at = at
    this.#showTo(at + 1)
    const row = this.#row(at)
    row?.toggleAttribute("data-active", true)
    row && this.#scrollTo(row, at)
    row ? this.field.setAttribute("aria-activedescendant", row.id) : this.field.removeAttribute("aria-activedescendant")
    fire(this, "choice:active", this.active)
  }

  /**
   * Scroll the list only: scrollIntoView would also scroll the page.
   * @param {HTMLElement} row
   * @param {number} at
   */
  #scrollTo(row, at) {
    const list = this.getBoundingClientRect()
    const { top, bottom } = row.getBoundingClientRect()
    const above = at === 0 ? -this.scrollTop : Math.min(0, top - list.top) // the first one shows its group's name, too
    this.scrollTop += above || Math.max(0, bottom - list.bottom)
  }

  #showNear() {
    if (this.scrollTop + this.clientHeight > this.scrollHeight - NEAR_PX) {
      this.#showTo(this.#shown + PAGE)
    }
  }

  /** @param {number} end */
  #showTo(end) {
    while (this.#shown < Math.min(end, this.#choices.length)) {
      const choice = this.#choices[this.#shown]
      const isNew = this.#shown === 0 || this.#choices[this.#shown - 1].group !== choice.group
      const group = isNew ? this.#addGroup(choice.group) : this.lastElementChild
      group?.append(this.#option(choice))
      this.#shown += 1
    }
  }

  /** @param {Choice} choice */
  #option(choice) {
    const row = choice.row()
    row.id = `${this.id}-${this.#shown}`
    row.dataset.index = String(this.#shown)
    row.ariaPosInSet = String(this.#shown + 1)
    row.ariaSetSize = String(this.#choices.length)
    row.ariaDisabled = choice.disabled ? "true" : null
    return row
  }

  #addGroup(name = "") {
    const group = cloneTemplate("choices")
    const heading = query(group, ".choices-name")
    group.ariaLabel = name || null
    heading.textContent = name
    heading.hidden = !name
    this.append(group)
    return group
  }

  /** @param {number} at */
  #row(at) {
    return this.querySelector(`[data-index="${at}"]`)
  }
}

customElements.define("choice-list", ChoiceList)
