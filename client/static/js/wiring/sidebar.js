import { isPlain } from "../lib/plain-click.js"
import { listen } from "../lib/listen.js"
import { unlessBug } from "../lib/problem.js"

/** The list follows what happens to conversations, and what the sidebar is told is kept. */
export function connectSidebar({ api, conversation, list, selection, sidebar, thread, toast }) {
  const { settings } = sidebar.dataset
  const refresh = () => list.refresh(api, thread.conversationId)
  const acts = {
    pin: (id) => pin(id, true),
    unpin: (id) => pin(id, false),
    select: (id) => selection.begin(id),
  }
  listen(document, {
    "list:older": () => list.more(api, thread.conversationId),
    "conversation:act": ({ detail: { act, row } }) => acts[act]?.(row.dataset.row),
    "conversation:close": () => list.settle(),
    "sidebar:kept": ({ detail: how }) => api.keep(settings, { sidebar: how }).catch(unlessBug),
    click: showOther,
  })
  listen(conversation, { start: refresh, finish: refresh, error: refresh })
  tellZone()

  async function pin(id, pinned) {
    try {
      await api.change(id, { pinned })
    } catch (error) {
      toast.fail(error)
    }
    refresh()
  }

  function showOther(event) {
    const link = event.target.closest("[data-view-of]")
    if (link && isPlain(event)) {
      event.preventDefault()
      list.view = link.dataset.viewOf
      refresh()
    }
  }

  /** Days begin where the reader is. */
  async function tellZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    if (zone !== document.documentElement.dataset.zone && (await api.keep(settings, { zone }).catch(unlessBug))) {
      refresh()
    }
  }
}
