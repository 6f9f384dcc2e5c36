const FAR = 50 // entries; a list shows about as many at once

/**
 * A model as the API lists it.
 * @typedef {{id: string, label: string, provider: string, upstream: string, available: boolean, reason: string?,
 *   vision: boolean, context: number?, price: {input: number, output: number}?, loaded: boolean?, params: object}} Model
 */

/** The models there are, and which of them fit what somebody types. Knows no page. */
export class ModelList {
  #models
  #keys

  /** @param {Model[]} models in the order of the catalog */
  constructor(models) {
    this.#models = models
    this.#keys = new Map(models.map((model) => [model, plain(`${model.label} ${model.id} ${model.upstream}`)]))
  }

  get all() {
    return this.#models
  }

  /** Return the model of that name, or undefined. */
  named(name) {
    return this.#models.find(({ id }) => id === name)
  }

  /** Return the models that have every word of a query, in the order of the catalog. */
  find(query) {
    const words = plain(query).split(/\s+/)
    return this.#models.filter((model) => words.every((word) => this.#keys.get(model).includes(word)))
  }
}

/**
 * Return models as the choices of a list: the favourites first, then each provider's others.
 * @param {Model[]} models
 * @param {Set<string>} favourites by name
 * @param {string} heading what the favourites are called
 * @returns {(Model & {group: string, disabled: boolean})[]}
 */
export function grouped(models, favourites, heading) {
  const groups = new Map([[heading, []]])
  for (const model of models) {
    const group = favourites.has(model.id) ? heading : model.provider
    const choice = { ...model, group, disabled: !model.available }
    groups.has(group) ? groups.get(group).push(choice) : groups.set(group, [choice])
  }
  return Array.from(groups.values()).flat()
}

/** Return the choices with that model at their head, if it is too far down to be seen at once. */
export function ledBy(name, choices) {
  const at = choices.findIndex(({ id }) => id === name)
  return at < FAR ? choices : [choices[at], ...choices.slice(0, at), ...choices.slice(at + 1)]
}

/** Return a number of tokens as it is spoken of: 131072 and 128000 are both 128K. */
export function contextText(tokens) {
  const thousand = tokens % 1000 === 0 ? 1000 : 1024
  const thousands = Math.round(tokens / thousand)
  if (tokens < thousand) {
    return String(tokens)
  }
  return thousands < thousand ? `${thousands}K` : `${Math.round(thousands / thousand)}M`
}

/** Return US dollars as the language writes them, with as many digits as a small price needs. */
export function priceText(dollars, language) {
  const style = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" }
  return new Intl.NumberFormat(language, { ...style, minimumFractionDigits: 0, maximumFractionDigits: 3 }).format(dollars)
}

/** Without case and accents, as people type. */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim()
}
