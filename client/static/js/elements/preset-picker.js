import { isSame, isSet } from "../chat/params.js"
import { unlessBug } from "../lib/problem.js"
import { isComposed } from "../lib/send-key.js"

const OWN = "own values" // no preset's id has a space

/**
 * Parameters that have a name: the ready ones, and the person's own, which can be saved, changed, renamed and deleted.
 * Tells `preset:apply` (detail: the preset). `api` is where one's own are kept.
 * Orders: load() → all presets, show(params): what is set now.
 */
class PresetPicker extends HTMLElement {
  api
  #select
  #own = []
  #params = {}
  #applied
  #deleted
  #act

  connectedCallback() {
    this.#select = this.querySelector("select")
    this.addEventListener("click", this)
    this.addEventListener("change", this)
    this.addEventListener("keydown", this)
  }

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  /** Return all presets as they are on the server now, or as far as they were known if it cannot be reached. */
  async load() {
    await this.#say(async () => (this.#own = await this.api.presets()))
    const options = this.#own.map(({ id, name }) => new Option(name, id))
    this.#part("own").replaceChildren(...options)
    this.#part("own").hidden = !options.length
    this.show(this.#params)
    return this.all
  }

  /** All presets, the ready ones and one's own as far as they are known: `{id, name, params}` each. */
  get all() {
    const ready = Array.from(this.querySelectorAll("[data-params]"), (option) => ({
      id: option.value,
      name: option.textContent,
      params: JSON.parse(option.dataset.params),
    }))
    return [...ready, ...this.#own]
  }

  /** Show which preset the parameters are, or come from. */
  show(params) {
    this.#params = params
    const same = this.all.find((preset) => isSame(preset.params, params))
    this.#applied = same ?? this.#own.find(({ id }) => id === this.#applied?.id)
    this.#select.value = same?.id ?? (isSet(params) ? OWN : "")
    this.#part("changed").hidden = this.#select.value !== OWN
    const isOwn = this.#own.includes(this.#applied) && isSet(params)
    this.#button("save-as").hidden = !isSet(params) || Boolean(same)
    this.#button("update").hidden = !isOwn || Boolean(same)
    this.#button("rename").hidden = this.#button("delete").hidden = !isOwn
  }

  onchange({ target }) {
    if (target === this.#select) {
      const preset = this.all.find(({ id }) => id === this.#select.value) ?? { params: {} }
      this.dispatchEvent(new CustomEvent("preset:apply", { detail: preset, bubbles: true }))
    }
  }

  onclick({ target }) {
    const { order } = target.closest("[data-order]")?.dataset ?? {}
    const orders = {
      "save-as": () => this.#ask("", (name) => this.#add(name, this.#params)),
      update: () => this.#replace(this.#applied.name, this.#params),
      rename: () => this.#ask(this.#applied.name, (name) => this.#replace(name, this.#applied.params)),
      delete: () => this.#delete(this.#applied),
      undo: () => this.#add(this.#deleted.name, this.#deleted.params),
      name: () => this.#named(),
      cancel: () => this.#stopAsking(),
    }
    orders[order]?.()
  }

  /** Enter in the name saves, and Escape closes no more than the name. */
  onkeydown(event) {
    const acts = { Enter: () => this.#named(), Escape: () => this.#stopAsking() }
    const act = event.target === this.#name && !isComposed(event) && acts[event.key]
    if (act) {
      event.preventDefault()
      event.stopPropagation()
      act()
    }
  }

  #ask(name, act) {
    this.#act = act
    this.#part("naming").hidden = false
    this.#part("blank").hidden = true
    this.#name.value = name
    this.#name.select()
    this.#name.focus()
  }

  async #named() {
    const name = this.#name.value.trim()
    this.#part("blank").hidden = Boolean(name)
    if (name) {
      this.#stopAsking()
      await this.#act(name)
    }
  }

  #stopAsking() {
    this.#part("naming").hidden = true
    this.#select.focus()
  }

  async #add(name, params) {
    if (await this.#say(() => this.api.addPreset(name, params))) {
      this.#part("deleted").hidden = true
      await this.load()
    }
  }

  async #replace(name, params) {
    const { id } = this.#applied
    if (await this.#say(() => this.api.replacePreset(id, name, params))) {
      await this.load()
    }
  }

  async #delete(preset) {
    if (await this.#say(() => this.api.deletePreset(preset.id))) {
      this.#deleted = preset
      this.#part("deleted").hidden = false
      this.#part("deleted-name").textContent = preset.name
      await this.load()
      this.#button("undo").focus()
    }
  }

  /** Do something with the server; return whether it went well, and say so if it did not. */
  async #say(act) {
    try {
      await act()
      this.#part("failed").hidden = true
      return true
    } catch (error) {
      unlessBug(error)
      this.#part("failed").hidden = false
      return false
    }
  }

  get #name() {
    return this.querySelector("[data-name]")
  }

  #button(order) {
    return this.querySelector(`[data-order="${order}"]`)
  }

  #part(name) {
    return this.querySelector(`[data-${name}]`)
  }
}

customElements.define("preset-picker", PresetPicker)
