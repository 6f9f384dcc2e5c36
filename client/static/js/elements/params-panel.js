import { bytesOf, isSame } from "../chat/params.js"

const PAUSE_MS = 500

/**
 * What every model of a conversation is asked with. Tells `params:change` (detail: the parameters) once all of them are
 * as they should be, and `params:shown` whenever others are shown. Orders: show(params), change(params), saved(), unsaved(), defaults(params).
 */
class ParamsPanel extends HTMLElement {
  #form
  #params = {}
  #timer

  connectedCallback() {
    this.#form = this.querySelector("form")
    for (const type of ["input", "change", "submit", "click"]) {
      this.addEventListener(type, this)
    }
    addEventListener("pagehide", () => this.#save())
  }

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  /** The parameters, the last ones that were as they should be. */
  get params() {
    return this.#params
  }

  /** Fill in parameters as they are. */
  show(params) {
    this.#stopWaiting()
    for (const field of this.#fields) {
      field.value = params[field.name] ?? ""
      this.#judge(field)
    }
    this.#take(params)
  }

  /** Set other parameters. */
  change(params) {
    this.show(params)
    this.#tell()
  }

  /** The server has them, or the browser, before there is a conversation; unless more was written since. */
  saved() {
    if (this.#timer === undefined) {
      this.#say("saved")
    }
  }

  /** The server does not have them; the next message brings them. */
  unsaved() {
    this.#say("unsaved")
  }

  /** Show in empty fields what the model has by itself, as far as that is known. */
  defaults(params) {
    for (const field of this.#fields.filter(({ type }) => type === "number")) {
      field.placeholder = params[field.name] ?? field.dataset.unknown
    }
  }

  oninput({ target }) {
    if (this.#isField(target)) {
      this.#say("unknown")
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#save(), PAUSE_MS)
    }
  }

  onchange({ target }) {
    if (this.#isField(target)) {
      this.#save()
    }
  }

  onsubmit(event) {
    event.preventDefault()
    this.#save()
  }

  onclick({ target }) {
    const button = target.closest("[data-reset]")
    if (button) {
      const field = this.#form.elements[button.dataset.reset]
      field.value = ""
      field.focus()
      this.#save()
    }
  }

  /** Take what is written, if all of it is as it should be and something is new. */
  #save() {
    this.#stopWaiting()
    const areRight = this.#fields.map((field) => this.#judge(field)).every(Boolean)
    const params = areRight && this.#written()
    if (params && !isSame(params, this.#params)) {
      this.#take(params)
      this.#tell()
    }
  }

  #stopWaiting() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #written() {
    const set = this.#fields.filter(({ value }) => value.trim())
    return Object.fromEntries(set.map((field) => [field.name, field.type === "number" ? field.valueAsNumber : field.value]))
  }

  #take(params) {
    this.#params = params
    this.dispatchEvent(new CustomEvent("params:shown", { detail: params, bubbles: true }))
  }

  /** Say beside a field what is wrong with it; return whether nothing is. */
  #judge(field) {
    const { badInput, rangeUnderflow, rangeOverflow, stepMismatch } = field.validity
    const isTooLong = field.type !== "number" && bytesOf(field.value) > Number(field.dataset.longest)
    const isWrong = badInput || rangeUnderflow || rangeOverflow || (stepMismatch && field.step === "1") || isTooLong
    field.ariaInvalid = isWrong ? "true" : null
    this.querySelector(`[data-mistake="${field.name}"]`).hidden = !isWrong
    this.querySelector(`[data-reset="${field.name}"]`).hidden = !(field.value || badInput)
    return !isWrong
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("params:change", { detail: this.#params, bubbles: true }))
  }

  #say(outcome) {
    const state = this.querySelector("[data-state]")
    state.textContent = state.dataset[outcome] ?? ""
    state.dataset.outcome = outcome
  }

  #isField(element) {
    return this.#fields.includes(element)
  }

  get #fields() {
    return Array.from(this.#form.querySelectorAll("[data-param]"))
  }
}

customElements.define("params-panel", ParamsPanel)
