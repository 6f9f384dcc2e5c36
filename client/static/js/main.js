import "./elements/chat-composer.js"
import "./elements/chat-message.js"
import "./elements/chat-sidebar.js"
import "./elements/chat-status.js"
import "./elements/chat-thread.js"
import "./elements/latest-button.js"
import "./elements/model-picker.js"
import "./elements/retry-wait.js"
import "./elements/theme-switch.js"

import { Api } from "./api.js"
import { copy } from "./clipboard.js"
import { Conversation } from "./conversation.js"
import { Live } from "./live.js"
import { Problem, unlessBug } from "./problem.js"

const COPIED_MS = 1500

const { api: apiAddress, home, siteTitle } = document.body.dataset
const chat = document.querySelector(".chat")
const thread = document.querySelector("chat-thread")
const composer = document.querySelector("chat-composer")
const picker = document.querySelector("model-picker")
const sidebar = document.querySelector("chat-sidebar")
const latest = document.querySelector("latest-button")
const status = document.querySelector("chat-status")
const offline = document.querySelector("[data-offline]")

const api = new Api(apiAddress)
const conversation = new Conversation(api, thread)

const refreshSidebar = () => sidebar.refresh(api, thread.conversationId)
const follow = () => {
  chat.dataset.empty = !thread.last
  latest.pin()
}
const showTitle = (title) => {
  document.querySelector("h1").textContent = title
  document.title = `${title} – ${siteTitle}`
}

const ON_PAGE = {
  "chat:send": ({ detail: text }) => {
    conversation.send(text, picker)
    follow()
  },
  "chat:stop": () => conversation.stop(),
  "message:regenerate": ({ target }) => {
    if (!conversation.isRunning) {
      conversation.regenerate(target, picker)
      follow()
    }
  },
  "message:continue": ({ target }) => conversation.isRunning || conversation.continue(target, picker),
  "message:other-model": () => picker.open(),
  "message:copy": ({ target, detail: button }) => copyFrom(button, markdownOf(target)),
  "message:copy-code": ({ detail: button }) => copyFrom(button, codeOf(button)),
  "sidebar:title": ({ detail: title }) => showTitle(title),
}

const IN_CONVERSATION = {
  running: (is) => {
    composer.running = is
    thread.ariaBusy = String(is)
  },
  start: ({ conversation_id: id }) => {
    composer.accepted(id)
    history.replaceState(null, "", home + encodeURIComponent(id))
    status.say("answering")
    refreshSidebar()
  },
  title: ({ title }) => showTitle(title),
  finish: ({ reason }) => {
    status.say(reason === "stopped" ? "stopped" : "complete")
    refreshSidebar()
  },
  error: () => {
    status.say("failed")
    refreshSidebar()
  },
  lost: (is) => (offline.hidden = !is),
  refused: ({ text, error }) => {
    const { unsent, unreachable } = composer.dataset
    composer.refused(text, error instanceof Problem ? error.message : text ? unsent : unreachable)
    chat.dataset.empty = !thread.last
  },
  gone: () => location.assign(home),
}

const IN_NEWS = {
  conversation: () => refreshSidebar(),
  deleted: ({ conversation_id: id }) => (id === thread.conversationId ? location.assign(home) : refreshSidebar()),
  turn: (turn) => {
    refreshSidebar()
    if (turn.conversation_id === thread.conversationId) {
      conversation.hear(turn)
    }
  },
  providers: () => {
    picker.refresh(api)
    refreshNotices()
  },
}

async function refreshNotices() {
  const notices = document.querySelector("[data-notices]")
  const fresh = await api.page(notices.dataset.source).catch(unlessBug)
  if (fresh) {
    notices.replaceChildren(...fresh.body.childNodes)
  }
}

async function copyFrom(button, text) {
  await copy(text)
  status.say("copied")
  button.toggleAttribute("data-done", true)
  setTimeout(() => button.removeAttribute("data-done"), COPIED_MS)
}

async function markdownOf(message) {
  if (message.dataset.role === "user") {
    return message.querySelector("[data-text]").textContent
  }
  const { messages } = await api.conversation(thread.conversationId)
  return messages.find(({ id }) => id === message.dataset.id).content
}

async function codeOf(button) {
  return button.closest("figure").querySelector("code").textContent
}

function stopByKey(event) {
  const closesSomething = document.querySelector(":popover-open, dialog[open]") || event.target.matches("select")
  if (event.key === "Escape" && !event.isComposing && !closesSomething && conversation.isRunning) {
    conversation.stop()
  }
}

function takeExample({ target }) {
  if (target.closest("[data-example]")) {
    composer.fill(target.textContent.trim())
    composer.focus()
  }
}

for (const [type, act] of Object.entries(ON_PAGE)) {
  document.addEventListener(type, act)
}
for (const [type, act] of Object.entries(IN_CONVERSATION)) {
  conversation.addEventListener(type, ({ detail }) => act(detail))
}
document.addEventListener("keydown", stopByKey)
chat.addEventListener("click", takeExample)

history.scrollRestoration = "manual" // a conversation opens at its end
composer.open(thread.conversationId)
latest.pin()
conversation.join()

new Live(
  api.liveAddress,
  (news) => IN_NEWS[news.type]?.(news),
  () => {
    refreshSidebar()
    if (thread.conversationId) {
      conversation.catchUp()
    }
  },
)
