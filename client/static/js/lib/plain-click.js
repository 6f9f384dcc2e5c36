/**
 * Return whether a click opens a link on this page: not in a new tab or window, and not as a download.
 * @param {MouseEvent} event
 */
export function isPlainClick(event) {
  return !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button)
}
