/**
 * Mark the element with the last letter of an answer with `data-caret`; CSS shows the caret after it.
 * @param {HTMLElement} body
 */
export function showCaret(body) {
  hideCaret(body)
  const last = Array.from(body.children).findLast((block) => block.hasChildNodes())
  if (last) {
    innermost(last).toggleAttribute("data-caret", true)
  }
}

/** @param {HTMLElement} body */
export function hideCaret(body) {
  body.querySelector("[data-caret]")?.removeAttribute("data-caret")
}

/**
 * @param {Element} element
 * @returns {Element}
 */
function innermost(element) {
  const end = Array.from(element.childNodes).findLast((node) => node.nodeType === Node.ELEMENT_NODE || node.textContent?.trim())
  return end instanceof HTMLElement && !end.matches("br, hr, button") ? innermost(end) : element
}
