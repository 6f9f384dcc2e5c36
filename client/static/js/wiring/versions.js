import { OlderMessages } from "../chat/older-messages.js"
import { listen, query } from "../lib/dom.js"
import { scrollToTop, topOf } from "../lib/keep-scroll.js"
import { isPlainClick } from "../lib/plain-click.js"
import { pluralText } from "../lib/plural.js"

/**
 * Another version of a message takes its place on the screen, and older messages load as the reader scrolls up.
 * @param {Page} page
 */
export function connectVersions({ api, branches, conversation, home, latest, status, thread, toast }) {
  const older = new OlderMessages(api, thread, (count) => status.announce(pluralText(thread.dataset.loaded, count)))

  listen(document, {
    click: (event) => {
      const link = event.target.closest("[data-leaf]")
      if (link && isPlainClick(event) && !conversation.isRunning) {
        event.preventDefault()
        show(link).catch((error) => toast.showError(error))
      }
    },
  })

  /** @param {HTMLElement} link */
  async function show(link) {
    const parent = link.closest("chat-message")?.parentId
    const before = topOf(link)
    latest.stopFollowing()
    history.replaceState(null, "", home + encodeURIComponent(thread.conversationId))
    await branches.show(link.dataset.leaf ?? "")
    const message = await childOf(parent)
    if (!message) {
      return
    }
    const here = query(message, `[data-version="${link.dataset.version}"]`)
    scrollToTop(here, before)
    const focused = here.matches("[data-leaf]") ? here : query(message, "[data-leaf]")
    focused.focus({ preventScroll: true })
    status.announce(query(message, "[data-which]").textContent)
  }

  /** Return the message after another, loading older ones until the page has it. @param {string | undefined} parent */
  async function childOf(parent) {
    const found = () => thread.messages.find(({ parentId }) => parentId === parent)
    for (let link = null; !found() && thread.olderLink !== link; ) {
      link = thread.olderLink
      await older.load() // offline, the link remains the same
    }
    return found()
  }
}
