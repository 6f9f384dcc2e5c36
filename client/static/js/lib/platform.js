/** Whether this is an Apple device, whose keyboards have ⌘ instead of Ctrl. */
export const isApple = /Mac|iP/.test(navigator.platform)

/** Whether touch is the main input: then an on-screen keyboard would cover half of the page. */
export const isTouch = matchMedia("(pointer: coarse)").matches

/** The keyboard, as far as shortcuts depend on it. */
export const keyboard = { isApple, isRtl: document.documentElement.dir === "rtl" }
