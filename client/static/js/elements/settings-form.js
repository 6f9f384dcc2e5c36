/** The settings, each kept as soon as it is changed. */
class SettingsForm extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-save]").hidden = true
    this.addEventListener("change", this)
  }

  handleEvent() {
    this.querySelector("form").requestSubmit()
  }
}

customElements.define("settings-form", SettingsForm)
