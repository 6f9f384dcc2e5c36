/**
 * Put a text on the clipboard, also where the page came by plain http, which has no `navigator.clipboard`.
 * @param {Promise<string>} text
 */
export async function copy(text) {
  if (navigator.clipboard && window.ClipboardItem) {
    // A promise inside of the item: Safari allows writing only in the very moment of the click.
    const blob = text.then((plain) => new Blob([plain], { type: "text/plain" }))
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })])
  } else {
    copyBySelection(await text)
  }
}

function copyBySelection(text) {
  const onCopy = (event) => {
    event.clipboardData.setData("text/plain", text)
    event.preventDefault()
    event.stopPropagation() // whatever is selected
  }
  document.addEventListener("copy", onCopy, { capture: true })
  document.execCommand("copy")
  document.removeEventListener("copy", onCopy, { capture: true })
}
