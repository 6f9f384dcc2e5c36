import assert from "node:assert/strict"
import test from "node:test"

import { actionOf, ariaKeys, keyNames, SHORTCUTS } from "../../client/static/js/chat/shortcuts.js"

const HERE = { isApple: false, isRtl: false }
const APPLE = { isApple: true, isRtl: false }
const RTL = { isApple: false, isRtl: true }

const press = (key, code, ...modifiers) => ({
  key,
  code,
  ctrlKey: modifiers.includes("ctrl"),
  metaKey: modifiers.includes("meta"),
  shiftKey: modifiers.includes("shift"),
  altKey: modifiers.includes("alt"),
  isComposing: modifiers.includes("composing"),
  getModifierState: (name) => modifiers.includes(name),
})

const cases = [
  ["a letter", press("k", "KeyK", "ctrl"), HERE, "search"],
  ["a letter with Shift", press("O", "KeyO", "ctrl", "shift"), HERE, "new"],
  ["a letter with Caps Lock", press("K", "KeyK", "ctrl"), HERE, "search"],
  ["a letter where a French keyboard has it", press("M", "Semicolon", "ctrl", "shift"), HERE, "model"],
  ["a letter where a Cyrillic keyboard has none", press("Щ", "KeyO", "ctrl", "shift"), HERE, "new"],
  ["a letter where a Greek keyboard has none", press("κ", "KeyK", "ctrl"), HERE, "search"],
  ["a semicolon with Shift", press(":", "Semicolon", "ctrl", "shift"), HERE, "copy-code"],
  ["a semicolon that needs Shift", press(";", "Comma", "ctrl", "shift"), HERE, "copy-code"],
  ["a semicolon's place on a Cyrillic keyboard", press("Ж", "Semicolon", "ctrl", "shift"), HERE, "copy-code"],
  ["a stop's place on a Cyrillic keyboard", press("ю", "Period", "ctrl"), HERE, "settings"],
  ["a slash", press("/", "Slash", "ctrl"), HERE, "sheet"],
  ["a slash that needs Shift, as on a German keyboard", press("/", "Digit7", "ctrl", "shift"), HERE, "sheet"],
  ["a minus where others have a slash zooms", press("-", "Slash", "ctrl"), HERE, undefined],
  ["a key without a modifier is typed", press("k", "KeyK"), HERE, undefined],
  ["Shift alone with Escape", press("Escape", "Escape", "shift"), HERE, "write"],
  ["⌘ on a Mac", press("k", "KeyK", "meta"), APPLE, "search"],
  ["Control on a Mac is for editing", press("k", "KeyK", "ctrl"), APPLE, undefined],
  ["the Windows key is Windows' own", press("k", "KeyK", "meta"), HERE, undefined],
  ["AltGr writes signs", press("k", "KeyK", "ctrl", "AltGraph"), HERE, undefined],
  ["Alt is something else", press("k", "KeyK", "ctrl", "alt"), HERE, undefined],
  ["a composition goes on", press("k", "KeyK", "ctrl", "composing"), HERE, undefined],
  ["the arrow to what came before", press("ArrowLeft", "ArrowLeft"), HERE, "previous-version"],
  ["the arrow to what came before, from the right", press("ArrowRight", "ArrowRight"), RTL, "previous-version"],
  ["Ctrl+R stays the browser's", press("r", "KeyR", "ctrl"), HERE, undefined],
  ["Ctrl+Shift+R, too", press("R", "KeyR", "ctrl", "shift"), HERE, undefined],
]

for (const [name, event, keyboard, action] of cases) {
  test(name, () => assert.equal(actionOf(event, keyboard, "none"), action))
}

const back = press("Backspace", "Backspace", "ctrl", "shift")
const left = press("ArrowLeft", "ArrowLeft")
const list = press("b", "KeyB", "ctrl")

for (const [field, actions] of [
  ["none", ["delete", "previous-version", "sidebar"]],
  ["empty", ["delete", "previous-version", "sidebar"]],
  ["composer", [undefined, undefined, "sidebar"]],
  ["other", [undefined, undefined, undefined]],
]) {
  test(`what the keys do in a field: ${field}`, () => {
    assert.deepEqual([back, left, list].map((event) => actionOf(event, HERE, field)), actions)
  })
}

test("no two actions have the same keys", () => {
  assert.equal(new Set(SHORTCUTS.map(({ keys }) => keys)).size, SHORTCUTS.length)
})

test("no action takes a well-known shortcut of the browser", () => {
  const taken = ["Mod+R", "Mod+T", "Mod+W", "Mod+N", "Mod+L", "Mod+F", "Mod+P", "Mod+S", "Mod+C", "Mod+V", "Mod+Shift+T", "Mod+Shift+N"]
  assert.deepEqual(SHORTCUTS.filter(({ keys }) => taken.includes(keys)), [])
})

test("keys are named as on the reader's keyboard", () => {
  const names = { mod: "Strg", shift: "Umschalt" }
  assert.deepEqual(keyNames("Mod+Shift+O", HERE, names), ["Strg", "Umschalt", "O"])
  assert.deepEqual(keyNames("Mod+Shift+O", APPLE, names), ["⌘", "⇧", "O"])
  assert.deepEqual(keyNames("ArrowUp", HERE, names), ["↑"])
  assert.deepEqual(keyNames("ArrowLeft", RTL, names), ["→"])
})

test("keys have the names that assistive technology expects", () => {
  assert.equal(ariaKeys("Mod+Shift+O", false), "Control+Shift+O")
  assert.equal(ariaKeys("Mod+Shift+O", true), "Meta+Shift+O")
})
