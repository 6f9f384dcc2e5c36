const FAR = 50 // entries; a list shows about as many at once

/** The models, and those that match a query. */
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

  /** Return a model, or undefined. @param {string | undefined} id */
  byId(id) {
    return this.#models.find((model) => model.id === id)
  }

  /** Return the models with every word of a query, in the order of the catalog. @param {string} query */
  find(query) {
    const words = plain(query).split(/\s+/)
    return this.#models.filter((model) => words.every((word) => this.#keys.get(model)?.includes(word)))
  }
}

/**
 * Return models as the choices of a list: the favourites first, then the others by provider.
 * @param {Model[]} models
 * @param {Set<string>} favourites ids
 * @param {string} heading of the favourites
 * @returns {(Model & {group: string, disabled: boolean})[]}
 */
export function groupModels(models, favourites, heading) {
  /** @type {Map<string, (Model & {group: string, disabled: boolean})[]>} */
  const groups = new Map([[heading, []]])
  for (const model of models) {
    const group = favourites.has(model.id) ? heading : model.provider
    const choice = { ...model, group, disabled: !model.available }
    groups.get(group)?.push(choice) ?? groups.set(group, [choice])
  }
  return Array.from(groups.values()).flat()
}

/**
 * Return the choices with one of them moved to the front, if it is too far down to be seen at once.
 * @template {{id: string}} C
 * @param {string} id
 * @param {C[]} choices
 */
export function moveToFront(id, choices) {
  const at = choices.findIndex((choice) => choice.id === id)
  return at < FAR ? choices : [choices[at], ...choices.slice(0, at), ...choices.slice(at + 1)]
}

/** Fold case and accents, as people type. @param {string} text */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim()
}
