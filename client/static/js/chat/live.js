import { pause, pauseAfter } from "../lib/backoff.js"
import { whenSeen } from "../lib/visibility.js"

const MOST_FAILURES = 2
const HELLO_MS = 10_000
const SESSION_ENDED = 1008 // what the server closes with when the session has

/** What changed elsewhere, over a WebSocket that comes back by itself. Where it cannot, somebody is told to ask instead. */
export class Live {
  #address
  #onNews
  #onBack
  #asking
  #failures = 0

  /**
   * @param {URL} address
   * @param {(news: {type: string}) => void} onNews
   * @param {() => void} onBack told when news may have been missed
   * @param {import("../lib/polling.js").Asking} asking what takes its place
   */
  constructor(address, onNews, onBack, asking) {
    this.#address = address
    this.#onNews = onNews
    this.#onBack = onBack
    this.#asking = asking
    this.#connect()
  }

  #connect() {
    const socket = new WebSocket(this.#address)
    const timer = setTimeout(() => socket.close(), HELLO_MS)
    socket.addEventListener("message", ({ data }) => {
      clearTimeout(timer)
      this.#heard(JSON.parse(data))
    })
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(timer)
      this.#closed(code)
    })
  }

  /** Only the server's own word says that the way is free: a proxy may take a connection and pass nothing on. */
  #heard(news) {
    if (this.#failures) {
      this.#failures = 0
      this.#asking.stop()
      this.#onBack()
    }
    this.#onNews(news)
  }

  async #closed(code) {
    this.#failures += 1
    if (code === SESSION_ENDED) {
      this.#onBack() // which finds out, and leads to the login
    }
    if (this.#failures >= MOST_FAILURES) {
      this.#asking.start()
    }
    await pause(pauseAfter(this.#failures))
    await whenSeen()
    this.#connect()
  }
}
