import { isPlain } from "../lib/plain-click.js"
import { format } from "../lib/formats.js"
import { pluralText } from "../lib/plural.js"
import { isFailure, Problem } from "../lib/problem.js"

const PAUSE_MS = 120

/** Search over the chats while somebody types. Orders: open(api). The results are links, as on the search page. */
class SearchDialog extends HTMLElement {
  #api
  #dialog
  #field
  #results
  #timer
  #asked = 0

  connectedCallback() {
    this.#dialog = this.querySelector("dialog")
    this.#field = this.querySelector("input")
    this.#results = this.querySelector("[data-results]")
    for (const type of ["input", "keydown", "click"]) {
      this.addEventListener(type, this)
    }
  }

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  /** Show the field with what was looked for last, ready to be typed over. */
  open(api) {
    this.#api = api
    if (!this.#dialog.open) {
      this.#dialog.showModal()
    }
    this.#field.select()
  }

  oninput() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#search(), PAUSE_MS)
  }

  onkeydown(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.target !== this.#field || event.isComposing) {
      return
    }
    if (step) {
      event.preventDefault()
      this.#activate(this.#hits.at((this.#hits.indexOf(this.#active) + step) % this.#hits.length))
    } else if (event.key === "Enter" && this.#active) {
      event.preventDefault()
      this.#active.click()
    }
  }

  onclick(event) {
    const hit = event.target.closest("[data-hit]")
    if (event.target.closest("[data-close]") || (hit && isPlain(event))) {
      this.#dialog.close()
    }
    if (hit && isPlain(event) && document.getElementById(hit.hash.slice(1))) {
      event.preventDefault()
      location.hash = hit.hash // it is on this page
    }
  }

  get #hits() {
    return Array.from(this.#results.querySelectorAll("[data-hit]"))
  }

  get #active() {
    return this.#results.querySelector("[aria-selected='true']")
  }

  /** Ask the server; an answer that is overtaken by a later question is dropped. */
  async #search() {
    const asked = ++this.#asked
    const address = `${this.dataset.source}?q=${encodeURIComponent(this.#field.value)}`
    try {
      const part = await this.#api.page(address)
      if (asked === this.#asked) {
        this.#show(part.body.children)
      }
    } catch (error) {
      if (!isFailure(error)) {
        throw error
      }
      if (asked === this.#asked) {
        this.#show([], error instanceof Problem ? error.message : this.dataset.unreachable)
      }
    }
  }

  #show(results, refusal = "") {
    this.#results.replaceChildren(...results)
    format(this.#results)
    this.#results.scrollTop = 0
    this.#part("refusal").textContent = refusal
    this.#part("refusal").hidden = !refusal
    this.#makeListbox(this.#part("hits"))
    this.#activate(this.#hits[0])
    this.#part("count").textContent = refusal || !this.#field.value.trim() ? "" : this.#countText()
  }

  /** Let what is a list of links on the search page be the list that belongs to the field. */
  #makeListbox(list) {
    this.#field.ariaExpanded = String(Boolean(list))
    if (!list) {
      this.#field.removeAttribute("aria-controls")
      return
    }
    list.id = "search-hits"
    list.role = "listbox"
    list.ariaLabel = this.#results.dataset.label
    this.#field.setAttribute("aria-controls", list.id)
    this.#hits.forEach((hit, number) => {
      hit.id = `search-hit-${number}`
      hit.role = "option"
      hit.tabIndex = -1
      hit.parentElement.role = "presentation"
    })
  }

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
    return pluralText(this.#part("older") ? this.dataset.more : this.dataset.found, this.#hits.length)
  }

  #part(name) {
    return this.querySelector(`[data-${name}]`)
  }
}

customElements.define("search-dialog", SearchDialog)
