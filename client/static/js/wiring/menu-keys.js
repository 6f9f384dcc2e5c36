const STEPS = { ArrowDown: 1, ArrowUp: -1 }

/** Let arrow keys, Home and End move through the items of every menu that is open. */
export function connectMenuKeys() {
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("[role=menu]")
    const next = menu && nextItem(menu, event.key)
    if (next) {
      event.preventDefault()
      next.focus()
    }
  })
  document.addEventListener("toggle", focusFirst, true)
  document.addEventListener("click", closeAfter)
}

function nextItem(menu, key) {
  const items = itemsOf(menu)
  if (key in STEPS) {
    const at = items.indexOf(document.activeElement)
    return at < 0 ? items.at(STEPS[key] > 0 ? 0 : -1) : items.at((at + STEPS[key]) % items.length)
  }
  return { Home: items.at(0), End: items.at(-1) }[key]
}

function itemsOf(menu) {
  return Array.from(menu.querySelectorAll("[role^=menuitem]:enabled, a[role^=menuitem]")).filter((item) => item.checkVisibility())
}

function focusFirst({ target, newState }) {
  if (newState === "open" && target.matches?.("[role=menu]")) {
    itemsOf(target).at(0)?.focus()
  }
}

/** What was chosen closes its menu; the browser gives the focus back. */
function closeAfter({ target }) {
  const item = target.closest?.("[role^=menuitem]")
  item?.closest("[popover]")?.hidePopover()
}
