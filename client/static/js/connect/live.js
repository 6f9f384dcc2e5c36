import { listen } from "../listen.js"
import { Live } from "../live.js"
import { unlessBug } from "../problem.js"

/** What happens elsewhere is shown here, too. */
export function connectLive({ api, conversation, home, picker, sidebar, thread }) {
  const refresh = () => sidebar.refresh(api, thread.conversationId)
  const inNews = {
    conversation: refresh,
    deleted: ({ conversation_id: id }) => (id === thread.conversationId ? location.assign(home) : refresh()),
    emptied: () => (thread.conversationId ? location.assign(home) : refresh()),
    turn: (turn) => {
      refresh()
      if (turn.conversation_id === thread.conversationId) {
        conversation.hear(turn)
      }
    },
    providers: () => {
      picker.refresh()
      refreshNotices(api)
    },
  }
  const catchUp = () => {
    refresh()
    if (thread.conversationId) {
      conversation.catchUp()
    }
  }
  listen(conversation, { lost: ({ detail: is }) => (document.querySelector("[data-offline]").hidden = !is) })
  new Live(api.liveAddress, (news) => inNews[news.type]?.(news), catchUp)
}

async function refreshNotices(api) {
  const notices = document.querySelector("[data-notices]")
  const fresh = await api.page(notices.dataset.source).catch(unlessBug)
  if (fresh) {
    notices.replaceChildren(...fresh.body.childNodes)
  }
}
