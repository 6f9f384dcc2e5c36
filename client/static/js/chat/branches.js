/** What changes a conversation's tree and asks nobody: another version shown or written, a message deleted, a fork. */
export class Branches {
  #api
  #conversation
  #thread

  /** @param {import("../lib/api.js").Api} api */
  constructor(api, conversation, thread) {
    this.#api = api
    this.#conversation = conversation
    this.#thread = thread
  }

  /** Show the branch that ends in a message. */
  async show(leafId) {
    await this.#api.change(this.#thread.conversationId, { leaf_id: leafId })
    await this.#conversation.catchUp()
  }

  /** Store another version of an answer, and show it. */
  async write(answer, content) {
    await this.#api.addVersion(answer.dataset.id, content)
    await this.#conversation.catchUp()
  }

  /** Take a message and what follows it off the page at once; if the server refuses, it comes back. */
  async remove(message) {
    const gone = this.#thread.dropFrom(message)
    try {
      await this.#api.deleteMessage(message.dataset.id)
    } catch (error) {
      this.#thread.append(...gone)
      throw error
    }
    await this.#conversation.catchUp()
  }

  /** Bring a deleted message back, and what followed it. */
  async bringBack(id) {
    await this.#api.restoreMessage(id)
    await this.#conversation.catchUp()
  }

  /** Copy the way to a message into a new conversation; return its id. */
  async fork(message) {
    const { id } = await this.#api.fork(this.#thread.conversationId, message.dataset.id)
    return id
  }
}
