/** What else a message can be asked to do: one menu for all. Orders: offer(message, button). */
class MessageMenu extends HTMLElement {
  #message
  #button

  connectedCallback() {
    this.addEventListener("click", this)
  }

  /** Be about a message from now on; the button that is being pressed opens the menu. */
  offer(message, button) {
    this.#message = message
    this.#button = button
    for (const item of this.querySelectorAll("[data-does]")) {
      item.hidden = !message.can(item.dataset.does)
    }
  }

  /** What is chosen is told as if the message had a button for it. */
  handleEvent({ target }) {
    const item = target.closest("[data-does]")
    if (item) {
      this.#message.tell(item.dataset.does, this.#button)
    }
  }
}

customElements.define("message-menu", MessageMenu)
