import { notificationProblem } from "../lib/notifications.js"

/**
 * The settings, each kept as soon as it is changed. Tells `settings:chosen` ({name, value}).
 * Orders: saved(), unsaved(), refuse(problem): notifications cannot be had, for a reason that has its own sentence.
 */
class SettingsForm extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-save]").hidden = true
    for (const type of ["change", "submit", "click"]) {
      this.addEventListener(type, this)
    }
    const problem = notificationProblem()
    if (problem === "insecure" || (problem && this.#control("notify").checked)) {
      this.refuse(problem)
    }
  }

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  onchange({ target }) {
    this.#tell(target)
  }

  /** A reset is a choice, too. Everything is kept already, so there is nothing else to send. */
  onsubmit(event) {
    if (!event.target.matches("[data-choices]")) {
      return
    }
    event.preventDefault()
    if (event.submitter?.name === "reset") {
      const control = this.#control(event.submitter.value)
      setValue(control, control.dataset.default)
      this.#tell(control)
      control.focus()
    }
  }

  /** Where the browser does not know the attribute `command` yet. */
  onclick({ target }) {
    const opens = target.closest("[commandfor]")
    if (opens && !("command" in opens)) {
      this.querySelector(`#${opens.getAttribute("commandfor")}`).showModal()
    }
  }

  /** Where choices are kept. */
  get address() {
    return this.querySelector("[data-choices]").action
  }

  saved() {
    this.#say(this.dataset.saved, true)
  }

  unsaved() {
    this.#say(this.dataset.unsaved, false)
  }

  /** @param {"blocked" | "insecure"} problem */
  refuse(problem) {
    const control = this.#control("notify")
    setValue(control, "off")
    control.disabled = problem === "insecure"
    this.querySelector("[name=reset][value=notify]").hidden = true
    this.querySelector(`[data-notify-problem=${problem}]`).hidden = false
  }

  #tell(control) {
    const { name, dataset } = control
    const value = valueOf(control)
    this.querySelector(`[name=reset][value=${name}]`).hidden = value === dataset.default
    this.querySelectorAll("[data-notify-problem]").forEach((note) => (note.hidden = true))
    this.dispatchEvent(new CustomEvent("settings:chosen", { detail: { name, value }, bubbles: true }))
  }

  /** Empty first, so that the same words are announced again. */
  #say(sentence, passes) {
    const status = this.querySelector("[data-status]")
    status.textContent = ""
    status.toggleAttribute("data-passes", passes)
    requestAnimationFrame(() => (status.textContent = sentence))
  }

  #control(name) {
    return this.querySelector(`[name=${name}]:not([type=hidden])`)
  }
}

function valueOf(control) {
  return control.type === "checkbox" ? (control.checked ? "on" : "off") : control.value
}

function setValue(control, value) {
  control.type === "checkbox" ? (control.checked = value === "on") : (control.value = value)
}

customElements.define("settings-form", SettingsForm)
