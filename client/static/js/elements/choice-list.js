import { fromTemplate } from "../lib/templates.js"

const PAGE = 60 // so many are shown at once; the rest when somebody comes near
const NEAR_PX = 600

/**
 * A list of choices for a field that keeps the focus (a listbox). Tells `choice:active`, `choice:pick`, and
 * `choice:aside` for a click on what has `data-aside`; the detail is the choice. `field` is the field.
 * Orders: show(choices, rowOf, at), move(step), pick().
 */
class ChoiceList extends HTMLElement {
  field
  #choices = []
  #rowOf
  #shown = 0
  #at = -1

  connectedCallback() {
    this.addEventListener("scroll", () => this.#showNear(), { passive: true })
    this.addEventListener("mousedown", (event) => event.preventDefault()) // the field keeps the focus
    this.addEventListener("click", ({ target }) => this.#click(target))
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
   * @param {{group?: string, disabled?: boolean}[]} choices those of a group in a row
   * @param {(choice: object) => HTMLElement} rowOf makes the option of a choice
   * @param {number} at which is active; -1 is none
   */
  show(choices, rowOf, at) {
    this.#choices = choices
    this.#rowOf = rowOf
    this.#shown = 0
    this.#at = -1
    this.replaceChildren()
    this.#showTo(PAGE)
    this.#activate(at)
  }

  /** Go some choices down, or up; from the first one up is nowhere. */
  move(step) {
    this.#activate(Math.max(0, Math.min(this.#at + step, this.#choices.length - 1)))
  }

  /** Take the active choice, unless it cannot be taken. */
  pick() {
    if (this.active && !this.active.disabled) {
      this.#tell("pick")
    }
  }

  #click(target) {
    const row = target.closest("[role=option]")
    if (row) {
      this.#activate(Number(row.dataset.index))
      target.closest("[data-aside]") ? this.#tell("aside") : this.pick()
    }
  }

  #activate(at) {
    this.#row(this.#at)?.removeAttribute("data-active")
    this.#at = at
    this.#showTo(at + 1)
    const row = this.#row(at)
    row?.toggleAttribute("data-active", true)
    row && this.#reveal(row, at)
    row ? this.field.setAttribute("aria-activedescendant", row.id) : this.field.removeAttribute("aria-activedescendant")
    this.#tell("active")
  }

  /** Scroll the list, and not the page behind it, which scrollIntoView takes along. */
  #reveal(row, at) {
    const list = this.getBoundingClientRect()
    const { top, bottom } = row.getBoundingClientRect()
    const above = at === 0 ? -this.scrollTop : Math.min(0, top - list.top) // with the first one comes its group's name
    this.scrollTop += above || Math.max(0, bottom - list.bottom)
  }

  #tell(what) {
    this.dispatchEvent(new CustomEvent(`choice:${what}`, { detail: this.active, bubbles: true }))
  }

  #showNear() {
    if (this.scrollTop + this.clientHeight > this.scrollHeight - NEAR_PX) {
      this.#showTo(this.#shown + PAGE)
    }
  }

  #showTo(end) {
    while (this.#shown < Math.min(end, this.#choices.length)) {
      const choice = this.#choices[this.#shown]
      const isNew = this.#shown === 0 || this.#choices[this.#shown - 1].group !== choice.group
      const place = isNew ? this.#group(choice.group) : this.lastElementChild
      place.append(this.#dress(this.#rowOf(choice), choice))
      this.#shown += 1
    }
  }

  #dress(row, choice) {
    row.id = `${this.id}-${this.#shown}`
    row.dataset.index = this.#shown
    row.ariaPosInSet = this.#shown + 1
    row.ariaSetSize = this.#choices.length
    row.ariaDisabled = choice.disabled ? "true" : null
    return row
  }

  #group(name = "") {
    const group = fromTemplate("choices")
    group.ariaLabel = name || null
    group.firstElementChild.textContent = name
    group.firstElementChild.hidden = !name
    this.append(group)
    return group
  }

  #row(at) {
    return this.querySelector(`[data-index="${at}"]`)
  }
}

customElements.define("choice-list", ChoiceList)
