import { listen, query } from "../lib/dom.js"
import { formatElements } from "../lib/formats.js"

/** The buttons and the menu of a message ask for these actions. @param {Page} page */
export function connectMessageActions(page) {
  const { branches, conversation, home, latest, menu, picker } = page
  const write = async (/** @type {On<CustomEvent<string>, ChatMessage>} */ { target, detail: text }) => {
    await conversation.stop()
    if (target.isAnswer) {
      await addVersion(page, target, text)
    } else {
      conversation.edit(target, text, picker)
      latest.follow()
    }
  }
  listen(document, {
    "message:more": ({ target, detail: button }) => menu.openFor(target, button),
    "message:regenerate": ({ target }) => regenerate(page, target),
    "message:other-model": ({ target }) => onPick(picker, () => regenerate(page, target)),
    "message:continue": ({ target }) => conversation.isRunning || conversation.continue(target, picker),
    "message:edit": ({ target }) => attempt(page, async () => target.edit(await markdownOf(page, target))),
    "message:save": (event) => attempt(page, () => write(event)),
    "message:delete": ({ target }) => attempt(page, () => remove(page, target)),
    "message:fork": ({ target }) =>
      attempt(page, async () => location.assign(home + encodeURIComponent(await branches.fork(target)))),
    "message:info": ({ target }) => attempt(page, () => showInfo(page, target)),
  })
}

/**
 * Return a message's text; an answer's is its Markdown.
 * @param {Pick<Page, "api">} page
 * @param {ChatMessage} message
 */
export async function markdownOf({ api }, message) {
  return message.isAnswer ? (await api.message(message.messageId)).content : query(message, "[data-text]").textContent
}

/**
 * Do something, and show the error if the server refuses.
 * @param {Page} page
 * @param {() => Promise<void>} act
 */
async function attempt({ toast }, act) {
  try {
    await act()
  } catch (error) {
    toast.showError(error)
  }
}

/**
 * @param {Page} page
 * @param {ChatMessage} message
 */
async function regenerate({ conversation, latest, picker }, message) {
  await conversation.stop()
  conversation.regenerate(message, picker)
  latest.follow()
}

/**
 * @param {Page} page
 * @param {ChatMessage} answer
 * @param {string} text
 */
async function addVersion({ branches }, answer, text) {
  try {
    await branches.addVersion(answer, text)
  } catch (error) {
    answer.edit(text)
    throw error
  }
}

/**
 * @param {Page} page
 * @param {ChatMessage} message
 */
async function remove(page, message) {
  const { branches, chat, composer, conversation, menu, thread, toast } = page
  const showWhetherEmpty = () => (chat.dataset.empty = String(!thread.last))
  await conversation.stop()
  const id = message.messageId
  const before = message.previousElementSibling
  const removed = branches.remove(message)
  showWhetherEmpty()
  before?.matches("chat-message") ? /** @type {ChatMessage} */ (before).focus({ preventScroll: true }) : composer.focus()
  await removed.finally(showWhetherEmpty)
  const restore = async () => {
    await branches.restore(id)
    showWhetherEmpty()
    thread.message(id)?.focus({ preventScroll: true })
  }
  toast.show(menu.dataset.deleted, { undo: () => attempt(page, restore) })
}

/**
 * @param {Page} page
 * @param {ChatMessage} message
 */
async function showInfo({ api }, message) {
  const dialog = query(document, "dialog[id=message-info]")
  const content = query(dialog, "[data-content]")
  const info = await api.page(`${content.dataset.source}?id=${encodeURIComponent(message.messageId)}`)
  content.replaceChildren(...info.body.childNodes)
  formatElements(content)
  dialog.showModal()
}

/**
 * Let the reader pick a model, then act; not if the list closes without a pick.
 * @param {ModelPicker} picker
 * @param {() => void} act
 */
function onPick(picker, act) {
  const done = new AbortController()
  const once = { signal: done.signal, capture: true }
  const picked = () => {
    done.abort()
    act()
  }
  const toggled = (/** @type {Event} */ event) => event instanceof ToggleEvent && event.newState === "closed" && done.abort()
  picker.addEventListener("picker:pick", picked, once)
  picker.addEventListener("toggle", toggled, once)
  picker.open()
}
