const root = document.documentElement

/** When the colours of high contrast are used, by theme. */
const CONTRAST_MEDIA = { system: "(prefers-contrast: more)", contrast: "all" }

/** Let a setting take effect at once; the server does the same for the next page. */
export function applySetting(name, value) {
  if (name === "language") {
    location.reload() // what is typed is kept as a draft, and a running answer goes on
    return
  }
  root.dataset[name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())] = value
  if (name === "theme") {
    document.querySelector("link[data-contrast]").media = CONTRAST_MEDIA[value] ?? "not all"
    tintBrowser(value)
  }
}

/** Give the browser's own frame the colour of the page: that of the theme, or of each scheme its own. */
function tintBrowser(theme) {
  const metas = Array.from(document.querySelectorAll("meta[name=theme-color]"))
  for (const meta of metas) {
    const forced = metas.find(({ dataset }) => dataset.scheme === theme)
    meta.content = (forced ?? meta).dataset.colour
  }
}
