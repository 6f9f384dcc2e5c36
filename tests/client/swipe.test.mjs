import assert from "node:assert/strict"
import { test } from "node:test"

import { Swipe } from "../../client/static/js/lib/swipe.js"

const WIDTH = 300

function swiped({ isOpen = false, points }) {
  const [start, ...rest] = points.map(([x, y, time]) => ({ x, y, time }))
  const swipe = new Swipe(start, isOpen, WIDTH)
  rest.forEach((point) => swipe.move(point))
  return swipe
}

test("a finger that hardly moves does nothing", () => {
  assert.equal(swiped({ points: [[5, 100, 0], [12, 104, 30]] }).isSwipe, false)
})

test("a finger that moves along the edge scrolls, also if it turns later", () => {
  assert.equal(swiped({ points: [[5, 100, 0], [8, 130, 30], [200, 130, 300]] }).isSwipe, false)
})

test("the drawer follows the finger, and no further than it is wide", () => {
  const points = [[10, 100, 0], [60, 102, 100]]

  assert.equal(swiped({ points }).isSwipe, true)
  assert.equal(swiped({ points }).shown, 50)
  assert.equal(swiped({ points: [...points, [400, 100, 300]] }).shown, WIDTH)
  assert.equal(swiped({ isOpen: true, points }).shown, WIDTH)
})

test("a slow swipe decides by the halfway point", () => {
  assert.equal(swiped({ points: [[0, 0, 0], [140, 0, 900], [140, 0, 1000]] }).endsOpen, false)
  assert.equal(swiped({ points: [[0, 0, 0], [160, 0, 900], [160, 0, 1000]] }).endsOpen, true)
})

test("a fling decides by its direction", () => {
  assert.equal(swiped({ points: [[0, 0, 0], [30, 0, 40]] }).endsOpen, true)
  assert.equal(swiped({ isOpen: true, points: [[280, 0, 0], [250, 0, 40]] }).endsOpen, false)
})
