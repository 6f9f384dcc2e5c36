import { unlessBug } from "./problem.js"
import { turnEvents } from "./turn.js"
import { uuid } from "./uuid.js"

/**
 * The conversation that is open: asks, answers again, goes on, stops, and keeps up with other tabs and devices.
 * Tells every event of its turns under the event's own type, and `running` (true or false), `lost` (the connection,
 * true or false), `refused` ({text, error}: the server does not have this text), `gone` (the conversation is).
 */
export class Conversation extends EventTarget {
  #api
  #thread
  #answer
  #wantsStop = false
  #unsent = {}
  #news = new Map()
  #isBehind = false

  /** @param {import("./api.js").Api} api */
  constructor(api, thread) {
    super()
    this.#api = api
    this.#thread = thread
  }

  get isRunning() {
    return this.#answer !== undefined
  }

  /** Ask, behind the last message. */
  send(text, model) {
    const parent = this.#thread.last?.dataset.id
    const id = this.#idFor(text)
    const question = this.#thread.ask(id, text)
    const answer = this.#thread.answer(id, model.label)
    this.#unsent = { text, id }
    const body = { ...this.#body("send", parent, model), message: { id, content: text } }
    return this.#run(answer, { question: body }, (error) => {
      question.remove()
      answer.remove()
      this.#tell("refused", { text, error })
    })
  }

  /** Answer a question once more; the answer that is there, and what follows it, leaves the page. */
  regenerate(old, model) {
    const question = this.#thread.message(old.dataset.parent)
    const dropped = this.#thread.dropAfter(question)
    const answer = this.#thread.answer(question.dataset.id, model.label)
    return this.#run(answer, { question: this.#body("regenerate", question.dataset.id, model) }, (error) => {
      answer.remove()
      this.#thread.append(...dropped)
      this.#tell("refused", { text: "", error })
    })
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

  /** End the answer, as soon as it has a name. */
  stop() {
    this.#wantsStop = true
    if (this.#answer?.dataset.id) {
      this.#stop(this.#answer.dataset.id)
    }
  }

  /** Hear of a turn of this conversation, ours or another's: `{message_id, state}`. */
  hear({ message_id, state }) {
    this.#news.set(message_id, state)
    this.#settle()
  }

  /** Show what was written elsewhere, as soon as no turn of ours runs. */
  catchUp() {
    this.#isBehind = true
    this.#settle()
  }

  async #run(answer, what, undo) {
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
  #settle() {
    if (this.isRunning) {
      return
    }
    const misses = Array.from(this.#news).some(([id, state]) => this.#thread.message(id)?.dataset.status !== state)
    this.#news.clear()
    if (misses || this.#isBehind) {
      this.#isBehind = false
      this.#load()
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
  #idFor(text) {
    const { text: unsent, id } = this.#unsent
    return text === unsent && !this.#thread.message(id) ? id : uuid()
  }

  #body(action, parent, model) {
    return { action, conversation_id: this.#thread.conversationId || undefined, parent_id: parent, model: model.value }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
