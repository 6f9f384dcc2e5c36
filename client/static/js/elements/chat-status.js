/** Says the states of an answer to those who listen. Orders: say(state). The words are its `data-` attributes. */
class ChatStatus extends HTMLElement {
  say(state) {
    this.textContent = this.dataset[state] ?? ""
  }
}

customElements.define("chat-status", ChatStatus)
