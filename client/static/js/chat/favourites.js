import { storage } from "../lib/storage.js"

const KEY = "favourites"

/** The favourite models in this browser. */
export const favourites = {
  /** Return their ids. */
  read() {
    return new Set(storage.read(KEY)?.split("\n"))
  },

  /** Make a model a favourite, or stop that. @param {string} id */
  toggle(id) {
    const ids = favourites.read()
    ids.delete(id) || ids.add(id)
    storage.write(KEY, Array.from(ids).join("\n"))
  },
}
