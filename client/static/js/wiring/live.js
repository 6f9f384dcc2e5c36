import { drafts, queue } from "../chat/drafts.js"
import { Live } from "../chat/live.js"
import { fire, listen, query } from "../lib/dom.js"
import { Polling } from "../lib/polling.js"
import { rethrowBugs } from "../lib/problem.js"

/** Changes made elsewhere are shown here, too. @param {Page} page */
export function connectLive(page) {
  const updates = new LiveUpdates(page)
  const catchUp = () => updates.catchUp()
  listen(page.conversation, {
    loaded: ({ detail: fresh }) => updates.showSettings(settingsIn(fresh)),
    gone: () => updates.leave(),
  })
  new Live(page.api.liveAddress, (event) => updates.apply(event), catchUp, new Polling(catchUp))
}

/** Applies the server's events to the page. */
class LiveUpdates {
  #page
  /** The number of the last event when the server made this page; undefined once that was compared. */
  #lastSeq

  /** @param {Page} page */
  constructor(page) {
    this.#page = page
    this.#lastSeq = page.thread.dataset.lastSeq
  }

  /** @param {LiveEvent} event */
  apply(event) {
    const { conversation, removal } = this.#page
    switch (event.type) {
      case "hello":
        this.#greet(event)
        break
      case "conversation":
        this.#refreshList()
        this.showSettings(event.conversation)
        break
      case "emptied":
        this.#openId ? this.leave() : this.#refreshList()
        break
      case "deleted":
        event.conversation_id === this.#openId && !removal.isOurs(this.#openId) ? this.leave() : this.#refreshList()
        break
      case "turn":
        this.#refreshList()
        event.conversation_id === this.#openId && conversation.noteTurn(event)
        break
      case "thread":
        event.conversation_id === this.#openId && conversation.catchUp()
        break
      case "providers":
        this.#refreshProviders()
    }
  }

  /** Events may have been missed: reload everything that they could have changed. */
  catchUp() {
    this.#lastSeq = undefined
    this.#refreshList()
    this.#refreshProviders()
    if (this.#openId) {
      this.#page.conversation.catchUp()
    }
  }

  /** @param {{id: string, title: string, model?: string, params: Params}} settings */
  showSettings({ id, title, model, params }) {
    fire(document, "conversation:title", { id, title })
    if (id === this.#openId) {
      fire(document, "conversation:settings", { model, params })
    }
  }

  /** The open conversation is gone: go to a new chat, with the texts that were not sent. */
  leave() {
    drafts.move(this.#openId, "")
    queue.move(this.#openId, "")
    location.replace(this.#page.home)
  }

  /** @param {{version: string, told: number}} hello */
  #greet({ version, told: lastSeq }) {
    if (version !== this.#page.version) {
      refreshNotices(this.#page.api)
    }
    if (this.#lastSeq !== undefined && this.#lastSeq !== String(lastSeq)) {
      this.catchUp() // something happened while this page was loading
    }
    this.#lastSeq = undefined
  }

  #refreshList() {
    this.#page.list.refresh(this.#page.api, this.#openId)
  }

  #refreshProviders() {
    this.#page.picker.refresh()
    refreshNotices(this.#page.api)
  }

  get #openId() {
    return this.#page.thread.conversationId
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
