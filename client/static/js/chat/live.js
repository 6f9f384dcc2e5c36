import { backoffMs, waitOrOnline } from "../lib/backoff.js"
import { whenVisible } from "../lib/visibility.js"

const MOST_FAILURES = 2
const HELLO_MS = 10_000
const SESSION_ENDED = 1008 // the server's close code for that

/** Changes made elsewhere, over a WebSocket that reconnects by itself. Where it cannot connect, polling takes over. */
export class Live {
  #address
  #onEvent
  #onReconnect
  #polling
  #failures = 0

  /**
   * @param {URL} address
   * @param {(event: LiveEvent) => void} onEvent
   * @param {() => void} onReconnect called when events may have been missed
   * @param {import("../lib/polling.js").Polling} polling
   */
  constructor(address, onEvent, onReconnect, polling) {
    this.#address = address
    this.#onEvent = onEvent
    this.#onReconnect = onReconnect
    this.#polling = polling
    this.#connect()
  }

  #connect() {
    const socket = new WebSocket(this.#address)
    const timer = setTimeout(() => socket.close(), HELLO_MS)
    socket.addEventListener("message", ({ data }) => {
      clearTimeout(timer)
      this.#receive(JSON.parse(data))
    })
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(timer)
      this.#reconnect(code)
    })
  }

  /**
   * Only a message from the server proves the connection: a proxy may accept it and pass nothing on.
   * @param {LiveEvent} event
   */
  #receive(event) {
    if (this.#failures) {
      this.#failures = 0
      this.#polling.stop()
      this.#onReconnect()
    }
    this.#onEvent(event)
  }

  /** @param {number} code */
  async #reconnect(code) {
    this.#failures += 1
    if (code === SESSION_ENDED) {
      this.#onReconnect() // its requests lead to the login
    }
    if (this.#failures >= MOST_FAILURES) {
      this.#polling.start()
    }
    await waitOrOnline(backoffMs(this.#failures))
    await whenVisible()
    this.#connect()
  }
}
