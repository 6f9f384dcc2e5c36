import { causeOf } from "./error-texts.js"
import { fromTemplate } from "../lib/templates.js"

/** How an answer came to be: who failed before, who answers, and what was done to the question. */
export class Way {
  #message

  /** @param {Element} message */
  constructor(message) {
    this.#message = message
  }

  /** Take out what is there: a turn tells it anew. */
  forget() {
    this.#part("trail").hidden = true
    this.#part("attempts").replaceChildren()
    this.#part("answered").hidden = true
    this.#part("by").hidden = true
    this.#part("remarks").replaceChildren()
  }

  /** Tell who failed. */
  attempt({ provider, error }) {
    const attempt = fromTemplate("attempt")
    attempt.querySelector("[data-provider]").textContent = provider
    attempt.querySelector("[data-reason]").textContent = causeOf(error)
    attempt.querySelector("[data-detail]").textContent = error.detail ?? ""
    this.#part("attempts").append(attempt)
    this.#part("count").textContent = this.#part("attempts").childElementCount
    this.#part("trail").hidden = false
  }

  /** Tell who answers. */
  provider({ label, notices = [] }) {
    for (const name of ["waiting-for", "answering", "by-name"]) {
      this.#part(name).textContent = label
    }
    this.#part("answered").hidden = false
    this.#part("by").hidden = false
    this.#part("remarks").replaceChildren(...notices.map(remark))
  }

  #part(name) {
    return this.#message.querySelector(`[data-${name}]`)
  }
}

function remark(sentence) {
  const line = fromTemplate("remark")
  line.querySelector("[data-sentence]").textContent = sentence
  return line
}
