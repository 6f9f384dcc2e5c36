import { listen, query } from "../lib/dom.js"
import { UnreadTitle } from "../lib/unread-title.js"

/**
 * A reader in another tab learns that an answer has ended: by a notification where the settings and the browser allow
 * it, otherwise by a mark in the title. Not after a stop, which was the reader's own.
 * @param {Page} page
 */
export function connectNotifications({ conversation, status, thread }) {
  const unread = new UnreadTitle()
  const { dataset } = document.documentElement
  const announce = (/** @type {string | undefined} */ sentence) => {
    if (document.hidden && !(dataset.notify === "on" && notify(sentence, thread.conversationId))) {
      unread.show()
    }
  }
  listen(conversation, {
    finish: ({ detail: { reason } }) => reason === "stopped" || announce(status.dataset.complete),
    error: () => announce(status.dataset.failed),
  })
}

/**
 * Show a notification; a click on it leads to this tab. Return whether there is one now.
 * @param {string | undefined} body
 * @param {string} tag
 */
function notify(body, tag) {
  if (!("Notification" in window) || Notification.permission !== "granted") {
    return false
  }
  try {
    const notification = new Notification(query(document, "h1").textContent, { body, tag })
    notification.addEventListener("click", () => {
      window.focus()
      notification.close()
    })
    return true
  } catch {
    return false // on a phone only a service worker may
  }
}
