import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

const kept = new Map()
globalThis.document = { body: { dataset: {} } }
globalThis.sessionStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, text) => kept.set(key, text),
  removeItem: (key) => kept.delete(key),
}
const { secondClick } = await import("../../client/static/js/lib/double-click.js")

beforeEach(() => kept.clear())

test("two clicks in a moment are a double click, and a third begins anew", () => {
  assert.deepEqual([1000, 1200, 1300].map((now) => secondClick.completes("a", now)), [false, true, false])
})

test("too late, or somewhere else, it is a first click", () => {
  assert.deepEqual([secondClick.completes("a", 1000), secondClick.completes("a", 1600)], [false, false])
  assert.equal(secondClick.completes("b", 1700), false)
})

test("the page that was meant is told once", () => {
  secondClick.means("a")

  assert.deepEqual([secondClick.isMeantFor("a"), secondClick.isMeantFor("a")], [true, false])
})
