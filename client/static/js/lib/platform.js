/** Whether this is a machine of Apple's, whose keyboards have ⌘ where others have Ctrl. */
export const isApple = /Mac|iP/.test(navigator.platform)

/** Whether fingers are what the page is mostly used with: then a keyboard would cover half of it. */
export const isTouch = matchMedia("(pointer: coarse)").matches

/** The keyboard in front of the reader, as far as shortcuts ask. */
export const keyboard = { isApple, isRtl: document.documentElement.dir === "rtl" }
