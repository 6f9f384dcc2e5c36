import { cloneTemplate, query } from "../lib/dom.js"

/**
 * The messages of a conversation, in order; the page may hold only the newer ones.
 * Methods: addQuestion, addAnswer, removeFrom, update.
 */
export class ChatThread extends HTMLElement {
  /** The id of the conversation; empty before its first turn. */
  get conversationId() {
    return this.dataset.conversation ?? ""
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

  /** The link to older messages, or null. */
  get olderLink() {
    return this.querySelector(":scope > [data-older-messages]")
  }

  /** Return a message, or undefined. @param {string | null} id */
  message(id) {
    return this.messages.find((message) => message.dataset.id === id)
  }

  /**
   * Append a question; return its message.
   * @param {string} id
   * @param {string} text
   * @param {string | null | undefined} parentId
   */
  addQuestion(id, text, parentId) {
    const question = cloneTemplate("question")
    question.messageId = id
    question.dataset.parent = parentId ?? ""
    query(question, "[data-text]").textContent = text
    this.append(question)
    return question
  }

  /**
   * Append an answer that has yet to arrive; return its message.
   * @param {string} questionId
   * @param {string} modelLabel
   */
  addAnswer(questionId, modelLabel) {
    const answer = cloneTemplate("answer")
    answer.dataset.parent = questionId
    query(answer, "[data-model]").textContent = modelLabel
    query(answer, "[data-waiting-for]").textContent = modelLabel
    this.append(answer)
    return answer
  }

  /** Remove a message and those after it; return them. @param {ChatMessage} message */
  removeFrom(message) {
    const removed = this.messages.slice(this.messages.indexOf(message))
    removed.forEach((each) => each.remove())
    return removed
  }

  /**
   * Become the same thread of a newer page; messages that are the same remain. The elements of a fetched page are not
   * upgraded yet, so only their attributes can be read.
   * @param {ChatThread} fresh
   */
  update(fresh) {
    const theirs = Array.from(fresh.querySelectorAll(":scope > chat-message"))
    const known = theirs.findIndex(({ dataset }) => this.message(dataset.id ?? ""))
    const first = known < 0 ? undefined : this.message(theirs[known].dataset.id ?? "")
    if (!first) {
      this.replaceChildren(...fresh.children)
      return
    }
    if (known > 0) {
      this.#replaceBefore(first, Array.from(fresh.children).slice(0, known - theirs.length))
    }
    this.#replaceDifferent(theirs.slice(known), this.messages.slice(this.messages.indexOf(first)))
  }

  /**
   * Replace everything before a message.
   * @param {ChatMessage} first
   * @param {Element[]} children
   */
  #replaceBefore(first, children) {
    while (this.firstElementChild !== first) {
      this.firstElementChild?.remove()
    }
    this.prepend(...children)
  }

  /**
   * @param {ChatMessage[]} theirs
   * @param {ChatMessage[]} ours
   */
  #replaceDifferent(theirs, ours) {
    const different = theirs.findIndex((message, index) => !isSame(message, ours[index]))
    const same = different < 0 ? theirs.length : different
    ours.slice(0, same).forEach((message, index) => message.update(theirs[index]))
    ours.slice(same).forEach((message) => message.remove())
    this.append(...theirs.slice(same))
  }
}

/**
 * @param {ChatMessage} one
 * @param {ChatMessage | undefined} other
 */
function isSame(one, other) {
  return one.dataset.id === other?.dataset.id && one.dataset.status === other?.dataset.status
}

customElements.define("chat-thread", ChatThread)
