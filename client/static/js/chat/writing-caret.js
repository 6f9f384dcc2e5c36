/** Mark the element that holds the last letter of an answer with `data-caret`; CSS shows the caret behind it. */
export function markEnd(body) {
  unmarkEnd(body)
  const last = Array.from(body.children).findLast((block) => block.hasChildNodes())
  if (last) {
    innermost(last).toggleAttribute("data-caret", true)
  }
}

/** Take the mark away. */
export function unmarkEnd(body) {
  body.querySelector("[data-caret]")?.removeAttribute("data-caret")
}

function innermost(element) {
  const end = Array.from(element.childNodes).findLast((node) => node.nodeType === Node.ELEMENT_NODE || node.data.trim())
  return end instanceof HTMLElement && !end.matches("br, hr, button") ? innermost(end) : element
}
