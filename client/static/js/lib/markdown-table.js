/** @type {Record<string, string>} */
const RULES = { left: ":--", center: ":-:", right: "--:" }

/**
 * Return a table of an answer as Markdown.
 * @param {HTMLTableElement} table
 */
export function tableToMarkdown(table) {
  const [head, ...rows] = Array.from(table.rows, (row) => Array.from(row.cells))
  const rule = head.map((cell) => RULES[cell.className] ?? "---")
  return rowsToMarkdown([textsOf(head), ...rows.map(textsOf)], rule)
}

/**
 * @param {string[][]} rows the cells' texts, the heading first
 * @param {string[]} rule the rule below each heading
 */
export function rowsToMarkdown([head, ...rows], rule) {
  return [head.map(escaped), rule, ...rows.map((row) => row.map(escaped))].map((cells) => `| ${cells.join(" | ")} |\n`).join("")
}

/** @param {Element[]} cells */
function textsOf(cells) {
  return cells.map((cell) => cell.textContent.trim())
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|")
}
