import { editTitle } from "../chat/title-field.js"
import { listen, query } from "../lib/dom.js"
import { doubleClick } from "../lib/double-click.js"
import { isPlainClick } from "../lib/plain-click.js"

/**
 * Titles are the same wherever they are shown, and can be edited in place: in the list, and at the top of the page.
 * @param {Page} page
 */
export function connectTitles(page) {
  const { conversation, list, thread } = page
  const titles = new Titles(page)
  const renameHeading = () => titles.renameHeading()
  listen(document, {
    "conversation:title": ({ detail: { id, title } }) => titles.show(id, title),
    "conversation:act": ({ detail: { act, id } }) => act === "rename" && titles.renameRow(list.row(id)),
    keydown: (event) => {
      if (event.key === "F2" && !event.target.matches("input, textarea, select")) {
        event.preventDefault()
        const row = event.target.closest("[data-row]")
        row ? titles.renameRow(row) : titles.renameHeading()
      }
    },
  })
  listen(list, { click: (event) => renameOnDoubleClick(event, page, titles) })
  listen(titles.heading, { dblclick: renameHeading })
  listen(query(document, "[data-rename]"), { click: renameHeading })
  listen(conversation, { title: ({ detail: { title } }) => titles.show(thread.conversationId, title) })
  if (thread.conversationId && doubleClick.wasPassedOn(thread.conversationId)) {
    queueMicrotask(renameHeading) // once nothing else takes the focus
  }
}

class Titles {
  #page
  heading = query(document, "[data-heading]")

  /** @param {Page} page */
  constructor(page) {
    this.#page = page
  }

  /**
   * @param {string} id
   * @param {string} title
   */
  show(id, title) {
    const { list, siteTitle, thread } = this.#page
    const inList = list.row(id)?.querySelector("[data-title]")
    if (inList) {
      inList.textContent = title
    }
    if (id === thread.conversationId) {
      this.heading.textContent = title
      document.title = `${title} – ${siteTitle}`
    }
  }

  /** @param {HTMLElement | null} row */
  renameRow(row) {
    if (row?.dataset.row) {
      this.#rename(query(row, "[data-link]"), row.dataset.row, query(row, "[data-title]").textContent)
    }
  }

  renameHeading() {
    const { conversationId } = this.#page.thread
    if (conversationId) {
      this.#rename(this.heading, conversationId, this.heading.textContent)
    }
  }

  /**
   * @param {HTMLElement} shown
   * @param {string} id
   * @param {string} title
   */
  async #rename(shown, id, title) {
    const { api, list, thread, toast } = this.#page
    const wanted = await editTitle(shown, title)
    list.applyPending()
    if (wanted === title) {
      return
    }
    this.show(id, wanted)
    try {
      await api.updateConversation(id, { title: wanted })
    } catch (error) {
      this.show(id, title)
      toast.showError(error)
    }
    list.refresh(api, thread.conversationId)
  }
}

/**
 * The first click of a double click opens the conversation, before or after the second one.
 * @param {On<MouseEvent>} event
 * @param {Page} page
 * @param {Titles} titles
 */
function renameOnDoubleClick(event, { list, thread }, titles) {
  const id = event.target.closest("[data-link]")?.closest("[data-row]")?.dataset.row
  const isMouse = event instanceof PointerEvent && event.pointerType === "mouse"
  if (!id || !isPlainClick(event) || !isMouse || list.matches("[data-selecting]") || !doubleClick.isSecond(id)) {
    return
  }
  event.preventDefault()
  id === thread.conversationId ? titles.renameRow(list.row(id)) : doubleClick.passOn(id)
}
