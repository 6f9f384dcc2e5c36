import { queue } from "../chat/drafts.js"

/**
 * The one message that waits for an answer to end; another one joins it. Tells `queue:add`, and `queue:edit` and
 * `queue:remove`; their detail is the text, which is out of the queue then. Orders: open(conversationId), add(text), take() → text.
 */
class QueuedMessage extends HTMLElement {
  #conversationId = ""
  #text = ""
  #isKept = false

  connectedCallback() {
    this.addEventListener("click", this)
    addEventListener("storage", this)
  }

  disconnectedCallback() {
    removeEventListener("storage", this)
  }

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  /** Go over to a conversation: what waits here comes along, or else what waits there is shown. */
  open(conversationId) {
    const text = this.#text || queue.read(conversationId)
    if (conversationId !== this.#conversationId && this.#text) {
      queue.write(this.#conversationId, "")
    }
    this.#conversationId = conversationId
    this.#keep(text)
  }

  /** Let a text wait. */
  add(text) {
    this.#keep([this.#text, text].filter(Boolean).join("\n"))
    this.dispatchEvent(new CustomEvent("queue:add", { bubbles: true }))
  }

  /** Return what waits, out of the queue; empty where nothing does, or another tab was quicker. */
  take() {
    const wasTaken = this.#isKept && !queue.read(this.#conversationId)
    const text = wasTaken ? "" : this.#text
    this.#keep("")
    return text
  }

  onclick({ target }) {
    const button = target.closest("[data-order]")
    if (button) {
      this.dispatchEvent(new CustomEvent(`queue:${button.dataset.order}`, { detail: this.take(), bubbles: true }))
    }
  }

  onstorage(event) {
    if (queue.isIn(event, this.#conversationId)) {
      this.#show(event.newValue ?? "")
    }
  }

  #keep(text) {
    queue.write(this.#conversationId, text)
    this.#isKept = text !== "" && queue.read(this.#conversationId) === text
    this.#show(text)
  }

  #show(text) {
    this.#text = text
    this.hidden = !text
    this.querySelector("[data-waiting-text]").textContent = text
  }
}

customElements.define("queued-message", QueuedMessage)
