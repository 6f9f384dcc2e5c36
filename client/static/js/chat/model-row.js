import { cloneTemplate, query } from "../lib/dom.js"
import { contextText, priceText } from "../lib/formats.js"

/**
 * Return the row of a model in a list.
 * @param {Model} model
 * @param {{isPicked: boolean, isFavourite: boolean}} marks
 */
export function modelRow(model, { isPicked, isFavourite }) {
  const row = cloneTemplate("model")
  const language = document.documentElement.lang
  const { price, context, reason, loaded, vision } = model
  row.ariaSelected = String(isPicked)
  row.toggleAttribute("data-favourite", isFavourite)
  fill(row, {
    name: model.label,
    upstream: model.upstream === model.label ? "" : model.upstream,
    reason,
    tokens: context && contextText(context),
    input: price && priceText(price.input, language),
    output: price && priceText(price.output, language),
  })
  for (const [name, is] of Object.entries({ loaded, vision, context, price, reason })) {
    query(row, `[data-${name}]`).hidden = !is
  }
  return row
}

/**
 * @param {HTMLElement} row
 * @param {Record<string, string | number | null | undefined>} texts
 */
function fill(row, texts) {
  for (const [name, text] of Object.entries(texts)) {
    query(row, `[data-${name}]`).textContent = String(text ?? "")
  }
}
