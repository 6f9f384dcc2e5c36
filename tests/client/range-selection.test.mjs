import assert from "node:assert/strict"
import { test } from "node:test"

import { RangeSelection } from "../../client/static/js/lib/range-selection.js"

const ORDER = ["a", "b", "c", "d", "e"]
const selected = (selection) => selection.inOrder(ORDER).join("")

function selection(...steps) {
  const made = new RangeSelection()
  steps.forEach((step) => step(made))
  return made
}

const toggle = (id) => (made) => made.toggle(id)
const extend = (id) => (made) => made.extend(id, ORDER)

test("one is selected, and no longer", () => {
  assert.equal(selected(selection(toggle("b"))), "b")
  assert.equal(selection(toggle("b"), toggle("b")).size, 0)
})

test("a range goes from the one touched last, in either direction, and adds to what there is", () => {
  assert.equal(selected(selection(toggle("b"), extend("d"))), "bcd")
  assert.equal(selected(selection(toggle("d"), extend("b"))), "bcd")
  assert.equal(selected(selection(toggle("a"), toggle("c"), extend("d"))), "acd")
  assert.equal(selected(selection(toggle("b"), extend("c"), extend("e"))), "bcde")
})

test("a range without a beginning is one", () => {
  assert.equal(selected(selection(extend("c"))), "c")
  assert.equal(selected(selection(toggle("a"), toggle("a"), extend("c"))), "c")
})

test("a range from one that is gone is one", () => {
  assert.equal(selected(selection(toggle("x"), extend("c"))), "c")
})

test("what the list no longer has is forgotten", () => {
  const made = selection(toggle("a"), toggle("b"))

  made.retain(["b", "c"])

  assert.equal(selected(made), "b")
  assert.equal(made.size, 1)
})
