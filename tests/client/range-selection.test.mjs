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

test("an item is selected, and deselected", () => {
  assert.equal(selected(selection(toggle("b"))), "b")
  assert.equal(selection(toggle("b"), toggle("b")).size, 0)
})

test("a range starts at the item touched last, goes in either direction, and adds to the selection", () => {
  assert.equal(selected(selection(toggle("b"), extend("d"))), "bcd")
  assert.equal(selected(selection(toggle("d"), extend("b"))), "bcd")
  assert.equal(selected(selection(toggle("a"), toggle("c"), extend("d"))), "acd")
  assert.equal(selected(selection(toggle("b"), extend("c"), extend("e"))), "bcde")
})

test("a range without a start is one item", () => {
  assert.equal(selected(selection(extend("c"))), "c")
  assert.equal(selected(selection(toggle("a"), toggle("a"), extend("c"))), "c")
})

test("a range from an item that is gone is one item", () => {
  assert.equal(selected(selection(toggle("x"), extend("c"))), "c")
})

test("items that left the list are deselected", () => {
  const made = selection(toggle("a"), toggle("b"))

  made.retain(["b", "c"])

  assert.equal(selected(made), "b")
  assert.equal(made.size, 1)
})
