import { fire, listen, query } from "../lib/dom.js"

/**
 * Edits a message in place. Methods: open(text, draft).
 * Fires `editor:save` (detail: the text) and `editor:cancel` (detail: the text, or nothing if it is unchanged).
 */
export class MessageEditor extends HTMLElement {
  #original = ""

  /** @type {PageHandlers} */
  #handlers = {
    input: () => this.#show(),
    keydown: (event) => this.#onKeydown(event),
    submit: (event) => {
      event.preventDefault()
      if (this.#field.value.trim()) {
        fire(this, "editor:save", this.#field.value)
      }
    },
    click: ({ target }) => target.closest("[data-cancel]") && this.#cancel(),
  }

  connectedCallback() {
    listen(this, this.#handlers)
  }

  /**
   * Show a message's text, or the draft from the last time.
   * @param {string} text
   * @param {string} draft
   */
  open(text, draft) {
    const field = this.#field
    this.#original = text
    field.value = draft || text
    this.#show()
    field.focus({ preventScroll: true })
    field.setSelectionRange(field.value.length, field.value.length)
    this.scrollIntoView({ block: "nearest" })
  }

  #show() {
    query(this, "[data-mirror]").dataset.mirror = this.#field.value
    query(this, "button[data-save]").disabled = !this.#field.value.trim()
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    if (event.isComposing) {
      return
    }
    if (event.key === "Escape") {
      event.stopPropagation() // or it would stop an answer
      this.#cancel()
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      query(this, "form").requestSubmit()
    }
  }

  #cancel() {
    const text = this.#field.value
    fire(this, "editor:cancel", text === this.#original ? "" : text)
  }

  get #field() {
    return query(this, "textarea")
  }
}

customElements.define("message-editor", MessageEditor)
