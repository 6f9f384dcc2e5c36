/**
 * What `/` or `@` asks for: `query` follows the sign, and both lie between `start` and `end`.
 * @typedef {{sign: "/" | "@", query: string, start: number, end: number}} CompletionQuery
 */

/** `/` only at the start of a message; its choices have spaces in their names. A path has another slash. */
const COMMAND = /^\/([^/\n]{0,40})$/
/** `@` at the start of a word; an e-mail address has letters before it. */
const MODEL = /(?:^|\s)@([^\s@]{0,80})$/

/** @type {[CompletionQuery["sign"], RegExp][]} */
const SIGNS = [["/", COMMAND], ["@", MODEL]]

/**
 * Return what the text before the caret asks for, or undefined.
 * @param {string} text
 * @param {number} caret
 * @returns {CompletionQuery | undefined}
 */
export function completionAt(text, caret) {
  const before = text.slice(0, caret)
  for (const [sign, pattern] of SIGNS) {
    const query = before.match(pattern)?.[1]
    if (query !== undefined) {
      return { sign, query, start: caret - query.length - sign.length, end: caret }
    }
  }
  return undefined
}

/**
 * Return the text without the sign and its query, and the caret's new position.
 * @param {string} text
 * @param {{start: number, end: number}} query
 */
export function removeQuery(text, { start, end }) {
  const rest = text.slice(end)
  const isSpaced = /(^|\s)$/.test(text.slice(0, start)) && rest.startsWith(" ")
  return { text: text.slice(0, start) + (isSpaced ? rest.slice(1) : rest), caret: start }
}

/**
 * Return the choices whose name has every word of a query.
 * @template {{name: string}} C
 * @param {C[]} choices
 * @param {string} query
 */
export function matching(choices, query) {
  const words = query.toLowerCase().split(/\s+/)
  return choices.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
}
