import { listen, query } from "../lib/dom.js"

/** A notice is shown while the browser is offline or an answer's connection is broken. @param {Page} page */
export function connectOffline({ conversation }) {
  const notice = query(document, "[data-offline]")
  let isLost = false
  const show = () => (notice.hidden = navigator.onLine && !isLost)
  listen(window, { online: show, offline: show })
  listen(conversation, {
    lost: ({ detail: is }) => {
      isLost = is
      show()
    },
  })
}
