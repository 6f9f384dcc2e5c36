import { listen } from "../lib/dom.js"

/** Parts of the page that are not parts of the messages' text. */
const OURS = [
  ".visually-hidden", ".message-name", ".message-waiting", ".message-actions", ".card", "figcaption", "button", "summary",
  "details:not([open])", "[hidden]",
].join()

/**
 * A selection in the messages is copied as text and as HTML, without the page's buttons and labels.
 * @param {Page} page
 */
export function connectCopiedSelection({ thread }) {
  listen(thread, {
    copy: (event) => {
      const selection = getSelection()
      if (!event.target.closest?.("textarea, input") && selection && !selection.isCollapsed) {
        event.preventDefault()
        event.clipboardData?.setData("text/plain", selection.toString())
        event.clipboardData?.setData("text/html", htmlOf(selection.getRangeAt(0)))
      }
    },
  })
}

/** @param {Range} range */
function htmlOf(range) {
  const copied = document.createElement("div")
  copied.append(range.cloneContents())
  copied.querySelectorAll(OURS).forEach((part) => part.remove())
  return copied.innerHTML
}
