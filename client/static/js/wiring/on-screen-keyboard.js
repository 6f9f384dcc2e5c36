import { isTouch } from "../lib/platform.js"

/** On a phone the keyboard goes when a message is sent, and covers nothing while it is there. */
export function connectPhone() {
  document.addEventListener("chat:send", () => isTouch && document.activeElement.blur())
  for (const type of ["resize", "scroll"]) {
    visualViewport.addEventListener(type, tellCss)
  }
}

/** Tell how much a keyboard covers, where the browser lays it over the page, and how far it pushed the page up. */
function tellCss() {
  const { scale, height, offsetTop } = visualViewport
  const isZoomed = scale > 1.01 // then the reader moves the view about
  const covered = isZoomed ? 0 : Math.max(0, innerHeight - height - offsetTop)
  const { style } = document.documentElement
  style.setProperty("--size-covered", `${Math.round(covered)}px`)
  style.setProperty("--size-pushed", `${isZoomed ? 0 : Math.round(offsetTop)}px`)
}
