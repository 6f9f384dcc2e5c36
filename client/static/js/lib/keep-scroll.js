/** Change the page without moving an element that somebody looks at. */
export function keepInPlace(element, change) {
  const before = topOf(element)
  change()
  putAt(element, before)
}

/** Return where an element's upper edge is in the window, in pixels. */
export function topOf(element) {
  return element.getBoundingClientRect().top
}

/** Scroll so that an element's upper edge is there. The browser, which would do something like it, does not. */
export function putAt(element, top) {
  const { style } = document.documentElement
  style.overflowAnchor = "none"
  scrollBy({ top: topOf(element) - top, behavior: "instant" })
  requestAnimationFrame(() => requestAnimationFrame(() => (style.overflowAnchor = "")))
}
