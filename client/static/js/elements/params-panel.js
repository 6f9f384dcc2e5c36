import { byteLength, sameParams } from "../chat/params.js"
import { fire, listen, query } from "../lib/dom.js"

const PAUSE_MS = 500

/**
 * The parameters of a conversation. Fires `params:change` (detail: the parameters) once all of them are valid, and
 * `params:shown` whenever others are shown.
 * Methods: show(params), change(params), saved(), unsaved(), showDefaults(params).
 */
export class ParamsPanel extends HTMLElement {
  /** @type {Params} */
  #params = {}
  /** @type {number | undefined} */
  #timer

  connectedCallback() {
    listen(this, {
      input: ({ target }) => this.#onInput(target),
      change: ({ target }) => this.#isField(target) && this.#save(),
      submit: (event) => {
        event.preventDefault()
        this.#save()
      },
      click: ({ target }) => this.#reset(target.closest("[data-reset]")?.dataset.reset),
    })
    addEventListener("pagehide", () => this.#save())
  }

  /** The last valid parameters. */
  get params() {
    return this.#params
  }

  /** Show parameters that are already set. @param {Params} params */
  show(params) {
    this.#stopWaiting()
    for (const field of this.#fields) {
      field.value = String(valueOf(params, field.name) ?? "")
      this.#validate(field)
    }
    this.#adopt(params)
  }

  /** Set other parameters. @param {Params} params */
  change(params) {
    this.show(params)
    fire(this, "params:change", params)
  }

  /** The server has stored them, or the browser if the conversation does not exist yet; unless more was typed since. */
  saved() {
    if (this.#timer === undefined) {
      this.#showState("saved")
    }
  }

  /** The server has not stored them; the next message carries them. */
  unsaved() {
    this.#showState("unsaved")
  }

  /** Show the model's own defaults in empty fields, where they are known. @param {Params} params */
  showDefaults(params) {
    for (const field of this.#fields.filter(({ type }) => type === "number")) {
      field.placeholder = String(valueOf(params, field.name) ?? field.dataset.unknown)
    }
  }

  /** @param {HTMLElement} target */
  #onInput(target) {
    if (this.#isField(target)) {
      this.#showState("unknown")
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#save(), PAUSE_MS)
    }
  }

  /** @param {string | undefined} name */
  #reset(name) {
    const field = name && this.#fields.find((each) => each.name === name)
    if (field) {
      field.value = ""
      field.focus()
      this.#save()
    }
  }

  /** Adopt the values of the fields, if all are valid and something changed. */
  #save() {
    this.#stopWaiting()
    const areValid = this.#fields.map((field) => this.#validate(field)).every(Boolean)
    const params = this.#written()
    if (areValid && !sameParams(params, this.#params)) {
      this.#adopt(params)
      fire(this, "params:change", params)
    }
  }

  #stopWaiting() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** @returns {Params} */
  #written() {
    const set = this.#fields.filter(({ value }) => value.trim())
    return Object.fromEntries(set.map((field) => [field.name, field.type === "number" ? Number(field.value) : field.value]))
  }

  /** @param {Params} params */
  #adopt(params) {
    this.#params = params
    fire(this, "params:shown", params)
  }

  /** Show beside a field that it is invalid; return whether it is valid. @param {HTMLInputElement} field */
  #validate(field) {
    const { badInput, rangeUnderflow, rangeOverflow, stepMismatch } = field.validity
    const isTooLong = field.type !== "number" && byteLength(field.value) > Number(field.dataset.longest)
    const isInvalid = badInput || rangeUnderflow || rangeOverflow || (stepMismatch && field.step === "1") || isTooLong
    field.ariaInvalid = isInvalid ? "true" : null
    query(this, `[data-mistake="${field.name}"]`).hidden = !isInvalid
    query(this, `[data-reset="${field.name}"]`).hidden = !(field.value || badInput)
    return !isInvalid
  }

  /** @param {string} outcome */
  #showState(outcome) {
    const state = query(this, "[data-state]")
    state.textContent = state.dataset[outcome] ?? ""
    state.dataset.outcome = outcome
  }

  /** @param {HTMLElement} element */
  #isField(element) {
    return element.matches("[data-param]")
  }

  /** Inputs; the instructions are a textarea, which has all that is used here but `step`. */
  get #fields() {
    return /** @type {HTMLInputElement[]} */ (Array.from(this.querySelectorAll("[data-param]")))
  }
}

/**
 * @param {Record<string, unknown>} params
 * @param {string} name
 */
function valueOf(params, name) {
  return params[name]
}

customElements.define("params-panel", ParamsPanel)
