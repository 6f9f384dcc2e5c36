const REMOVE_MS = 5000

/**
 * Announces the state of an answer. The sentences are its `data-` attributes. Methods: announceState(state),
 * announce(sentence).
 */
export class ChatStatus extends HTMLElement {
  /** @param {string} state */
  announceState(state) {
    this.announce(this.dataset[state] ?? "")
  }

  /** @param {string} sentence */
  announce(sentence) {
    this.textContent = sentence
  }
}

/** Announces the text of an answer. Methods: announce(text). Each text is removed later, so that none is read twice. */
export class ChatLog extends HTMLElement {
  /** @param {string} text */
  announce(text) {
    const line = document.createElement("p")
    line.textContent = text
    this.append(line)
    setTimeout(() => line.remove(), REMOVE_MS)
  }
}

customElements.define("chat-status", ChatStatus)
customElements.define("chat-log", ChatLog)
