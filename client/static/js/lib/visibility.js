/** Return whether the page is visible, and not in a background tab. */
export const isVisible = () => document.visibilityState === "visible"

/** Wait until the page is visible. @returns {Promise<unknown>} */
export function whenVisible() {
  return new Promise((resolve) => {
    isVisible() ? resolve(true) : document.addEventListener("visibilitychange", resolve, { once: true })
  })
}
