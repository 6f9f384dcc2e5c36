import { isPlain } from "../lib/plain-click.js"
import { isApple } from "../lib/platform.js"

/** The link to the search page opens the search over the chat. Returns what opens it, too. */
export function connectSearch({ api }) {
  const dialog = document.querySelector("search-dialog")
  const open = () => dialog.open(api)
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-search]") && isPlain(event)) {
      event.preventDefault()
      open()
    }
  })
  document.querySelector(isApple ? "[data-keys='apple']" : "[data-keys='other']").hidden = false
  return open
}
