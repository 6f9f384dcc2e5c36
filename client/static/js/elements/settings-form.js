import { fire, listen, query } from "../lib/dom.js"
import { notificationProblem } from "../lib/notifications.js"

/** @typedef {HTMLInputElement | HTMLSelectElement} Control */

/**
 * The settings, each saved as soon as it changes. Fires `settings:change` ({name, value}).
 * Methods: saved(), unsaved(), refuse(problem): notifications are unavailable, for a reason with its own sentence.
 */
export class SettingsForm extends HTMLElement {
  connectedCallback() {
    query(this, "[data-save]").hidden = true
    listen(this, {
      change: ({ target }) => this.#fire(/** @type {Control} */ (target)),
      submit: (event) => this.#onSubmit(event),
      click: ({ target }) => openDialog(target.closest("[commandfor]")),
    })
    const problem = notificationProblem()
    const notify = this.#control("notify")
    if (problem === "insecure" || (problem && notify && valueOf(notify) === "on")) {
      this.refuse(problem)
    }
  }

  /** Where the settings are saved. */
  get address() {
    return query(this, "form[data-choices]").action
  }

  saved() {
    this.#showStatus(this.dataset.saved, true)
  }

  unsaved() {
    this.#showStatus(this.dataset.unsaved, false)
  }

  /** @param {string} problem "blocked" or "insecure" */
  refuse(problem) {
    const control = this.#control("notify")
    setValue(control, "off")
    control.disabled = problem === "insecure"
    query(this, "[name=reset][value=notify]").hidden = true
    query(this, `[data-notify-problem=${problem}]`).hidden = false
  }

  /**
   * A reset is a choice, too. Everything is saved already, so there is nothing else to send.
   * @param {On<SubmitEvent>} event
   */
  #onSubmit(event) {
    if (!event.target.matches("[data-choices]")) {
      return
    }
    event.preventDefault()
    if (event.submitter instanceof HTMLButtonElement && event.submitter.name === "reset") {
      const control = this.#control(event.submitter.value)
      setValue(control, control.dataset.default ?? "")
      this.#fire(control)
      control.focus()
    }
  }

  /** @param {Control} control */
  #fire(control) {
    const { name, dataset } = control
    const value = valueOf(control)
    query(this, `[name=reset][value=${name}]`).hidden = value === dataset.default
    this.querySelectorAll("[data-notify-problem]").forEach((note) => (note.hidden = true))
    fire(this, "settings:change", { name, value })
  }

  /**
   * Empty first, so that the same sentence is announced again.
   * @param {string | undefined} sentence
   * @param {boolean} fades
   */
  #showStatus(sentence, fades) {
    const status = query(this, "[data-status]")
    status.textContent = ""
    status.toggleAttribute("data-passes", fades)
    requestAnimationFrame(() => (status.textContent = sentence ?? ""))
  }

  /** @param {string} name */
  #control(name) {
    return /** @type {Control} */ (query(this, `[name=${name}]:not([type=hidden])`))
  }
}

/** Open a dialog where the browser does not know the attribute `command` yet. @param {HTMLElement | null} button */
function openDialog(button) {
  const dialog = button && !("command" in button) && document.getElementById(button.getAttribute("commandfor") ?? "")
  if (dialog instanceof HTMLDialogElement) {
    dialog.showModal()
  }
}

/** @param {Control} control */
function valueOf(control) {
  return isSwitch(control) ? (control.checked ? "on" : "off") : control.value
}

/**
 * @param {Control} control
 * @param {string} value
 */
function setValue(control, value) {
  isSwitch(control) ? (control.checked = value === "on") : (control.value = value)
}

/**
 * @param {Control} control
 * @returns {control is HTMLInputElement}
 */
function isSwitch(control) {
  return control.type === "checkbox"
}

customElements.define("settings-form", SettingsForm)
