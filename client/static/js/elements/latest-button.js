import { followsAfterScroll } from "../chat/follow-end.js"
import { listen } from "../lib/dom.js"

const KEYS_UP = new Set(["ArrowUp", "PageUp", "Home"])

/**
 * Follows the end of a growing element while the reader is at the end; otherwise shows the way back to it.
 * Methods: follow(), showElement(element), stopFollowing(), markNew(). The element is named by `data-of`.
 */
export class LatestButton extends HTMLElement {
  /** @type {HTMLElement} */
  #content
  #follows = true
  #before = position()
  #touchedAt = 0

  connectedCallback() {
    this.#content = /** @type {HTMLElement} */ (document.getElementById(this.dataset.of ?? ""))
    this.addEventListener("click", () => this.follow())
    listen(this.#content, { click: ({ target }) => this.#onClick(target) })
    const passive = { passive: true }
    addEventListener("scroll", () => this.#onScroll(), passive)
    addEventListener("wheel", ({ deltaY }) => deltaY < 0 && this.#release(), passive)
    addEventListener("touchstart", ({ touches }) => (this.#touchedAt = touches[0].clientY), passive)
    addEventListener("touchmove", (event) => this.#onTouchmove(event), passive)
    addEventListener("resize", () => this.#onResize())
    listen(document, {
      keydown: (event) => this.#onKeydown(event),
      selectionchange: () => this.#isSelecting() && this.#release(),
    })
    new ResizeObserver(() => this.#onResize()).observe(this.#content)
  }

  /** Scroll to the end, and follow it. */
  follow() {
    this.#follows = wantsToFollow()
    this.#scrollToEnd()
    this.#show()
  }

  /** Scroll to an element that is not at the end, and stay there. @param {HTMLElement} element */
  showElement(element) {
    this.#follows = false
    element.scrollIntoView({ block: "start", behavior: "instant" })
    this.#before = position()
    this.#show()
  }

  /** Mark the button: there is something new at the end. */
  markNew() {
    this.toggleAttribute("data-news", !this.#follows)
  }

  /** Stay where the page is. */
  stopFollowing() {
    this.#follows = false
    this.#show()
  }

  /** The reader opens or closes details in the text, to read them. @param {HTMLElement} target */
  #onClick(target) {
    if (target.closest("summary")) {
      this.#follows = false
    }
  }

  #onScroll() {
    const now = position()
    this.#follows = wantsToFollow() && followsAfterScroll(this.#follows, this.#before, now) && !this.#isSelecting()
    this.#before = now
    this.#show()
  }

  /** A finger that moves down scrolls up. @param {TouchEvent} event */
  #onTouchmove({ touches }) {
    if (touches[0].clientY > this.#touchedAt) {
      this.#release()
    }
  }

  /** @param {On<KeyboardEvent>} event */
  #onKeydown({ key, target }) {
    if (KEYS_UP.has(key) && !target.matches("textarea, input, select")) {
      this.#release()
    }
  }

  /** Stop following, unless the page is too short to scroll. */
  #release() {
    this.#follows = this.#follows && scrollY === 0 && position().distance === 0
    this.#show()
  }

  #onResize() {
    if (this.#follows) {
      this.#scrollToEnd()
    }
    this.#show()
  }

  #scrollToEnd() {
    scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" })
    this.#before = position()
  }

  #show() {
    this.hidden = this.#follows || position().distance < innerHeight / 8
    if (this.#follows) {
      this.removeAttribute("data-news")
    }
  }

  #isSelecting() {
    const selection = getSelection()
    return selection !== null && !selection.isCollapsed && this.#content.contains(selection.anchorNode)
  }
}

/** Whether the reader's settings allow following. */
function wantsToFollow() {
  return document.documentElement.dataset.follow !== "off"
}

function position() {
  const { scrollHeight, clientHeight } = document.documentElement
  return { top: scrollY, distance: scrollHeight - clientHeight - scrollY }
}

customElements.define("latest-button", LatestButton)
