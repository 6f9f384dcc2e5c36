import { storage } from "../lib/storage.js"

const KEY = "favourites"

/** The models that somebody likes best on this device. */
export const favourites = {
  /** Return their names. */
  read() {
    return new Set(storage.read(KEY)?.split("\n"))
  },

  /** Make a model a favourite, or one no more. */
  toggle(name) {
    const names = favourites.read()
    names.delete(name) || names.add(name)
    storage.write(KEY, Array.from(names).join("\n"))
  },
}
