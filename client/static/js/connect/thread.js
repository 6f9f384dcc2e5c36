import { copy } from "../clipboard.js"
import { listen } from "../listen.js"

const COPIED_MS = 1500

/** What a message is asked to do is done, and what becomes of a turn is shown and said. */
export function connectThread({ api, conversation, home, latest, picker, status, thread }) {
  listen(document, {
    "message:regenerate": ({ target }) => {
      if (!conversation.isRunning) {
        conversation.regenerate(target, picker)
        latest.pin()
      }
    },
    "message:continue": ({ target }) => conversation.isRunning || conversation.continue(target, picker),
    "message:other-model": () => picker.open(),
    "message:copy": ({ target, detail: button }) => copyFrom(button, markdownOf(target)),
    "message:copy-code": ({ detail: button }) => copyFrom(button, codeOf(button)),
    keydown: (event) => stopsByKey(event) && conversation.isRunning && conversation.stop(),
  })
  listen(conversation, {
    running: ({ detail: is }) => (thread.ariaBusy = String(is)),
    start: ({ detail }) => {
      history.replaceState(null, "", home + encodeURIComponent(detail.conversation_id))
      status.say("answering")
    },
    finish: ({ detail: { reason } }) => status.say(reason === "stopped" ? "stopped" : "complete"),
    error: () => status.say("failed"),
  })

  async function copyFrom(button, text) {
    await copy(text)
    status.say("copied")
    button.toggleAttribute("data-done", true)
    setTimeout(() => button.removeAttribute("data-done"), COPIED_MS)
  }

  async function markdownOf(message) {
    if (message.dataset.role === "user") {
      return message.querySelector("[data-text]").textContent
    }
    const { messages } = await api.conversation(thread.conversationId)
    return messages.find(({ id }) => id === message.dataset.id).content
  }

  history.scrollRestoration = "manual" // a conversation opens at its end, or at the message that the address names
  const target = location.hash && document.getElementById(location.hash.slice(1))
  target ? latest.read(target) : latest.pin()
  conversation.join()
}

async function codeOf(button) {
  return button.closest("figure").querySelector("code").textContent
}

function stopsByKey(event) {
  const closesSomething = document.querySelector(":popover-open, dialog[open]") || event.target.matches("select")
  return event.key === "Escape" && !event.isComposing && !closesSomething
}
