import { listen } from "../lib/dom.js"
import { isTouch } from "../lib/platform.js"

/** On a phone the keyboard closes when a message is sent, and covers nothing while it is open. */
export function connectOnScreenKeyboard() {
  listen(document, {
    "chat:send": () => isTouch && document.activeElement instanceof HTMLElement && document.activeElement.blur(),
  })
  if (visualViewport) {
    const view = visualViewport
    listen(view, { resize: () => setSizes(view), scroll: () => setSizes(view) })
  }
}

/**
 * Tell CSS how much the keyboard covers, where the browser lays it over the page, and how far it pushed the page up.
 * @param {VisualViewport} view
 */
function setSizes({ scale, height, offsetTop }) {
  const isZoomed = scale > 1.01 // then the reader moves the view
  const covered = isZoomed ? 0 : Math.max(0, innerHeight - height - offsetTop)
  const { style } = document.documentElement
  style.setProperty("--size-covered", `${Math.round(covered)}px`)
  style.setProperty("--size-pushed", `${isZoomed ? 0 : Math.round(offsetTop)}px`)
}
