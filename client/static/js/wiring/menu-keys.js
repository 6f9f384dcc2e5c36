import { listen } from "../lib/dom.js"

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 }

/** Arrow keys, Home and End move through the items of every open menu. */
export function connectMenuKeys() {
  listen(document, {
    keydown: (event) => {
      const menu = event.target.closest("[role=menu]")
      const next = menu && nextItem(menu, event.key)
      if (next) {
        event.preventDefault()
        next.focus()
      }
    },
    click: ({ target }) => closeMenu(target),
  })
  document.addEventListener("toggle", focusFirst, true)
}

/**
 * @param {HTMLElement} menu
 * @param {string} key
 */
function nextItem(menu, key) {
  const items = itemsOf(menu)
  if (key in STEPS) {
    const at = items.findIndex((item) => item === document.activeElement)
    return at < 0 ? items.at(STEPS[key] > 0 ? 0 : -1) : items.at((at + STEPS[key]) % items.length)
  }
  return key === "Home" ? items.at(0) : key === "End" ? items.at(-1) : undefined
}

/** @param {Element} menu */
function itemsOf(menu) {
  return Array.from(menu.querySelectorAll("[role^=menuitem]:enabled, a[role^=menuitem]")).filter((item) => item.checkVisibility())
}

/** @param {Event} event a ToggleEvent, which does not bubble */
function focusFirst(event) {
  const { target } = event
  if (event instanceof ToggleEvent && event.newState === "open" && target instanceof Element && target.matches("[role=menu]")) {
    itemsOf(target).at(0)?.focus()
  }
}

/** Choosing an item closes its menu; the browser restores the focus. @param {HTMLElement} target */
function closeMenu(target) {
  const item = target.closest("[role^=menuitem]")
  item?.closest("[popover]")?.hidePopover()
}
