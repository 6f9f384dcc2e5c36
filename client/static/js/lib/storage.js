/** What this browser keeps for good, and what one tab keeps through its next page: for the person who is signed in alone. */
export const storage = guarded(() => localStorage)
export const tabStorage = guarded(() => sessionStorage)

/** Where the browser forbids keeping, things are forgotten with the page. */
function guarded(place) {
  return {
    read(name) {
      try {
        return place().getItem(keyOf(name))
      } catch {
        return null
      }
    },

    /** Keep a text under a name; an empty one is removed. */
    write(name, text) {
      try {
        text ? place().setItem(keyOf(name), text) : place().removeItem(keyOf(name))
      } catch {
        // Storage is full or forbidden. What is typed stays in the field.
      }
    },

    /** Tell whether a `storage` event, which comes from another tab, is about that name. */
    isAbout: ({ key }, name) => key === keyOf(name),
  }
}

/** Several people may use one browser, one after the other. */
function keyOf(name) {
  const { person } = document.body.dataset
  return person ? `${person}:${name}` : name
}
