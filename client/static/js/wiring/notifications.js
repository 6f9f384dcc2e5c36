import { listen } from "../lib/listen.js"
import { TitleMark } from "../lib/unread-title.js"

/**
 * Who has turned to another tab hears of the end of an answer: by a notification where that is wished and allowed, and
 * otherwise by a mark in the title. Who stopped it knows.
 */
export function connectNotifying({ conversation, status, thread }) {
  const mark = new TitleMark(document)
  const { dataset } = document.documentElement
  const tell = (sentence) => {
    if (document.hidden && !(dataset.notify === "on" && notify(sentence, thread.conversationId))) {
      mark.show()
    }
  }
  listen(conversation, {
    finish: ({ detail: { reason } }) => reason === "stopped" || tell(status.dataset.complete),
    error: () => tell(status.dataset.failed),
  })
}

/** Tell whether there is a notification now. A click on it leads to this tab. */
function notify(body, tag) {
  if (!("Notification" in window) || Notification.permission !== "granted") {
    return false
  }
  try {
    const notification = new Notification(document.querySelector("h1").textContent, { body, tag })
    notification.addEventListener("click", () => {
      window.focus()
      notification.close()
    })
    return true
  } catch {
    return false // on a phone only a service worker may
  }
}
