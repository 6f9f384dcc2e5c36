import { drafts } from "../chat/drafts.js"
import { fire, listen, query, unlisten } from "../lib/dom.js"
import { isTouch } from "../lib/platform.js"
import { isComposing, isSendKey } from "../lib/send-key.js"

const MIRRORED = 4000 // characters: the field reaches its full height long before

/**
 * The message field. Fires `chat:send` (detail: the text), `chat:stop`, and `chat:edit-last` (edit the last message).
 * Methods: open(conversationId), fill(text), putBack(text), accepted(conversationId), refused(text, sentence),
 * ended(isComplete), running = true or false.
 */
export class ChatComposer extends HTMLElement {
  #conversationId = ""
  #sent = ""
  #stored = ""
  #isOurs = false
  #composedAt = -Infinity

  /** @type {PageHandlers} */
  #handlers = {
    input: () => this.#onInput(),
    keydown: (event) => this.#onKeydown(event),
    compositionend: ({ timeStamp }) => (this.#composedAt = timeStamp),
    submit: (event) => this.#onSubmit(event),
    click: ({ target }) => target.closest("[data-stop]") && fire(this, "chat:stop"),
    "queue:edit": ({ detail: text }) => {
      this.putBack(text)
      this.focus()
    },
  }

  /** @type {PageHandlers} */
  #windowHandlers = {
    storage: (event) => this.#onStorage(event),
    pageshow: (event) => this.#onPageshow(event),
  }

  connectedCallback() {
    listen(this, this.#handlers)
    listen(window, this.#windowHandlers)
  }

  disconnectedCallback() {
    unlisten(window, this.#windowHandlers)
  }

  /**
   * Show the draft of a conversation. A queued message whose answer has ended meanwhile is not sent unseen.
   * @param {string} conversationId
   */
  open(conversationId) {
    this.#conversationId = conversationId
    this.#queued.open(conversationId)
    this.value ? this.#onInput() : this.#adopt(drafts.read(conversationId))
    if (!this.#isRunning) {
      this.putBack(this.#queued.take())
    }
    if (!isTouch) {
      this.#field.focus({ preventScroll: true })
    }
  }

  /** The text in the field. */
  get value() {
    return this.#field.value
  }

  /** Put a text into the field. @param {string} text */
  fill(text) {
    this.#field.value = text
    this.#onInput()
  }

  /** Put a text, unless empty, before the one in the field. @param {string} text */
  putBack(text) {
    if (text) {
      this.fill([text, this.value].filter(Boolean).join("\n"))
    }
  }

  /** The server has the message: drop its draft. @param {string} conversationId */
  accepted(conversationId) {
    this.#sent = ""
    if (drafts.read(this.#conversationId) === this.#stored) {
      drafts.write(this.#conversationId, "") // unless another tab has written one since
    }
    this.#conversationId = conversationId
    this.#queued.open(conversationId)
    this.#store()
  }

  /**
   * The server does not have the message: put it back, and say why.
   * @param {string} text
   * @param {string} sentence
   */
  refused(text, sentence) {
    this.#sent = ""
    this.putBack(text)
    this.#part("refusal").textContent = sentence
    this.#part("refusal").hidden = false
    this.#field.focus()
  }

  /**
   * An answer has ended: send the queued message if the answer is complete, otherwise put it back.
   * @param {boolean} isComplete
   */
  ended(isComplete) {
    const text = this.#queued.take()
    if (text && isComplete) {
      this.#send(text)
    } else {
      this.putBack(text)
    }
  }

  /** @param {boolean} is whether an answer is in progress */
  set running(is) {
    const hadFocus = this.contains(document.activeElement)
    this.#part("send").hidden = is
    this.#part("stop").hidden = !is
    this.#showQueueing()
    if (hadFocus && document.activeElement === document.body) {
      this.#field.focus({ preventScroll: true }) // the button with the focus is gone
    }
  }

  focus() {
    this.#field.focus()
  }

  #onInput() {
    this.#show()
    this.#store()
  }

  /** @param {On<KeyboardEvent>} event */
  #onKeydown(event) {
    const { sendKey } = document.documentElement.dataset
    if (event.target !== this.#field) {
      return
    }
    if (isSendKey(event, { sendKey, isTouch, composedAt: this.#composedAt })) {
      event.preventDefault()
      query(this, "form").requestSubmit()
    } else if (event.key === "ArrowUp" && !this.value && !isComposing(event)) {
      event.preventDefault()
      this.#recall()
    }
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    event.preventDefault()
    const text = this.value
    if (!text.trim()) {
      return
    }
    this.#part("refusal").hidden = true
    this.fill("")
    this.#isRunning ? this.#queued.add(text) : this.#send(text)
  }

  /**
   * Another tab has written a draft: the newest wins, except over a text typed here, which also outlives what is sent
   * there.
   * @param {StorageEvent} event
   */
  #onStorage(event) {
    if (!drafts.isIn(event, this.#conversationId)) {
      return
    }
    if (!this.#isOurs) {
      this.#adopt(event.newValue ?? "")
    } else if (!event.newValue) {
      this.#store()
    }
  }

  /** The browser restored the page as it was left; the draft may have changed. @param {PageTransitionEvent} event */
  #onPageshow({ persisted }) {
    if (persisted && !this.#isOurs) {
      this.#adopt(drafts.read(this.#conversationId))
    }
  }

  /**
   * Show a stored draft without storing it again, which would bring back what another tab has sent since.
   * @param {string} draft
   */
  #adopt(draft) {
    this.#field.value = draft
    this.#show()
    this.#stored = draft
    this.#isOurs = false
  }

  #recall() {
    const waiting = this.#queued.take()
    if (waiting) {
      this.putBack(waiting)
    } else {
      fire(this, "chat:edit-last")
    }
  }

  /** @param {string} text */
  #send(text) {
    this.#sent = text
    this.#store()
    fire(this, "chat:send", text)
  }

  /** Until the server has a message, it is stored together with the text typed after it. */
  #store() {
    this.#stored = [this.#sent, this.value].filter(Boolean).join("\n")
    this.#isOurs = this.#stored !== ""
    drafts.write(this.#conversationId, this.#stored)
  }

  #show() {
    this.#part("mirror").dataset.mirror = this.value.slice(0, MIRRORED)
    query(this, "button[data-send]").disabled = !this.value.trim()
    this.#showQueueing()
  }

  #showQueueing() {
    this.#part("queue").hidden = !(this.#isRunning && this.value.trim())
  }

  get #isRunning() {
    return this.#part("send").hidden
  }

  get #field() {
    return query(this, "textarea")
  }

  get #queued() {
    return query(this, "queued-message")
  }

  /** @param {string} name */
  #part(name) {
    return query(this, `[data-${name}]`)
  }
}

customElements.define("chat-composer", ChatComposer)
