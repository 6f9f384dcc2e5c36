import { isApple, keyboard } from "../lib/platform.js"
import { actionOf, ariaKeys, SHORTCUTS } from "../chat/shortcuts.js"

/** Keys do what buttons do. `openSearch` and `openSettings` are functions. */
export function connectShortcuts({ composer, home, picker, sidebar, thread, openSearch, openSettings }) {
  const sheet = document.querySelector("shortcut-sheet")
  const acts = {
    new: () => location.assign(home),
    search: openSearch,
    sidebar: () => sidebar.toggle(),
    delete: () => thread.conversationId && deleteConversation(thread.conversationId),
    write: () => composer.focus(),
    model: () => picker.open(),
    "copy-answer": () => lastAnswer(thread)?.querySelector("[data-action=copy]").click(),
    "copy-code": () => Array.from(thread.querySelectorAll("[data-action=copy-code]")).at(-1)?.click(),
    "previous-version": () => showVersion("previous"),
    "next-version": () => showVersion("next"),
    settings: openSettings,
    sheet: () => sheet.open(),
  }
  document.addEventListener("keydown", (event) => {
    const act = acts[actionOf(event, keyboard, fieldOf(event.target, composer))]
    if (act && !event.defaultPrevented && !document.querySelector("dialog[open]") && act(event) !== false) {
      event.preventDefault()
    }
  })
  for (const { action, keys } of SHORTCUTS) {
    for (const control of document.querySelectorAll(`[data-shortcut="${action}"]`)) {
      control.ariaKeyShortcuts = ariaKeys(keys, isApple)
    }
  }

  /** False where there is none, so that the key does what it does otherwise. */
  function showVersion(which) {
    const link = lastAnswer(thread)?.querySelector(`[data-version=${which}]:not([aria-disabled])`)
    if (!link || !isReading(document.activeElement)) {
      return false
    }
    link.click()
    return true
  }
}

function deleteConversation(id) {
  const detail = { act: "delete", row: { dataset: { row: id } } } // it need not be in the part of the list that is shown
  document.dispatchEvent(new CustomEvent("conversation:act", { detail }))
}

function lastAnswer(thread) {
  return thread.messages.findLast((message) => message.dataset.role === "assistant")
}

/** Whether the arrow keys have nothing else to do: nobody is in a menu, a list, or a block that scrolls. */
function isReading(focused) {
  return focused === document.body || focused.matches("chat-message, .message-actions *, #question")
}

function fieldOf(target, composer) {
  if (composer.contains(target) && target.matches("textarea")) {
    return target.value ? "composer" : "empty"
  }
  return target.matches("input, textarea, select, [contenteditable]") ? "other" : "none"
}
