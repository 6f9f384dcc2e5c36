import { drafts } from "../chat/drafts.js"
import { isTouch } from "../lib/platform.js"
import { isComposed, sends } from "../lib/send-key.js"

const MIRRORED = 4000 // characters: the field is as high as it gets long before

/**
 * Where one writes. Tells `chat:send` (detail: the text), `chat:stop`, and `chat:recall` (somebody wants to change what
 * was sent last). Orders: open(conversationId), fill(text), giveBack(text), accepted(conversationId),
 * refused(text, sentence), ended(isComplete), running = true or false.
 */
class ChatComposer extends HTMLElement {
  #text
  #queued
  #conversationId = ""
  #sent = ""
  #kept = ""
  #isOurs = false
  #composedAt = -Infinity

  connectedCallback() {
    this.#text = this.querySelector("textarea")
    this.#queued = this.querySelector("queued-message")
    for (const type of ["input", "keydown", "compositionend", "submit", "click", "queue:edit"]) {
      this.addEventListener(type, this)
    }
    addEventListener("storage", this)
    addEventListener("pageshow", this)
  }

  disconnectedCallback() {
    removeEventListener("storage", this)
    removeEventListener("pageshow", this)
  }

  handleEvent(event) {
    this[`on${event.type.replace("queue:", "")}`](event)
  }

  /** Show the draft of a conversation. What waited for an answer that has ended meanwhile is not sent unseen. */
  open(conversationId) {
    this.#conversationId = conversationId
    this.#queued.open(conversationId)
    this.value ? this.oninput() : this.#adopt(drafts.read(conversationId))
    if (!this.#isRunning) {
      this.giveBack(this.#queued.take())
    }
    if (!isTouch) {
      this.#text.focus({ preventScroll: true })
    }
  }

  /** What is written, or empty. */
  get value() {
    return this.#text.value
  }

  /** Put a text into the field, ready to be changed. */
  fill(text) {
    this.#text.value = text
    this.oninput()
  }

  /** Put a text, if it is one, in front of what is written. */
  giveBack(text) {
    if (text) {
      this.fill([text, this.value].filter(Boolean).join("\n"))
    }
  }

  /** The server has the message: its draft may go. */
  accepted(conversationId) {
    this.#sent = ""
    if (drafts.read(this.#conversationId) === this.#kept) {
      drafts.write(this.#conversationId, "") // unless another tab has written one since
    }
    this.#conversationId = conversationId
    this.#queued.open(conversationId)
    this.#keep()
  }

  /** The server does not have it: give the text back, and say why. */
  refused(text, sentence) {
    this.#sent = ""
    this.giveBack(text)
    this.#part("refusal").textContent = sentence
    this.#part("refusal").hidden = false
    this.#text.focus()
  }

  /** An answer has ended: send what waited for it, if it is all there; or else give it back. */
  ended(isComplete) {
    const text = this.#queued.take()
    if (text && isComplete) {
      this.#tellToSend(text)
    } else {
      this.giveBack(text)
    }
  }

  /** @param {boolean} is whether an answer is being written */
  set running(is) {
    const hadFocus = this.contains(document.activeElement)
    this.#part("send").hidden = is
    this.#part("stop").hidden = !is
    this.#showQueueing()
    if (hadFocus && document.activeElement === document.body) {
      this.#text.focus({ preventScroll: true }) // the button that had the focus is gone
    }
  }

  focus() {
    this.#text.focus()
  }

  oninput() {
    this.#show()
    this.#keep()
  }

  oncompositionend({ timeStamp }) {
    this.#composedAt = timeStamp
  }

  onkeydown(event) {
    const { sendKey } = document.documentElement.dataset
    if (event.target !== this.#text) {
      return
    }
    if (sends(event, { sendKey, isTouch, composedAt: this.#composedAt })) {
      event.preventDefault()
      this.querySelector("form").requestSubmit()
    } else if (event.key === "ArrowUp" && !this.value && !isComposed(event)) {
      event.preventDefault()
      this.#recall()
    }
  }

  onsubmit(event) {
    event.preventDefault()
    const text = this.value
    if (!text.trim()) {
      return
    }
    this.#part("refusal").hidden = true
    this.fill("")
    this.#isRunning ? this.#queued.add(text) : this.#tellToSend(text)
  }

  onclick(event) {
    if (event.target.closest("[data-stop]")) {
      this.dispatchEvent(new CustomEvent("chat:stop", { bubbles: true }))
    }
  }

  onedit({ detail: text }) {
    this.giveBack(text)
    this.focus()
  }

  /** Another tab has written: the newest counts, but for what is being written here, which outlives what is sent there. */
  onstorage(event) {
    if (!drafts.isIn(event, this.#conversationId)) {
      return
    }
    if (!this.#isOurs) {
      this.#adopt(event.newValue ?? "")
    } else if (!event.newValue) {
      this.#keep()
    }
  }

  /** The page is back as it was left, and its draft may not be. */
  onpageshow({ persisted }) {
    if (persisted && !this.#isOurs) {
      this.#adopt(drafts.read(this.#conversationId))
    }
  }

  /** Show a draft that is kept already: to keep it once more would bring back what another tab has sent since. */
  #adopt(draft) {
    this.#text.value = draft
    this.#show()
    this.#kept = draft
    this.#isOurs = false
  }

  #recall() {
    const waiting = this.#queued.take()
    if (waiting) {
      this.giveBack(waiting)
    } else {
      this.dispatchEvent(new CustomEvent("chat:recall", { bubbles: true }))
    }
  }

  #tellToSend(text) {
    this.#sent = text
    this.#keep()
    this.dispatchEvent(new CustomEvent("chat:send", { detail: text, bubbles: true }))
  }

  /** Until the server has a message it is kept together with what is typed behind it. */
  #keep() {
    this.#kept = [this.#sent, this.value].filter(Boolean).join("\n")
    this.#isOurs = this.#kept !== ""
    drafts.write(this.#conversationId, this.#kept)
  }

  #show() {
    this.#part("mirror").dataset.mirror = this.value.slice(0, MIRRORED)
    this.#part("send").disabled = !this.value.trim()
    this.#showQueueing()
  }

  #showQueueing() {
    this.#part("queue").hidden = !(this.#isRunning && this.value.trim())
  }

  get #isRunning() {
    return this.#part("send").hidden
  }

  #part(name) {
    return this.querySelector(`[data-${name}]`)
  }
}

customElements.define("chat-composer", ChatComposer)
