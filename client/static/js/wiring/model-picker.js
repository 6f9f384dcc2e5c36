import { listen } from "../lib/listen.js"
import { unlessBug } from "../lib/problem.js"

/** What is picked counts for the conversation that is open, on every device. */
export function connectPicker({ api, conversation, picker, thread }) {
  let isKept = true
  picker.api = api
  listen(document, {
    "picker:pick": async ({ detail: model }) => {
      if (thread.conversationId) {
        isKept = false // until the next turn says it, if need be
        const kept = await api.change(thread.conversationId, { model: model.id }).catch(unlessBug)
        isKept ||= Boolean(kept) && model.id === picker.value
      }
    },
    "conversation:remembers": ({ detail: { model } }) => isKept && picker.follow(model),
  })
  listen(conversation, { start: () => (isKept = true) })
  picker.recall()
}
