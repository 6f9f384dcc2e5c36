const A_YEAR_S = 365 * 24 * 60 * 60

/** Light, dark, or as the system. The server reads the cookie, so the next page is right from its first paint. */
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this)
  }

  handleEvent(event) {
    const { value } = event.target
    const path = document.body.dataset.cookiePath
    document.documentElement.dataset.theme = value
    document.cookie = `chat_theme=${value}; path=${path}; max-age=${A_YEAR_S}; samesite=lax`
  }
}

customElements.define("theme-switch", ThemeSwitch)
