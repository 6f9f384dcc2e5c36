import { Earlier } from "../earlier.js"
import { putAt, topOf } from "../place.js"
import { pluralText } from "../plural.js"

const STEPS = { ArrowLeft: ["previous", "next"], ArrowRight: ["next", "previous"] } // and from right to left

/** Older messages come when somebody goes up, and another version of a message stands where the one before it stood. */
export function connectReading({ api, branches, conversation, home, latest, status, thread, toast }) {
  const earlier = new Earlier(api, thread, (count) => status.tell(pluralText(thread.dataset.loaded, count)))

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-leaf]")
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey)
    if (link && isPlain && !conversation.isRunning) {
      event.preventDefault()
      show(link).catch((error) => toast.fail(error))
    }
  })
  document.addEventListener("keydown", (event) => {
    const link = versionByKey(event, thread.last)
    if (link) {
      event.preventDefault()
      link.click()
    }
  })

  async function show(link) {
    const { parent } = link.closest("chat-message").dataset
    const before = topOf(link)
    latest.leave()
    history.replaceState(null, "", home + encodeURIComponent(thread.conversationId))
    await branches.show(link.dataset.leaf)
    const message = await reached(parent)
    const there = message.querySelector(`[data-version="${link.dataset.version}"]`)
    putAt(there, before)
    const focused = there.matches("[data-leaf]") ? there : message.querySelector("[data-leaf]")
    focused.focus({ preventScroll: true })
    status.tell(message.querySelector("[data-which]").textContent)
  }

  /** Return the message that hangs on another, also where that is further up than the page goes yet. */
  async function reached(parent) {
    const found = () => thread.messages.find(({ dataset }) => dataset.parent === parent)
    while (!found() && thread.earlier) {
      await earlier.load()
    }
    return found()
  }
}

function versionByKey(event, last) {
  const { key, target, altKey, ctrlKey, metaKey, shiftKey } = event
  const isOurs = target.closest?.("chat-message") === last && !target.matches("input, textarea, select, pre, .table, .math")
  if (!(key in STEPS) || !isOurs || altKey || ctrlKey || metaKey || shiftKey || !last?.isAnswer || !getSelection().isCollapsed) {
    return null
  }
  const which = STEPS[key][getComputedStyle(last).direction === "rtl" ? 1 : 0]
  return last.querySelector(`[data-version="${which}"][data-leaf]`)
}
