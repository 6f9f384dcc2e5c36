/**
 * Show one `html` event of a turn: a block's new content, or text appended to its open code. Return the block.
 *
 * The one place that inserts HTML as it arrives: the server's renderer and sanitiser made it.
 * @param {HTMLElement} body
 * @param {Turn<"html">} event
 */
export function showBlock(body, event) {
  const block = body.querySelector(`:scope > [data-block="${event.block}"]`) ?? newBlock(body, event.block)
  if (event.html !== undefined) {
    block.innerHTML = event.html
  } else {
    Array.from(block.querySelectorAll("code")).at(-1)?.append(event.text ?? "")
  }
  return block
}

/**
 * @param {HTMLElement} body
 * @param {number} number
 */
function newBlock(body, number) {
  const block = document.createElement("div")
  block.className = "block"
  block.dataset.block = String(number)
  const next = Array.from(body.querySelectorAll(":scope > [data-block]")).find(({ dataset }) => Number(dataset.block) > number)
  body.insertBefore(block, next ?? null)
  return block
}
