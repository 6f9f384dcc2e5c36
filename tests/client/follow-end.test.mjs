import assert from "node:assert/strict"
import test from "node:test"

import { followsAfterScroll } from "../../client/static/js/chat/follow-end.js"

const at = (top, distance) => ({ top, distance })

test("going up lets go of the end", () => {
  assert.equal(followsAfterScroll(true, at(100, 0), at(90, 10)), false)
})

test("coming back to the end takes hold of it", () => {
  assert.equal(followsAfterScroll(false, at(90, 10), at(99, 1)), true)
})

test("going down without reaching the end does not", () => {
  assert.equal(followsAfterScroll(false, at(50, 50), at(80, 20)), false)
})

test("a page that became shorter stays at its end", () => {
  assert.equal(followsAfterScroll(true, at(100, 0), at(60, 0)), true)
})

test("a page that became shorter does not catch a reader who had let go", () => {
  assert.equal(followsAfterScroll(false, at(100, 20), at(60, 0)), false)
})

test("text that grows below does not let go", () => {
  assert.equal(followsAfterScroll(true, at(100, 0), at(100, 40)), true)
})
