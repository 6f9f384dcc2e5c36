import { actionOf, ariaKeys, SHORTCUTS } from "../chat/shortcuts.js"
import { fire, listen, query } from "../lib/dom.js"
import { isApple, keyboard } from "../lib/platform.js"

/** Keys do what buttons do. @param {Page} page */
export function connectShortcuts(page) {
  const actions = actionsOf(page)
  listen(document, {
    keydown: (event) => {
      const act = actions[actionOf(event, keyboard, fieldOf(event.target, page.composer)) ?? ""]
      if (act && !event.defaultPrevented && !document.querySelector("dialog[open]") && act() !== false) {
        event.preventDefault()
      }
    },
  })
  for (const { action, keys } of SHORTCUTS) {
    for (const control of document.querySelectorAll(`[data-shortcut="${action}"]`)) {
      control.setAttribute("aria-keyshortcuts", ariaKeys(keys, isApple))
    }
  }
}

/**
 * Return what each shortcut does; false where there is nothing to do, so that the key keeps its usual meaning.
 * @param {Page} page
 * @returns {Record<string, () => unknown>}
 */
function actionsOf({ composer, home, picker, sidebar, thread, openSearch, openSettings }) {
  return {
    new: () => location.assign(home),
    search: openSearch,
    sidebar: () => sidebar.toggle(),
    delete: () => thread.conversationId && fire(document, "conversation:act", { act: "delete", id: thread.conversationId }),
    write: () => composer.focus(),
    model: () => picker.open(),
    "copy-answer": () => lastAnswer(thread)?.querySelector("[data-action=copy]")?.click(),
    "copy-code": () => Array.from(thread.querySelectorAll("[data-action=copy-code]")).at(-1)?.click(),
    "previous-version": () => showVersion(thread, "previous"),
    "next-version": () => showVersion(thread, "next"),
    settings: openSettings,
    sheet: () => query(document, "shortcut-sheet").open(),
  }
}

/**
 * @param {ChatThread} thread
 * @param {"previous" | "next"} which
 */
function showVersion(thread, which) {
  const link = lastAnswer(thread)?.querySelector(`[data-version=${which}]:not([aria-disabled])`)
  if (!link || !isReading(document.activeElement)) {
    return false
  }
  link.click()
  return true
}

/** @param {ChatThread} thread */
function lastAnswer(thread) {
  return thread.messages.findLast((message) => message.isAnswer)
}

/**
 * Whether the arrow keys are free: the focus is not in a menu, a list, or a block that scrolls.
 * @param {Element | null} focused
 */
function isReading(focused) {
  return focused === document.body || Boolean(focused?.matches("chat-message, .message-actions *, #question"))
}

/**
 * @param {HTMLElement} target
 * @param {ChatComposer} composer
 */
function fieldOf(target, composer) {
  if (composer.contains(target) && target.matches("textarea")) {
    return composer.value ? "composer" : "empty"
  }
  return target.matches("input, textarea, select, [contenteditable]") ? "other" : "none"
}
