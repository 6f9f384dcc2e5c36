import { listen } from "../lib/dom.js"

/** The menu of a message: one for all. Methods: openFor(message, button). */
export class MessageMenu extends HTMLElement {
  /** @type {ChatMessage | undefined} */
  #message
  /** @type {HTMLElement} */
  #button

  connectedCallback() {
    listen(this, { click: ({ target }) => this.#choose(target.closest("[data-menu-action]")) })
  }

  /**
   * Be about a message; the click on the button opens the menu.
   * @param {ChatMessage} message
   * @param {HTMLElement} button
   */
  openFor(message, button) {
    this.#message = message
    this.#button = button
    for (const item of this.querySelectorAll("[data-menu-action]")) {
      item.hidden = !message.can(item.dataset.menuAction)
    }
  }

  /** @param {HTMLElement | null} item */
  #choose(item) {
    if (item) {
      this.#message?.request(item.dataset.menuAction, this.#button)
    }
  }
}

customElements.define("message-menu", MessageMenu)
