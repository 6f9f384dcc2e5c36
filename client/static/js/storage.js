/** localStorage, where the browser allows it; where it does not, things are forgotten with the page. */
export const storage = {
  read(key) {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  },

  /** Keep a text under a key; an empty one is removed. */
  write(key, text) {
    try {
      text ? localStorage.setItem(key, text) : localStorage.removeItem(key)
    } catch {
      // Storage is full or forbidden. What is typed stays in the field.
    }
  },
}
