/**
 * Parameters of a conversation: only what is set.
 * @typedef {{temperature?: number, top_p?: number, max_tokens?: number, system?: string}} Params
 */

/** Tell whether two sets of parameters ask for the same. */
export function isSame(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Array.from(names).every((name) => one[name] === other[name])
}

/** Tell whether anything is set. */
export function isSet(params) {
  return Object.keys(params).length > 0
}

/** Return the size of a text in bytes, as the server counts. */
export function bytesOf(text) {
  return new TextEncoder().encode(text).length
}
