const STILL_COMPOSING = 229 // the keyCode of a key that an input method took
const SAME_MOMENT_MS = 30

/** Tell whether a key belongs to an input method, which composes a word of several. */
export function isComposed(event) {
  return event.isComposing || event.keyCode === STILL_COMPOSING
}

/**
 * Tell whether a key sends what is written. Enter that ends a composition does not; in Safari it comes after the end.
 * @param {KeyboardEvent} event
 * @param {{sendKey: string, isTouch: boolean, composedAt: number}} how `enter` or `ctrl-enter`; whether the keyboard is
 *   on the screen; the `timeStamp` of the last end of a composition
 */
export function sends(event, { sendKey, isTouch, composedAt }) {
  if (event.key !== "Enter" || isComposed(event) || event.timeStamp - composedAt < SAME_MOMENT_MS) {
    return false
  }
  return event.ctrlKey || event.metaKey || !(event.shiftKey || event.altKey || isTouch || sendKey === "ctrl-enter")
}
