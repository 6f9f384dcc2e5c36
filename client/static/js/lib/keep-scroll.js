/**
 * Change the page without moving an element in the window.
 * @param {Element} element
 * @param {() => void} change
 */
export function keepScroll(element, change) {
  const before = topOf(element)
  change()
  scrollToTop(element, before)
}

/**
 * Return the distance of an element's upper edge from the top of the window, in pixels.
 * @param {Element} element
 */
export function topOf(element) {
  return element.getBoundingClientRect().top
}

/**
 * Scroll until an element's upper edge is at that distance. The browser's own scroll anchoring is off meanwhile.
 * @param {Element} element
 * @param {number} top
 */
export function scrollToTop(element, top) {
  const { style } = document.documentElement
  style.overflowAnchor = "none"
  scrollBy({ top: topOf(element) - top, behavior: "instant" })
  requestAnimationFrame(() => requestAnimationFrame(() => (style.overflowAnchor = "")))
}
