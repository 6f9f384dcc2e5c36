import assert from "node:assert/strict"
import { test } from "node:test"

import { completionAt, matching, removeQuery } from "../../client/static/js/chat/completion.js"

/** The caret is where the bar is. */
const at = (marked) => completionAt(marked.replace("|", ""), marked.indexOf("|"))

for (const [marked, sign, query] of [
  ["/|", "/", ""], ["/new|", "/", "new"], ["/new ch|", "/", "new ch"], ["/ne|w", "/", "ne"],
  ["@|", "@", ""], ["ask @lla|", "@", "lla"], ["one\n@x/y-7b:free|", "@", "x/y-7b:free"], ["@lla| what is this?", "@", "lla"],
]) {
  test(`${JSON.stringify(marked)} asks`, () => {
    const wish = at(marked)
    assert.deepEqual([wish?.sign, wish?.query], [sign, query])
    assert.equal(marked.replace("|", "").slice(wish.start, wish.end), sign + query)
  })
}

for (const marked of ["|", "|/new", "a /new|", " /new|", "/etc/hosts|", "/etc/|", "/new\nline|", "a@b|", "me@home.org|", "@a b|", "@@|", "1/2|"]) {
  test(`${JSON.stringify(marked)} is ordinary text`, () => assert.equal(at(marked), undefined))
}

test("the query is removed, with one of the two spaces around it", () => {
  assert.deepEqual(removeQuery("ask @lla what", { start: 4, end: 8 }), { text: "ask what", caret: 4 })
  assert.deepEqual(removeQuery("@lla what", { start: 0, end: 4 }), { text: "what", caret: 0 })
  assert.deepEqual(removeQuery("/new", { start: 0, end: 4 }), { text: "", caret: 0 })
  assert.deepEqual(removeQuery("ask @lla", { start: 4, end: 8 }), { text: "ask ", caret: 4 })
})

test("choices match by every word, wherever it is", () => {
  const choices = [{ name: "New chat" }, { name: "Careful reviewer" }]
  assert.deepEqual(matching(choices, "CHAT n"), [choices[0]])
  assert.deepEqual(matching(choices, ""), choices)
  assert.deepEqual(matching(choices, "etc"), [])
})
