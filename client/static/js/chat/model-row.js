import { contextText, priceText } from "./model-list.js"
import { fromTemplate } from "../lib/templates.js"

/**
 * Return what a list shows of a model.
 * @param {import("./model-list.js").Model} model
 * @param {{isPicked: boolean, isFavourite: boolean}} marks
 */
export function modelRow(model, { isPicked, isFavourite }) {
  const row = fromTemplate("model")
  const language = document.documentElement.lang
  const { price } = model
  row.ariaSelected = String(isPicked)
  row.toggleAttribute("data-favourite", isFavourite)
  say(row, "name", model.label)
  say(row, "upstream", model.upstream === model.label ? "" : model.upstream)
  say(row, "reason", model.reason)
  say(row, "tokens", model.context && contextText(model.context))
  say(row, "input", price && priceText(price.input, language))
  say(row, "output", price && priceText(price.output, language))
  const said = { loaded: model.loaded, vision: model.vision, context: model.context, price, reason: model.reason }
  for (const [name, is] of Object.entries(said)) {
    row.querySelector(`[data-${name}]`).hidden = !is
  }
  return row
}

function say(row, name, text) {
  row.querySelector(`[data-${name}]`).textContent = text ?? ""
}
