import { listen } from "../lib/listen.js"

/** The screen stays on while an answer is being written, where the browser lets us ask for that. */
export function connectWakeLock({ conversation }) {
  if (!navigator.wakeLock) {
    return
  }
  let lock
  const keepOn = async () => {
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
  listen(conversation, { running: ({ detail: is }) => (is ? keepOn() : release()) })
  document.addEventListener("visibilitychange", keepOn) // the browser takes it back from a page that is hidden
  keepOn()
}
