/** Whether this is a machine of Apple's, whose keyboards have ⌘ where others have Ctrl. */
export const isApple = /Mac|iP/.test(navigator.platform)
