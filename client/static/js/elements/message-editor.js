/**
 * Where a message is changed in its own place. Orders: open(text, draft).
 * Tells `editor:save` (detail: the text) and `editor:cancel` (detail: the text, or nothing if it is as it was).
 */
class MessageEditor extends HTMLElement {
  #field
  #original

  connectedCallback() {
    for (const type of ["input", "keydown", "submit", "click"]) {
      this.addEventListener(type, this)
    }
  }

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  /** Show a message's text, or what somebody made of it the last time. */
  open(text, draft) {
    this.#field = this.querySelector("textarea")
    this.#original = text
    this.#field.value = draft || text
    this.oninput()
    this.#field.focus({ preventScroll: true })
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length)
    this.scrollIntoView({ block: "nearest" })
  }

  oninput() {
    this.querySelector("[data-mirror]").dataset.mirror = this.#field.value
    this.querySelector("[data-save]").disabled = !this.#field.value.trim()
  }

  onkeydown(event) {
    if (event.isComposing) {
      return
    }
    if (event.key === "Escape") {
      event.stopPropagation() // it would stop an answer
      this.#cancel()
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      this.querySelector("form").requestSubmit()
    }
  }

  onsubmit(event) {
    event.preventDefault()
    if (this.#field.value.trim()) {
      this.#tell("save", this.#field.value)
    }
  }

  onclick({ target }) {
    if (target.closest("[data-cancel]")) {
      this.#cancel()
    }
  }

  #cancel() {
    const text = this.#field.value
    this.#tell("cancel", text === this.#original ? "" : text)
  }

  #tell(what, text) {
    this.dispatchEvent(new CustomEvent(`editor:${what}`, { detail: text, bubbles: true }))
  }
}

customElements.define("message-editor", MessageEditor)
