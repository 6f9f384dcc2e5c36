import { causeOf } from "../chat/error-texts.js"
import { listen } from "../lib/listen.js"
import { Problem } from "../lib/problem.js"

const PREFILLS = ["q", "prompt"]

/** What is written is sent; what the server does not have comes back. */
export function connectComposer({ chat, composer, conversation, latest, picker, status, thread, toast }) {
  let isComplete = false
  listen(document, {
    "chat:send": ({ detail: text }) => {
      conversation.send(text, picker)
      chat.dataset.empty = "false"
      latest.pin()
    },
    "chat:stop": () => conversation.stop(),
    "chat:recall": () => lastQuestion(thread)?.dispatchEvent(new CustomEvent("message:edit", { bubbles: true })),
    "queue:add": () => status.say("queued"),
    "queue:remove": ({ target, detail: text }) => {
      composer.focus()
      toast.show(target.dataset.removed, { undo: () => composer.giveBack(text) })
    },
  })
  listen(conversation, {
    running: ({ detail: is }) => {
      composer.running = is
      if (!is) {
        composer.ended(isComplete)
      }
      isComplete = false
    },
    start: ({ detail }) => composer.accepted(detail.conversation_id),
    finish: ({ detail: { reason } }) => (isComplete = reason !== "stopped"),
    refused: ({ detail: { text, error } }) => {
      const { unsent, unreachable } = composer.dataset
      composer.refused(text, error instanceof Problem ? causeOf(error) : text ? unsent : unreachable)
      chat.dataset.empty = !thread.last
    },
  })
  chat.addEventListener("click", ({ target }) => {
    const example = target.closest("[data-example]")
    if (example) {
      tryExample(composer, example)
    }
  })
  composer.running = conversation.isRunning
  composer.open(thread.conversationId)
  prefill(composer)
}

function lastQuestion(thread) {
  return thread.messages.findLast((message) => message.dataset.role === "user")
}

/** One example takes the place of another, but not of what somebody wrote. */
function tryExample(composer, example) {
  const texts = Array.from(example.parentElement.children, textOf)
  const isOurs = !composer.value.trim() || texts.includes(composer.value)
  composer.fill(isOurs ? textOf(example) : `${composer.value}\n${textOf(example)}`)
  composer.focus()
}

function textOf(example) {
  return example.textContent.trim()
}

/** Put what the address asks behind the draft. A reload shall not do it again. */
function prefill(composer) {
  const address = new URL(location.href)
  const texts = PREFILLS.map((name) => address.searchParams.get(name)).filter((text) => text?.trim())
  if (texts.length) {
    PREFILLS.forEach((name) => address.searchParams.delete(name))
    history.replaceState(history.state, "", address)
    composer.fill([composer.value, ...texts].filter(Boolean).join("\n"))
  }
}
