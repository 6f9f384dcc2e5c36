import { copy } from "../lib/clipboard.js"
import { format } from "../lib/formats.js"
import { listen } from "../lib/listen.js"
import { tableMarkdown } from "../lib/markdown-table.js"

const COPIED_MS = 1500

/** What a message is asked to do is done. */
export function connectActing({ api, branches, chat, conversation, home, latest, menu, picker, status, thread, toast }) {
  const regenerate = async (message, model) => {
    await conversation.stop()
    conversation.regenerate(message, model)
    latest.pin()
  }
  listen(document, {
    "message:more": ({ target, detail: button }) => menu.offer(target, button),
    "message:regenerate": ({ target }) => regenerate(target, picker),
    "message:other-model": ({ target }) => onPick(picker, () => regenerate(target, picker)),
    "message:continue": ({ target }) => conversation.isRunning || conversation.continue(target, picker),
    "message:edit": orSay(async ({ target }) => target.edit(await markdownOf(target))),
    "message:save": orSay(async ({ target, detail: text }) => {
      await conversation.stop()
      if (target.isAnswer) {
        await write(target, text)
      } else {
        conversation.edit(target, text, picker)
        latest.pin()
      }
    }),
    "message:delete": orSay(({ target }) => remove(target)),
    "message:fork": orSay(async ({ target }) => location.assign(home + encodeURIComponent(await branches.fork(target)))),
    "message:info": orSay(({ target }) => showInfo(target)),
    "message:copy": ({ target, detail: button }) => copyFrom(button, markdownOf(target)),
    "message:copy-code": ({ detail: button }) => copyFrom(button, codeOf(button)),
    "message:copy-table": ({ detail: button }) => copyFrom(button, tableOf(button)),
    "message:copy-details": ({ detail: button }) => copyFrom(button, detailsOf(button)),
  })

  /** Say what the server refused. */
  function orSay(act) {
    return async (event) => {
      try {
        await act(event)
      } catch (error) {
        toast.fail(error)
      }
    }
  }

  async function write(answer, text) {
    try {
      await branches.write(answer, text)
    } catch (error) {
      answer.edit(text)
      throw error
    }
  }

  async function remove(message) {
    await conversation.stop()
    const { id } = message.dataset
    const before = message.previousElementSibling
    const gone = branches.remove(message)
    showWhetherEmpty()
    before?.matches("chat-message") ? before.focus({ preventScroll: true }) : document.querySelector("chat-composer").focus()
    await gone.finally(showWhetherEmpty)
    toast.show(menu.dataset.deleted, { undo: orSay(() => bringBack(id)) })
  }

  async function bringBack(id) {
    await branches.bringBack(id)
    showWhetherEmpty()
    thread.message(id)?.focus({ preventScroll: true })
  }

  function showWhetherEmpty() {
    chat.dataset.empty = !thread.last
  }

  async function showInfo(message) {
    const dialog = document.getElementById("message-info")
    const content = dialog.querySelector("[data-content]")
    const page = await api.page(`${content.dataset.source}?id=${encodeURIComponent(message.dataset.id)}`)
    content.replaceChildren(...page.body.childNodes)
    format(content)
    dialog.showModal()
  }

  async function markdownOf(message) {
    return message.isAnswer ? (await api.message(message.dataset.id)).content : message.querySelector("[data-text]").textContent
  }

  async function copyFrom(button, text) {
    try {
      await copy(text)
    } catch (error) {
      toast.fail(error)
      return
    }
    status.say("copied")
    button.toggleAttribute("data-done", true)
    setTimeout(() => button.removeAttribute("data-done"), COPIED_MS)
  }
}

/** Let somebody pick a model; act once one is picked, and not at all if the list is closed otherwise. */
function onPick(picker, act) {
  const over = new AbortController()
  const once = { signal: over.signal, capture: true }
  const picked = () => {
    over.abort()
    act()
  }
  picker.addEventListener("picker:pick", picked, once)
  picker.addEventListener("toggle", ({ newState }) => newState === "closed" && over.abort(), once)
  picker.open()
}

async function codeOf(button) {
  return button.closest("figure").querySelector("code").textContent
}

async function tableOf(button) {
  return tableMarkdown(button.closest(".table-box").querySelector("table"))
}

async function detailsOf(button) {
  const said = button.closest(".card").querySelectorAll("[data-cause], [data-said], [data-detail], [data-code], [data-error-id]")
  return Array.from(said, (part) => part.textContent.trim()).filter(Boolean).join("\n")
}
