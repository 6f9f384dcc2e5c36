import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

const kept = new Map()
globalThis.document = { body: { dataset: {} } }
globalThis.sessionStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, text) => kept.set(key, text),
  removeItem: (key) => kept.delete(key),
}
const { doubleClick } = await import("../../client/static/js/lib/double-click.js")

beforeEach(() => kept.clear())

test("two quick clicks are a double click, and a third starts over", () => {
  assert.deepEqual([1000, 1200, 1300].map((now) => doubleClick.isSecond("a", now)), [false, true, false])
})

test("a late click, or one elsewhere, is a first click", () => {
  assert.deepEqual([doubleClick.isSecond("a", 1000), doubleClick.isSecond("a", 1600)], [false, false])
  assert.equal(doubleClick.isSecond("b", 1700), false)
})

test("the page that was double-clicked is told once", () => {
  doubleClick.passOn("a")

  assert.deepEqual([doubleClick.wasPassedOn("a"), doubleClick.wasPassedOn("a")], [true, false])
})
