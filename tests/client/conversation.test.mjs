import assert from "node:assert/strict"
import test from "node:test"

import { Conversation } from "../../client/static/js/chat/conversation.js"

// Node 18 has none.
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail }) {
    super(type)
    this.detail = detail
  }
}

/** A message of a thread without a page. */
const message = () => ({ messageId: "", apply() {}, remove() {}, fail: (error) => assert.fail(error) })

test("a connection that breaks before the turn begins puts the text back", async () => {
  const api = {
    async *startTurn() {
      yield { type: "ping" }
      throw new TypeError("network error")
    },
  }
  const thread = { conversationId: "", last: undefined, addQuestion: message, addAnswer: message }
  const conversation = new Conversation(api, thread)
  const refused = []
  conversation.addEventListener("refused", ({ detail }) => refused.push(detail.text))

  await conversation.send("Hello", { value: "m", label: "M" })

  assert.deepEqual(refused, ["Hello"])
})
