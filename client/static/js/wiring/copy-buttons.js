import { copyText } from "../lib/clipboard.js"
import { listen } from "../lib/dom.js"
import { tableToMarkdown } from "../lib/markdown-table.js"
import { markdownOf } from "./message-actions.js"

const COPIED_MS = 1500

/** The copy buttons of a message, its code, its tables and its error. @param {Page} page */
export function connectCopyButtons(page) {
  listen(document, {
    "message:copy": ({ target, detail: button }) => copyFrom(page, button, markdownOf(page, target)),
    "message:copy-code": ({ detail: button }) => copyFrom(page, button, codeOf(button)),
    "message:copy-table": ({ detail: button }) => copyFrom(page, button, tableOf(button)),
    "message:copy-details": ({ detail: button }) => copyFrom(page, button, detailsOf(button)),
  })
}

/**
 * @param {Page} page
 * @param {HTMLElement} button shows a check mark for a while
 * @param {Promise<string>} text
 */
async function copyFrom({ status, toast }, button, text) {
  try {
    await copyText(text)
  } catch (error) {
    toast.showError(error)
    return
  }
  status.announceState("copied")
  button.toggleAttribute("data-done", true)
  setTimeout(() => button.removeAttribute("data-done"), COPIED_MS)
}

/** @param {HTMLElement} button */
async function codeOf(button) {
  return button.closest("figure")?.querySelector("code")?.textContent ?? ""
}

/** @param {HTMLElement} button */
async function tableOf(button) {
  const table = button.closest(".table-box")?.querySelector("table")
  return table ? tableToMarkdown(table) : ""
}

/** @param {HTMLElement} button */
async function detailsOf(button) {
  const parts = button.closest(".card")?.querySelectorAll("[data-error-text], [data-server-message], [data-detail], [data-code], [data-error-id]")
  return Array.from(parts ?? [], (part) => part.textContent.trim()).filter(Boolean).join("\n")
}
