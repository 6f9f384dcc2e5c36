/**
 * How conversations leave the list, and how they return.
 * @type {Record<RemovalAct, {changes: ConversationChanges, undo: ConversationChanges}>}
 */
const ACTS = {
  delete: { changes: { deleted: true }, undo: { deleted: false } },
  archive: { changes: { archived: true }, undo: { archived: false } },
  restore: { changes: { archived: false }, undo: { archived: true } },
}

/** Deletes, archives and unarchives conversations, and remembers that this page did it. */
export class Removal {
  #api
  /** @type {Set<string>} */
  #ours = new Set()

  /** @param {import("../lib/api.js").Api} api */
  constructor(api) {
    this.#api = api
  }

  /**
   * @param {string} act
   * @returns {act is RemovalAct}
   */
  knows(act) {
    return act in ACTS
  }

  /** Whether this page removed a conversation. @param {string} id */
  isOurs(id) {
    return this.#ours.has(id)
  }

  /**
   * Remove as many conversations as possible.
   * @param {RemovalAct} act
   * @param {string[]} ids
   * @returns {Promise<{done: string[], error?: unknown}>} error: of the first that is still there
   */
  async run(act, ids) {
    ids.forEach((id) => this.#ours.add(id))
    const results = await Promise.allSettled(ids.map((id) => this.#remove(act, id)))
    const failed = ids.filter((_, index) => results[index].status === "rejected")
    failed.forEach((id) => this.#ours.delete(id))
    const error = results.find((result) => result.status === "rejected")?.reason
    return { done: ids.filter((id) => !failed.includes(id)), error }
  }

  /**
   * Undo `run`. Throws what the API throws.
   * @param {RemovalAct} act
   * @param {string[]} ids
   */
  async undo(act, ids) {
    await Promise.all(ids.map((id) => this.#api.updateConversation(id, ACTS[act].undo)))
    ids.forEach((id) => this.#ours.delete(id))
  }

  /**
   * @param {RemovalAct} act
   * @param {string} id
   */
  #remove(act, id) {
    return act === "delete" ? this.#api.deleteConversation(id) : this.#api.updateConversation(id, ACTS[act].changes)
  }
}
