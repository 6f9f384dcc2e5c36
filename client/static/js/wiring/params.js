import { paramDrafts } from "../chat/drafts.js"
import { listen } from "../lib/listen.js"
import { isSame, isSet } from "../chat/params.js"
import { unlessBug } from "../lib/problem.js"

/** The parameters of a conversation are kept by the server at once; before there is one, its first message brings them. */
export function connectParams({ api, conversation, params: panel, picker, presets, thread }) {
  let areKept = Boolean(thread.conversationId)

  const isLookedAt = () => panel.querySelector(":popover-open")
  const keep = async (params) => {
    areKept = false
    if (!thread.conversationId) {
      paramDrafts.write("", isSet(params) ? JSON.stringify(params) : "")
      panel.saved()
    } else if (await api.change(thread.conversationId, { params }).then(() => true, unlessBug)) {
      areKept = params === panel.params
      panel.saved()
    } else {
      panel.unsaved()
    }
  }
  listen(document, {
    "params:change": ({ detail: params }) => keep(params),
    "params:shown": ({ detail: params }) => {
      presets.show(params)
      document.querySelector("[data-params-set]").hidden = !isSet(params)
    },
    "preset:apply": ({ detail: { params } }) => panel.change(params),
    "picker:change": ({ detail: model }) => panel.defaults(model.params),
    "conversation:remembers": ({ detail: { params } }) => {
      if (areKept && !isLookedAt() && !isSame(params, panel.params)) {
        panel.show(params)
      }
    },
  })
  listen(conversation, {
    start: () => {
      if (!areKept) {
        areKept = true
        paramDrafts.write("", "")
      }
    },
  })
  conversation.params = () => (areKept || (!thread.conversationId && !isSet(panel.params)) ? undefined : panel.params)
  presets.api = api
  panel.show(JSON.parse(thread.conversationId ? panel.dataset.kept : paramDrafts.read("") || "{}"))
  panel.querySelector("[popover]").addEventListener("toggle", async ({ newState }) => {
    if (newState === "open") {
      presets.load()
      await picker.load().catch(unlessBug)
      panel.defaults(picker.model?.params ?? {})
    }
  })
}
