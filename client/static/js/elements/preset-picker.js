import { hasParams, sameParams } from "../chat/params.js"
import { fire, listen, query } from "../lib/dom.js"
import { rethrowBugs } from "../lib/problem.js"
import { isComposing } from "../lib/send-key.js"

const OWN = "own values" // no preset's id has a space

/**
 * Named parameters: the ready presets, and the person's own, which can be saved, updated, renamed and deleted.
 * Fires `preset:apply` (detail: the preset). `api` stores the person's own.
 * Methods: load() → all presets, show(params): the parameters now set.
 */
export class PresetPicker extends HTMLElement {
  /** @type {Page["api"]} */
  api
  /** @type {Preset[]} */
  #own = []
  /** @type {Params} */
  #params = {}
  /** @type {Preset | undefined} */
  #applied
  /** @type {Preset | undefined} */
  #deleted
  /** @type {(name: string) => void} */
  #onName

  connectedCallback() {
    listen(this, {
      click: ({ target }) => this.#do(target.closest("[data-order]")?.dataset.order),
      change: ({ target }) => target === this.#select && this.#apply(),
      keydown: (event) => this.#onKeydown(event),
    })
  }

  /** Return all presets as they are on the server, or as far as they are known if it cannot be reached. */
  async load() {
    await this.#try(async () => (this.#own = await this.api.presets()))
    const options = this.#own.map(({ id, name }) => new Option(name, id))
    this.#part("own").replaceChildren(...options)
    this.#part("own").hidden = !options.length
    this.show(this.#params)
    return this.all
  }

  /** The ready presets, and the person's own as far as they are known. */
  get all() {
    const ready = Array.from(this.querySelectorAll("option[data-params]"), (option) => ({
      id: option.value,
      name: option.textContent,
      params: JSON.parse(option.dataset.params ?? "{}"),
    }))
    return [...ready, ...this.#own]
  }

  /** Show which preset the parameters are, or come from. @param {Params} params */
  show(params) {
    this.#params = params
    const same = this.all.find((preset) => sameParams(preset.params, params))
    this.#applied = same ?? this.#own.find(({ id }) => id === this.#applied?.id)
    this.#select.value = same?.id ?? (hasParams(params) ? OWN : "")
    this.#part("changed").hidden = this.#select.value !== OWN
    const isOwn = this.#own.some((preset) => preset === this.#applied) && hasParams(params)
    this.#button("save-as").hidden = !hasParams(params) || Boolean(same)
    this.#button("update").hidden = !isOwn || Boolean(same)
    this.#button("rename").hidden = this.#button("delete").hidden = !isOwn
  }

  #apply() {
    fire(this, "preset:apply", this.all.find(({ id }) => id === this.#select.value) ?? { params: {} })
  }

  /** @param {string | undefined} order of a button */
  #do(order) {
    const [applied, deleted] = [this.#applied, this.#deleted]
    /** @type {Record<string, () => unknown>} */
    const orders = {
      "save-as": () => this.#askName("", (name) => this.#add(name, this.#params)),
      update: () => applied && this.#update(applied, { params: this.#params }),
      rename: () => applied && this.#askName(applied.name, (name) => this.#update(applied, { name })),
      delete: () => applied && this.#delete(applied),
      undo: () => deleted && this.#add(deleted.name, deleted.params),
      name: () => this.#useName(),
      cancel: () => this.#stopNaming(),
    }
    orders[order ?? ""]?.()
  }

  /** Enter in the name saves; Escape closes only the name. @param {On<KeyboardEvent>} event */
  #onKeydown(event) {
    const isOurs = event.key === "Enter" || event.key === "Escape"
    if (event.target === this.#name && isOurs && !isComposing(event)) {
      event.preventDefault()
      event.stopPropagation()
      event.key === "Enter" ? this.#useName() : this.#stopNaming()
    }
  }

  /**
   * @param {string} name
   * @param {(name: string) => void} onName
   */
  #askName(name, onName) {
    this.#onName = onName
    this.#part("naming").hidden = false
    this.#part("blank").hidden = true
    this.#name.value = name
    this.#name.select()
    this.#name.focus()
  }

  #useName() {
    const name = this.#name.value.trim()
    this.#part("blank").hidden = Boolean(name)
    if (name) {
      this.#stopNaming()
      this.#onName(name)
    }
  }

  #stopNaming() {
    this.#part("naming").hidden = true
    this.#select.focus()
  }

  /**
   * @param {string} name
   * @param {Params} params
   */
  async #add(name, params) {
    if (await this.#try(() => this.api.addPreset(name, params))) {
      this.#part("deleted").hidden = true
      await this.load()
    }
  }

  /**
   * @param {Preset} preset
   * @param {Partial<Preset>} changes
   */
  async #update(preset, changes) {
    const { id, name, params } = { ...preset, ...changes }
    if (await this.#try(() => this.api.updatePreset(id, name, params))) {
      await this.load()
    }
  }

  /** @param {Preset} preset */
  async #delete(preset) {
    if (await this.#try(() => this.api.deletePreset(preset.id))) {
      this.#deleted = preset
      this.#part("deleted").hidden = false
      this.#part("deleted-name").textContent = preset.name
      await this.load()
      this.#button("undo").focus()
    }
  }

  /** Ask the server; return whether that succeeded, and show it if not. @param {() => Promise<unknown>} request */
  async #try(request) {
    try {
      await request()
      this.#part("failed").hidden = true
      return true
    } catch (error) {
      rethrowBugs(error)
      this.#part("failed").hidden = false
      return false
    }
  }

  get #select() {
    return query(this, "select")
  }

  get #name() {
    return query(this, "input[data-name]")
  }

  /** @param {string} order */
  #button(order) {
    return query(this, `[data-order="${order}"]`)
  }

  /** @param {string} name */
  #part(name) {
    return query(this, `[data-${name}]`)
  }
}

customElements.define("preset-picker", PresetPicker)
