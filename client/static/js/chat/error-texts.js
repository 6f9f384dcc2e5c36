import { cloneTemplate, query } from "../lib/dom.js"

/** Return what went wrong, as a sentence in the page's language. @param {ApiError} error */
export function errorText(error) {
  const texts = document.querySelector("template[id=template-error-texts]")
  return texts?.content.querySelector(`[data-code="${CSS.escape(error.code)}"]`)?.textContent ?? error.message
}

/** Return the card that shows an error in the place of an answer. @param {ApiError} error */
export function errorCard(error) {
  const card = cloneTemplate("error")
  const part = (/** @type {string} */ name) => query(card, `[data-${name}]`)
  const text = errorText(error)
  part("error-text").textContent = text
  part("server-message").textContent = text === error.message ? "" : error.message
  part("detail").textContent = error.detail ?? ""
  part("code").textContent = error.code
  part("error-id").textContent = error.id ?? ""
  part("details").hidden = !(error.detail || error.id)
  part("key").hidden = !part("key").dataset.key?.split(" ").includes(error.code)
  part("left-s").dataset.leftS = String(error.retry_after ?? "")
  return card
}
