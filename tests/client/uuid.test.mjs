import assert from "node:assert/strict"
import test from "node:test"

import { uuid } from "../../client/static/js/lib/uuid.js"

const allOnes = { getRandomValues: (bytes) => bytes.fill(0xff) }
const allZeros = { getRandomValues: (bytes) => bytes.fill(0) }

test("version and variant are those of a random UUID, whatever the bytes", () => {
  assert.equal(uuid(allOnes), "ffffffff-ffff-4fff-bfff-ffffffffffff")
  assert.equal(uuid(allZeros), "00000000-0000-4000-8000-000000000000")
})

test("no two are the same", () => {
  assert.notEqual(uuid(), uuid())
})
