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

test("each person who uses the browser has texts of their own", () => {
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

test("an empty text removes the item", () => {
  as("anna")
  storage.write("draft", "text")

  storage.write("draft", "")

  assert.equal(storage.read("draft"), null)
})

test("an event from another person's tab is about something else", () => {
  as("anna")

  assert.equal(storage.isAbout({ key: "anna:draft" }, "draft"), true)
  assert.equal(storage.isAbout({ key: "ben:draft" }, "draft"), false)
  assert.equal(storage.isAbout({ key: "draft" }, "draft"), false)
})

test("where storage is forbidden, nothing is stored", () => {
  as("anna", null)

  storage.write("draft", "text")

  assert.equal(storage.read("draft"), null)
})
