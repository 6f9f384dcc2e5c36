import { listen } from "../listen.js"

const isApple = /Mac|iP/.test(navigator.platform)

/** The link to the search page opens the search over the chat, and so does Ctrl+K, or ⌘K, from anywhere. */
export function connectSearch({ api }) {
  const dialog = document.querySelector("search-dialog")
  const isShortcut = (event) =>
    event.code === "KeyK" && (isApple ? event.metaKey : event.ctrlKey) && !(event.altKey || event.shiftKey)
  listen(document, {
    click: (event) => {
      const opens = event.target.closest("[data-open-search]") && !(event.ctrlKey || event.metaKey || event.shiftKey)
      if (opens) {
        event.preventDefault()
        dialog.open(api)
      }
    },
    keydown: (event) => {
      if (isShortcut(event)) {
        event.preventDefault()
        dialog.open(api)
      }
    },
  })
  document.querySelector(isApple ? "[data-keys='apple']" : "[data-keys='other']").hidden = false
}
