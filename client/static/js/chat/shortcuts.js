/**
 * Everything that keys do; the sheet lists it in the page's language. `keys` is written as in `aria-keyshortcuts`, with
 * Mod for Control, or for Meta on an Apple device. `worksIn` names the last of FIELDS in which the shortcut works.
 * The last three belong to the elements that they are about, which listen for them.
 */
export const SHORTCUTS = [
  { action: "new", keys: "Mod+Shift+O", worksIn: "composer" },
  { action: "search", keys: "Mod+K", worksIn: "other" },
  { action: "sidebar", keys: "Mod+B", worksIn: "composer" },
  { action: "delete", keys: "Mod+Shift+Backspace", worksIn: "empty" },
  { action: "write", keys: "Shift+Escape", worksIn: "other" },
  { action: "model", keys: "Mod+Shift+M", worksIn: "composer" },
  { action: "copy-answer", keys: "Mod+Shift+C", worksIn: "composer" },
  { action: "copy-code", keys: "Mod+Shift+;", worksIn: "composer" },
  { action: "previous-version", keys: "ArrowLeft", worksIn: "empty" },
  { action: "next-version", keys: "ArrowRight", worksIn: "empty" },
  { action: "settings", keys: "Mod+.", worksIn: "other" },
  { action: "sheet", keys: "Mod+/", worksIn: "other" },
  { action: "stop", keys: "Escape", worksIn: "elsewhere" },
  { action: "recall", keys: "ArrowUp", worksIn: "elsewhere" },
  { action: "rename", keys: "F2", worksIn: "elsewhere" },
]

/** Where the focus is, from where a shortcut disturbs typing least to where it disturbs most. */
const FIELDS = ["none", "empty", "composer", "other"]
/** @type {Record<string, string>} */
const SIGNS = { ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→" }
/** @type {Record<string, string>} */
const APPLE_SIGNS = { Mod: "⌘", Shift: "⇧", Escape: "⎋", Backspace: "⌫" }

/** In a right-to-left language, the previous version is on the right. @type {Record<string, string>} */
const MIRRORED = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }

/** @typedef {{isApple: boolean, isRtl: boolean}} Keyboard */

/**
 * Return the action of a key press, or undefined.
 * @param {KeyboardEvent} event
 * @param {Keyboard} keyboard
 * @param {"none" | "empty" | "composer" | "other"} field with the focus: an empty composer, one with a text, or any
 *   other field
 */
export function actionOf(event, keyboard, field) {
  if (event.isComposing || event.altKey || event.getModifierState?.("AltGraph")) {
    return undefined
  }
  const found = SHORTCUTS.find(({ keys }) => isPressed(partsOf(keys, keyboard), event, keyboard.isApple))
  return found && FIELDS.indexOf(found.worksIn) >= FIELDS.indexOf(field) ? found.action : undefined
}

/**
 * Return the keys as the reader's keyboard names them, in the order in which they are pressed.
 * @param {string} keys as in SHORTCUTS
 * @param {Keyboard} keyboard
 * @param {Partial<Record<string, string>>} names of keys with a word on them in the reader's language, by their lower-case
 *   name in SHORTCUTS
 */
export function keyNames(keys, keyboard, names) {
  const signs = keyboard.isApple ? { ...SIGNS, ...APPLE_SIGNS } : SIGNS
  return partsOf(keys, keyboard).map((key) => signs[key] ?? names[key.toLowerCase()] ?? key)
}

/**
 * Return the keys for `aria-keyshortcuts`.
 * @param {string} keys
 * @param {boolean} isApple
 */
export function ariaKeys(keys, isApple) {
  return keys.replace("Mod", isApple ? "Meta" : "Control")
}

/**
 * @param {string} keys
 * @param {Keyboard} keyboard
 */
function partsOf(keys, { isRtl }) {
  return keys.split("+").map((key) => (isRtl && MIRRORED[key]) || key)
}

/**
 * @param {string[]} keys
 * @param {KeyboardEvent} event
 * @param {boolean} isApple
 */
function isPressed(keys, event, isApple) {
  const wants = (/** @type {string} */ modifier) => keys.includes(modifier)
  const [mod, other] = isApple ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey]
  return mod === wants("Mod") && !other && isKey(keys.at(-1) ?? "", event, wants("Shift"))
}

/**
 * The character on a key counts: the letter O is where the keyboard has it, and a full stop may need Shift. A keyboard
 * without Latin letters has its own there, so the key's position counts.
 * @param {string} key
 * @param {KeyboardEvent} event
 * @param {boolean} wantsShift
 */
function isKey(key, { key: typed, code, shiftKey }, wantsShift) {
  if (/^[A-Z]$/.test(key)) {
    return shiftKey === wantsShift && (typed.toUpperCase() === key || (isForeign(typed) && code === `Key${key}`))
  }
  if (key in CODES) {
    const isTyped = wantsShift ? shiftKey && (typed === key || typed === SHIFTED[key]) : typed === key
    return isTyped || (shiftKey === wantsShift && isForeign(typed) && code === CODES[key])
  }
  return shiftKey === wantsShift && typed === key
}

/** @type {Record<string, string>} */
const CODES = { ";": "Semicolon", ".": "Period", "/": "Slash" }
/** @type {Record<string, string>} */
const SHIFTED = { ";": ":" }

/** @param {string} typed */
function isForeign(typed) {
  return typed.length === 1 && typed > "\x7f"
}
