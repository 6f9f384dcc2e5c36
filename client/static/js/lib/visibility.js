/** Whether somebody may be looking at the page. */
export const isSeen = () => document.visibilityState === "visible"

/** Wait until somebody may be looking. */
export function whenSeen() {
  return new Promise((resolve) => {
    isSeen() ? resolve() : document.addEventListener("visibilitychange", resolve, { once: true })
  })
}
