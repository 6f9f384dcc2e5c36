import { storage } from "../lib/storage.js"

/** Unsent texts. A conversation that does not exist yet has the empty id. */
export const drafts = byConversation("draft")

/** Texts that are sent once the running answer ends. */
export const queue = byConversation("queued")

/** The parameters for the first message of a new conversation. */
export const paramDrafts = byConversation("params")

/** @param {string} name */
function byConversation(name) {
  const keyOf = (/** @type {string} */ conversationId) => `${name}:${conversationId}`
  const texts = {
    /** @param {string} conversationId */
    read: (conversationId) => storage.read(keyOf(conversationId)) ?? "",

    /**
     * @param {string} conversationId
     * @param {string} text
     */
    write: (conversationId, text) => storage.write(keyOf(conversationId), text),

    /**
     * Append a text to that of another conversation.
     * @param {string} from
     * @param {string} to
     */
    move(from, to) {
      texts.write(to, [texts.read(to), texts.read(from)].filter(Boolean).join("\n"))
      texts.write(from, "")
    },

    /**
     * Return whether a `storage` event, which comes from another tab, is about that conversation.
     * @param {StorageEvent} event
     * @param {string} conversationId
     */
    isIn: (event, conversationId) => storage.isAbout(event, keyOf(conversationId)),
  }
  return texts
}
