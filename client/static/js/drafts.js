import { storage } from "./storage.js"

/** What somebody began to write, by conversation. A conversation that is not yet has the empty id. */
export const drafts = {
  read: (conversationId) => storage.read(`draft:${conversationId}`) ?? "",
  write: (conversationId, text) => storage.write(`draft:${conversationId}`, text),
}
