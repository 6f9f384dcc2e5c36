import assert from "node:assert/strict"
import test from "node:test"

import { backoffMs } from "../../client/static/js/lib/backoff.js"

test("each failure doubles the pause, up to a limit", () => {
  const longest = () => 1

  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 50].map((failures) => backoffMs(failures, longest)), [
    500, 1000, 2000, 4000, 8000, 15000, 15000, 15000,
  ])
})

test("jitter shortens it by up to half", () => {
  assert.equal(backoffMs(3, () => 0), 1000)
})
