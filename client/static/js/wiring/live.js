import { Asking } from "../lib/polling.js"
import { drafts, queue } from "../chat/drafts.js"
import { listen } from "../lib/listen.js"
import { Live } from "../chat/live.js"
import { unlessBug } from "../lib/problem.js"

/** What happens elsewhere is shown here, too. */
export function connectLive({ api, conversation, home, list, picker, removal, thread, version }) {
  const refresh = () => list.refresh(api, thread.conversationId)
  let { told } = thread.dataset
  const inNews = {
    hello: ({ version: theirs, told: now }) => {
      if (theirs !== version) {
        refreshNotices(api)
      }
      if (told !== undefined && told !== String(now)) {
        catchUp() // something happened while this page was on its way
      }
      told = undefined
    },
    conversation: ({ conversation: changed }) => {
      refresh()
      show(changed)
    },
    emptied: () => (thread.conversationId ? leave() : refresh()),
    deleted: ({ conversation_id: id }) => (id === thread.conversationId && !removal.isOurs(id) ? leave() : refresh()),
    turn: (turn) => {
      refresh()
      if (turn.conversation_id === thread.conversationId) {
        conversation.hear(turn)
      }
    },
    thread: ({ conversation_id: id }) => id === thread.conversationId && conversation.catchUp(),
    providers: () => {
      picker.refresh()
      refreshNotices(api)
    },
  }
  const catchUp = () => {
    told = undefined
    refresh()
    inNews.providers()
    if (thread.conversationId) {
      conversation.catchUp()
    }
  }
  const show = ({ id, title, model, params }) => {
    document.dispatchEvent(new CustomEvent("conversation:title", { detail: { id, title } }))
    if (id === thread.conversationId) {
      document.dispatchEvent(new CustomEvent("conversation:remembers", { detail: { model, params } }))
    }
  }
  const leave = () => {
    drafts.move(thread.conversationId, "")
    queue.move(thread.conversationId, "")
    location.replace(home)
  }
  listen(conversation, { loaded: ({ detail: fresh }) => show(shownOn(fresh)), gone: leave })
  new Live(api.liveAddress, (news) => inNews[news.type]?.(news), catchUp, new Asking(catchUp))
}

/** Return what the page of a conversation shows of it besides its messages. */
function shownOn(page) {
  return {
    id: page.querySelector("chat-thread").dataset.conversation,
    title: page.querySelector("[data-heading]").textContent,
    model: page.querySelector("model-picker").dataset.value,
    params: JSON.parse(page.querySelector("params-panel").dataset.kept),
  }
}

async function refreshNotices(api) {
  const notices = document.querySelector("[data-notices]")
  const fresh = await api.page(notices.dataset.source).catch(unlessBug)
  if (fresh) {
    notices.replaceChildren(...fresh.body.childNodes)
  }
}
