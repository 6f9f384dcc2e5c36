import { listen } from "../lib/listen.js"

/** What becomes of a turn is shown and said. */
export function connectThread({ conversation, home, latest, status, thread }) {
  listen(document, {
    keydown: (event) => stopsByKey(event) && conversation.isRunning && conversation.stop(),
  })
  listen(conversation, {
    running: ({ detail: is }) => (thread.ariaBusy = String(is)),
    start: ({ detail }) => {
      history.replaceState(null, "", home + encodeURIComponent(detail.conversation_id))
      status.say("answering")
    },
    html: () => latest.news(),
    finish: ({ detail: { reason } }) => status.say(reason === "stopped" ? "stopped" : "complete"),
    error: () => status.say("failed"),
  })
  history.scrollRestoration = "manual" // a conversation opens at its end, or at the message that the address names
  const target = thread.message(new URLSearchParams(location.search).get("message"))
  target ? mark(target) : latest.pin()
  conversation.join()

  function mark(message) {
    message.toggleAttribute("data-marked", true)
    latest.read(message)
  }
}

function stopsByKey(event) {
  const closesSomething = document.querySelector(":popover-open, dialog[open]") || event.target.matches("select")
  return event.key === "Escape" && !event.isComposing && !closesSomething
}
