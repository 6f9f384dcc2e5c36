import assert from "node:assert/strict"
import test from "node:test"

import { dayText, dollarsText, momentText, numberText } from "../../client/static/js/lib/formats.js"

const plain = (text) => text.replace(/\s/g, " ")

for (const [language, zone, text] of [
  ["en", "UTC", "Nov 21, 2026, 12:05 PM"],
  ["en", "Asia/Tokyo", "Nov 21, 2026, 9:05 PM"],
  ["de", "Europe/Berlin", "21.11.2026, 13:05"],
]) {
  test(`noon in ${zone}, in ${language}`, () => assert.equal(plain(momentText("2026-11-21T12:05:00Z", language, zone)), text))
}

test("a day is that of the reader", () => {
  assert.equal(dayText("2026-11-21T23:05:00Z", "en", "UTC"), "Nov 21, 2026")
  assert.equal(dayText("2026-11-21T23:05:00Z", "de", "Europe/Berlin"), "22.11.2026")
})

test("numbers are grouped as the language has it", () => {
  assert.equal(numberText(12345, "en"), "12,345")
  assert.equal(numberText(12345, "de"), "12.345")
})

test("a small part of a cent is not nothing", () => {
  assert.equal(dollarsText(0.000042, "en"), "$0.000042")
  assert.equal(dollarsText(1.5, "en"), "$1.50")
})
