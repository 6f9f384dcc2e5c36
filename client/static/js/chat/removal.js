/** What takes conversations out of the list, and what brings them back. */
const ACTS = {
  delete: { act: (api, id) => api.delete(id), undo: { deleted: false } },
  archive: { act: (api, id) => api.change(id, { archived: true }), undo: { archived: false } },
  restore: { act: (api, id) => api.change(id, { archived: false }), undo: { archived: true } },
}

/** Takes conversations away, and remembers that it was this page which did. */
export class Removal {
  #api
  #ours = new Set()

  /** @param {import("../lib/api.js").Api} api */
  constructor(api) {
    this.#api = api
  }

  knows(act) {
    return act in ACTS
  }

  /** Whether it was this page that took a conversation away. */
  isOurs(id) {
    return this.#ours.has(id)
  }

  /**
   * Take away as many as possible.
   * @param {"delete" | "archive" | "restore"} act
   * @param {string[]} ids
   * @returns {Promise<{done: string[], error?: Error}>} error: of the first that is still there
   */
  async run(act, ids) {
    ids.forEach((id) => this.#ours.add(id))
    const results = await Promise.allSettled(ids.map((id) => ACTS[act].act(this.#api, id)))
    const failed = ids.filter((id, index) => results[index].status === "rejected")
    failed.forEach((id) => this.#ours.delete(id))
    const error = results.find(({ status }) => status === "rejected")?.reason
    return { done: ids.filter((id) => !failed.includes(id)), error }
  }

  /** Bring back what `run` took. Throws what the API throws. */
  async undo(act, ids) {
    await Promise.all(ids.map((id) => this.#api.change(id, ACTS[act].undo)))
    ids.forEach((id) => this.#ours.delete(id))
  }
}
