import { errorText } from "../chat/error-texts.js"
import { listen } from "../lib/dom.js"
import { Problem } from "../lib/problem.js"

const PREFILLS = ["q", "prompt"]

/** The composer's text is sent; what the server refuses is put back. @param {Page} page */
export function connectComposer(page) {
  const { chat, composer, conversation, latest, picker, status, thread, toast } = page
  let isComplete = false
  listen(document, {
    "chat:send": ({ detail: text }) => {
      conversation.send(text, picker)
      chat.dataset.empty = "false"
      latest.follow()
    },
    "chat:stop": () => conversation.stop(),
    "chat:edit-last": () => lastQuestion(thread)?.request("edit"),
    "queue:add": () => status.announceState("queued"),
    "queue:remove": ({ target, detail: text }) => {
      composer.focus()
      toast.show(target.dataset.removed, { undo: () => composer.putBack(text) })
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
    refused: ({ detail }) => putBack(page, detail),
  })
  listen(chat, {
    click: ({ target }) => {
      const example = target.closest("[data-example]")
      if (example) {
        tryExample(composer, example)
      }
    },
  })
  composer.running = conversation.isRunning
  composer.open(thread.conversationId)
  prefill(composer)
}

/**
 * @param {Page} page
 * @param {ConversationEvents["refused"]} refused
 */
function putBack({ chat, composer, thread }, { text, error }) {
  const { unsent = "", unreachable = "" } = composer.dataset
  composer.refused(text, error instanceof Problem ? errorText(error) : text ? unsent : unreachable)
  chat.dataset.empty = String(!thread.last)
}

/** @param {ChatThread} thread */
function lastQuestion(thread) {
  return thread.messages.findLast((message) => !message.isAnswer)
}

/**
 * An example replaces another example, but not the reader's own text.
 * @param {ChatComposer} composer
 * @param {HTMLElement} example
 */
function tryExample(composer, example) {
  const texts = Array.from(example.parentElement?.children ?? [], textOf)
  const isOurs = !composer.value.trim() || texts.includes(composer.value)
  composer.fill(isOurs ? textOf(example) : `${composer.value}\n${textOf(example)}`)
  composer.focus()
}

/** @param {Element} example */
function textOf(example) {
  return example.textContent.trim()
}

/**
 * Append the question in the address to the draft, and remove it from the address: a reload must not repeat it.
 * @param {ChatComposer} composer
 */
function prefill(composer) {
  const address = new URL(location.href)
  const texts = PREFILLS.map((name) => address.searchParams.get(name)).filter((text) => text?.trim())
  if (texts.length) {
    PREFILLS.forEach((name) => address.searchParams.delete(name))
    history.replaceState(history.state, "", address)
    composer.fill([composer.value, ...texts].filter(Boolean).join("\n"))
  }
}
