import { listen, query } from "../lib/dom.js"
import { formatElements } from "../lib/formats.js"
import { isPlainClick } from "../lib/plain-click.js"
import { pluralText } from "../lib/plural.js"
import { isFailure, Problem } from "../lib/problem.js"

const PAUSE_MS = 120
/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 }

/** Searches the chats while the reader types. Methods: open(api). The results are links, as on the search page. */
export class SearchDialog extends HTMLElement {
  /** @type {Page["api"]} */
  #api
  #timer = 0
  #requests = 0

  connectedCallback() {
    listen(this, {
      input: () => this.#onInput(),
      keydown: (event) => this.#onKeydown(event),
      click: (event) => this.#onClick(event),
    })
  }

  /** Show the field with the last query, ready to be overwritten. @param {Page["api"]} api */
  open(api) {
    this.#api = api
    if (!this.#dialog.open) {
      this.#dialog.showModal()
    }
    this.#field.select()
  }

  #onInput() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#search(), PAUSE_MS)
  }

  /** @param {On<KeyboardEvent>} event */
  #onKeydown(event) {
    const active = this.#active
    if (event.target !== this.#field || event.isComposing) {
      return
    }
    if (event.key in STEPS) {
      event.preventDefault()
      this.#activate(this.#hits.at(((active ? this.#hits.indexOf(active) : -1) + STEPS[event.key]) % this.#hits.length))
    } else if (event.key === "Enter" && active) {
      event.preventDefault()
      active.click()
    }
  }

  /** @param {On<MouseEvent>} event */
  #onClick(event) {
    const hit = event.target.closest("a[data-hit]")
    if (event.target.closest("[data-close]") || (hit && isPlainClick(event))) {
      this.#dialog.close()
    }
    if (hit && isPlainClick(event) && document.getElementById(hit.hash.slice(1))) {
      event.preventDefault()
      location.hash = hit.hash // it is on this page
    }
  }

  get #dialog() {
    return query(this, "dialog")
  }

  get #field() {
    return query(this, "input")
  }

  get #results() {
    return this.#part("results")
  }

  get #hits() {
    return Array.from(this.#results.querySelectorAll("a[data-hit]"))
  }

  get #active() {
    return this.#hits.find(({ ariaSelected }) => ariaSelected === "true")
  }

  /** Ask the server; a reply that comes after a later request is dropped. */
  async #search() {
    const request = ++this.#requests
    const address = `${this.dataset.source}?q=${encodeURIComponent(this.#field.value)}`
    try {
      const part = await this.#api.page(address)
      if (request === this.#requests) {
        this.#show(part.body.children)
      }
    } catch (error) {
      if (!isFailure(error)) {
        throw error
      }
      if (request === this.#requests) {
        this.#show([], error instanceof Problem ? error.message : this.dataset.unreachable)
      }
    }
  }

  /**
   * @param {Iterable<Element>} results
   * @param {string} [refusal]
   */
  #show(results, refusal = "") {
    this.#results.replaceChildren(...results)
    formatElements(this.#results)
    this.#results.scrollTop = 0
    this.#part("refusal").textContent = refusal
    this.#part("refusal").hidden = !refusal
    this.#makeListbox(this.querySelector("[data-hits]"))
    this.#activate(this.#hits[0])
    this.#part("count").textContent = refusal || !this.#field.value.trim() ? "" : this.#countText()
  }

  /** The links of the search page become the listbox of the field. @param {HTMLElement | null} list */
  #makeListbox(list) {
    this.#field.ariaExpanded = String(Boolean(list))
    if (!list) {
      this.#field.removeAttribute("aria-controls")
      return
    }
    list.id = "search-hits"
    list.role = "listbox"
    list.ariaLabel = this.#results.dataset.label ?? null
    this.#field.setAttribute("aria-controls", list.id)
    this.#hits.forEach((hit, number) => {
      hit.id = `search-hit-${number}`
      hit.role = "option"
      hit.tabIndex = -1
      hit.parentElement?.setAttribute("role", "presentation")
    })
  }

  /** @param {HTMLElement | undefined} hit */
  #activate(hit) {
    this.#hits.forEach((each) => (each.ariaSelected = String(each === hit)))
    if (hit) {
      this.#field.setAttribute("aria-activedescendant", hit.id)
      hit.scrollIntoView({ block: "nearest" })
    } else {
      this.#field.removeAttribute("aria-activedescendant")
    }
  }

  #countText() {
    return pluralText(this.querySelector("[data-older]") ? this.dataset.more : this.dataset.found, this.#hits.length)
  }

  /** @param {string} name */
  #part(name) {
    return query(this, `[data-${name}]`)
  }
}

customElements.define("search-dialog", SearchDialog)
