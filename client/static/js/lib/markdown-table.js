const RULES = { left: ":--", center: ":-:", right: "--:" }

/** Return a table of an answer as Markdown. */
export function tableMarkdown(table) {
  const [head, ...rows] = Array.from(table.rows, (row) => Array.from(row.cells))
  const rule = head.map((cell) => RULES[cell.className] ?? "---")
  return markdownOf([textsOf(head), ...rows.map(textsOf)], rule)
}

/**
 * @param {string[][]} rows the texts of the cells, the heading first
 * @param {string[]} rule what stands below each heading
 */
export function markdownOf([head, ...rows], rule) {
  return [head.map(escaped), rule, ...rows.map((row) => row.map(escaped))].map((cells) => `| ${cells.join(" | ")} |\n`).join("")
}

function textsOf(cells) {
  return cells.map((cell) => cell.textContent.trim())
}

function escaped(text) {
  return text.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|")
}
