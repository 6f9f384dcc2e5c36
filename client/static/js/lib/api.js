import { NdjsonDecoder } from "./ndjson.js"
import { Problem, unlessBug } from "./problem.js"
import { signIn } from "./signing-in.js"

const SILENCE_MS = 40_000 // the server says something every 15 seconds, so this connection is dead

/** The server's addresses, and the only place that fetches. Everything throws Problem when refused, TypeError when offline. */
export class Api {
  #base

  /** @param {string} base where the API begins, with the slash at its end */
  constructor(base) {
    this.#base = new URL(base, location.href)
  }

  /**
   * Begin a turn; yield its events.
   * @param {object} question the body, but for `render`
   */
  ask(question) {
    const body = JSON.stringify({ ...question, render: "html" })
    return this.#events("conversation", { method: "POST", body, headers: { "Content-Type": "application/json" } })
  }

  /** Yield the events of an answer behind `seq`, live until its end. */
  follow(messageId, seq) {
    return this.#events(`${messagePath(messageId)}/events?after=${seq}&render=html`)
  }

  /** End a turn; resolve when it has ended. */
  async stop(messageId) {
    await this.#fetch(`${messagePath(messageId)}/stop`, { method: "POST" })
  }

  /** Return a conversation with all its messages. */
  conversation(id) {
    return this.#json("GET", `conversations/${encodeURIComponent(id)}`)
  }

  /** Return the models there are. */
  async models() {
    const { models } = await this.#json("GET", "models")
    return models
  }

  /** Change something of a conversation: `title`, `pinned`, `archived`, `model`, `params`; `deleted` false brings it back. */
  change(conversationId, changes) {
    return this.#json("PATCH", `conversations/${encodeURIComponent(conversationId)}`, changes)
  }

  /** Return somebody's own presets: `{id, name, params}` each. */
  async presets() {
    const { presets } = await this.#json("GET", "presets")
    return presets
  }

  /** Keep parameters under a name. */
  addPreset(name, params) {
    return this.#json("POST", "presets", { name, params })
  }

  /** Give a preset another name, or other parameters. */
  replacePreset(id, name, params) {
    return this.#json("PUT", `presets/${encodeURIComponent(id)}`, { name, params })
  }

  /** Forget a preset. */
  deletePreset(id) {
    return this.#json("DELETE", `presets/${encodeURIComponent(id)}`)
  }

  /** Delete a conversation, which can be taken back. */
  delete(id) {
    return this.#json("DELETE", `conversations/${encodeURIComponent(id)}`)
  }

  /** Return a message; of an answer, `content` is its Markdown. */
  message(id) {
    return this.#json("GET", messagePath(id))
  }

  /** Delete a message and what follows it. */
  deleteMessage(id) {
    return this.#json("DELETE", messagePath(id))
  }

  /** Take that back. */
  restoreMessage(id) {
    return this.#json("PATCH", messagePath(id), { deleted: false })
  }

  /** Store another version of an answer; return it. */
  addVersion(id, content) {
    return this.#json("POST", `${messagePath(id)}/versions`, { content })
  }

  /** Copy the way to a message into a new conversation; return that. */
  fork(conversationId, messageId) {
    return this.#json("POST", `conversations/${encodeURIComponent(conversationId)}/fork`, { message_id: messageId })
  }

  /** Return a page of our own, or a part of one, as a document. */
  async page(address) {
    const response = await this.#fetch(new URL(address, location.href))
    return new DOMParser().parseFromString(await response.text(), "text/html")
  }

  /** Have the server keep what was chosen in a form. Resolve to whether it does. */
  async keep(address, fields) {
    const response = await this.#fetch(address, { method: "POST", body: new URLSearchParams(fields) })
    return response.ok
  }

  /** Where the WebSocket is. */
  get liveAddress() {
    const address = new URL("live", this.#base)
    address.protocol = address.protocol.replace("http", "ws")
    return address
  }

  async *#events(path, options) {
    const response = await this.#fetch(path, options)
    const decoder = new NdjsonDecoder()
    for await (const bytes of untilSilent(response.body.getReader())) {
      yield* decoder.feed(bytes)
    }
  }

  /** Send a value, if there is one; return what comes back. */
  async #json(method, path, value) {
    const sent = value && { body: JSON.stringify(value), headers: { "Content-Type": "application/json" } }
    const response = await this.#fetch(path, { method, ...sent })
    return response.status === 204 ? undefined : response.json()
  }

  async #fetch(path, options) {
    const response = await fetch(new URL(path, this.#base), { cache: "no-store", ...options })
    if (!response.ok) {
      const problem = await Problem.of(response)
      if (problem.code === "unauthenticated") {
        signIn()
      }
      throw problem
    }
    return response
  }
}

function messagePath(id) {
  return `messages/${encodeURIComponent(id)}`
}

/** Yield what a reader reads, until its end or until nothing comes any more. */
async function* untilSilent(reader) {
  let timer
  const read = () => {
    clearTimeout(timer)
    timer = setTimeout(() => reader.cancel(), SILENCE_MS)
    return reader.read()
  }
  try {
    for (let piece = await read(); !piece.done; piece = await read()) {
      yield piece.value
    }
  } finally {
    clearTimeout(timer)
    reader.cancel().catch(unlessBug) // of a broken stream it fails as reading did
  }
}
