import { drafts, queue } from "../chat/drafts.js"
import { Live } from "../chat/live.js"
import { fire, listen, query } from "../lib/dom.js"
import { Polling } from "../lib/polling.js"
import { rethrowBugs } from "../lib/problem.js"

/** Changes made elsewhere are shown here, too. @param {Page} page */
export function connectLive(page) {
  const { api, conversation, home, list, picker, thread } = page
  // How many events the server had sent when it made this page; undefined once that was compared.
  let { told: sentBefore } = thread.dataset

  listen(conversation, { loaded: ({ detail: fresh }) => show(settingsIn(fresh)), gone: leave })
  new Live(api.liveAddress, receive, catchUp, new Polling(catchUp))

  /** @param {LiveEvent} event */
  function receive(event) {
    switch (event.type) {
      case "hello":
        greet(event)
        break
      case "conversation":
        refresh()
        show(event.conversation)
        break
      case "emptied":
        thread.conversationId ? leave() : refresh()
        break
      case "deleted":
        isOpen(event) && !page.removal.isOurs(thread.conversationId) ? leave() : refresh()
        break
      case "turn":
        refresh()
        isOpen(event) && conversation.noteTurn(event)
        break
      case "thread":
        isOpen(event) && conversation.catchUp()
        break
      case "providers":
        refreshProviders()
    }
  }

  /** @param {{version: string, told: number}} hello */
  function greet({ version, told: sent }) {
    if (version !== page.version) {
      refreshNotices(api)
    }
    if (sentBefore !== undefined && sentBefore !== String(sent)) {
      catchUp() // something happened while this page was loading
    }
    sentBefore = undefined
  }

  function catchUp() {
    sentBefore = undefined
    refresh()
    refreshProviders()
    if (thread.conversationId) {
      conversation.catchUp()
    }
  }

  function refresh() {
    list.refresh(api, thread.conversationId)
  }

  function refreshProviders() {
    picker.refresh()
    refreshNotices(api)
  }

  /** @param {{conversation_id: string}} event */
  function isOpen({ conversation_id }) {
    return conversation_id === thread.conversationId
  }

  /** @param {{id: string, title: string, model?: string, params: Params}} settings */
  function show({ id, title, model, params }) {
    fire(document, "conversation:title", { id, title })
    if (id === thread.conversationId) {
      fire(document, "conversation:settings", { model, params })
    }
  }

  function leave() {
    drafts.move(thread.conversationId, "")
    queue.move(thread.conversationId, "")
    location.replace(home)
  }
}

/** Return what the page of a conversation shows of it besides its messages. @param {Document} page */
function settingsIn(page) {
  return {
    id: query(page, "chat-thread").dataset.conversation ?? "",
    title: query(page, "[data-heading]").textContent,
    model: query(page, "model-picker").dataset.value,
    params: JSON.parse(query(page, "params-panel").dataset.kept ?? "{}"),
  }
}

/** @param {Page["api"]} api */
async function refreshNotices(api) {
  const notices = query(document, "[data-notices]")
  const fresh = await api.page(notices.dataset.source ?? "").catch(rethrowBugs)
  if (fresh) {
    notices.replaceChildren(...fresh.body.childNodes)
  }
}
