import { isSeen, whenSeen } from "./visibility.js"

const EVERY_MS = 10_000

/** Asks for what is new again and again, as long as somebody looks. */
export class Asking {
  #ask
  #timer

  /** @param {() => void} ask */
  constructor(ask) {
    this.#ask = ask
  }

  start() {
    this.#timer ??= setInterval(() => this.#askNow(), EVERY_MS)
  }

  stop() {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** One question waits for the eye; it is not asked twice. */
  async #askNow() {
    if (isSeen()) {
      this.#ask()
      return
    }
    this.stop()
    await whenSeen()
    this.#ask()
    this.start()
  }
}
