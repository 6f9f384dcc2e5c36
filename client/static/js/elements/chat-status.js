/** Says the states of an answer to those who listen. Orders: say(state), tell(sentence). The words are its `data-` attributes. */
class ChatStatus extends HTMLElement {
  say(state) {
    this.tell(this.dataset[state] ?? "")
  }

  tell(sentence) {
    this.textContent = sentence
  }
}

customElements.define("chat-status", ChatStatus)
