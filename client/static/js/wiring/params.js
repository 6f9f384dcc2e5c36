import { paramDrafts } from "../chat/drafts.js"
import { hasParams, sameParams } from "../chat/params.js"
import { listen, query } from "../lib/dom.js"
import { rethrowBugs } from "../lib/problem.js"

/**
 * The server stores a conversation's parameters at once; before it exists, its first message carries them.
 * @param {Page} page
 */
export function connectParams(page) {
  const { api, conversation, params: panel, presets, thread } = page
  const popover = query(panel, "[popover]")
  let areStored = Boolean(thread.conversationId)
  listen(document, {
    "params:change": async ({ detail: params }) => {
      areStored = false
      if (await store(page, params)) {
        areStored = params === panel.params
      }
    },
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
  listen(popover, { toggle: ({ newState }) => newState === "open" && loadChoices(page) })
  conversation.params = () => (areStored || (!thread.conversationId && !hasParams(panel.params)) ? undefined : panel.params)
  presets.api = api
  panel.show(JSON.parse((thread.conversationId ? panel.dataset.kept : paramDrafts.read("")) || "{}"))
}

/**
 * Return whether the server has the parameters now.
 * @param {Page} page
 * @param {Params} params
 */
async function store({ api, params: panel, thread }, params) {
  if (!thread.conversationId) {
    paramDrafts.write("", hasParams(params) ? JSON.stringify(params) : "")
    panel.saved()
    return false
  }
  const isStored = await api.updateConversation(thread.conversationId, { params }).then(() => true, rethrowBugs)
  isStored ? panel.saved() : panel.unsaved()
  return isStored
}

/** @param {Page} page */
async function loadChoices({ params: panel, picker, presets }) {
  presets.load()
  await picker.load().catch(rethrowBugs)
  panel.showDefaults(picker.model?.params ?? {})
}
