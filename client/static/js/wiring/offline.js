import { listen } from "../lib/listen.js"

/** It is said while there is no connection, as the browser or a broken answer tells. */
export function connectOffline({ conversation }) {
  const notice = document.querySelector("[data-offline]")
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
