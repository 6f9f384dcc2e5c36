import assert from "node:assert/strict"
import { test } from "node:test"

import { storage } from "../../client/static/js/lib/storage.js"

const kept = new Map()
const place = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, text) => kept.set(key, text),
  removeItem: (key) => kept.delete(key),
}

function as(person, localStorage = place) {
  globalThis.document = { body: { dataset: { person } } }
  globalThis.localStorage = localStorage
}

test("what one person wrote is not there for the next, and is there for the first one again", () => {
  as("anna")
  storage.write("draft", "from Anna")

  as("ben")
  assert.equal(storage.read("draft"), null)
  storage.write("draft", "from Ben")

  as("anna")
  assert.equal(storage.read("draft"), "from Anna")
  as(undefined)
  assert.equal(storage.read("draft"), null)
})

test("an empty text is forgotten", () => {
  as("anna")
  storage.write("draft", "text")

  storage.write("draft", "")

  assert.equal(storage.read("draft"), null)
})

test("an event from a tab of somebody else is about something else", () => {
  as("anna")

  assert.equal(storage.isAbout({ key: "anna:draft" }, "draft"), true)
  assert.equal(storage.isAbout({ key: "ben:draft" }, "draft"), false)
  assert.equal(storage.isAbout({ key: "draft" }, "draft"), false)
})

test("where keeping is forbidden, nothing is there", () => {
  as("anna", null)

  storage.write("draft", "text")

  assert.equal(storage.read("draft"), null)
})
