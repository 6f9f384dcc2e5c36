import assert from "node:assert/strict"
import test from "node:test"

import { Problem } from "../../client/static/js/lib/problem.js"
import { turnEvents } from "../../client/static/js/chat/turn.js"

// The browser's words for these; node has the same events on an EventTarget of its own.
const page = new EventTarget()
globalThis.addEventListener = page.addEventListener.bind(page)
globalThis.removeEventListener = page.removeEventListener.bind(page)

const START = { seq: 1, type: "start", message_id: "a" }
const HTML = { seq: 4, type: "html", block: 0, html: "<p>Hi</p>" }
const REASONING = { seq: 3, type: "reasoning", token: "Hm" }
const FINISH = { seq: 9, type: "finish", reason: "stop" }
const broken = new TypeError("network error")

/** An API whose connections are scripted: each is a list of events, with an error at the end if it breaks with one. */
function scripted(...connections) {
  const calls = []
  async function* connection(call) {
    calls.push(call)
    for (const step of connections.shift()) {
      if (step instanceof Error) {
        throw step
      }
      yield step
    }
  }
  return { calls, startTurn: (request) => connection(["start", request]), followTurn: (id, seq) => connection(["follow", id, seq]) }
}

async function read(api, source = { request: "?" }) {
  const lost = []
  const events = []
  const onLost = (is) => {
    lost.push(is)
    setTimeout(() => page.dispatchEvent(new Event("online")))
  }
  for await (const event of turnEvents(api, source, onLost)) {
    events.push(event)
  }
  return { events, lost }
}

test("a turn is read until its end", async () => {
  const api = scripted([START, HTML, FINISH])

  assert.deepEqual(await read(api), { events: [START, HTML, FINISH], lost: [] })
})

test("a broken connection resumes after the last event", async () => {
  const api = scripted([START, REASONING, broken], [HTML, FINISH])

  const { events, lost } = await read(api)

  assert.deepEqual(api.calls, [["start", "?"], ["follow", "a", 3]])
  assert.deepEqual(events, [START, REASONING, HTML, FINISH])
  assert.deepEqual(lost, [true, false])
})

test("the last block is requested again, since others may share its number", async () => {
  const api = scripted([START, HTML, broken], [FINISH])

  await read(api)

  assert.deepEqual(api.calls[1], ["follow", "a", 3])
})

test("a stream that stops before the end of the turn is a broken connection", async () => {
  const api = scripted([START], [FINISH])

  assert.deepEqual((await read(api)).events, [START, FINISH])
})

test("an unconfirmed request is not sent again", async () => {
  const api = scripted([broken])

  await assert.rejects(read(api), broken)
})

test("a server that is starting is retried", async () => {
  const api = scripted([START, broken], [new Problem(503, { message: "" })], [FINISH])

  assert.deepEqual((await read(api)).events, [START, FINISH])
})

test("an answer that is gone is not requested again", async () => {
  const gone = new Problem(404, { message: "This answer does not exist." })

  await assert.rejects(read(scripted([gone]), { messageId: "a", seq: 5 }), gone)
})

test("following an answer begins after the last event of the page", async () => {
  const api = scripted([FINISH])

  await read(api, { messageId: "a", seq: 5 })

  assert.deepEqual(api.calls, [["follow", "a", 5]])
})
