import { favourites } from "../chat/favourites.js"
import { groupModels, ModelList, moveToFront } from "../chat/model-list.js"
import { modelRow } from "../chat/model-row.js"
import { fire, listen, query } from "../lib/dom.js"
import { isTouch } from "../lib/platform.js"
import { pluralText } from "../lib/plural.js"
import { rethrowBugs } from "../lib/problem.js"
import { isComposing } from "../lib/send-key.js"
import { storage } from "../lib/storage.js"

const LAST_PICK = "model"
const LAST_LABEL = "model-label"
/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }

/**
 * Picks a model. A new conversation begins with the model picked last. Fires `picker:pick` (detail: the model), and
 * `picker:change` also when the model changes without the reader. `api` loads the models.
 * Methods: open(), load() → all models, find(query) → choices, choose(id), sync(id), restoreLast(), refresh().
 */
export class ModelPicker extends HTMLElement {
  /** @type {Page["api"]} */
  api
  #models = new ModelList([])
  /** @type {Promise<Model[]> | undefined} */
  #loading

  connectedCallback() {
    this.#list.field = this.#query
    listen(this.#query, { input: () => this.#show() })
    listen(this.#panel, {
      beforetoggle: ({ newState }) => newState === "open" && this.#reset(),
      toggle: ({ newState }) => newState === "open" && this.#onOpen(),
      keydown: (event) => this.#onKeydown(event),
      click: ({ target }) => target.closest("[data-like]") && this.#toggleFavourite(this.#list.active),
      "choice:active": ({ detail: choice }) => this.#showActive(choice?.id),
      "choice:aside": ({ detail: choice }) => this.#toggleFavourite(choice),
      "choice:pick": ({ detail: choice }) => {
        this.choose(choice.id)
        this.#panel.hidePopover()
      },
    })
  }

  /** The id of the model. */
  get value() {
    return this.dataset.value ?? ""
  }

  /** Its name for people. */
  get label() {
    return this.#part("picked").textContent
  }

  /** The models that are known; `load` gets all. */
  get models() {
    return this.#models.all
  }

  /** The picked model, if it is known. */
  get model() {
    return this.#models.byId(this.value)
  }

  /** Let the reader pick another. */
  open() {
    this.#panel.togglePopover(true)
  }

  /** Return all models, requested once. Throws as the API does. */
  async load() {
    const loading = (this.#loading ??= this.api.models())
    try {
      this.#models = new ModelList(await loading)
    } catch (error) {
      this.#loading = undefined
      throw error
    }
    return this.models
  }

  /** Pick a model, which must be known. @param {string} id */
  choose(id) {
    const model = this.#models.byId(id)
    if (model) {
      this.#pick(model)
      storage.write(LAST_PICK, this.value)
      storage.write(LAST_LABEL, this.label)
      fire(this, "picker:pick", model)
    }
  }

  /** Show the model that was picked elsewhere, if it is known. @param {string | undefined} id */
  async sync(id) {
    if (id && id !== this.value && (await this.load().catch(rethrowBugs))) {
      const model = this.#models.byId(id)
      model && this.#pick(model)
    }
  }

  /** Let a new conversation begin with the model picked last, at once; go back if that turns out to be unavailable. */
  async restoreLast() {
    const last = storage.read(LAST_PICK)
    if ("kept" in this.dataset || !last || last === this.value) {
      return
    }
    const usual = { id: this.value, label: this.label, params: {} }
    this.#pick({ id: last, label: storage.read(LAST_LABEL) ?? last, params: {} })
    const models = await this.load().catch(rethrowBugs)
    if (models && this.value === last) {
      this.#pick(this.model?.available ? this.model : usual)
    }
  }

  /** Return the models that match a query, as the choices of a list. @param {string} text */
  find(text) {
    const liked = favourites.read()
    const models = groupModels(this.#models.find(text), liked, this.#list.dataset.favourites ?? "")
    return moveToFront(this.value, models).map((model) => ({
      id: model.id,
      group: model.group,
      disabled: model.disabled,
      row: () => modelRow(model, { isPicked: model.id === this.value, isFavourite: liked.has(model.id) }),
    }))
  }

  /** The models may have changed: show that at once if the list is open. */
  async refresh() {
    this.#loading = undefined
    if (this.models.length) {
      await this.load().catch(rethrowBugs)
    }
    if (this.#panel.matches(":popover-open")) {
      this.#show(this.#list.active?.id)
    }
  }

  #reset() {
    this.#query.value = ""
    this.#show(this.value)
  }

  async #onOpen() {
    isTouch ? this.#panel.focus() : this.#query.focus()
    const models = await this.load().catch(rethrowBugs)
    this.#part("unreachable").hidden = Boolean(models)
    this.#show(this.value)
  }

  /** @param {On<KeyboardEvent>} event */
  #onKeydown(event) {
    if (isComposing(event)) {
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

  /** @param {string | undefined} id */
  #showActive(id) {
    const model = this.#models.byId(id)
    this.#part("foot").hidden = !model
    this.#part("active-name").textContent = model?.label ?? ""
    this.#part("like").ariaPressed = String(model !== undefined && favourites.read().has(model.id))
  }

  /**
   * Show the models that match the query. Activate the one with that id, or the first available one.
   * @param {string} [id]
   */
  #show(id) {
    const choices = this.find(this.#query.value)
    const at = choices.findIndex((choice) => choice.id === id)
    const first = choices.findIndex(({ disabled }) => !disabled)
    const count = this.#part("count")
    this.#list.show(choices, at < 0 ? first : at)
    this.#part("none").hidden = choices.length > 0 || !this.models.length
    count.textContent = this.models.length ? pluralText(count.dataset.count, choices.length) : ""
  }

  /**
   * Mark a favourite, or unmark it, in its row; it moves when the list is shown the next time.
   * @param {Choice | undefined} choice
   */
  #toggleFavourite(choice) {
    if (choice) {
      favourites.toggle(choice.id)
      this.#list.activeRow?.toggleAttribute("data-favourite", favourites.read().has(choice.id))
      this.#showActive(choice.id)
    }
  }

  /** @param {PickedModel} model */
  #pick(model) {
    this.dataset.value = model.id
    this.#part("picked").textContent = model.label
    fire(this, "picker:change", model)
  }

  get #list() {
    return query(this, "choice-list")
  }

  get #query() {
    return query(this, "input[data-query]")
  }

  get #panel() {
    return query(this, "[popover]")
  }

  /** @param {string} name */
  #part(name) {
    return query(this, `[data-${name}]`)
  }
}

customElements.define("model-picker", ModelPicker)
