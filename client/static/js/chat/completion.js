/**
 * What `/` and `@` ask for: `sign` is which of them, `query` what follows it, and both lie between `start` and `end`.
 * @typedef {{sign: "/" | "@", query: string, start: number, end: number}} Wish
 */

/** `/` only begins a message, and its choices have spaces in their names; a path has another slash. */
const COMMAND = /^\/([^/\n]{0,40})$/
/** `@` begins a word; an address of mail has letters before it. */
const MODEL = /(?:^|\s)@([^\s@]{0,80})$/

/**
 * Return what the text before the caret asks for, or undefined.
 * @param {string} text
 * @param {number} caret
 * @returns {Wish | undefined}
 */
export function wishAt(text, caret) {
  const before = text.slice(0, caret)
  for (const [sign, pattern] of [["/", COMMAND], ["@", MODEL]]) {
    const query = before.match(pattern)?.[1]
    if (query !== undefined) {
      return { sign, query, start: caret - query.length - sign.length, end: caret }
    }
  }
  return undefined
}

/** Return the text without what asked, and where the caret is then. */
export function without(text, { start, end }) {
  const rest = text.slice(end)
  const isSpaced = /(^|\s)$/.test(text.slice(0, start)) && rest.startsWith(" ")
  return { text: text.slice(0, start) + (isSpaced ? rest.slice(1) : rest), caret: start }
}

/**
 * Return the choices whose name has every word of a query.
 * @param {{name: string}[]} choices
 */
export function fitting(choices, query) {
  const words = query.toLowerCase().split(/\s+/)
  return choices.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
}
