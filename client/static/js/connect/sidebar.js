import { listen } from "../listen.js"

/** The list follows what happens to conversations, and the page's title follows the list. */
export function connectSidebar({ api, conversation, sidebar, siteTitle, thread }) {
  const refresh = () => sidebar.refresh(api, thread.conversationId)
  const showTitle = (title) => {
    document.querySelector("h1").textContent = title
    document.title = `${title} – ${siteTitle}`
  }
  listen(document, { "sidebar:title": ({ detail: title }) => showTitle(title) })
  listen(conversation, { start: refresh, finish: refresh, error: refresh, title: ({ detail: { title } }) => showTitle(title) })
}
