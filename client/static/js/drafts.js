import { storage } from "./storage.js"

/** What somebody began to write, by conversation. A conversation that is not yet has the empty id. */
export const drafts = {
  read: (conversationId) => storage.read(`draft:${conversationId}`) ?? "",
  write: (conversationId, text) => storage.write(`draft:${conversationId}`, text),

  /** Put a draft behind that of another conversation. */
  move(from, to) {
    drafts.write(to, [drafts.read(to), drafts.read(from)].filter(Boolean).join("\n"))
    drafts.write(from, "")
  },
}
