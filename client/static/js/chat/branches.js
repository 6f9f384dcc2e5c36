/** Changes to the tree of a conversation that ask no model: show or add a version, delete a message, fork. */
export class Branches {
  #api
  #conversation
  #thread

  /**
   * @param {import("../lib/api.js").Api} api
   * @param {Conversation} conversation
   * @param {ChatThread} thread
   */
  constructor(api, conversation, thread) {
    this.#api = api
    this.#conversation = conversation
    this.#thread = thread
  }

  /** Show the branch that ends in a message. @param {string} leafId */
  async show(leafId) {
    await this.#api.updateConversation(this.#thread.conversationId, { leaf_id: leafId })
    await this.#conversation.catchUp()
  }

  /**
   * Add a version of an answer, and show it.
   * @param {ChatMessage} answer
   * @param {string} content
   */
  async addVersion(answer, content) {
    await this.#api.addVersion(answer.messageId, content)
    await this.#conversation.catchUp()
  }

  /**
   * Remove a message and those after it from the page at once; if the server refuses, they return.
   * @param {ChatMessage} message
   */
  async remove(message) {
    const removed = this.#thread.removeFrom(message)
    try {
      await this.#api.deleteMessage(message.messageId)
    } catch (error) {
      this.#thread.append(...removed)
      throw error
    }
    await this.#conversation.catchUp()
  }

  /** Restore a deleted message and those after it. @param {string} id */
  async restore(id) {
    await this.#api.restoreMessage(id)
    await this.#conversation.catchUp()
  }

  /** Copy the messages up to this one into a new conversation; return its id. @param {ChatMessage} message */
  async fork(message) {
    const { id } = await this.#api.fork(this.#thread.conversationId, message.messageId)
    return id
  }
}
