import { isPlain } from "../lib/plain-click.js"
import { unlessBug } from "../lib/problem.js"

const GATHER_MS = 100
const NEAR = "400px"

/**
 * The list of conversations. Orders: refresh(api, currentId), more(api, currentId), drop(ids), settle().
 * Tells `list:changed`, `list:older` (the end is near), and `conversation:title` ({id, title} of the open one).
 */
class ChatList extends HTMLElement {
  #timer
  #missed
  #atEnd = new IntersectionObserver((seen) => this.#look(seen), { root: this.parentElement, rootMargin: NEAR })

  connectedCallback() {
    this.#watchEnd()
    this.addEventListener("click", this)
  }

  handleEvent(event) {
    const link = event.target.closest("a")
    const isHere = link?.href === location.href
    const isOlder = link?.matches("[data-older]")
    if ((isHere || isOlder) && isPlain(event)) {
      event.preventDefault()
    }
    if (isOlder && isPlain(event)) {
      this.#tell("list:older")
    }
  }

  get rows() {
    return Array.from(this.querySelectorAll("[data-row]"))
  }

  /** Which list it is: `archived`, or empty for the others. It takes a refresh to show. */
  get view() {
    return this.dataset.view
  }

  set view(view) {
    this.dataset.view = view
    this.parentElement.scrollTop = 0
  }

  /** Return the row of a conversation, or null. */
  row(id) {
    return this.querySelector(`[data-row="${CSS.escape(id)}"]`)
  }

  /** Somebody is done with a row: show what was held back meanwhile. */
  settle() {
    this.#missed?.()
    this.#missed = undefined
  }

  /** Show the list as the server has it now, as far as it is shown; several orders in one moment are one. */
  refresh(api, currentId) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#load(api, currentId), GATHER_MS)
  }

  /** Show the next page of the list behind what is shown. */
  async more(api, currentId) {
    const older = this.querySelector("[data-older]")
    if (!older || older.ariaBusy) {
      return
    }
    older.ariaBusy = "true"
    const before = new URL(older.href).searchParams.get("before")
    const fresh = await api.page(this.#address({ before, current: currentId })).catch(unlessBug)
    older.ariaBusy = null
    if (fresh && older.isConnected) {
      this.#append(fresh.body, older)
    }
  }

  /** Take rows out of sight, which a refresh brings back if they are still there. */
  drop(ids) {
    ids.forEach((id) => this.row(id)?.remove())
    this.querySelectorAll("[data-group]:not(:has([data-row]))").forEach((group) => group.remove())
    this.#tell("list:changed")
  }

  async #load(api, currentId) {
    const timer = this.#timer
    const fresh = await api.page(this.#address({ current: currentId, count: this.rows.length })).catch(unlessBug)
    if (!fresh || timer !== this.#timer) {
      return // offline, so the list stays as it is; or a later order is on its way
    }
    if (this.querySelector("[data-open], [data-title-field]")) {
      this.#missed = () => this.refresh(api, currentId)
      return
    }
    this.#adopt(fresh.body)
    const title = this.row(currentId)?.querySelector("[data-title]").textContent
    if (title) {
      this.#tell("conversation:title", { id: currentId, title })
    }
  }

  /** Become what the list is now; rows that are the same stay the same elements. */
  #adopt(fresh) {
    const focused = this.contains(document.activeElement) ? document.activeElement : undefined
    const focusedId = focused?.closest("[data-row]")?.dataset.row ?? ""
    const { scrollTop } = this.parentElement
    const ours = new Map(this.rows.map((row) => [row.dataset.row, row]))
    for (const row of fresh.querySelectorAll("[data-row]")) {
      const old = ours.get(row.dataset.row)
      if (old?.isEqualNode(row)) {
        row.replaceWith(old)
      }
    }
    this.replaceChildren(...fresh.children)
    this.parentElement.scrollTop = scrollTop
    const again = focused?.isConnected ? focused : this.row(focusedId)?.querySelector("[data-link]")
    again?.focus({ preventScroll: true })
    this.#watchEnd()
    this.#tell("list:changed")
  }

  #append(fresh, older) {
    const first = fresh.querySelector("[data-link]")
    const hadFocus = older === document.activeElement
    older.remove()
    for (const group of fresh.querySelectorAll("[data-group]")) {
      const ours = this.querySelector(`[data-group="${group.dataset.group}"] > ul`)
      ours ? ours.append(...group.querySelector("ul").children) : this.append(group)
    }
    this.append(...fresh.querySelectorAll("[data-older]"))
    if (hadFocus) {
      first?.focus()
    }
    this.#watchEnd()
    this.#tell("list:changed")
  }

  #watchEnd() {
    const older = this.querySelector("[data-older]")
    this.#atEnd.disconnect()
    if (older) {
      this.#atEnd.observe(older)
    }
  }

  #look(seen) {
    if (seen.at(-1).isIntersecting) {
      this.#tell("list:older")
    }
  }

  #address(asked) {
    const archived = this.view === "archived"
    return `${this.dataset.source}?${new URLSearchParams({ ...asked, archived })}`
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }))
  }
}

customElements.define("chat-list", ChatList)
