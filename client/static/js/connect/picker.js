import { listen } from "../listen.js"
import { unlessBug } from "../problem.js"

/** What is picked counts for the conversation that is open, on every device. */
export function connectPicker({ api, picker, thread }) {
  picker.api = api
  listen(document, {
    "picker:pick": ({ detail: model }) => {
      if (thread.conversationId) {
        api.change(thread.conversationId, { model: model.id }).catch(unlessBug) // the next turn says it, too
      }
    },
  })
  picker.recall()
}
