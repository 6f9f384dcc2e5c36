import { query } from "../lib/dom.js"
import { Problem, rethrowBugs } from "../lib/problem.js"
import { uuid } from "../lib/uuid.js"
import { turnEvents } from "./turn.js"

/**
 * The open conversation: sends, regenerates, continues and stops, and keeps up with other tabs and devices.
 * Fires each event of its turns under the event's own type, and `running` (true or false), `lost` (the connection, true
 * or false), `refused` ({text, error}: the server does not have this text), `loaded` (the page as it is on the server),
 * `gone` (the conversation is).
 * @typedef {(error: unknown) => void} Undo takes back what the page already shows of a turn that never began
 */
export class Conversation extends EventTarget {
  #api
  #thread
  /** @type {ChatMessage | undefined} */
  #answer
  #ended = Promise.resolve()
  #wantsStop = false
  /** @type {{text?: string, parent?: string | null, id?: string}} */
  #unsent = {}
  /** States of turns by message, as other pages made them. @type {Map<string, string>} */
  #states = new Map()
  #isBehind = false

  /**
   * Returns the parameters that a turn must carry; undefined where the server knows them.
   * @type {() => Params | undefined}
   */
  params = () => undefined

  /**
   * @param {import("../lib/api.js").Api} api
   * @param {ChatThread} thread
   */
  constructor(api, thread) {
    super()
    this.#api = api
    this.#thread = thread
  }

  get isRunning() {
    return this.#answer !== undefined
  }

  /** The answer in progress, or undefined. */
  get answer() {
    return this.#answer
  }

  /**
   * Send a message after the last one.
   * @param {string} text
   * @param {ModelPicker} model
   */
  send(text, model) {
    return this.#ask(text, model, this.#thread.last?.messageId, (error) => this.#fire("refused", { text, error }))
  }

  /**
   * Send another text in place of a question, which remains as another version.
   * @param {ChatMessage} question
   * @param {string} text
   * @param {ModelPicker} model
   */
  async edit(question, text, model) {
    const replaced = this.#thread.removeFrom(question)
    await this.#ask(text, model, question.parentId || null, (error) => {
      this.#thread.append(...replaced)
      question.edit(text)
      this.#fire("refused", { text: "", error })
    })
    this.catchUp()
  }

  /**
   * Answer a question again; the old answer remains as another version.
   * @param {ChatMessage} old
   * @param {ModelPicker} model
   */
  async regenerate(old, model) {
    const questionId = old.parentId
    const replaced = this.#thread.removeFrom(old)
    const answer = this.#thread.addAnswer(questionId, model.label)
    await this.#run(answer, { request: this.#request("regenerate", questionId, model) }, (error) => {
      answer.remove()
      this.#thread.append(...replaced)
      this.#fire("refused", { text: "", error })
    })
    this.catchUp()
  }

  /**
   * Continue an answer that was cut off.
   * @param {ChatMessage} answer
   * @param {ModelPicker} model
   */
  continue(answer, model) {
    const undo = answer.resume()
    return this.#run(answer, { request: this.#request("continue", answer.messageId, model) }, (error) => {
      undo()
      this.#fire("refused", { text: "", error })
    })
  }

  /** Follow an answer in progress, if the page shows one. */
  follow() {
    const answer = this.#thread.messages.find((message) => message.isRunning)
    if (answer && !this.isRunning) {
      this.#run(answer, { messageId: answer.messageId, seq: answer.seq })
    }
  }

  /** Stop the answer as soon as it has an id. Resolves when it has ended. */
  stop() {
    this.#wantsStop = true
    if (this.#answer?.messageId) {
      this.#stop(this.#answer.messageId)
    }
    return this.#ended
  }

  /**
   * Note the state of a turn of this conversation, begun here or elsewhere.
   * @param {{message_id: string, state: string}} turn
   */
  noteTurn({ message_id, state }) {
    this.#states.set(message_id, state)
    this.#settle()
  }

  /** Show what was written elsewhere, once no turn runs here. Resolves when that is done. */
  async catchUp() {
    this.#isBehind = true
    await this.#settle()
  }

  /**
   * @param {string} text
   * @param {ModelPicker} model
   * @param {string | null | undefined} parent
   * @param {Undo} refused
   */
  #ask(text, model, parent, refused) {
    const id = this.#idFor(text, parent)
    const question = this.#thread.addQuestion(id, text, parent)
    const answer = this.#thread.addAnswer(id, model.label)
    this.#unsent = { text, parent, id }
    const request = { ...this.#request("send", parent, model), message: { id, content: text } }
    return this.#run(answer, { request }, (error) => {
      question.remove()
      answer.remove()
      refused(error)
    })
  }

  /**
   * @param {ChatMessage} answer
   * @param {import("./turn.js").TurnSource} source
   * @param {Undo} [undo]
   */
  #run(answer, source, undo) {
    this.#ended = this.#read(answer, source, undo)
    return this.#ended
  }

  /**
   * @param {ChatMessage} answer
   * @param {import("./turn.js").TurnSource} source
   * @param {Undo} [undo]
   */
  async #read(answer, source, undo) {
    this.#answer = answer
    this.#wantsStop = false
    this.#fire("running", true)
    let hasBegun = "messageId" in source
    try {
      for await (const event of turnEvents(this.#api, source, (lost) => this.#fire("lost", lost))) {
        hasBegun ||= event.type === "start"
        this.#apply(answer, event)
      }
    } catch (error) {
      rethrowBugs(error)
      hasBegun && error instanceof Problem ? answer.fail(error) : undo?.(error)
    } finally {
      this.#answer = undefined
      this.#fire("running", false)
      this.#settle()
    }
  }

  /**
   * @param {ChatMessage} answer
   * @param {TurnEvent} event
   */
  #apply(answer, event) {
    if (event.type === "start") {
      this.#thread.conversationId = event.conversation_id
      this.#unsent = {}
    }
    answer.apply(event)
    if (event.type === "start" && this.#wantsStop) {
      this.#stop(event.message_id)
    }
    this.#fire(event.type, event)
  }

  /** @param {string} messageId */
  async #stop(messageId) {
    try {
      await this.#api.stopTurn(messageId)
    } catch (error) {
      rethrowBugs(error)
      this.#fire("refused", { text: "", error })
    }
  }

  /** When no turn runs here, reload the messages if the page misses a turn that it heard of. */
  async #settle() {
    if (this.isRunning) {
      return
    }
    const misses = Array.from(this.#states).some(([id, state]) => this.#thread.message(id)?.dataset.status !== state)
    this.#states.clear()
    if (misses || this.#isBehind) {
      this.#isBehind = false
      await this.#reload()
    }
  }

  /** Show the messages as they are on the server now, and follow an answer in progress. */
  async #reload() {
    try {
      const page = await this.#api.page(location.href)
      if (this.isRunning) {
        this.#isBehind = true
      } else {
        this.#thread.update(query(page, "chat-thread"))
        this.#fire("loaded", page)
        this.follow()
      }
    } catch (error) {
      rethrowBugs(error)
      if (error instanceof Problem && error.status === 404) {
        this.#fire("gone", undefined)
      }
    }
  }

  /**
   * The same text sent again is the same message, unless it arrived after all and is on the page.
   * @param {string} text
   * @param {string | null | undefined} parent
   */
  #idFor(text, parent) {
    const { text: unsent, parent: unsentParent, id } = this.#unsent
    return id && text === unsent && parent === unsentParent && !this.#thread.message(id) ? id : uuid()
  }

  /**
   * @param {TurnRequest["action"]} action
   * @param {string | null | undefined} parent
   * @param {ModelPicker} model
   * @returns {TurnRequest}
   */
  #request(action, parent, model) {
    return { action, conversation_id: this.#thread.conversationId || undefined, parent_id: parent, model: model.value, params: this.params() }
  }

  /**
   * @template {keyof ConversationEvents} K
   * @param {K} type
   * @param {ConversationEvents[K]} detail
   */
  #fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
