import { pinnedAfter } from "../chat/follow-end.js"

const KEYS_UP = new Set(["ArrowUp", "PageUp", "Home"])

/**
 * Follows the end of a growing element while the reader is at the end; otherwise the way back to it.
 * Orders: pin(), read(element), leave(), news(). The element is named by `data-of`.
 */
class LatestButton extends HTMLElement {
  #content
  #pinned = true
  #before = position()
  #touchedAt = 0

  connectedCallback() {
    this.#content = document.getElementById(this.dataset.of)
    this.addEventListener("click", () => this.pin())
    this.#content.addEventListener("click", this)
    for (const type of ["scroll", "wheel", "touchstart", "touchmove", "keydown", "resize"]) {
      addEventListener(type, this, { passive: true })
    }
    document.addEventListener("selectionchange", this)
    new ResizeObserver(() => this.#grown()).observe(this.#content)
  }

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  /** Go to the end, and stay there. */
  pin() {
    this.#pinned = follows()
    this.#toEnd()
    this.#show()
  }

  /** Show something that is not at the end, and stay there. */
  read(element) {
    this.#pinned = false
    element.scrollIntoView({ block: "start", behavior: "instant" })
    this.#before = position()
    this.#show()
  }

  /** There is something new at the end. */
  news() {
    this.toggleAttribute("data-news", !this.#pinned)
  }

  /** Follow the end no longer, and stay where the page is. */
  leave() {
    this.#pinned = false
    this.#show()
  }

  /** Somebody opens or closes something in the text, and wants to read that. */
  onclick({ target }) {
    if (target.closest("summary")) {
      this.#pinned = false
    }
  }

  onscroll() {
    const now = position()
    this.#pinned = follows() && pinnedAfter(this.#pinned, this.#before, now) && !this.#isSelecting()
    this.#before = now
    this.#show()
  }

  onwheel(event) {
    if (event.deltaY < 0) {
      this.#unpin()
    }
  }

  ontouchstart({ touches }) {
    this.#touchedAt = touches[0].clientY
  }

  /** A finger that goes down pulls the page up. */
  ontouchmove({ touches }) {
    if (touches[0].clientY > this.#touchedAt) {
      this.#unpin()
    }
  }

  onkeydown(event) {
    if (KEYS_UP.has(event.key) && !event.target.matches("textarea, input, select")) {
      this.#unpin()
    }
  }

  onselectionchange() {
    if (this.#isSelecting()) {
      this.#unpin()
    }
  }

  onresize() {
    this.#grown()
  }

  /** Let go, unless the page is too short to go anywhere. */
  #unpin() {
    this.#pinned = this.#pinned && scrollY === 0 && position().distance === 0
    this.#show()
  }

  #grown() {
    if (this.#pinned) {
      this.#toEnd()
    }
    this.#show()
  }

  #toEnd() {
    scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" })
    this.#before = position()
  }

  #show() {
    this.hidden = this.#pinned || position().distance < innerHeight / 8
    if (this.#pinned) {
      this.removeAttribute("data-news")
    }
  }

  #isSelecting() {
    const selection = getSelection()
    return !selection.isCollapsed && this.#content.contains(selection.anchorNode)
  }
}

/** Whether the reader wants the end to be followed at all. */
function follows() {
  return document.documentElement.dataset.follow !== "off"
}

function position() {
  const { scrollHeight, clientHeight } = document.documentElement
  return { top: scrollY, distance: scrollHeight - clientHeight - scrollY }
}

customElements.define("latest-button", LatestButton)
