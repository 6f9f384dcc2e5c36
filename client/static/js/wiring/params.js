import { paramDrafts } from "../chat/drafts.js"
import { hasParams, sameParams } from "../chat/params.js"
import { listen, query } from "../lib/dom.js"
import { rethrowBugs } from "../lib/problem.js"

/** The server stores a conversation's parameters at once; before it exists, its first message carries them. @param {Page} page */
export function connectParams({ api, conversation, params: panel, picker, presets, thread }) {
  const popover = query(panel, "[popover]")
  let areStored = Boolean(thread.conversationId)

  listen(document, {
    "params:change": ({ detail: params }) => store(params),
    "params:shown": ({ detail: params }) => {
      presets.show(params)
      query(document, "[data-params-set]").hidden = !hasParams(params)
    },
    "preset:apply": ({ detail: { params } }) => panel.change(params),
    "picker:change": ({ detail: model }) => panel.showDefaults(model.params),
    "conversation:settings": ({ detail: { params } }) => {
      if (areStored && !popover.matches(":popover-open") && !sameParams(params, panel.params)) {
        panel.show(params)
      }
    },
  })
  listen(conversation, {
    start: () => {
      if (!areStored) {
        areStored = true
        paramDrafts.write("", "")
      }
    },
  })
  listen(popover, { toggle: ({ newState }) => newState === "open" && loadChoices() })
  conversation.params = () => (areStored || (!thread.conversationId && !hasParams(panel.params)) ? undefined : panel.params)
  presets.api = api
  panel.show(JSON.parse((thread.conversationId ? panel.dataset.kept : paramDrafts.read("")) || "{}"))

  /** @param {Params} params */
  async function store(params) {
    areStored = false
    if (!thread.conversationId) {
      paramDrafts.write("", hasParams(params) ? JSON.stringify(params) : "")
      panel.saved()
    } else if (await api.updateConversation(thread.conversationId, { params }).then(() => true, rethrowBugs)) {
      areStored = params === panel.params
      panel.saved()
    } else {
      panel.unsaved()
    }
  }

  async function loadChoices() {
    presets.load()
    await picker.load().catch(rethrowBugs)
    panel.showDefaults(picker.model?.params ?? {})
  }
}
