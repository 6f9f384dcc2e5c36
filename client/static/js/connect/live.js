import { Asking } from "../asking.js"
import { drafts, queue } from "../drafts.js"
import { listen } from "../listen.js"
import { Live } from "../live.js"
import { unlessBug } from "../problem.js"

/** What happens elsewhere is shown here, too. */
export function connectLive({ api, conversation, home, list, picker, removal, thread, version }) {
  const refresh = () => list.refresh(api, thread.conversationId)
  const inNews = {
    hello: ({ version: theirs }) => theirs !== version && refreshNotices(api),
    conversation: ({ conversation: { id, title } }) => {
      refresh()
      document.dispatchEvent(new CustomEvent("conversation:title", { detail: { id, title } }))
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
    refresh()
    inNews.providers()
    if (thread.conversationId) {
      conversation.catchUp()
    }
  }
  const leave = () => {
    drafts.move(thread.conversationId, "")
    queue.move(thread.conversationId, "")
    location.replace(home)
  }
  listen(conversation, { lost: ({ detail: is }) => (document.querySelector("[data-offline]").hidden = !is), gone: leave })
  new Live(api.liveAddress, (news) => inNews[news.type]?.(news), catchUp, new Asking(catchUp))
}

async function refreshNotices(api) {
  const notices = document.querySelector("[data-notices]")
  const fresh = await api.page(notices.dataset.source).catch(unlessBug)
  if (fresh) {
    notices.replaceChildren(...fresh.body.childNodes)
  }
}
