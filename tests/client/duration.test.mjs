import assert from "node:assert/strict"
import { test } from "node:test"

import { durationText } from "../../client/static/js/lib/duration.js"

for (const [seconds, words] of [
  [0, "0 seconds"],
  [1, "1 second"],
  [7, "7 seconds"],
  [89, "89 seconds"],
  [90, "2 minutes"],
  [3600, "60 minutes"],
  [5400, "2 hours"],
  [86_400, "24 hours"],
]) {
  test(`${seconds} seconds are ${words}`, () => assert.equal(durationText(seconds, "en"), words))
}
