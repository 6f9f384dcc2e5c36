import { fromTemplate } from "../lib/templates.js"

/** Give the code and the tables of an answer their copy buttons. */
export function dress(root) {
  for (const caption of root.querySelectorAll("figure.code > figcaption:not(:has(button))")) {
    caption.append(fromTemplate("copy-code"))
  }
  for (const table of root.querySelectorAll(".table:not(.table-box > *)")) {
    const box = fromTemplate("table-box")
    table.replaceWith(box)
    box.prepend(table)
  }
}
