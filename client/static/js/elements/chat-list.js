import { fire, listen, query } from "../lib/dom.js"
import { isPlainClick } from "../lib/plain-click.js"
import { rethrowBugs } from "../lib/problem.js"

const GATHER_MS = 100
const NEAR = "400px"

/**
 * The list of conversations. Methods: refresh(api, currentId), loadMore(api, currentId), removeRows(ids), applyPending().
 * Fires `list:changed`, `list:older` (the reader is near the end), and `conversation:title` ({id, title} of the open one).
 */
export class ChatList extends HTMLElement {
  #timer = 0
  /** @type {(() => void) | undefined} */
  #pending
  #atEnd = new IntersectionObserver((entries) => this.#onEnd(entries), { root: this.parentElement, rootMargin: NEAR })

  /** @type {PageHandlers} */
  #handlers = { click: (event) => this.#onClick(event) }

  connectedCallback() {
    this.#observeEnd()
    listen(this, this.#handlers)
  }

  get rows() {
    return Array.from(this.querySelectorAll("[data-row]"))
  }

  /** The ids of the conversations, as listed. */
  get ids() {
    return this.rows.map(idOf)
  }

  /** Which list it is: `archived`, or empty for the others. A change shows after a refresh. */
  get view() {
    return this.dataset.view ?? ""
  }

  set view(view) {
    this.dataset.view = view
    this.#scroller.scrollTop = 0
  }

  /** Return the row of a conversation, or null. @param {string} id */
  row(id) {
    return this.querySelector(`[data-row="${CSS.escape(id)}"]`)
  }

  /** The reader is done with a row: show the refresh that waited. */
  applyPending() {
    this.#pending?.()
    this.#pending = undefined
  }

  /**
   * Show the list as the server has it now, as many rows as are shown; several calls in one moment are one.
   * @param {Page["api"]} api
   * @param {string} currentId
   */
  refresh(api, currentId) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#load(api, currentId), GATHER_MS)
  }

  /**
   * Append the next page of the list.
   * @param {Page["api"]} api
   * @param {string} currentId
   */
  async loadMore(api, currentId) {
    const older = this.querySelector("a[data-older]")
    if (!older || older.ariaBusy) {
      return
    }
    older.ariaBusy = "true"
    const before = new URL(older.href).searchParams.get("before") ?? ""
    const fresh = await api.page(this.#address({ before, current: currentId })).catch(rethrowBugs)
    older.ariaBusy = null
    if (fresh && older.isConnected) {
      this.#append(fresh.body, older)
    }
  }

  /** Remove rows; a refresh shows those that still exist. @param {string[]} ids */
  removeRows(ids) {
    ids.forEach((id) => this.row(id)?.remove())
    this.querySelectorAll("[data-group]:not(:has([data-row]))").forEach((group) => group.remove())
    fire(this, "list:changed")
  }

  /** @param {On<MouseEvent>} event */
  #onClick(event) {
    const link = event.target.closest("a")
    const isHere = link?.href === location.href
    const isOlder = link?.matches("[data-older]")
    if ((isHere || isOlder) && isPlainClick(event)) {
      event.preventDefault()
    }
    if (isOlder && isPlainClick(event)) {
      fire(this, "list:older")
    }
  }

  /**
   * @param {Page["api"]} api
   * @param {string} currentId
   */
  async #load(api, currentId) {
    const timer = this.#timer
    const fresh = await api.page(this.#address({ current: currentId, count: String(this.rows.length) })).catch(rethrowBugs)
    if (!fresh || timer !== this.#timer) {
      return // offline, so the list stays as it is; or a later refresh is on its way
    }
    if (this.querySelector("[data-open], [data-title-field]")) {
      this.#pending = () => this.refresh(api, currentId)
      return
    }
    this.#replace(fresh.body)
    const title = this.row(currentId)?.querySelector("[data-title]")?.textContent
    if (title) {
      fire(this, "conversation:title", { id: currentId, title })
    }
  }

  /** Replace the list; rows that are the same remain the same elements. @param {HTMLElement} fresh */
  #replace(fresh) {
    const focused = this.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : undefined
    const focusedRow = focused?.closest("[data-row]")
    const { scrollTop } = this.#scroller
    const ours = new Map(this.rows.map((row) => [idOf(row), row]))
    for (const row of fresh.querySelectorAll("[data-row]")) {
      const old = ours.get(idOf(row))
      if (old?.isEqualNode(row)) {
        row.replaceWith(old)
      }
    }
    this.replaceChildren(...fresh.children)
    this.#scroller.scrollTop = scrollTop
    const again = focused?.isConnected ? focused : focusedRow && this.row(idOf(focusedRow))?.querySelector("[data-link]")
    again?.focus({ preventScroll: true })
    this.#observeEnd()
    fire(this, "list:changed")
  }

  /**
   * @param {HTMLElement} fresh
   * @param {HTMLElement} older
   */
  #append(fresh, older) {
    const first = fresh.querySelector("[data-link]")
    const hadFocus = older === document.activeElement
    older.remove()
    for (const group of fresh.querySelectorAll("[data-group]")) {
      const ours = this.querySelector(`[data-group="${group.dataset.group}"] > ul`)
      ours ? ours.append(...query(group, "ul").children) : this.append(group)
    }
    this.append(...fresh.querySelectorAll("[data-older]"))
    if (hadFocus) {
      first?.focus()
    }
    this.#observeEnd()
    fire(this, "list:changed")
  }

  #observeEnd() {
    const older = this.querySelector("[data-older]")
    this.#atEnd.disconnect()
    if (older) {
      this.#atEnd.observe(older)
    }
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #onEnd(entries) {
    if (entries.at(-1)?.isIntersecting) {
      fire(this, "list:older")
    }
  }

  /** @param {Record<string, string>} fields */
  #address(fields) {
    const archived = String(this.view === "archived")
    return `${this.dataset.source}?${new URLSearchParams({ ...fields, archived })}`
  }

  get #scroller() {
    return /** @type {HTMLElement} */ (this.parentElement)
  }
}

/** @param {HTMLElement} row */
function idOf(row) {
  return row.dataset.row ?? ""
}

customElements.define("chat-list", ChatList)
