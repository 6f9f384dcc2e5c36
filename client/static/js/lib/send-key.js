const STILL_COMPOSING = 229 // the keyCode of a key that an input method consumed
const SAME_MOMENT_MS = 30

/**
 * Return whether a key belongs to an input method (IME) that composes a word.
 * @param {KeyboardEvent} event
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === STILL_COMPOSING
}

/**
 * Return whether a key sends the message. The Enter that ends a composition does not; in Safari it comes after the end.
 * @param {KeyboardEvent} event
 * @param {{sendKey: string | undefined, isTouch: boolean, composedAt: number}} context `enter` or `ctrl-enter`; whether the
 *   keyboard is on the screen; the `timeStamp` of the last end of a composition
 */
export function isSendKey(event, { sendKey, isTouch, composedAt }) {
  if (event.key !== "Enter" || isComposing(event) || event.timeStamp - composedAt < SAME_MOMENT_MS) {
    return false
  }
  return event.ctrlKey || event.metaKey || !(event.shiftKey || event.altKey || isTouch || sendKey === "ctrl-enter")
}
