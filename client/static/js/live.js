import { pause, pauseAfter } from "./backoff.js"

/** What changed elsewhere, over a WebSocket that comes back by itself. The page works without it. */
export class Live {
  #address
  #onNews
  #onBack
  #failures = 0

  /**
   * @param {URL} address
   * @param {(news: {type: string}) => void} onNews
   * @param {() => void} onBack told when news may have been missed
   */
  constructor(address, onNews, onBack) {
    this.#address = address
    this.#onNews = onNews
    this.#onBack = onBack
    this.#connect()
  }

  #connect() {
    const socket = new WebSocket(this.#address)
    socket.addEventListener("open", () => this.#opened())
    socket.addEventListener("message", (message) => this.#onNews(JSON.parse(message.data)))
    socket.addEventListener("close", () => this.#closed())
  }

  #opened() {
    if (this.#failures) {
      this.#onBack()
    }
    this.#failures = 0
  }

  async #closed() {
    this.#failures += 1
    await pause(pauseAfter(this.#failures))
    this.#connect()
  }
}
