import assert from "node:assert/strict"
import { test } from "node:test"

import { byteLength, hasParams, sameParams } from "../../client/static/js/chat/params.js"

test("the same parameters are the same in any order", () => {
  assert.ok(sameParams({ temperature: 1, system: "x" }, { system: "x", temperature: 1 }))
  assert.ok(sameParams({}, {}))
})

test("one more, one less and another value are different", () => {
  assert.ok(!sameParams({ temperature: 1 }, {}))
  assert.ok(!sameParams({}, { temperature: 1 }))
  assert.ok(!sameParams({ temperature: 1 }, { temperature: 1.5 }))
  assert.ok(!sameParams({ temperature: 1 }, { top_p: 1 }))
})

test("nothing is set in nothing", () => {
  assert.ok(!hasParams({}))
  assert.ok(hasParams({ temperature: 0 }))
})

test("bytes are counted as the server counts them", () => assert.equal(byteLength("aß語"), 6))
