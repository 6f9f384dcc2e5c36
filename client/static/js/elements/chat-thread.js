import { fromTemplate } from "../lib/templates.js"

/**
 * The messages of one conversation, in order; the page may hold only the newer ones.
 * Orders: ask, answer, dropFrom, adopt.
 */
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

  /** What leads to older messages, or null. */
  get earlier() {
    return this.querySelector(":scope > [data-earlier]")
  }

  /** Return the message of that id, or undefined. */
  message(id) {
    return this.messages.find((message) => message.dataset.id === id)
  }

  /** Append a question; return its message. */
  ask(id, text, parentId) {
    const question = fromTemplate("question")
    question.messageId = id
    question.dataset.parent = parentId ?? ""
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

  /** Take out a message and what follows it; return all of that. */
  dropFrom(message) {
    const dropped = this.messages.slice(this.messages.indexOf(message))
    dropped.forEach((each) => each.remove())
    return dropped
  }

  /** Become what the same thread is in a newer page, and leave alone what is the same. */
  adopt(fresh) {
    const theirs = Array.from(fresh.querySelectorAll(":scope > chat-message"))
    const known = theirs.findIndex(({ dataset }) => this.message(dataset.id))
    if (known < 0) {
      this.replaceChildren(...fresh.children)
      return
    }
    const first = this.message(theirs[known].dataset.id)
    if (known > 0) {
      this.#beginWith(Array.from(fresh.children).slice(0, known - theirs.length), first)
    }
    this.#goOnWith(theirs.slice(known), this.messages.slice(this.messages.indexOf(first)))
  }

  /** Put something in the place of all that is before a message. */
  #beginWith(children, first) {
    while (this.firstElementChild !== first) {
      this.firstElementChild.remove()
    }
    this.prepend(...children)
  }

  #goOnWith(theirs, ours) {
    const different = theirs.findIndex((message, index) => !isSame(message, ours[index]))
    const same = different < 0 ? theirs.length : different
    ours.slice(0, same).forEach((message, index) => message.adopt(theirs[index]))
    ours.slice(same).forEach((message) => message.remove())
    this.append(...theirs.slice(same))
  }
}

function isSame(one, other) {
  return one.dataset.id === other?.dataset.id && one.dataset.status === other.dataset.status
}

customElements.define("chat-thread", ChatThread)
