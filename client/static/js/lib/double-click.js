import { tabStorage } from "./storage.js"

const WITHIN_MS = 500
const FIRST = "clicked"
const MEANT = "double-clicked"

/** A double click on what leads to another page: the second click may come before that page or on it. */
export const secondClick = {
  /** Take in a click; return whether it is the second one on the same thing. */
  completes(id, now = Date.now()) {
    const [before, at] = (tabStorage.read(FIRST) ?? "").split(" ")
    const is = before === id && now - Number(at) < WITHIN_MS
    tabStorage.write(FIRST, is ? "" : `${id} ${now}`)
    return is
  },

  /** Have the page that is on its way know. */
  means: (id) => tabStorage.write(MEANT, id),

  /** Return whether this page is what was clicked twice; it is told once. */
  isMeantFor(id) {
    const is = tabStorage.read(MEANT) === id
    tabStorage.write(MEANT, "")
    return is
  },
}
