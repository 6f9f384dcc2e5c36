/**
 * Return whether two sets of parameters are the same.
 * @param {Record<string, unknown>} one
 * @param {Record<string, unknown>} other
 */
export function sameParams(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Array.from(names).every((name) => one[name] === other[name])
}

/** Return whether any parameter is set. @param {Params} params */
export function hasParams(params) {
  return Object.keys(params).length > 0
}

/** Return the size of a text in UTF-8 bytes, as the server counts. @param {string} text */
export function byteLength(text) {
  return new TextEncoder().encode(text).length
}
