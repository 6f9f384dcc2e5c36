import { wishAt, without } from "../chat/completion.js"
import { pluralText } from "../lib/plural.js"
import { isComposed } from "../lib/send-key.js"

const STEPS = { ArrowDown: 1, ArrowUp: -1 }

/**
 * Offers what `/` and `@` stand for while somebody writes in the field before it. `sources` has for each sign a
 * function from the query to the choices (perhaps a promise): `{choices, rowOf}` as `choice-list` takes them, each
 * choice with `run`, which is called when it is taken.
 */
class CompletionMenu extends HTMLElement {
  sources = {}
  #field
  #list
  #wish
  #dismissed

  connectedCallback() {
    const form = this.closest("form")
    this.#field = form.querySelector("textarea")
    this.#list = this.querySelector("choice-list")
    this.#list.field = this.#field
    form.addEventListener("keydown", this, true) // before the form's own meaning of the keys
    this.#field.addEventListener("input", () => this.#look())
    this.#field.addEventListener("selectionchange", () => this.#isElsewhere && this.#look())
    this.#field.addEventListener("blur", () => this.#close())
    form.addEventListener("submit", () => this.#close())
    this.addEventListener("choice:pick", ({ detail: choice }) => this.#take(choice))
  }

  /** While it is open, some keys are its own. */
  handleEvent(event) {
    const acts = { Enter: () => this.#list.pick(), Tab: () => this.#list.pick(), Escape: () => this.#dismiss() }
    const act = event.key in STEPS ? () => this.#list.move(STEPS[event.key]) : acts[event.key]
    const hasModifier = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
    if (act && !this.hidden && !hasModifier && !isComposed(event)) {
      event.preventDefault()
      event.stopPropagation()
      act()
    }
  }

  async #look() {
    const wish = this.#wishNow
    this.#wish = wish
    if (wish?.start !== this.#dismissed) {
      this.#dismissed = undefined
    }
    const offer = wish && this.#dismissed === undefined && (await this.sources[wish.sign](wish.query))
    if (wish === this.#wish) {
      offer && offer.choices.length ? this.#open(offer) : this.#close()
    }
  }

  #open({ choices, rowOf }) {
    this.hidden = false
    this.#field.setAttribute("aria-autocomplete", "list")
    this.#field.setAttribute("aria-controls", this.#list.id)
    this.#list.show(choices, rowOf, choices.findIndex(({ disabled }) => !disabled))
    this.#part("count").textContent = pluralText(this.#part("count").dataset.count, choices.length)
  }

  #close() {
    this.hidden = true
    for (const name of ["autocomplete", "controls", "activedescendant"]) {
      this.#field.removeAttribute(`aria-${name}`)
    }
    this.#part("count").textContent = ""
  }

  /** Stay away for as long as the same sign is meant. */
  #dismiss() {
    this.#dismissed = this.#wish.start
    this.#close()
  }

  #take(choice) {
    const { text, caret } = without(this.#field.value, this.#wish)
    this.#field.value = text
    this.#field.setSelectionRange(caret, caret)
    this.#close()
    this.#field.dispatchEvent(new Event("input", { bubbles: true }))
    choice.run()
  }

  get #wishNow() {
    return wishAt(this.#field.value, this.#field.selectionEnd)
  }

  get #isElsewhere() {
    return this.#wishNow?.end !== this.#wish?.end
  }

  #part(name) {
    return this.querySelector(`[data-${name}]`)
  }
}

customElements.define("completion-menu", CompletionMenu)
