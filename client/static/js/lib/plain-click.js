/** Whether a click means this page, and not a new tab, a new window or a download. */
export function isPlain(event) {
  return !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button)
}
