/** What this browser stores, and what one tab stores: separately for each person who signs in. */
export const storage = guarded(() => localStorage)
export const tabStorage = guarded(() => sessionStorage)

/**
 * Where the browser forbids storage, everything is forgotten with the page.
 * @param {() => Storage} area
 */
function guarded(area) {
  return {
    /** @param {string} name */
    read(name) {
      try {
        return area().getItem(keyOf(name))
      } catch {
        return null
      }
    },

    /**
     * Store a text under a name; an empty text removes it.
     * @param {string} name
     * @param {string} text
     */
    write(name, text) {
      try {
        text ? area().setItem(keyOf(name), text) : area().removeItem(keyOf(name))
      } catch {
        // Storage is full or forbidden. What is typed stays in the field.
      }
    },

    /**
     * Return whether a `storage` event, which comes from another tab, is about that name.
     * @param {StorageEvent} event
     * @param {string} name
     */
    isAbout: ({ key }, name) => key === keyOf(name),
  }
}

/**
 * Several people may share one browser.
 * @param {string} name
 */
function keyOf(name) {
  const { person } = document.body.dataset
  return person ? `${person}:${name}` : name
}
