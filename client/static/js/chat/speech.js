const PAUSES = "p, li, tr, h2, h3, h4, h5, h6, blockquote, .math"

/**
 * Speaks an answer to screen readers while it arrives: each block once, when the next block shows that it is complete.
 */
export class AnswerSpeech {
  #speak
  #words
  #next = 0
  #spoken = ""
  #isOver = true

  /**
   * @param {(text: string) => void} speak
   * @param {{code?: string, codeIn?: string}} words for a code block, and for one with `{language}`
   */
  constructor(speak, words) {
    this.#speak = speak
    this.#words = words
  }

  /** An answer begins, or continues after what was spoken before. @param {HTMLElement} body */
  begin(body) {
    const last = body.lastElementChild
    this.#next = Math.max(0, body.childElementCount - 1)
    this.#spoken = last && this.#isOver ? textOf(last, this.#words) : ""
    this.#isOver = false
  }

  /**
   * A block has changed: those before it are complete.
   * @param {HTMLElement} body
   * @param {number} number
   */
  update(body, number) {
    while (this.#next < number) {
      this.#speakNext(body)
    }
  }

  /** The answer has ended. @param {HTMLElement} body */
  end(body) {
    while (this.#next < body.childElementCount) {
      this.#speakNext(body)
    }
    this.#isOver = true
  }

  /** @param {HTMLElement} body */
  #speakNext(body) {
    const block = body.querySelector(`:scope > [data-block="${this.#next}"]`)
    const text = block ? textOf(block, this.#words) : ""
    const rest = text.startsWith(this.#spoken) ? text.slice(this.#spoken.length).trim() : text
    this.#next += 1
    this.#spoken = ""
    if (rest) {
      this.#speak(rest)
    }
  }
}

/**
 * Return how a block of an answer is read aloud; code is only mentioned.
 * @param {Element} block
 * @param {{code?: string, codeIn?: string}} words
 */
function textOf(block, words) {
  return spokenText(block, words).replace(/ *\n */g, "\n").replace(/ {2,}/g, " ").trim()
}

/**
 * @param {Node} node
 * @param {{code?: string, codeIn?: string}} words
 * @returns {string}
 */
function spokenText(node, words) {
  if (!(node instanceof Element)) {
    return node.nodeType === Node.TEXT_NODE ? (node.textContent ?? "").replace(/\s+/g, " ") : ""
  }
  if (node instanceof HTMLElement && node.matches("figure.code")) {
    const { language } = node.dataset
    return (language ? words.codeIn?.replace("{language}", language) : words.code) ?? ""
  }
  if (node.matches("button, [aria-hidden=true]")) {
    return ""
  }
  const text = Array.from(node.childNodes, (child) => spokenText(child, words)).join("")
  if (node.matches("td, th")) {
    return `${text}, `
  }
  return node.matches(PAUSES) ? `${text.replace(/,\s*$/, "")}\n` : text
}
