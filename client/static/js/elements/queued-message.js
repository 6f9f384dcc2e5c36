import { queue } from "../chat/drafts.js"
import { fire, listen, query, unlisten } from "../lib/dom.js"

/**
 * The one message that is sent once the answer ends; another one joins it. Fires `queue:add`, and `queue:edit` and
 * `queue:remove` with the text, which has left the queue. Methods: open(conversationId), add(text), take() → text.
 */
export class QueuedMessage extends HTMLElement {
  #conversationId = ""
  #text = ""
  #isStored = false

  /** @type {PageHandlers} */
  #handlers = { click: ({ target }) => this.#onClick(target.closest("[data-order]")) }

  /** @type {PageHandlers} */
  #windowHandlers = { storage: (event) => this.#onStorage(event) }

  connectedCallback() {
    listen(this, this.#handlers)
    listen(window, this.#windowHandlers)
  }

  disconnectedCallback() {
    unlisten(window, this.#windowHandlers)
  }

  /**
   * Move to a conversation: the queued message comes along, or that conversation's is shown.
   * @param {string} conversationId
   */
  open(conversationId) {
    const text = this.#text || queue.read(conversationId)
    if (conversationId !== this.#conversationId && this.#text) {
      queue.write(this.#conversationId, "")
    }
    this.#conversationId = conversationId
    this.#store(text)
  }

  /** @param {string} text */
  add(text) {
    this.#store([this.#text, text].filter(Boolean).join("\n"))
    fire(this, "queue:add")
  }

  /** Remove the message from the queue and return it; empty if there is none, or another tab was quicker. */
  take() {
    const wasTaken = this.#isStored && !queue.read(this.#conversationId)
    const text = wasTaken ? "" : this.#text
    this.#store("")
    return text
  }

  /** @param {HTMLElement | null} button */
  #onClick(button) {
    if (button) {
      fire(this, button.dataset.order === "edit" ? "queue:edit" : "queue:remove", this.take())
    }
  }

  /** @param {StorageEvent} event */
  #onStorage(event) {
    if (queue.isIn(event, this.#conversationId)) {
      this.#show(event.newValue ?? "")
    }
  }

  /** @param {string} text */
  #store(text) {
    queue.write(this.#conversationId, text)
    this.#isStored = text !== "" && queue.read(this.#conversationId) === text
    this.#show(text)
  }

  /** @param {string} text */
  #show(text) {
    this.#text = text
    this.hidden = !text
    query(this, "[data-waiting-text]").textContent = text
  }
}

customElements.define("queued-message", QueuedMessage)
