import assert from "node:assert/strict"
import test from "node:test"

import { followsAfterScroll } from "../../client/static/js/chat/follow-end.js"

const at = (top, distance) => ({ top, distance })

test("scrolling up stops following", () => {
  assert.equal(followsAfterScroll(true, at(100, 0), at(90, 10)), false)
})

test("reaching the end starts following", () => {
  assert.equal(followsAfterScroll(false, at(90, 10), at(99, 1)), true)
})

test("scrolling down without reaching the end does not", () => {
  assert.equal(followsAfterScroll(false, at(50, 50), at(80, 20)), false)
})

test("a page that became shorter stays at its end", () => {
  assert.equal(followsAfterScroll(true, at(100, 0), at(60, 0)), true)
})

test("a page that became shorter does not start following", () => {
  assert.equal(followsAfterScroll(false, at(100, 20), at(60, 0)), false)
})

test("text that grows below does not stop following", () => {
  assert.equal(followsAfterScroll(true, at(100, 0), at(100, 40)), true)
})
