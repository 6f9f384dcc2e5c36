import { showBlock } from "../chat/answer-blocks.js"
import { AnswerTrail } from "../chat/answer-trail.js"
import { addCopyButtons } from "../chat/code-and-table-buttons.js"
import { drafts } from "../chat/drafts.js"
import { errorCard } from "../chat/error-texts.js"
import { Reasoning } from "../chat/reasoning.js"
import { hideCaret, showCaret } from "../chat/writing-caret.js"
import { cloneTemplate, listen, query } from "../lib/dom.js"
import { formatElements } from "../lib/formats.js"

const PATIENCE_MS = 3000

/**
 * A message. An answer grows with the events of its turn. Methods: apply(event), resume(), fail(error), edit(text),
 * update(fresh). Fires `message:` with the action of its buttons and of the menu, such as `message:copy` (detail: the
 * button), and `message:save` (detail: the new text).
 */
export class ChatMessage extends HTMLElement {
  #timer = 0
  #trail = new AnswerTrail(this)
  /** @type {Reasoning} */
  #reasoning

  /** @type {PageHandlers} */
  #handlers = {
    click: ({ target }) => {
      const button = target.closest("[data-action]")
      if (button) {
        this.request(button.dataset.action, button)
      }
    },
    "editor:save": ({ detail: text }) => {
      this.#closeEditor("")
      this.dispatchEvent(new CustomEvent("message:save", { detail: text, bubbles: true }))
    },
    "editor:cancel": ({ detail: draft }) => {
      this.#closeEditor(draft)
      query(this, this.isAnswer ? "[data-action=more]" : "[data-action=edit]").focus({ preventScroll: true })
    },
  }

  connectedCallback() {
    if (this.isAnswer) {
      this.#reasoning = new Reasoning(this.#part("reasoning"))
    }
    listen(this, this.#handlers)
    addCopyButtons(this)
    formatElements(this)
    if (this.isRunning) {
      this.#wait()
      showCaret(this.#part("body"))
    }
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
  }

  /**
   * Ask the page to do something with this message.
   * @param {string | undefined} action a MessageAction
   * @param {HTMLElement} [button]
   */
  request(action, button) {
    this.dispatchEvent(new CustomEvent(`message:${action}`, { detail: button, bubbles: true }))
  }

  get isRunning() {
    return this.dataset.status === "running"
  }

  get isAnswer() {
    return this.dataset.role === "assistant"
  }

  /** Empty until the server has the message. */
  get messageId() {
    return this.dataset.id ?? ""
  }

  set messageId(id) {
    this.dataset.id = id
    this.id = `message-${id}`
  }

  /** The id of the message before; empty for the first. */
  get parentId() {
    return this.dataset.parent ?? ""
  }

  /** The number of the last event in the server's page. */
  get seq() {
    return Number(this.dataset.seq)
  }

  /** Whether the menu may offer an action. @param {string | undefined} action */
  can(action) {
    switch (action) {
      case "continue":
        return Boolean(this.querySelector("[data-note] [data-action=continue]")?.checkVisibility())
      case "other-model":
        return this.isAnswer && Boolean(this.parentId)
      case "info":
      case "edit":
        return this.isAnswer
      default:
        return true
    }
  }

  /** Edit the text in place; a draft that was not sent the last time is restored. @param {string} text */
  edit(text) {
    const editor = cloneTemplate(this.isAnswer ? "edit-answer" : "edit-question")
    this.querySelector("message-editor")?.remove()
    this.#part(this.isAnswer ? "body" : "text").after(editor)
    this.toggleAttribute("data-editing", true)
    editor.open(text, drafts.read(`edit:${this.messageId}`))
  }

  /** Take over from a newer page everything but the text. @param {ChatMessage} fresh */
  update(fresh) {
    const ours = this.#part("versions")
    const theirs = query(fresh, "[data-versions]")
    if (ours.outerHTML !== theirs.outerHTML) {
      ours.replaceWith(theirs)
    }
  }

  /** Show one event of the turn; those that change nothing here are ignored. @param {TurnEvent} event */
  apply(event) {
    switch (event.type) {
      case "start":
        this.#start(event)
        break
      case "attempt":
        this.#trail.addFailure(event)
        break
      case "provider":
        this.#trail.setProvider(event)
        break
      case "reasoning":
        this.#stopWaiting()
        this.#reasoning.append(event.token)
        break
      case "html":
        this.#showHtml(event)
        break
      case "usage":
        event.reasoning_s !== undefined && this.#reasoning.showDuration(event.reasoning_s)
        break
      case "finish":
        this.#finish(event)
        break
      case "error":
        this.fail(event.error)
    }
  }

  /** The answer continues. Return a function that undoes this. */
  resume() {
    const { status = "" } = this.dataset
    const notes = Array.from(this.#part("note").children)
    this.dataset.status = "running"
    this.ariaBusy = "true"
    this.#part("note").replaceChildren()
    this.#wait()
    return () => this.#end(status, ...notes)
  }

  /** @param {ApiError} error */
  fail(error) {
    this.#end("failed", errorCard(error))
  }

  /** @param {Turn<"start">} event */
  #start({ message_id, user_message_id, replay }) {
    this.messageId = message_id
    this.dataset.parent = user_message_id
    this.#trail.clear()
    if (replay) {
      this.#part("body").replaceChildren()
      this.#reasoning.clear()
    }
  }

  /** @param {Turn<"html">} event */
  #showHtml(event) {
    this.#stopWaiting()
    this.#reasoning.stop()
    addCopyButtons(showBlock(this.#part("body"), event))
    showCaret(this.#part("body"))
  }

  /** @param {Turn<"finish">} event */
  #finish({ reason }) {
    const notes = reason === "stopped" || reason === "length" ? [cloneTemplate(reason)] : []
    this.#end(reason === "stopped" ? "stopped" : "complete", ...notes)
  }

  /**
   * @param {string} status
   * @param {Element[]} notes
   */
  #end(status, ...notes) {
    this.#stopWaiting()
    this.#reasoning.stop()
    hideCaret(this.#part("body"))
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

  /** @param {string} draft to restore the next time */
  #closeEditor(draft) {
    drafts.write(`edit:${this.messageId}`, draft)
    this.querySelector("message-editor")?.remove()
    this.removeAttribute("data-editing")
  }

  /** @param {string} name */
  #part(name) {
    return query(this, `[data-${name}]`)
  }
}

customElements.define("chat-message", ChatMessage)
