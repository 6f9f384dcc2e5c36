import { listen } from "../lib/dom.js"

/** The states of a turn are shown and announced, and Escape stops it. @param {Page} page */
export function connectThread({ conversation, home, latest, status, thread }) {
  listen(document, {
    keydown: (event) => isStopKey(event) && conversation.isRunning && conversation.stop(),
  })
  listen(conversation, {
    running: ({ detail: is }) => (thread.ariaBusy = String(is)),
    start: ({ detail }) => {
      history.replaceState(null, "", home + encodeURIComponent(detail.conversation_id))
      status.announceState("answering")
    },
    html: () => latest.markNew(),
    finish: ({ detail: { reason } }) => status.announceState(reason === "stopped" ? "stopped" : "complete"),
    error: () => status.announceState("failed"),
  })
  history.scrollRestoration = "manual" // a conversation opens at its end, or at the message in the address
  const target = thread.message(new URLSearchParams(location.search).get("message"))
  if (target) {
    target.toggleAttribute("data-marked", true)
    latest.showElement(target)
  } else {
    latest.follow()
  }
  conversation.follow()
}

/** @param {On<KeyboardEvent>} event */
function isStopKey(event) {
  const closesSomething = document.querySelector(":popover-open, dialog[open]") || event.target.matches("select")
  return event.key === "Escape" && !event.isComposing && !closesSomething
}
