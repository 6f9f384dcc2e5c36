import { cloneTemplate } from "../lib/dom.js"

/** Give the code blocks and tables of an answer their copy buttons. @param {HTMLElement} root */
export function addCopyButtons(root) {
  for (const caption of root.querySelectorAll("figure.code > figcaption:not(:has(button))")) {
    caption.append(cloneTemplate("copy-code"))
  }
  for (const table of root.querySelectorAll(".table:not(.table-box > *)")) {
    const box = cloneTemplate("table-box")
    table.replaceWith(box)
    box.prepend(table)
  }
}
