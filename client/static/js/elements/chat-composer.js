import { drafts } from "../drafts.js"

const isTouch = matchMedia("(pointer: coarse)").matches

/**
 * Where one writes. Tells `chat:send` (detail: the text) and `chat:stop`.
 * Orders: open(conversationId), fill(text), accepted(conversationId), refused(text, sentence), running = true or false.
 */
class ChatComposer extends HTMLElement {
  #text
  #send
  #stop
  #mirror
  #refusal
  #conversationId = ""
  #sent = ""

  connectedCallback() {
    this.#text = this.querySelector("textarea")
    this.#send = this.querySelector("[data-send]")
    this.#stop = this.querySelector("[data-stop]")
    this.#mirror = this.querySelector("[data-mirror]")
    this.#refusal = this.querySelector("[data-refusal]")
    for (const type of ["input", "keydown", "submit", "click"]) {
      this.addEventListener(type, this)
    }
  }

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  /** Show the draft of a conversation. */
  open(conversationId) {
    this.#conversationId = conversationId
    this.fill(this.#text.value || drafts.read(conversationId))
    if (!isTouch) {
      this.#text.focus({ preventScroll: true })
    }
  }

  /** Put a text into the field, ready to be changed. */
  fill(text) {
    this.#text.value = text
    this.oninput()
  }

  /** The server has the message: its draft may go. */
  accepted(conversationId) {
    this.#sent = ""
    drafts.write(this.#conversationId, "")
    this.#conversationId = conversationId
    this.#keep()
  }

  /** The server does not have it: give the text back, in front of what was typed since. */
  refused(text, sentence) {
    this.#sent = ""
    this.fill([text, this.#text.value].filter(Boolean).join("\n"))
    this.#refusal.textContent = sentence
    this.#refusal.hidden = false
    this.#text.focus()
  }

  /** @param {boolean} is whether an answer is being written */
  set running(is) {
    const hadFocus = this.contains(document.activeElement)
    this.#send.hidden = is
    this.#stop.hidden = !is
    if (hadFocus && document.activeElement === document.body) {
      this.#text.focus({ preventScroll: true }) // the button that had the focus is gone
    }
  }

  focus() {
    this.#text.focus()
  }

  oninput() {
    this.#mirror.dataset.mirror = this.#text.value
    this.#send.disabled = !this.#text.value.trim()
    this.#keep()
  }

  onkeydown(event) {
    const sends = event.ctrlKey || event.metaKey || !(event.shiftKey || isTouch)
    if (event.key === "Enter" && sends && !event.isComposing) {
      event.preventDefault()
      this.querySelector("form").requestSubmit()
    }
  }

  onsubmit(event) {
    event.preventDefault()
    const text = this.#text.value
    if (!text.trim() || this.#send.hidden) {
      return
    }
    this.#sent = text
    this.#refusal.hidden = true
    this.fill("")
    this.dispatchEvent(new CustomEvent("chat:send", { detail: text, bubbles: true }))
  }

  onclick(event) {
    if (event.target.closest("[data-stop]")) {
      this.dispatchEvent(new CustomEvent("chat:stop", { bubbles: true }))
    }
  }

  /** Until the server has a message it is kept together with what is typed behind it. */
  #keep() {
    drafts.write(this.#conversationId, [this.#sent, this.#text.value].filter(Boolean).join("\n"))
  }
}

customElements.define("chat-composer", ChatComposer)
