import { listen } from "../lib/dom.js"
import { isPlainClick } from "../lib/plain-click.js"
import { rethrowBugs } from "../lib/problem.js"

/** The list follows what happens to conversations, and the server saves the sidebar's settings. @param {Page} page */
export function connectSidebar(page) {
  const { api, conversation, list, selection, sidebar, thread } = page
  const refresh = () => list.refresh(api, thread.conversationId)
  listen(document, {
    "list:older": () => list.loadMore(api, thread.conversationId),
    "conversation:act": ({ detail: { act, id } }) => {
      if (act === "select") {
        selection.begin(id)
      } else if (act === "pin" || act === "unpin") {
        pin(page, id, act === "pin")
      }
    },
    "conversation:close": () => list.applyPending(),
    "sidebar:change": ({ detail: state }) => api.submit(sidebar.dataset.settings ?? "", { sidebar: state }).catch(rethrowBugs),
    click: (event) => {
      const link = event.target.closest("[data-view-of]") // the archive, or back to the other chats
      if (link && isPlainClick(event)) {
        event.preventDefault()
        list.view = link.dataset.viewOf ?? ""
        refresh()
      }
    },
  })
  listen(conversation, { start: refresh, finish: refresh, error: refresh })
  saveTimeZone(page)
}

/**
 * @param {Page} page
 * @param {string} id
 * @param {boolean} pinned
 */
async function pin({ api, list, thread, toast }, id, pinned) {
  try {
    await api.updateConversation(id, { pinned })
  } catch (error) {
    toast.showError(error)
  }
  list.refresh(api, thread.conversationId)
}

/** The server groups the list by the reader's days. @param {Page} page */
async function saveTimeZone({ api, list, sidebar, thread }) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const isKnown = zone === document.documentElement.dataset.zone
  if (!isKnown && (await api.submit(sidebar.dataset.settings ?? "", { zone }).catch(rethrowBugs))) {
    list.refresh(api, thread.conversationId)
  }
}
