import { isPlain } from "../clicks.js"
import { listen } from "../listen.js"
import { unlessBug } from "../problem.js"
import { rename } from "../renaming.js"

/** The list follows what happens to conversations, the page's title follows the list, and both can be changed in place. */
export function connectSidebar({ api, conversation, list, selection, sidebar, siteTitle, thread, toast }) {
  const { settings } = sidebar.dataset
  const heading = document.querySelector("h1")
  const refresh = () => list.refresh(api, thread.conversationId)
  const pin = (row, pinned) => change(row.dataset.row, { pinned })
  const acts = {
    rename: (row) => renameIn(row.querySelector("[data-link]"), row.dataset.row),
    pin: (row) => pin(row, true),
    unpin: (row) => pin(row, false),
    select: (row) => selection.begin(row.dataset.row),
  }
  listen(document, {
    "conversation:title": ({ detail: { id, title } }) => showTitle(id, title),
    "list:older": () => list.more(api, thread.conversationId),
    "conversation:act": ({ detail: { act, row } }) => acts[act]?.(row),
    "conversation:close": () => list.settle(),
    "sidebar:kept": ({ detail: how }) => api.keep(settings, { sidebar: how }).catch(unlessBug),
    click: (event) => {
      const link = event.target.closest("[data-view-of]")
      if (link && isPlain(event)) {
        event.preventDefault()
        list.view = link.dataset.viewOf
        refresh()
      }
    },
    dblclick: ({ target }) => renameAt(target),
    keydown: (event) => {
      if (event.key === "F2" && !event.target.matches("input, textarea, select")) {
        event.preventDefault()
        renameAt(list.contains(event.target) ? event.target : heading)
      }
    },
  })
  document.querySelector("[data-rename]").addEventListener("click", () => renameAt(heading))
  listen(conversation, {
    start: refresh,
    finish: refresh,
    error: refresh,
    title: ({ detail: { title } }) => showTitle(thread.conversationId, title),
  })

  tellZone()

  /** Days begin where the reader is. */
  async function tellZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    if (zone !== document.documentElement.dataset.zone && (await api.keep(settings, { zone }).catch(unlessBug))) {
      refresh()
    }
  }

  function showTitle(id, title) {
    const inList = list.row(id)?.querySelector("[data-title]")
    if (inList) {
      inList.textContent = title
    }
    if (id === thread.conversationId) {
      heading.textContent = title
      document.title = `${title} – ${siteTitle}`
    }
  }

  function renameAt(target) {
    const row = target.closest("[data-row]")
    if (row && target.closest("[data-link], [data-more]")) {
      acts.rename(row)
    } else if (target.closest("h1") && thread.conversationId) {
      renameIn(heading, thread.conversationId)
    }
  }

  async function renameIn(shown, id) {
    const title = shown.textContent.trim()
    const wanted = await rename(shown, title)
    list.settle()
    if (wanted !== title) {
      showTitle(id, wanted)
      await change(id, { title: wanted }, () => showTitle(id, title))
    }
  }

  async function change(id, changes, takeBack) {
    try {
      await api.change(id, changes)
    } catch (error) {
      takeBack?.()
      toast.fail(error)
    }
    refresh()
  }
}
