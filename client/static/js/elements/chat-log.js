const KEPT_MS = 5000

/** What a screen reader hears of an answer. Orders: say(text). What was said is taken out, so that nothing is read twice. */
class ChatLog extends HTMLElement {
  say(text) {
    const line = document.createElement("p")
    line.textContent = text
    this.append(line)
    setTimeout(() => line.remove(), KEPT_MS)
  }
}

customElements.define("chat-log", ChatLog)
