import { listen } from "../listen.js"
import { Problem } from "../problem.js"

/** What is written is sent; what the server does not have comes back. */
export function connectComposer({ chat, composer, conversation, latest, picker, thread }) {
  listen(document, {
    "chat:send": ({ detail: text }) => {
      conversation.send(text, picker)
      chat.dataset.empty = "false"
      latest.pin()
    },
    "chat:stop": () => conversation.stop(),
  })
  listen(conversation, {
    running: ({ detail: is }) => (composer.running = is),
    start: ({ detail }) => composer.accepted(detail.conversation_id),
    refused: ({ detail: { text, error } }) => {
      const { unsent, unreachable } = composer.dataset
      composer.refused(text, error instanceof Problem ? error.message : text ? unsent : unreachable)
      chat.dataset.empty = !thread.last
    },
  })
  chat.addEventListener("click", ({ target }) => {
    if (target.closest("[data-example]")) {
      composer.fill(target.textContent.trim())
      composer.focus()
    }
  })
  composer.open(thread.conversationId)
}
