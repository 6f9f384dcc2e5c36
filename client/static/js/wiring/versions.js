import { isPlain } from "../lib/plain-click.js"
import { Earlier } from "../chat/older-messages.js"
import { putAt, topOf } from "../lib/keep-scroll.js"
import { pluralText } from "../lib/plural.js"

/** Older messages come when somebody goes up, and another version of a message stands where the one before it stood. */
export function connectReading({ api, branches, conversation, home, latest, status, thread, toast }) {
  const earlier = new Earlier(api, thread, (count) => status.tell(pluralText(thread.dataset.loaded, count)))

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-leaf]")
    if (link && isPlain(event) && !conversation.isRunning) {
      event.preventDefault()
      show(link).catch((error) => toast.fail(error))
    }
  })

  async function show(link) {
    const { parent } = link.closest("chat-message").dataset
    const before = topOf(link)
    latest.leave()
    history.replaceState(null, "", home + encodeURIComponent(thread.conversationId))
    await branches.show(link.dataset.leaf)
    const message = await reached(parent)
    if (!message) {
      return
    }
    const there = message.querySelector(`[data-version="${link.dataset.version}"]`)
    putAt(there, before)
    const focused = there.matches("[data-leaf]") ? there : message.querySelector("[data-leaf]")
    focused.focus({ preventScroll: true })
    status.tell(message.querySelector("[data-which]").textContent)
  }

  /** Return the message that hangs on another, also where that is further up than the page goes yet. */
  async function reached(parent) {
    const found = () => thread.messages.find(({ dataset }) => dataset.parent === parent)
    for (let link = null; !found() && thread.earlier !== link; ) {
      link = thread.earlier
      await earlier.load() // without a connection, the link is the same afterwards
    }
    return found()
  }
}
