import { tabStorage } from "./storage.js"

const WITHIN_MS = 500
const FIRST = "clicked"
const MEANT = "double-clicked"

/** A double click on a link to another page: the second click may come before that page loads, or on it. */
export const doubleClick = {
  /**
   * Note a click; return whether it is the second one on the same conversation.
   * @param {string} id
   */
  isSecond(id, now = Date.now()) {
    const [before, at] = (tabStorage.read(FIRST) ?? "").split(" ")
    const is = before === id && now - Number(at) < WITHIN_MS
    tabStorage.write(FIRST, is ? "" : `${id} ${now}`)
    return is
  },

  /** Tell the page that is loading. @param {string} id */
  passOn: (id) => tabStorage.write(MEANT, id),

  /** Return whether this page's link was double-clicked; true only once. @param {string} id */
  wasPassedOn(id) {
    const is = tabStorage.read(MEANT) === id
    tabStorage.write(MEANT, "")
    return is
  },
}
