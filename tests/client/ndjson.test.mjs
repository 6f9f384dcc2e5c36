import assert from "node:assert/strict"
import test from "node:test"

import { NdjsonDecoder } from "../../client/static/js/lib/ndjson.js"

const EVENTS = [
  { seq: 1, type: "content", content: "naïve – 日本語 🧊" },
  { seq: 2, type: "content", content: "line\u2028and\nend" },
]
const BYTES = new TextEncoder().encode(EVENTS.map((event) => JSON.stringify(event) + "\n").join(""))

test("bytes cut anywhere give the same events", () => {
  for (let size = 1; size <= BYTES.length; size += 1) {
    const decoder = new NdjsonDecoder()
    const events = []
    for (let start = 0; start < BYTES.length; start += size) {
      events.push(...decoder.feed(BYTES.subarray(start, start + size)))
    }
    assert.deepEqual(events, EVENTS, `in pieces of ${size}`)
  }
})

test("a line is returned once it is complete, and not before", () => {
  const decoder = new NdjsonDecoder()

  assert.deepEqual(decoder.feed(BYTES.subarray(0, 5)), [])
  assert.equal(decoder.feed(BYTES.subarray(5)).length, 2)
})

test("empty lines are ignored", () => {
  assert.deepEqual(new NdjsonDecoder().feed(new TextEncoder().encode('\n{"a":1}\n\r\n')), [{ a: 1 }])
})
