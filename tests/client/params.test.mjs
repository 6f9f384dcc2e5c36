import assert from "node:assert/strict"
import { test } from "node:test"

import { bytesOf, isSame, isSet } from "../../client/static/js/chat/params.js"

test("the same parameters are the same in any order", () => {
  assert.ok(isSame({ temperature: 1, system: "x" }, { system: "x", temperature: 1 }))
  assert.ok(isSame({}, {}))
})

test("one more, one less and another value are different", () => {
  assert.ok(!isSame({ temperature: 1 }, {}))
  assert.ok(!isSame({}, { temperature: 1 }))
  assert.ok(!isSame({ temperature: 1 }, { temperature: 1.5 }))
  assert.ok(!isSame({ temperature: 1 }, { top_p: 1 }))
})

test("nothing is set in nothing", () => {
  assert.ok(!isSet({}))
  assert.ok(isSet({ temperature: 0 }))
})

test("bytes are counted as the server counts them", () => assert.equal(bytesOf("aß語"), 6))
