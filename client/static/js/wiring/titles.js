import { isPlain } from "../lib/plain-click.js"
import { listen } from "../lib/listen.js"
import { rename } from "../chat/title-field.js"
import { secondClick } from "../lib/double-click.js"

/** Titles are the same wherever they are shown, and can be changed in place: in the list, and at the top of the page. */
export function connectTitles({ api, conversation, list, siteTitle, thread, toast }) {
  const heading = document.querySelector("[data-heading]")
  listen(document, {
    "conversation:title": ({ detail: { id, title } }) => show(id, title),
    "conversation:act": ({ detail: { act, row } }) => act === "rename" && renameRow(row),
    keydown: (event) => {
      if (event.key === "F2" && !event.target.matches("input, textarea, select")) {
        event.preventDefault()
        const row = event.target.closest("[data-row]")
        row ? renameRow(row) : renameHeading()
      }
    },
  })
  listen(list, { click: doubleClick })
  heading.addEventListener("dblclick", renameHeading)
  document.querySelector("[data-rename]").addEventListener("click", renameHeading)
  listen(conversation, { title: ({ detail: { title } }) => show(thread.conversationId, title) })
  if (thread.conversationId && secondClick.isMeantFor(thread.conversationId)) {
    queueMicrotask(renameHeading) // once nobody else takes the focus any more
  }

  function show(id, title) {
    const inList = list.row(id)?.querySelector("[data-title]")
    if (inList) {
      inList.textContent = title
    }
    if (id === thread.conversationId) {
      heading.textContent = title
      document.title = `${title} – ${siteTitle}`
    }
  }

  /** The first click of two leads to the conversation, which may take shorter or longer than the second one. */
  function doubleClick(event) {
    const id = event.target.closest("[data-link]")?.closest("[data-row]").dataset.row
    if (!id || !isPlain(event) || event.pointerType !== "mouse" || list.matches("[data-selecting]")) {
      return
    }
    if (!secondClick.completes(id)) {
      return
    }
    event.preventDefault()
    id === thread.conversationId ? renameRow(list.row(id)) : secondClick.means(id)
  }

  function renameRow(row) {
    return change(row.querySelector("[data-link]"), row.dataset.row, row.querySelector("[data-title]").textContent)
  }

  function renameHeading() {
    return thread.conversationId && change(heading, thread.conversationId, heading.textContent)
  }

  async function change(shown, id, title) {
    const wanted = await rename(shown, title)
    list.settle()
    if (wanted === title) {
      return
    }
    show(id, wanted)
    try {
      await api.change(id, { title: wanted })
    } catch (error) {
      show(id, title)
      toast.fail(error)
    }
    list.refresh(api, thread.conversationId)
  }
}
