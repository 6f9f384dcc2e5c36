import { storage } from "../lib/storage.js"

/** What somebody began to write. A conversation that is not yet has the empty id. */
export const drafts = byConversation("draft")

/** What waits for an answer to end before it is sent. */
export const queue = byConversation("queued")

/** What the first message of a new conversation will be asked with. */
export const paramDrafts = byConversation("params")

function byConversation(name) {
  const keyOf = (conversationId) => `${name}:${conversationId}`
  const texts = {
    read: (conversationId) => storage.read(keyOf(conversationId)) ?? "",
    write: (conversationId, text) => storage.write(keyOf(conversationId), text),

    /** Put a text behind that of another conversation. */
    move(from, to) {
      texts.write(to, [texts.read(to), texts.read(from)].filter(Boolean).join("\n"))
      texts.write(from, "")
    },

    /** Tell whether a `storage` event, which comes from another tab, is about that conversation. */
    isIn: (event, conversationId) => storage.isAbout(event, keyOf(conversationId)),
  }
  return texts
}
