import { NdjsonDecoder } from "./ndjson.js"
import { Problem, rethrowBugs } from "./problem.js"

const SILENCE_MS = 40_000 // the server sends something every 15 seconds, so this connection is dead

/** The server's API, and the only place that fetches. Every method throws Problem if refused, TypeError if offline. */
export class Api {
  #base

  /** @param {string} base the address of the API, ending with a slash */
  constructor(base) {
    this.#base = new URL(base, location.href)
  }

  /**
   * Begin a turn; yield its events.
   * @param {TurnRequest} request
   */
  startTurn(request) {
    const body = JSON.stringify({ ...request, render: "html" })
    return this.#events("conversation", { method: "POST", body, headers: { "Content-Type": "application/json" } })
  }

  /**
   * Yield the events of an answer after `seq`, as they happen, until its end.
   * @param {string} messageId
   * @param {number} seq
   */
  followTurn(messageId, seq) {
    return this.#events(`${messagePath(messageId)}/events?after=${seq}&render=html`)
  }

  /** Stop a turn; resolve once it has ended. @param {string} messageId */
  async stopTurn(messageId) {
    await this.#fetch(`${messagePath(messageId)}/stop`, { method: "POST" })
  }

  /** @returns {Promise<Model[]>} */
  async models() {
    const { models } = await this.#json("GET", "models")
    return models
  }

  /**
   * Change a conversation; `deleted: false` restores it.
   * @param {string} id
   * @param {ConversationChanges} changes
   */
  updateConversation(id, changes) {
    return this.#json("PATCH", `conversations/${encodeURIComponent(id)}`, changes)
  }

  /** Delete a conversation, which can be undone. @param {string} id */
  deleteConversation(id) {
    return this.#json("DELETE", `conversations/${encodeURIComponent(id)}`)
  }

  /** Return the person's own presets. @returns {Promise<Preset[]>} */
  async presets() {
    const { presets } = await this.#json("GET", "presets")
    return presets
  }

  /**
   * @param {string} name
   * @param {Params} params
   */
  addPreset(name, params) {
    return this.#json("POST", "presets", { name, params })
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {Params} params
   */
  updatePreset(id, name, params) {
    return this.#json("PUT", `presets/${encodeURIComponent(id)}`, { name, params })
  }

  /** @param {string} id */
  deletePreset(id) {
    return this.#json("DELETE", `presets/${encodeURIComponent(id)}`)
  }

  /**
   * Return a message; an answer's `content` is its Markdown.
   * @param {string} id
   * @returns {Promise<{content: string}>}
   */
  message(id) {
    return this.#json("GET", messagePath(id))
  }

  /** Delete a message and those after it. @param {string} id */
  deleteMessage(id) {
    return this.#json("DELETE", messagePath(id))
  }

  /** Undo that. @param {string} id */
  restoreMessage(id) {
    return this.#json("PATCH", messagePath(id), { deleted: false })
  }

  /**
   * Store another version of an answer.
   * @param {string} id
   * @param {string} content
   */
  addVersion(id, content) {
    return this.#json("POST", `${messagePath(id)}/versions`, { content })
  }

  /**
   * Copy the messages up to one into a new conversation; return that.
   * @param {string} conversationId
   * @param {string} messageId
   * @returns {Promise<{id: string}>}
   */
  fork(conversationId, messageId) {
    return this.#json("POST", `conversations/${encodeURIComponent(conversationId)}/fork`, { message_id: messageId })
  }

  /** Return one of our own pages, or a part of one. @param {string} address */
  async page(address) {
    const response = await this.#fetch(new URL(address, location.href))
    return new DOMParser().parseFromString(await response.text(), "text/html")
  }

  /**
   * Save the fields of a form. Return whether the server did.
   * @param {string} address
   * @param {Record<string, string>} fields
   */
  async submit(address, fields) {
    const response = await this.#fetch(address, { method: "POST", body: new URLSearchParams(fields) })
    return response.ok
  }

  /** The address of the WebSocket. */
  get liveAddress() {
    const address = new URL("live", this.#base)
    address.protocol = address.protocol.replace("http", "ws")
    return address
  }

  /**
   * @param {string} path
   * @param {RequestInit} [options]
   * @returns {AsyncGenerator<TurnEvent>}
   */
  async *#events(path, options) {
    const response = await this.#fetch(path, options)
    /** @type {NdjsonDecoder<TurnEvent>} */
    const decoder = new NdjsonDecoder()
    for await (const bytes of untilSilent(response)) {
      yield* decoder.feed(bytes)
    }
  }

  /**
   * Send a value, if given; return the reply.
   * @param {string} method
   * @param {string} path
   * @param {object} [value]
   */
  async #json(method, path, value) {
    const sent = value && { body: JSON.stringify(value), headers: { "Content-Type": "application/json" } }
    const response = await this.#fetch(path, { method, ...sent })
    return response.status === 204 ? undefined : response.json()
  }

  /**
   * @param {string | URL} path
   * @param {RequestInit} [options]
   */
  async #fetch(path, options) {
    const response = await fetch(new URL(path, this.#base), { cache: "no-store", ...options })
    if (!response.ok) {
      const problem = await Problem.of(response)
      if (problem.code === "unauthenticated") {
        location.reload() // the session has ended: the server leads to the login, and from there back
      }
      throw problem
    }
    return response
  }
}

/** @param {string} id */
function messagePath(id) {
  return `messages/${encodeURIComponent(id)}`
}

/**
 * Yield the body of a response, until its end or until nothing arrives any more.
 * @param {Response} response
 */
async function* untilSilent({ body }) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader()
  let timer = 0
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
    reader.cancel().catch(rethrowBugs) // of a broken stream it fails as reading did
  }
}
