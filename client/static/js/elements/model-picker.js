import { favourites } from "../chat/favourites.js"
import { grouped, ledBy, ModelList } from "../chat/model-list.js"
import { modelRow } from "../chat/model-row.js"
import { isTouch } from "../lib/platform.js"
import { pluralText } from "../lib/plural.js"
import { unlessBug } from "../lib/problem.js"
import { isComposed } from "../lib/send-key.js"
import { storage } from "../lib/storage.js"

const LAST_PICK = "model"
const LAST_LABEL = "model-label"
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }

/**
 * The models to pick from. A new conversation begins with the model picked last. Tells `picker:pick` (detail: the
 * model), and `picker:change` also when nobody picked it by hand. `api` is where the models come from.
 * Orders: open(), load() → all models, find(query), choose(name), follow(name), recall(), refresh().
 */
class ModelPicker extends HTMLElement {
  api
  #models = new ModelList([])
  #loading
  #query
  #list

  connectedCallback() {
    this.#query = this.#part("query")
    this.#list = this.#part("list")
    this.#list.field = this.#query
    this.#query.addEventListener("input", () => this.#show())
    for (const type of ["beforetoggle", "toggle", "keydown", "click", "choice:active", "choice:aside", "choice:pick"]) {
      this.#panel.addEventListener(type, this)
    }
  }

  handleEvent(event) {
    this[`on${event.type.replace("choice:", "")}`]?.(event)
  }

  /** The name of the model. */
  get value() {
    return this.dataset.value
  }

  /** What a person reads for it. */
  get label() {
    return this.#part("picked").textContent
  }

  /** The models as far as they are known; `load` gets all. */
  get models() {
    return this.#models.all
  }

  /** The model that is picked, if it is known. */
  get model() {
    return this.#models.named(this.value)
  }

  /** Let somebody pick another. */
  open() {
    this.#panel.togglePopover(true)
  }

  /** Return all models, asked for once. Throws as the API does. */
  async load() {
    const loading = (this.#loading ??= this.api.models())
    try {
      const models = await loading
      this.#models = new ModelList(models)
    } catch (error) {
      this.#loading = undefined
      throw error
    }
    return this.models
  }

  /** Pick the model of that name, which must be known. */
  choose(name) {
    this.#pick(this.#models.named(name))
    storage.write(LAST_PICK, this.value)
    storage.write(LAST_LABEL, this.label)
    this.dispatchEvent(new CustomEvent("picker:pick", { detail: this.model, bubbles: true }))
  }

  /** Show what was picked elsewhere, if it is known. */
  async follow(name) {
    if (name && name !== this.value && (await this.load().catch(unlessBug)) && this.#models.named(name)) {
      this.#pick(this.#models.named(name))
    }
  }

  /** Let a new conversation begin with what was picked last, at once; go back if it turns out that it cannot answer. */
  async recall() {
    const last = storage.read(LAST_PICK)
    if ("kept" in this.dataset || !last || last === this.value) {
      return
    }
    const usual = { id: this.value, label: this.label, params: {} }
    this.#pick({ id: last, label: storage.read(LAST_LABEL) ?? last, params: {} })
    const models = await this.load().catch(unlessBug)
    if (models && this.value === last) {
      this.#pick(this.model?.available ? this.model : usual)
    }
  }

  /** Return the models that fit a query as a list shows them: `{choices, rowOf}`. */
  find(query) {
    const liked = favourites.read()
    const choices = grouped(this.#models.find(query), liked, this.#list.dataset.favourites)
    const rowOf = (model) => modelRow(model, { isPicked: model.id === this.value, isFavourite: liked.has(model.id) })
    return { choices: ledBy(this.value, choices), rowOf }
  }

  /** There may be other models now; who is looking sees them at once. */
  async refresh() {
    this.#loading = undefined
    if (this.models.length) {
      await this.load().catch(unlessBug)
    }
    if (this.#panel.matches(":popover-open")) {
      this.#show(this.#list.active?.id)
    }
  }

  onbeforetoggle({ newState }) {
    if (newState === "open") {
      this.#query.value = ""
      this.#show(this.value)
    }
  }

  async ontoggle({ newState }) {
    if (newState === "open") {
      isTouch ? this.#panel.focus() : this.#query.focus()
      const lost = await this.load().catch(unlessBug) === undefined
      this.#part("unreachable").hidden = !lost
      this.#show(this.value)
    }
  }

  onkeydown(event) {
    if (isComposed(event)) {
      return
    }
    if (event.key in STEPS) {
      event.preventDefault()
      this.#list.move(STEPS[event.key])
    } else if (event.key === "Enter" && !event.target.closest("button")) {
      event.preventDefault()
      this.#list.pick()
    }
  }

  onclick({ target }) {
    if (target.closest("[data-like]")) {
      this.#like(this.#list.active)
    }
  }

  onactive({ detail: model }) {
    this.#part("foot").hidden = !model
    this.#part("active-name").textContent = model?.label ?? ""
    this.#part("like").ariaPressed = String(favourites.read().has(model?.id))
  }

  onaside({ detail: model }) {
    this.#like(model)
  }

  onpick({ detail: model }) {
    this.choose(model.id)
    this.#panel.hidePopover()
  }

  /** Show what fits the query. The model of that name shall be active, or else the first that can answer. */
  #show(name) {
    const { choices, rowOf } = this.find(this.#query.value)
    const at = choices.findIndex(({ id }) => id === name)
    const first = choices.findIndex(({ disabled }) => !disabled)
    this.#list.show(choices, rowOf, at < 0 ? first : at)
    this.#part("none").hidden = choices.length > 0 || !this.models.length
    this.#part("count").textContent = this.models.length ? pluralText(this.#part("count").dataset.count, choices.length) : ""
  }

  /** Mark a favourite, or unmark it, where it stands; it changes its place when the list is shown the next time. */
  #like(model) {
    favourites.toggle(model.id)
    this.#list.activeRow.toggleAttribute("data-favourite", favourites.read().has(model.id))
    this.onactive({ detail: model })
  }

  #pick(model) {
    this.dataset.value = model.id
    this.#part("picked").textContent = model.label
    this.dispatchEvent(new CustomEvent("picker:change", { detail: model, bubbles: true }))
  }

  get #panel() {
    return this.querySelector("[popover]")
  }

  #part(name) {
    return this.querySelector(`[data-${name}]`)
  }
}

customElements.define("model-picker", ModelPicker)
