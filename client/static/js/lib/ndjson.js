/** Bytes of newline-delimited JSON, in pieces cut anywhere, to values. Knows no network and no page. */
export class NdjsonDecoder {
  #utf8 = new TextDecoder()
  #rest = ""

  /**
   * Return the values of the lines that are complete by now.
   * @param {Uint8Array} bytes
   * @returns {object[]}
   */
  feed(bytes) {
    const lines = (this.#rest + this.#utf8.decode(bytes, { stream: true })).split("\n")
    this.#rest = lines.pop()
    return lines.filter((line) => line.trim()).map((line) => JSON.parse(line))
  }
}
