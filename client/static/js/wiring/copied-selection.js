/** What belongs to the page, and not to what was said. */
const OURS = [
  ".visually-hidden", ".message-name", ".message-waiting", ".message-actions", ".card", "figcaption", "button", "summary",
  "details:not([open])", "[hidden]",
].join()

/** What is selected in the messages is copied without the buttons and the words of the page, as text and as HTML. */
export function connectCopying({ thread }) {
  thread.addEventListener("copy", (event) => {
    const selection = getSelection()
    if (!event.target.closest?.("textarea, input") && !selection.isCollapsed) {
      event.preventDefault()
      event.clipboardData.setData("text/plain", selection.toString())
      event.clipboardData.setData("text/html", htmlOf(selection.getRangeAt(0)))
    }
  })
}

function htmlOf(range) {
  const copied = document.createElement("div")
  copied.append(range.cloneContents())
  copied.querySelectorAll(OURS).forEach((part) => part.remove())
  return copied.innerHTML
}
