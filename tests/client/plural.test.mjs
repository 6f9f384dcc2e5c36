import assert from "node:assert/strict"
import { test } from "node:test"

import { pluralText } from "../../client/static/js/lib/plural.js"

const FORMS = JSON.stringify({
  zero: "0", one: "%(num)s чат", two: "2", few: "%(num)s чата", many: "%(num)s чатов", other: "%(num)s чата (часть)",
})

for (const [number, text] of [[1, "1 чат"], [3, "3 чата"], [5, "5 чатов"], [11, "11 чатов"], [21, "21 чат"]]) {
  test(`${number} in Russian`, () => assert.equal(pluralText(FORMS, number, "ru"), text))
}
