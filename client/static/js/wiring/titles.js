import { editTitle } from "../chat/title-field.js"
import { listen, query } from "../lib/dom.js"
import { doubleClick } from "../lib/double-click.js"
import { isPlainClick } from "../lib/plain-click.js"

/** Titles are the same wherever they are shown, and can be edited in place: in the list, and at the top of the page. @param {Page} page */
export function connectTitles({ api, conversation, list, siteTitle, thread, toast }) {
  const heading = query(document, "[data-heading]")
  listen(document, {
    "conversation:title": ({ detail: { id, title } }) => show(id, title),
    "conversation:act": ({ detail: { act, id } }) => act === "rename" && renameRow(list.row(id)),
    keydown: (event) => {
      if (event.key === "F2" && !event.target.matches("input, textarea, select")) {
        event.preventDefault()
        const row = event.target.closest("[data-row]")
        row ? renameRow(row) : renameHeading()
      }
    },
  })
  listen(list, { click: onClick })
  listen(heading, { dblclick: renameHeading })
  listen(query(document, "[data-rename]"), { click: renameHeading })
  listen(conversation, { title: ({ detail: { title } }) => show(thread.conversationId, title) })
  if (thread.conversationId && doubleClick.wasPassedOn(thread.conversationId)) {
    queueMicrotask(renameHeading) // once nothing else takes the focus
  }

  /**
   * @param {string} id
   * @param {string} title
   */
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

  /** The first click of a double click opens the conversation, before or after the second one. @param {On<MouseEvent>} event */
  function onClick(event) {
    const id = event.target.closest("[data-link]")?.closest("[data-row]")?.dataset.row
    const isMouse = event instanceof PointerEvent && event.pointerType === "mouse"
    if (!id || !isPlainClick(event) || !isMouse || list.matches("[data-selecting]")) {
      return
    }
    if (!doubleClick.isSecond(id)) {
      return
    }
    event.preventDefault()
    id === thread.conversationId ? renameRow(list.row(id)) : doubleClick.passOn(id)
  }

  /** @param {HTMLElement | null} row */
  function renameRow(row) {
    if (row?.dataset.row) {
      rename(query(row, "[data-link]"), row.dataset.row, query(row, "[data-title]").textContent)
    }
  }

  function renameHeading() {
    if (thread.conversationId) {
      rename(heading, thread.conversationId, heading.textContent)
    }
  }

  /**
   * @param {HTMLElement} shown
   * @param {string} id
   * @param {string} title
   */
  async function rename(shown, id, title) {
    const wanted = await editTitle(shown, title)
    list.applyPending()
    if (wanted === title) {
      return
    }
    show(id, wanted)
    try {
      await api.updateConversation(id, { title: wanted })
    } catch (error) {
      show(id, title)
      toast.showError(error)
    }
    list.refresh(api, thread.conversationId)
  }
}
