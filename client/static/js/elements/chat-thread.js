import { fromTemplate } from "../templates.js"

/** The messages of one conversation, in order. Orders: ask, answer, dropAfter, adopt. */
class ChatThread extends HTMLElement {
  /** The id of the conversation; empty before its first turn. */
  get conversationId() {
    return this.dataset.conversation
  }

  set conversationId(id) {
    this.dataset.conversation = id
  }

  get messages() {
    return Array.from(this.querySelectorAll(":scope > chat-message"))
  }

  get last() {
    return this.messages.at(-1)
  }

  /** Return the message of that id, or undefined. */
  message(id) {
    return this.messages.find((message) => message.dataset.id === id)
  }

  /** Append a question; return its message. */
  ask(id, text) {
    const question = fromTemplate("question")
    question.dataset.id = id
    question.querySelector("[data-text]").textContent = text
    this.append(question)
    return question
  }

  /** Append an answer that is about to come; return its message. */
  answer(questionId, modelLabel) {
    const answer = fromTemplate("answer")
    answer.dataset.parent = questionId
    answer.querySelector("[data-model]").textContent = modelLabel
    answer.querySelector("[data-waiting-for]").textContent = modelLabel
    this.append(answer)
    return answer
  }

  /** Take out what follows a message; return it. */
  dropAfter(message) {
    const dropped = this.messages.slice(this.messages.indexOf(message) + 1)
    dropped.forEach((each) => each.remove())
    return dropped
  }

  /** Become what the same thread is in a newer page, and leave alone what is the same. */
  adopt(fresh) {
    const theirs = Array.from(fresh.querySelectorAll(":scope > chat-message"))
    const ours = this.messages
    const different = theirs.findIndex((message, index) => !isSame(message, ours[index]))
    const same = different < 0 ? theirs.length : different
    ours.slice(same).forEach((message) => message.remove())
    this.append(...theirs.slice(same))
  }
}

function isSame(one, other) {
  return one.dataset.id === other?.dataset.id && one.dataset.status === other.dataset.status
}

customElements.define("chat-thread", ChatThread)
