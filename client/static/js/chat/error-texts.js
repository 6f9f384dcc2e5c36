import { fromTemplate } from "../lib/templates.js"

/** Return what went wrong, as a sentence in the page's language. */
export function causeOf(error) {
  const causes = document.getElementById("template-causes")
  return causes?.content.querySelector(`[data-code="${CSS.escape(error.code)}"]`)?.textContent ?? error.message
}

/** @param {{code: string, message: string, detail?: string, retry_after?: number, id?: string}} error as in the API */
export function errorCard(error) {
  const card = fromTemplate("error")
  const part = (name) => card.querySelector(`[data-${name}]`)
  const cause = causeOf(error)
  part("cause").textContent = cause
  part("said").textContent = cause === error.message ? "" : error.message
  part("detail").textContent = error.detail ?? ""
  part("code").textContent = error.code
  part("error-id").textContent = error.id ?? ""
  part("details").hidden = !(error.detail || error.id)
  part("key").hidden = !part("key").dataset.key.split(" ").includes(error.code)
  part("left-s").dataset.leftS = error.retry_after ?? ""
  return card
}
