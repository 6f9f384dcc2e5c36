import { Hearing } from "../chat/speech.js"
import { listen } from "../lib/listen.js"

/** An answer is heard in sentences while it comes. */
export function connectHearing({ conversation }) {
  const log = document.querySelector("chat-log")
  const hearing = new Hearing((text) => log.say(text), log.dataset)
  const body = () => conversation.answer.querySelector("[data-body]")
  const end = () => hearing.end(body())
  listen(conversation, {
    running: ({ detail: is }) => is && hearing.begin(body()),
    html: ({ detail: { block } }) => hearing.take(body(), block),
    finish: end,
    error: end,
  })
}
