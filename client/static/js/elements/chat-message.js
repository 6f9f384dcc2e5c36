import { showBlock } from "../chat/answer-blocks.js"
import { markEnd, unmarkEnd } from "../chat/writing-caret.js"
import { errorCard } from "../chat/error-texts.js"
import { drafts } from "../chat/drafts.js"
import { dress } from "../chat/code-and-table-buttons.js"
import { format } from "../lib/formats.js"
import { Reasoning } from "../chat/reasoning.js"
import { fromTemplate } from "../lib/templates.js"
import { Way } from "../chat/answer-trail.js"

const PATIENCE_MS = 3000

/**
 * A message. An answer grows with the events of its turn. Orders: take(event), resume(), fail(error), edit(text),
 * adopt(fresh). Tells `message:` with what its buttons and the menu have it do, such as `message:copy` (detail: the
 * button), and `message:save` (detail: the text that shall be in its place).
 */
class ChatMessage extends HTMLElement {
  #timer
  #way = new Way(this)
  #reasoning

  connectedCallback() {
    this.#reasoning = new Reasoning(this.#part("reasoning"))
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
      "other-model": () => this.isAnswer && Boolean(this.dataset.parent),
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
    this.#way.forget()
    if (replay) {
      this.#part("body").replaceChildren()
      this.#reasoning.clear()
    }
  }

  onattempt(event) {
    this.#way.attempt(event)
  }

  onprovider(event) {
    this.#way.provider(event)
  }

  onreasoning({ token }) {
    this.#stopWaiting()
    this.#reasoning.append(token)
  }

  onhtml(event) {
    this.#stopWaiting()
    this.#reasoning.stop()
    dress(showBlock(this.#part("body"), event))
    markEnd(this.#part("body"))
  }

  onusage({ reasoning_s }) {
    if (reasoning_s !== undefined) {
      this.#reasoning.took(reasoning_s)
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
    this.#reasoning.stop()
    unmarkEnd(this.#part("body"))
    this.dataset.status = status
    this.ariaBusy = null
    this.#part("note").replaceChildren(...notes)
  }

  #wait() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.#part("waiting").hidden = false), PATIENCE_MS)
  }

  #stopWaiting() {
    clearTimeout(this.#timer)
    this.#part("waiting").hidden = true
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

customElements.define("chat-message", ChatMessage)
