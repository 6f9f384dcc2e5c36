/**
 * Show one `html` event of a turn: a block's new content, or text at the end of its open code.
 *
 * The one place where HTML is inserted as it comes: the server made it with the renderer and sanitiser of history.
 * Returns the block.
 * @param {Element} body
 * @param {{block: number, html?: string, text?: string}} event
 */
export function showBlock(body, event) {
  const block = body.querySelector(`:scope > [data-block="${event.block}"]`) ?? newBlock(body, event.block)
  if (event.html !== undefined) {
    block.innerHTML = event.html
  } else {
    Array.from(block.querySelectorAll("code")).at(-1).append(event.text)
  }
  return block
}

function newBlock(body, number) {
  const block = document.createElement("div")
  block.className = "block"
  block.dataset.block = number
  const next = Array.from(body.children).find((other) => Number(other.dataset.block) > number)
  body.insertBefore(block, next ?? null)
  return block
}
