import { unlessBug } from "../lib/problem.js"
import { turnEvents } from "./turn.js"
import { uuid } from "../lib/uuid.js"

/**
 * The conversation that is open: asks, answers again, goes on, stops, and keeps up with other tabs and devices.
 * Tells every event of its turns under the event's own type, and `running` (true or false), `lost` (the connection,
 * true or false), `refused` ({text, error}: the server does not have this text), `loaded` (the page as it is on the server),
 * `gone` (the conversation is).
 */
export class Conversation extends EventTarget {
  #api
  #thread
  #answer
  #ended = Promise.resolve()
  #wantsStop = false
  #unsent = {}
  #news = new Map()
  #isBehind = false

  /** Returns the parameters that a turn has to bring; undefined where the server knows them. */
  params = () => undefined

  /** @param {import("../lib/api.js").Api} api */
  constructor(api, thread) {
    super()
    this.#api = api
    this.#thread = thread
  }

  get isRunning() {
    return this.#answer !== undefined
  }

  /** The answer that is being written, or undefined. */
  get answer() {
    return this.#answer
  }

  /** Ask, behind the last message. */
  send(text, model) {
    const refused = (error) => this.#tell("refused", { text, error })
    return this.#ask(text, model, this.#thread.last?.dataset.id, refused)
  }

  /** Ask something else in the place of a question, which stays as another version. */
  async edit(question, text, model) {
    const replaced = this.#thread.dropFrom(question)
    await this.#ask(text, model, question.dataset.parent || null, (error) => {
      this.#thread.append(...replaced)
      question.edit(text)
      this.#tell("refused", { text: "", error })
    })
    this.catchUp()
  }

  /** Answer a question once more; the answer that is there stays as another version. */
  async regenerate(old, model) {
    const questionId = old.dataset.parent
    const replaced = this.#thread.dropFrom(old)
    const answer = this.#thread.answer(questionId, model.label)
    await this.#run(answer, { question: this.#body("regenerate", questionId, model) }, (error) => {
      answer.remove()
      this.#thread.append(...replaced)
      this.#tell("refused", { text: "", error })
    })
    this.catchUp()
  }

  /** Let an answer that was cut go on. */
  continue(answer, model) {
    const takeBack = answer.resume()
    return this.#run(answer, { question: this.#body("continue", answer.dataset.id, model) }, (error) => {
      takeBack()
      this.#tell("refused", { text: "", error })
    })
  }

  /** Read on an answer that is being written, if there is one. */
  join() {
    const answer = this.#thread.messages.find((message) => message.isRunning)
    if (answer && !this.isRunning) {
      const { id } = answer.dataset
      this.#run(answer, { messageId: id, seq: answer.seq }, (error) => answer.fail(error))
    }
  }

  /** End the answer, as soon as it has a name. Resolves when it has ended. */
  stop() {
    this.#wantsStop = true
    if (this.#answer?.dataset.id) {
      this.#stop(this.#answer.dataset.id)
    }
    return this.#ended
  }

  /** Hear of a turn of this conversation, ours or another's: `{message_id, state}`. */
  hear({ message_id, state }) {
    this.#news.set(message_id, state)
    this.#settle()
  }

  /** Show what was written elsewhere, as soon as no turn of ours runs. Resolves when that is done. */
  async catchUp() {
    this.#isBehind = true
    await this.#settle()
  }

  #ask(text, model, parent, refused) {
    const id = this.#idFor(text, parent)
    const question = this.#thread.ask(id, text, parent)
    const answer = this.#thread.answer(id, model.label)
    this.#unsent = { text, parent, id }
    const body = { ...this.#body("send", parent, model), message: { id, content: text } }
    return this.#run(answer, { question: body }, (error) => {
      question.remove()
      answer.remove()
      refused(error)
    })
  }

  #run(answer, what, undo) {
    this.#ended = this.#read(answer, what, undo)
    return this.#ended
  }

  async #read(answer, what, undo) {
    this.#answer = answer
    this.#wantsStop = false
    this.#tell("running", true)
    let begun = "messageId" in what
    try {
      for await (const event of turnEvents(this.#api, what, (lost) => this.#tell("lost", lost))) {
        begun = true
        this.#take(event)
      }
    } catch (error) {
      unlessBug(error)
      begun ? answer.fail(error) : undo(error)
    } finally {
      this.#answer = undefined
      this.#tell("running", false)
      this.#settle()
    }
  }

  #take(event) {
    if (event.type === "start") {
      this.#thread.conversationId = event.conversation_id
      this.#unsent = {}
    }
    this.#answer.take(event)
    if (event.type === "start" && this.#wantsStop) {
      this.#stop(event.message_id)
    }
    this.#tell(event.type, event)
  }

  async #stop(messageId) {
    try {
      await this.#api.stop(messageId)
    } catch (error) {
      unlessBug(error)
      this.#tell("refused", { text: "", error })
    }
  }

  /** When no turn of ours runs, look whether the page shows the turns it has heard of. */
  async #settle() {
    if (this.isRunning) {
      return
    }
    const misses = Array.from(this.#news).some(([id, state]) => this.#thread.message(id)?.dataset.status !== state)
    this.#news.clear()
    if (misses || this.#isBehind) {
      this.#isBehind = false
      await this.#load()
    }
  }

  /** Take over the messages of the page as it is on the server now, and join an answer that is being written. */
  async #load() {
    try {
      const page = await this.#api.page(location.href)
      if (this.isRunning) {
        this.#isBehind = true
      } else {
        this.#thread.adopt(page.querySelector("chat-thread"))
        this.#tell("loaded", page)
        this.join()
      }
    } catch (error) {
      unlessBug(error)
      if (error.status === 404) {
        this.#tell("gone")
      }
    }
  }

  /** The same text once more is the same message, unless it has arrived after all and is on the page. */
  #idFor(text, parent) {
    const { text: unsent, parent: place, id } = this.#unsent
    return text === unsent && parent === place && !this.#thread.message(id) ? id : uuid()
  }

  #body(action, parent, model) {
    return { action, conversation_id: this.#thread.conversationId || undefined, parent_id: parent, model: model.value, params: this.params() }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
