import { showBlock } from "../blocks.js"
import { markEnd, unmarkEnd } from "../caret.js"
import { fromTemplate } from "../templates.js"

const PATIENCE_MS = 3000

/**
 * A message. An answer grows with the events of its turn. Orders: take(event), resume(), fail(error).
 * Tells `message:` with `copy`, `copy-code`, `regenerate`, `continue` or `other-model`; the detail is the button.
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

  /** The answer goes on. Returns what takes that back. */
  resume() {
    const { status } = this.dataset
    const notes = Array.from(this.#part("note").children)
    this.dataset.status = "running"
    this.ariaBusy = "true"
    this.#part("note").replaceChildren()
    this.#wait()
    return () => this.#end(status, ...notes)
  }

  /** @param {{code: string, message: string, detail?: string, retry_after?: number, id?: string}} error as in the API */
  fail(error) {
    const card = fromTemplate("error")
    card.querySelector("[data-cause]").textContent = error.message
    card.querySelector("[data-detail]").textContent = error.detail ?? ""
    card.querySelector("[data-code]").textContent = error.code
    card.querySelector("[data-error-id]").textContent = error.id ?? ""
    card.querySelector("[data-details]").hidden = !(error.detail || error.id)
    card.querySelector("retry-wait").dataset.leftS = error.retry_after ?? ""
    this.#end("failed", card)
  }

  onstart({ message_id, user_message_id, replay }) {
    this.dataset.id = message_id
    this.dataset.parent = user_message_id
    this.#forgetWay()
    if (replay) {
      this.#part("body").replaceChildren()
      this.#part("reasoning-text").textContent = ""
    }
  }

  onattempt({ provider, error }) {
    const attempt = fromTemplate("attempt")
    attempt.querySelector("[data-provider]").textContent = provider
    attempt.querySelector("[data-reason]").textContent = error.message
    attempt.querySelector("[data-detail]").textContent = error.detail ?? ""
    this.#part("attempts").append(attempt)
    this.#part("count").textContent = this.#part("attempts").childElementCount
    this.#part("trail").hidden = false
  }

  onprovider({ label, notices = [] }) {
    this.#part("waiting-for").textContent = label
    this.#part("answering").textContent = label
    this.#part("answered").hidden = false
    this.#part("remarks").replaceChildren(...notices.map(remark))
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
    const notes = ["stopped", "length"].filter((name) => name === reason)
    this.#end(reason === "stopped" ? "stopped" : "complete", ...notes.map(fromTemplate))
  }

  onerror({ error }) {
    this.fail(error)
  }

  #end(status, ...notes) {
    this.#stopWaiting()
    this.#stopThinking()
    unmarkEnd(this.#part("body"))
    this.dataset.status = status
    this.ariaBusy = null
    this.#part("note").replaceChildren(...notes)
  }

  /** Take out how the answer came to be: a turn tells it anew. */
  #forgetWay() {
    this.#part("trail").hidden = true
    this.#part("attempts").replaceChildren()
    this.#part("answered").hidden = true
    this.#part("remarks").replaceChildren()
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

function remark(sentence) {
  const line = fromTemplate("remark")
  line.querySelector("[data-sentence]").textContent = sentence
  return line
}

customElements.define("chat-message", ChatMessage)
