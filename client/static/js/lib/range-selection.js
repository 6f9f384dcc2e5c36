/** Which items of a list are selected, by id, and where a range begins. */
export class RangeSelection {
  /** @type {Set<string>} */
  #ids = new Set()
  #anchor = ""

  get size() {
    return this.#ids.size
  }

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id)
  }

  /** The id that was touched last; empty before the first. */
  get anchor() {
    return this.#anchor
  }

  /** Select an item, or deselect it. @param {string} id */
  toggle(id) {
    this.#ids.delete(id) || this.#ids.add(id)
    this.#anchor = id
  }

  /**
   * Select everything from the item touched last to this one.
   * @param {string} id
   * @param {string[]} order all ids, as listed
   */
  extend(id, order) {
    const from = this.size ? order.indexOf(this.#anchor) : -1
    const ends = [from < 0 ? order.indexOf(id) : from, order.indexOf(id)]
    order.slice(Math.min(...ends), Math.max(...ends) + 1).forEach((each) => this.#ids.add(each))
    this.#anchor = id
  }

  /** Deselect what is no longer in the list. @param {string[]} order */
  retain(order) {
    this.#ids = new Set(this.inOrder(order))
  }

  /** Return the selected ids, as listed. @param {string[]} order */
  inOrder(order) {
    return order.filter((id) => this.#ids.has(id))
  }

  clear() {
    this.#ids.clear()
  }
}
