import assert from "node:assert/strict"
import test from "node:test"

import { rowsToMarkdown } from "../../client/static/js/lib/markdown-table.js"

test("a table becomes Markdown again", () => {
  const rows = [["name", "size"], ["a", "1"], ["b", "2"]]

  assert.equal(rowsToMarkdown(rows, ["---", "--:"]), "| name | size |\n| --- | --: |\n| a | 1 |\n| b | 2 |\n")
})

test("characters that would end a cell or a row are escaped", () => {
  assert.equal(rowsToMarkdown([["a|b"], ["one\n  two"]], ["---"]), "| a\\|b |\n| --- |\n| one two |\n")
})
