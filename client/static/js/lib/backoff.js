const FIRST_MS = 500
const LONGEST_MS = 15_000

/**
 * Return how long to wait before the next attempt, in milliseconds: twice as long each time, with jitter, so that the
 * pages do not all return to a restarted server at once.
 * @param {number} failures how many attempts failed in a row, from 1
 */
export function backoffMs(failures, random = Math.random) {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
  return longest * (0.5 + random() / 2)
}

/**
 * Wait that long, or until the browser is online again.
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
export function waitOrOnline(milliseconds) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      removeEventListener("online", done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    addEventListener("online", done)
  })
}
