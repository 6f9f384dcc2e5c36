import { listen } from "../lib/dom.js"

/** The screen stays on while an answer arrives, where the browser supports that. @param {Page} page */
export function connectWakeLock({ conversation }) {
  if (!navigator.wakeLock) {
    return
  }
  /** @type {WakeLockSentinel | undefined} */
  let lock
  const request = async () => {
    if (conversation.isRunning && !document.hidden) {
      lock = await navigator.wakeLock.request("screen").catch(() => undefined) // a low battery may forbid it
      if (!conversation.isRunning) {
        release()
      }
    }
  }
  const release = () => {
    lock?.release()
    lock = undefined
  }
  listen(conversation, { running: ({ detail: is }) => (is ? request() : release()) })
  document.addEventListener("visibilitychange", request) // the browser releases it when the page is hidden
  request()
}
