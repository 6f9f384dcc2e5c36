import { completionAt, removeQuery } from "../chat/completion.js"
import { listen, query } from "../lib/dom.js"
import { pluralText } from "../lib/plural.js"
import { isComposing } from "../lib/send-key.js"

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 }

/**
 * Offers completions for `/` and `@` while the reader types. `sources` has for each sign a function from the query to
 * the choices; `run` of a choice is called when it is picked.
 */
export class CompletionMenu extends HTMLElement {
  /** @type {Record<string, (query: string) => Promise<Choice[]>>} */
  sources = {}
  /** @type {import("../chat/completion.js").CompletionQuery | undefined} */
  #query
  /** @type {number | undefined} */
  #dismissed

  connectedCallback() {
    const form = /** @type {HTMLFormElement} */ (this.closest("form"))
    this.#list.field = this.#field
    form.addEventListener("keydown", (event) => this.#onKeydown(event), true) // before the form's own handling
    listen(this.#field, {
      input: () => this.#update(),
      selectionchange: () => this.#hasMoved && this.#update(),
      blur: () => this.#close(),
    })
    listen(form, { submit: () => this.#close() })
    listen(this, { "choice:pick": ({ detail: choice }) => this.#pick(choice) })
  }

  /** While the menu is open, it handles some keys. @param {KeyboardEvent} event */
  #onKeydown(event) {
    const { key } = event
    const isOurs = key in STEPS || key === "Enter" || key === "Tab" || key === "Escape"
    const hasModifier = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
    if (!isOurs || this.hidden || hasModifier || isComposing(event)) {
      return
    }
    event.preventDefault()
    event.stopPropagation()
    if (key in STEPS) {
      this.#list.move(STEPS[key])
    } else {
      key === "Escape" ? this.#dismiss() : this.#list.pick()
    }
  }

  async #update() {
    const query = this.#queryNow
    this.#query = query
    if (query?.start !== this.#dismissed) {
      this.#dismissed = undefined
    }
    const choices = query && this.#dismissed === undefined ? await this.sources[query.sign](query.query) : []
    if (query === this.#query) {
      choices.length ? this.#open(choices) : this.#close()
    }
  }

  /** @param {Choice[]} choices */
  #open(choices) {
    const count = query(this, "[data-count]")
    this.hidden = false
    this.#field.setAttribute("aria-autocomplete", "list")
    this.#field.setAttribute("aria-controls", this.#list.id)
    this.#list.show(choices, choices.findIndex(({ disabled }) => !disabled))
    count.textContent = pluralText(count.dataset.count, choices.length)
  }

  #close() {
    this.hidden = true
    for (const name of ["autocomplete", "controls", "activedescendant"]) {
      this.#field.removeAttribute(`aria-${name}`)
    }
    query(this, "[data-count]").textContent = ""
  }

  /** Stay closed for this sign. */
  #dismiss() {
    this.#dismissed = this.#query?.start
    this.#close()
  }

  /** @param {Choice} choice */
  #pick(choice) {
    if (!this.#query) {
      return
    }
    const { text, caret } = removeQuery(this.#field.value, this.#query)
    this.#field.value = text
    this.#field.setSelectionRange(caret, caret)
    this.#close()
    this.#field.dispatchEvent(new Event("input", { bubbles: true }))
    choice.run?.()
  }

  get #field() {
    return query(/** @type {HTMLFormElement} */ (this.closest("form")), "textarea")
  }

  get #list() {
    return query(this, "choice-list")
  }

  get #queryNow() {
    return completionAt(this.#field.value, this.#field.selectionEnd)
  }

  get #hasMoved() {
    return this.#queryNow?.end !== this.#query?.end
  }
}

customElements.define("completion-menu", CompletionMenu)
