/** Decodes newline-delimited JSON from bytes that are cut anywhere. @template T */
export class NdjsonDecoder {
  #utf8 = new TextDecoder()
  #rest = ""

  /**
   * Return the values of the lines that are now complete.
   * @param {Uint8Array} bytes
   * @returns {T[]}
   */
  feed(bytes) {
    const lines = (this.#rest + this.#utf8.decode(bytes, { stream: true })).split("\n")
    this.#rest = /** @type {string} */ (lines.pop())
    return lines.filter((line) => line.trim()).map((line) => JSON.parse(line))
  }
}
