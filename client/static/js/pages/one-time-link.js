import { query } from "../lib/dom.js"

// The token follows the # of the link, which browsers send to no server, so that it stands in no log.
const token = location.hash.slice(1)
if (token) {
  const form = /** @type {HTMLFormElement} */ (query(document, "[data-token-form]"))
  history.replaceState(null, "", location.pathname)
  query(form, "input").value = token
  form.submit()
}
