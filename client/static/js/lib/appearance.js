import { query } from "./dom.js"

const root = document.documentElement

/** When the high-contrast colours apply, by theme. @type {Record<string, string>} */
const CONTRAST_MEDIA = { system: "(prefers-contrast: more)", contrast: "all" }

/**
 * Apply a setting at once; the server applies it to the next page.
 * @param {string} name
 * @param {string} value
 */
export function applySetting(name, value) {
  if (name === "language") {
    location.reload() // the text in the field is kept as a draft, and a running answer continues
    return
  }
  root.dataset[name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())] = value
  if (name === "theme") {
    query(document, "link[data-contrast]").media = CONTRAST_MEDIA[value] ?? "not all"
    tintBrowser(value)
  }
}

/**
 * Give the browser's own frame the page's colour: the theme's, or one for each colour scheme.
 * @param {string} theme
 */
function tintBrowser(theme) {
  const metas = Array.from(document.querySelectorAll("meta[name=theme-color]"))
  for (const meta of metas) {
    const forced = metas.find(({ dataset }) => dataset.scheme === theme)
    meta.content = (forced ?? meta).dataset.colour ?? ""
  }
}
