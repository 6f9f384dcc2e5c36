/** Which things of a list are selected, by id, and from where a range goes on. */
export class Selection {
  #ids = new Set()
  #anchor

  get size() {
    return this.#ids.size
  }

  has(id) {
    return this.#ids.has(id)
  }

  /** The one that was touched last, or undefined. */
  get anchor() {
    return this.#anchor
  }

  /** Select one, or no longer. */
  toggle(id) {
    this.#ids.delete(id) || this.#ids.add(id)
    this.#anchor = id
  }

  /**
   * Select all from the one that was touched last to this one.
   * @param {string} id
   * @param {string[]} order all ids, as the list shows them
   */
  extend(id, order) {
    const from = this.size ? order.indexOf(this.#anchor) : -1
    const ends = [from < 0 ? order.indexOf(id) : from, order.indexOf(id)]
    order.slice(Math.min(...ends), Math.max(...ends) + 1).forEach((each) => this.#ids.add(each))
    this.#anchor = id
  }

  /** Forget those that the list no longer has. */
  keep(order) {
    this.#ids = new Set(this.inOrder(order))
  }

  /** Return the ids that are selected, as the list shows them. */
  inOrder(order) {
    return order.filter((id) => this.#ids.has(id))
  }

  clear() {
    this.#ids.clear()
  }
}
