import { listen } from "../lib/dom.js"
import { rethrowBugs } from "../lib/problem.js"

/** The picked model applies to the open conversation, on every device. @param {Page} page */
export function connectModelPicker({ api, conversation, picker, thread }) {
  let isStored = true
  picker.api = api
  listen(document, {
    "picker:pick": async ({ detail: model }) => {
      if (thread.conversationId) {
        isStored = false // until the next turn carries it, if need be
        const stored = await api.updateConversation(thread.conversationId, { model: model.id }).catch(rethrowBugs)
        isStored ||= Boolean(stored) && model.id === picker.value
      }
    },
    "conversation:settings": ({ detail: { model } }) => isStored && picker.sync(model),
  })
  listen(conversation, { start: () => (isStored = true) })
  picker.restoreLast()
}
