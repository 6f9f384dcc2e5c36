import { showBlock } from "../blocks.js"
import { markEnd, unmarkEnd } from "../caret.js"
import { fromTemplate } from "../templates.js"

const PATIENCE_MS = 3000

/**
 * A message. An answer grows with the events of its turn. Orders: take(event), resume(), fail(error).
 * Tells `message:copy`, `message:copy-code`, `message:regenerate`, `message:continue`; the detail is the button.
 */
class ChatMessage extends HTMLElement {
  #timer
  #thinkingSince

  connectedCallback() {
    this.addEventListener("click", this)
    this.#dressCode(this)
    if (this.isRunning) {
      this.#wait()
      markEnd(this.#part("body"))
    }
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
  }

  handleEvent({ target }) {
    const button = target.closest("[data-action]")
    if (button) {
      this.dispatchEvent(new CustomEvent(`message:${button.dataset.action}`, { detail: button, bubbles: true }))
    }
  }

  get isRunning() {
    return this.dataset.status === "running"
  }

  /** The number of the last event that the server's page showed. */
  get seq() {
    return Number(this.dataset.seq)
  }

  /** Show one event of the turn; those that change nothing here are passed over. */
  take(event) {
    this[`on${event.type}`]?.(event)
  }

  /** The answer goes on. */
  resume() {
    this.dataset.status = "running"
    this.ariaBusy = "true"
    this.#part("note").replaceChildren()
    this.#wait()
  }

  /** @param {{code: string, message: string, detail?: string, id?: string}} error as in the API */
  fail(error) {
    const card = fromTemplate("error")
    card.querySelector("[data-cause]").textContent = error.message
    card.querySelector("[data-detail]").textContent = error.detail ?? ""
    card.querySelector("[data-code]").textContent = error.code
    card.querySelector("[data-error-id]").textContent = error.id ?? ""
    card.querySelector("[data-details]").hidden = !(error.detail || error.id)
    this.#end("failed", card)
  }

  onstart({ message_id, user_message_id, replay }) {
    this.dataset.id = message_id
    this.dataset.parent = user_message_id
    if (replay) {
      this.#part("body").replaceChildren()
      this.#part("reasoning-text").textContent = ""
    }
  }

  onprovider({ label }) {
    this.#part("waiting-for").textContent = label
  }

  onattempt({ provider, error }) {
    const line = fromTemplate("attempt")
    line.querySelector("[data-provider]").textContent = provider
    line.querySelector("[data-reason]").textContent = error.message
    this.#part("trail").append(line)
  }

  onreasoning({ token }) {
    this.#stopWaiting()
    this.#thinkingSince ??= performance.now()
    this.#part("reasoning").hidden = false
    this.#part("reasoning").toggleAttribute("data-live", true)
    this.#part("reasoning-text").append(token)
  }

  onhtml(event) {
    this.#stopWaiting()
    this.#stopThinking()
    this.#dressCode(showBlock(this.#part("body"), event))
    markEnd(this.#part("body"))
  }

  onfinish({ reason }) {
    const note = { stopped: "stopped", length: "length" }[reason]
    this.#end(reason === "stopped" ? "stopped" : "complete", note && fromTemplate(note))
  }

  onerror({ error }) {
    this.fail(error)
  }

  #end(status, note) {
    this.#stopWaiting()
    this.#stopThinking()
    unmarkEnd(this.#part("body"))
    this.dataset.status = status
    this.ariaBusy = null
    this.#part("note").replaceChildren(...(note ? [note] : []))
  }

  /** Give each block of code its copy button. */
  #dressCode(root) {
    for (const caption of root.querySelectorAll("figure.code > figcaption:not(:has(button))")) {
      caption.append(fromTemplate("copy-code"))
    }
  }

  #wait() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.#part("waiting").hidden = false), PATIENCE_MS)
  }

  #stopWaiting() {
    clearTimeout(this.#timer)
    this.#part("waiting").hidden = true
  }

  #stopThinking() {
    if (this.#thinkingSince !== undefined) {
      this.#part("seconds").textContent = Math.round((performance.now() - this.#thinkingSince) / 1000)
      this.#part("duration").hidden = false
      this.#thinkingSince = undefined
    }
    this.#part("reasoning").removeAttribute("data-live")
  }

  #part(name) {
    return this.querySelector(`[data-${name}]`)
  }
}

customElements.define("chat-message", ChatMessage)
