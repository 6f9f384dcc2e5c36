import { listen, query } from "../lib/dom.js"
import { isPlainClick } from "../lib/plain-click.js"
import { isApple } from "../lib/platform.js"

/**
 * The link to the search page opens the search over the chat. Return a function that opens it, too.
 * @param {Pick<Page, "api">} page
 */
export function connectSearch({ api }) {
  const dialog = query(document, "search-dialog")
  const open = () => dialog.open(api)
  listen(document, {
    click: (event) => {
      if (event.target.closest("[data-open-search]") && isPlainClick(event)) {
        event.preventDefault()
        open()
      }
    },
  })
  query(document, isApple ? "[data-keys='apple']" : "[data-keys='other']").hidden = false
  return open
}
