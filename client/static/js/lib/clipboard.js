/**
 * Copy a text to the clipboard, also where the page came over plain HTTP and lacks `navigator.clipboard`.
 * @param {Promise<string>} text
 */
export async function copyText(text) {
  if (navigator.clipboard && window.ClipboardItem) {
    // A promise inside the item: Safari allows writing only during the click itself.
    const blob = text.then((plain) => new Blob([plain], { type: "text/plain" }))
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })])
  } else {
    copyBySelection(await text)
  }
}

/** @param {string} text */
function copyBySelection(text) {
  const onCopy = (/** @type {ClipboardEvent} */ event) => {
    event.clipboardData?.setData("text/plain", text)
    event.preventDefault()
    event.stopPropagation() // whatever is selected
  }
  document.addEventListener("copy", onCopy, { capture: true })
  document.execCommand("copy")
  document.removeEventListener("copy", onCopy, { capture: true })
}
