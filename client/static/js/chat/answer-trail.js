import { cloneTemplate, query } from "../lib/dom.js"
import { errorText } from "./error-texts.js"

/** How an answer came about: the providers that failed, the one that answers, and what was changed in the request. */
export class AnswerTrail {
  #message

  /** @param {HTMLElement} message */
  constructor(message) {
    this.#message = message
  }

  clear() {
    this.#part("failed-routes").hidden = true
    this.#part("attempts").replaceChildren()
    this.#part("answered").hidden = true
    this.#part("by").hidden = true
    this.#part("answer-notices").replaceChildren()
  }

  /** @param {Turn<"attempt">} event */
  addFailure({ provider, error }) {
    const attempts = this.#part("attempts")
    const attempt = cloneTemplate("failed-route")
    query(attempt, "[data-provider]").textContent = provider
    query(attempt, "[data-reason]").textContent = errorText(error)
    query(attempt, "[data-detail]").textContent = error.detail ?? ""
    attempts.append(attempt)
    this.#part("count").textContent = String(attempts.childElementCount)
    this.#part("failed-routes").hidden = false
  }

  /** @param {Turn<"provider">} event */
  setProvider({ label, notices = [] }) {
    for (const name of ["waiting-for", "answering", "by-name"]) {
      this.#part(name).textContent = label
    }
    this.#part("answered").hidden = false
    this.#part("by").hidden = false
    this.#part("answer-notices").replaceChildren(...notices.map(notice))
  }

  /** @param {string} name */
  #part(name) {
    return query(this.#message, `[data-${name}]`)
  }
}

/** @param {string} sentence */
function notice(sentence) {
  const line = cloneTemplate("notice")
  query(line, "[data-sentence]").textContent = sentence
  return line
}
