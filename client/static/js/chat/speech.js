const PAUSES = "p, li, tr, h2, h3, h4, h5, h6, blockquote, .math"

/** Says an answer while it comes, each block once: as soon as it is finished, which the next one tells. */
export class Hearing {
  #say
  #words
  #next = 0
  #begun = ""
  #isOver = true

  /**
   * @param {(text: string) => void} say
   * @param {{code: string, codeIn: string}} words for a block of code, and for one with `{language}`
   */
  constructor(say, words) {
    this.#say = say
    this.#words = words
  }

  /** An answer begins, or goes on behind what was said of it before. */
  begin(body) {
    const last = body.lastElementChild
    this.#next = Math.max(0, body.childElementCount - 1)
    this.#begun = last && this.#isOver ? textOf(last, this.#words) : ""
    this.#isOver = false
  }

  /** A block shows something new: those before it are finished. */
  take(body, number) {
    while (this.#next < number) {
      this.#sayBlock(body)
    }
  }

  /** Nothing comes any more. */
  end(body) {
    while (this.#next < body.childElementCount) {
      this.#sayBlock(body)
    }
    this.#isOver = true
  }

  #sayBlock(body) {
    const block = body.querySelector(`:scope > [data-block="${this.#next}"]`)
    const text = block ? textOf(block, this.#words) : ""
    const news = text.startsWith(this.#begun) ? text.slice(this.#begun.length).trim() : text
    this.#next += 1
    this.#begun = ""
    if (news) {
      this.#say(news)
    }
  }
}

/** Return what a block of an answer is when it is read aloud; of code, only that it is there. */
function textOf(block, words) {
  return spoken(block, words).replace(/ *\n */g, "\n").replace(/ {2,}/g, " ").trim()
}

function spoken(node, words) {
  if (node.nodeType === Node.TEXT_NODE) {
    return node.data.replace(/\s+/g, " ")
  }
  if (node.matches("figure.code")) {
    const { language } = node.dataset
    return language ? words.codeIn.replace("{language}", language) : words.code
  }
  if (node.matches("button, [aria-hidden=true]")) {
    return ""
  }
  const text = Array.from(node.childNodes, (child) => spoken(child, words)).join("")
  if (node.matches("td, th")) {
    return `${text}, `
  }
  return node.matches(PAUSES) ? `${text.replace(/,\s*$/, "")}\n` : text
}
