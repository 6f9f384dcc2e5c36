import { listen } from "../lib/dom.js"
import { isPlainClick } from "../lib/plain-click.js"
import { rethrowBugs } from "../lib/problem.js"

/** The list follows what happens to conversations, and the server saves the sidebar's settings. @param {Page} page */
export function connectSidebar({ api, conversation, list, selection, sidebar, thread, toast }) {
  const { settings = "" } = sidebar.dataset
  const refresh = () => list.refresh(api, thread.conversationId)
  listen(document, {
    "list:older": () => list.loadMore(api, thread.conversationId),
    "conversation:act": ({ detail: { act, id } }) => {
      if (act === "select") {
        selection.begin(id)
      } else if (act === "pin" || act === "unpin") {
        pin(id, act === "pin")
      }
    },
    "conversation:close": () => list.applyPending(),
    "sidebar:change": ({ detail: state }) => api.submit(settings, { sidebar: state }).catch(rethrowBugs),
    click: showOther,
  })
  listen(conversation, { start: refresh, finish: refresh, error: refresh })
  saveTimeZone()

  /**
   * @param {string} id
   * @param {boolean} pinned
   */
  async function pin(id, pinned) {
    try {
      await api.updateConversation(id, { pinned })
    } catch (error) {
      toast.showError(error)
    }
    refresh()
  }

  /** Show the archive, or the other chats. @param {On<MouseEvent>} event */
  function showOther(event) {
    const link = event.target.closest("[data-view-of]")
    if (link && isPlainClick(event)) {
      event.preventDefault()
      list.view = link.dataset.viewOf ?? ""
      refresh()
    }
  }

  /** The server groups the list by the reader's days. */
  async function saveTimeZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    if (zone !== document.documentElement.dataset.zone && (await api.submit(settings, { zone }).catch(rethrowBugs))) {
      refresh()
    }
  }
}
