/** What this browser keeps for good, and what one tab keeps through its next page. */
export const storage = guarded(() => localStorage)
export const tabStorage = guarded(() => sessionStorage)

/** Where the browser forbids keeping, things are forgotten with the page. */
function guarded(place) {
  return {
    read(key) {
      try {
        return place().getItem(key)
      } catch {
        return null
      }
    },

    /** Keep a text under a key; an empty one is removed. */
    write(key, text) {
      try {
        text ? place().setItem(key, text) : place().removeItem(key)
      } catch {
        // Storage is full or forbidden. What is typed stays in the field.
      }
    },
  }
}
