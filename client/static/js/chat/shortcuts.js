/**
 * What keys do, all of it; the sheet lists them in the page's language. `keys` is written as in `aria-keyshortcuts`,
 * with Mod for Control, or Meta on a machine of Apple's. `reaches`: the field of the most concern in which they do it.
 * The last ones belong to the elements that they are about, which listen for them.
 */
export const SHORTCUTS = [
  { action: "new", keys: "Mod+Shift+O", reaches: "composer" },
  { action: "search", keys: "Mod+K", reaches: "other" },
  { action: "sidebar", keys: "Mod+B", reaches: "composer" },
  { action: "delete", keys: "Mod+Shift+Backspace", reaches: "empty" },
  { action: "write", keys: "Shift+Escape", reaches: "other" },
  { action: "model", keys: "Mod+Shift+M", reaches: "composer" },
  { action: "copy-answer", keys: "Mod+Shift+C", reaches: "composer" },
  { action: "copy-code", keys: "Mod+Shift+;", reaches: "composer" },
  { action: "previous-version", keys: "ArrowLeft", reaches: "empty" },
  { action: "next-version", keys: "ArrowRight", reaches: "empty" },
  { action: "settings", keys: "Mod+.", reaches: "other" },
  { action: "sheet", keys: "Mod+/", reaches: "other" },
  { action: "stop", keys: "Escape", reaches: "elsewhere" },
  { action: "recall", keys: "ArrowUp", reaches: "elsewhere" },
  { action: "rename", keys: "F2", reaches: "elsewhere" },
]

/** Where one types, from what a shortcut disturbs least to what it disturbs most. */
const FIELDS = ["none", "empty", "composer", "other"]
const APPLE_SIGNS = { Mod: "⌘", Shift: "⇧", Escape: "⎋", Backspace: "⌫" }
const SIGNS = { ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→" }

/** In a language that is written from the right, what came before is on the right. */
const MIRRORED = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }

/**
 * Return the name of what the keys do, or undefined.
 * @param {KeyboardEvent} event
 * @param {{isApple: boolean, isRtl: boolean}} keyboard
 * @param {"none" | "empty" | "composer" | "other"} field where one types: an empty composer, one with a text, or any
 *   other field
 */
export function actionOf(event, keyboard, field) {
  if (event.isComposing || event.altKey || event.getModifierState?.("AltGraph")) {
    return undefined
  }
  const found = SHORTCUTS.find(({ keys }) => isPressed(partsOf(keys, keyboard), event, keyboard.isApple))
  return found && FIELDS.indexOf(found.reaches) >= FIELDS.indexOf(field) ? found.action : undefined
}

/**
 * Return the keys as they are called on the keyboard in front of the reader, in the order in which they are pressed.
 * @param {string} keys as in the table
 * @param {{isApple: boolean, isRtl: boolean}} keyboard
 * @param {Object<string, string>} names what keys with a word on them are called in the reader's language, by their
 *   names in the table in small letters
 */
export function keyNames(keys, keyboard, names) {
  const signs = keyboard.isApple ? { ...SIGNS, ...APPLE_SIGNS } : SIGNS
  return partsOf(keys, keyboard).map((key) => signs[key] ?? names[key.toLowerCase()] ?? key)
}

/** Return the keys for `aria-keyshortcuts`. */
export function ariaKeys(keys, isApple) {
  return keys.replace("Mod", isApple ? "Meta" : "Control")
}

function partsOf(keys, { isRtl }) {
  return keys.split("+").map((key) => (isRtl && MIRRORED[key]) || key)
}

function isPressed(keys, event, isApple) {
  const wants = (modifier) => keys.includes(modifier)
  const [mod, other] = isApple ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey]
  return mod === wants("Mod") && !other && isKey(keys.at(-1), event, wants("Shift"))
}

/**
 * What is printed on a key counts: the letter O is where the keyboard has it, and a stop may need Shift. A keyboard
 * without Latin letters has its own there, so the key in that place counts.
 */
function isKey(key, { key: typed, code, shiftKey }, wantsShift) {
  if (/^[A-Z]$/.test(key)) {
    return shiftKey === wantsShift && (typed.toUpperCase() === key || (isForeign(typed) && code === `Key${key}`))
  }
  if (key in PLACES) {
    const isTyped = wantsShift ? shiftKey && (typed === key || typed === SHIFTED[key]) : typed === key
    return isTyped || (shiftKey === wantsShift && isForeign(typed) && code === PLACES[key])
  }
  return shiftKey === wantsShift && typed === key
}

const PLACES = { ";": "Semicolon", ".": "Period", "/": "Slash" }
const SHIFTED = { ";": ":" }

function isForeign(typed) {
  return typed.length === 1 && typed > "\x7f"
}
