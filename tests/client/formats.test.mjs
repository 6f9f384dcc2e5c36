import assert from "node:assert/strict"
import test from "node:test"

import { contextText, dayText, dollarsText, durationText, momentText, numberText, priceText } from "../../client/static/js/lib/formats.js"

const plain = (text) => text.replace(/\s/g, " ")

for (const [language, zone, text] of [
  ["en", "UTC", "Nov 21, 2026, 12:05 PM"],
  ["en", "Asia/Tokyo", "Nov 21, 2026, 9:05 PM"],
  ["de", "Europe/Berlin", "21.11.2026, 13:05"],
]) {
  test(`noon in ${zone}, in ${language}`, () => assert.equal(plain(momentText("2026-11-21T12:05:00Z", language, zone)), text))
}

test("a day is in the reader's time zone", () => {
  assert.equal(dayText("2026-11-21T23:05:00Z", "en", "UTC"), "Nov 21, 2026")
  assert.equal(dayText("2026-11-21T23:05:00Z", "de", "Europe/Berlin"), "22.11.2026")
})

test("numbers are grouped as in the language", () => {
  assert.equal(numberText(12345, "en"), "12,345")
  assert.equal(numberText(12345, "de"), "12.345")
})

test("a small part of a cent is not nothing", () => {
  assert.equal(dollarsText(0.000042, "en"), "$0.000042")
  assert.equal(dollarsText(1.5, "en"), "$1.50")
})

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

for (const [tokens, text] of [[4096, "4K"], [8000, "8K"], [131072, "128K"], [128000, "128K"], [1048576, "1M"], [2000000, "2M"], [500, "500"]]) {
  test(`${tokens} tokens`, () => assert.equal(contextText(tokens), text))
}

test("a price has the digits it needs", () => {
  assert.equal(priceText(3, "en"), "$3")
  assert.equal(priceText(0.075, "en"), "$0.075")
  assert.equal(priceText(0.15, "de"), "0,15\u00a0$")
})
