import assert from "node:assert/strict"
import { test } from "node:test"

import { isSendKey } from "../../client/static/js/lib/send-key.js"

const HOW = { sendKey: "enter", isTouch: false, composedAt: -Infinity }
const key = (members) => ({ key: "Enter", timeStamp: 1000, ...members })

for (const [what, members, how, is] of [
  ["Enter", {}, {}, true],
  ["another key", { key: "a", ctrlKey: true }, {}, false],
  ["Shift+Enter", { shiftKey: true }, {}, false],
  ["Alt+Enter", { altKey: true }, {}, false],
  ["Ctrl+Enter", { ctrlKey: true }, {}, true],
  ["Enter where Ctrl+Enter sends", {}, { sendKey: "ctrl-enter" }, false],
  ["Cmd+Enter where Ctrl+Enter sends", { metaKey: true }, { sendKey: "ctrl-enter" }, true],
  ["Enter on the screen", {}, { isTouch: true }, false],
  ["Ctrl+Enter of a keyboard beside the screen", { ctrlKey: true }, { isTouch: true }, true],
  ["Enter in a composition", { isComposing: true }, {}, false],
  ["Enter that the input method took", { keyCode: 229 }, {}, false],
  ["Enter that ends a composition", {}, { composedAt: 999 }, false],
  ["Enter some time after a composition", {}, { composedAt: 800 }, true],
]) {
  test(`${what} ${is ? "sends" : "does not send"}`, () => assert.equal(isSendKey(key(members), { ...HOW, ...how }), is))
}
