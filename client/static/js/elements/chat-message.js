import { showBlock } from "../blocks.js"
import { markEnd, unmarkEnd } from "../caret.js"
import { causeOf, errorCard } from "../causes.js"
import { drafts } from "../drafts.js"
import { dress } from "../dress.js"
import { format } from "../formats.js"
import { fromTemplate } from "../templates.js"

const PATIENCE_MS = 3000

/**
 * A message. An answer grows with the events of its turn. Orders: take(event), resume(), fail(error), edit(text),
 * adopt(fresh). Tells `message:` with what its buttons and the menu have it do, such as `message:copy` (detail: the
 * button), and `message:save` (detail: the text that shall be in its place).
 */
class ChatMessage extends HTMLElement {
  #timer
  #thinkingSince

  connectedCallback() {
    for (const type of ["click", "editor:save", "editor:cancel"]) {
      this.addEventListener(type, this)
    }
    dress(this)
    format(this)
    if (this.isRunning) {
      this.#wait()
      markEnd(this.#part("body"))
    }
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
  }

  handleEvent({ type, target, detail }) {
    const button = type === "click" && target.closest("[data-action]")
    if (button) {
      this.tell(button.dataset.action, button)
    } else if (type === "editor:save") {
      this.#close("")
      this.tell("save", detail)
    } else if (type === "editor:cancel") {
      this.#close(detail)
      this.querySelector(this.isAnswer ? "[data-action=more]" : "[data-action=edit]").focus({ preventScroll: true })
    }
  }

  /** Tell that somebody wants something of this message. */
  tell(what, detail) {
    this.dispatchEvent(new CustomEvent(`message:${what}`, { detail, bubbles: true }))
  }

  get isRunning() {
    return this.dataset.status === "running"
  }

  get isAnswer() {
    return this.dataset.role === "assistant"
  }

  set messageId(id) {
    this.dataset.id = id
    this.id = `message-${id}`
  }

  /** The number of the last event that the server's page showed. */
  get seq() {
    return Number(this.dataset.seq)
  }

  /** Whether the menu may offer something. */
  can(what) {
    const goesOn = this.querySelector("[data-note] [data-action=continue]")
    return {
      continue: () => Boolean(goesOn && goesOn.checkVisibility()),
      "other-model": () => this.isAnswer,
      info: () => this.isAnswer,
      edit: () => this.isAnswer,
    }[what]?.() ?? true
  }

  /** Let somebody change the text in its place; what was made of it and not sent the last time is there again. */
  edit(text) {
    const editor = fromTemplate(this.isAnswer ? "edit-answer" : "edit-question")
    this.querySelector("message-editor")?.remove()
    this.#part(this.isAnswer ? "body" : "text").after(editor)
    this.toggleAttribute("data-editing", true)
    editor.open(text, drafts.read(`edit:${this.dataset.id}`))
  }

  /** Take over what a newer page says beside the text. */
  adopt(fresh) {
    const ours = this.#part("versions")
    const theirs = fresh.querySelector("[data-versions]")
    if (ours.outerHTML !== theirs.outerHTML) {
      ours.replaceWith(theirs)
    }
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
    this.#end("failed", errorCard(error))
  }

  onstart({ message_id, user_message_id, replay }) {
    this.messageId = message_id
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
    attempt.querySelector("[data-reason]").textContent = causeOf(error)
    attempt.querySelector("[data-detail]").textContent = error.detail ?? ""
    this.#part("attempts").append(attempt)
    this.#part("count").textContent = this.#part("attempts").childElementCount
    this.#part("trail").hidden = false
  }

  onprovider({ label, notices = [] }) {
    this.#part("waiting-for").textContent = label
    this.#part("answering").textContent = label
    this.#part("by-name").textContent = label
    this.#part("by").hidden = false
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
    dress(showBlock(this.#part("body"), event))
    markEnd(this.#part("body"))
  }

  onusage({ reasoning_s }) {
    if (reasoning_s !== undefined) {
      this.#thoughtFor(reasoning_s)
    }
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
    this.#part("by").hidden = true
    this.#part("remarks").replaceChildren()
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
      this.#thoughtFor((performance.now() - this.#thinkingSince) / 1000)
      this.#thinkingSince = undefined
    }
    this.#part("reasoning").removeAttribute("data-live")
  }

  #thoughtFor(seconds) {
    const duration = this.#part("thought-for")
    duration.hidden = false
    this.#part("thought").hidden = true
    duration.querySelector("[data-seconds]").dataset.seconds = Math.max(1, Math.round(seconds))
    format(duration)
  }

  /** @param {string} draft what to offer the next time */
  #close(draft) {
    drafts.write(`edit:${this.dataset.id}`, draft)
    this.querySelector("message-editor").remove()
    this.removeAttribute("data-editing")
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
