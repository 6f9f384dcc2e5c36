import { unlessBug } from "../problem.js"
import { storage } from "../storage.js"

const LAST_PICK = "model"

/** The models to pick from. Orders: refresh(api), open(). A new conversation begins with the model picked last. */
class ModelPicker extends HTMLElement {
  #select

  connectedCallback() {
    this.#select = this.querySelector("select")
    this.addEventListener("change", () => storage.write(LAST_PICK, this.value))
    if (!("kept" in this.dataset)) {
      this.#pick(storage.read(LAST_PICK))
    }
  }

  /** The name of the model. */
  get value() {
    return this.#select.value
  }

  /** What a person reads for it. */
  get label() {
    return this.#select.selectedOptions[0]?.dataset.label ?? ""
  }

  /** Let somebody pick another. */
  open() {
    this.#select.focus()
    this.#select.showPicker?.()
  }

  /** Ask the server again what there is, and keep what is picked. */
  async refresh(api) {
    const fresh = await api.page(`${this.dataset.source}?model=${encodeURIComponent(this.value)}`).catch(unlessBug)
    if (!fresh) {
      return
    }
    this.#select.querySelectorAll("optgroup").forEach((group) => group.remove())
    this.#select.append(...fresh.body.querySelectorAll("optgroup"))
  }

  #pick(name) {
    const option = Array.from(this.#select.options).find((one) => one.value === name && !one.disabled)
    if (option) {
      option.selected = true
    }
  }
}

customElements.define("model-picker", ModelPicker)
