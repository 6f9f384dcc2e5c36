import { AnswerSpeech } from "../chat/speech.js"
import { listen, query } from "../lib/dom.js"

/** Screen readers speak an answer while it arrives. @param {Page} page */
export function connectSpeech({ conversation }) {
  const log = query(document, "chat-log")
  const speech = new AnswerSpeech((text) => log.announce(text), log.dataset)
  const withBody = (/** @type {(body: HTMLElement) => void} */ act) => {
    if (conversation.answer) {
      act(query(conversation.answer, "[data-body]"))
    }
  }
  const end = () => withBody((body) => speech.end(body))
  listen(conversation, {
    running: ({ detail: is }) => is && withBody((body) => speech.begin(body)),
    html: ({ detail: { block } }) => withBody((body) => speech.update(body, block)),
    finish: end,
    error: end,
  })
}
