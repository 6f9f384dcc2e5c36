import { listen } from "../lib/dom.js"
import { isPlainClick } from "../lib/plain-click.js"
import { Swipe } from "../lib/swipe.js"

const EDGE_PX = 40
const LEADS_ELSEWHERE = "[data-open-search], [data-open-settings], :not([data-selecting] *)[aria-current=page]"

/**
 * Makes a popover a drawer on a narrow window: a swipe, a tap beside it, Escape, Back and choosing a link move it, the
 * focus goes in and returns, and the page beside it is inert. The drawer has its own step in the history, so Back only
 * closes it.
 */
export class Drawer {
  #element
  #page
  #narrow
  /** @type {{pointer: number, start: import("../lib/swipe.js").Point, track?: Swipe} | undefined} */
  #swipe
  /** @type {Element | null} */
  #cameFrom = null

  /**
   * @param {HTMLElement} element the popover
   * @param {HTMLElement} page the part of the page that is inert while it is open
   * @param {MediaQueryList} narrow when it is a drawer at all
   */
  constructor(element, page, narrow) {
    this.#element = element
    this.#page = page
    this.#narrow = narrow
    element.popover = "manual" // this class decides what closes it
    listen(element, {
      beforetoggle: ({ newState }) => this.#moveFocus(newState === "open"),
      toggle: () => this.#onToggle(),
    })
    listen(document, {
      pointerdown: (event) => this.#startSwipe(event),
      pointermove: (event) => this.#moveSwipe(event),
      pointerup: (event) => this.#endSwipe(event),
      pointercancel: (event) => this.#endSwipe(event),
      keydown: (event) => this.#onKeydown(event),
    })
    // On the window: after those who open something else with a click.
    listen(window, { click: (event) => this.#onClick(event), popstate: () => this.close() })
    narrow.addEventListener("change", () => this.close())
    if (history.state?.drawer) {
      history.back() // it was open when the page was reloaded
    }
  }

  get isOpen() {
    return this.#element.matches(":popover-open")
  }

  open() {
    if (!this.isOpen && this.#narrow.matches) {
      this.#element.showPopover()
    }
  }

  close() {
    if (this.isOpen) {
      this.#element.hidePopover()
    }
  }

  /** @param {boolean} opens */
  #moveFocus(opens) {
    this.#element.role = opens ? "dialog" : null
    this.#element.ariaModal = opens ? "true" : null
    if (opens) {
      this.#cameFrom = document.activeElement
    } else {
      this.#page.inert = false
      if (this.#element.contains(document.activeElement) && this.#cameFrom instanceof HTMLElement) {
        this.#cameFrom.focus({ preventScroll: true })
      }
    }
  }

  #onToggle() {
    if (this.isOpen) {
      const first = this.#element.querySelector("[aria-current]") ?? this.#element.querySelector("a")
      first?.focus({ preventScroll: true })
      this.#page.inert = true
      history.pushState({ ...history.state, drawer: true }, "")
    } else if (history.state?.drawer) {
      history.back()
    }
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    const isTop = !document.querySelector("dialog:modal, [role=menu]:popover-open")
    if (event.key === "Escape" && this.isOpen && isTop && !event.defaultPrevented) {
      event.stopImmediatePropagation() // or it would also stop an answer
      this.close()
    }
  }

  /** @param {On<MouseEvent>} event */
  #onClick(event) {
    if (!this.isOpen) {
      return
    }
    const link = event.target.closest("a[href]")
    if (!this.#element.contains(event.target)) {
      if (this.#page.contains(event.target) || event.target.contains(this.#page)) {
        this.close()
      }
    } else if (link && event.defaultPrevented) {
      link.matches(LEADS_ELSEWHERE) && this.close()
    } else if (link && history.state?.drawer && isPlainClick(event)) {
      event.preventDefault()
      location.replace(link.href) // in place of the drawer's own step
    }
  }

  /** @param {PointerEvent} event */
  #startSwipe(event) {
    const start = pointOf(event)
    const isInReach = this.isOpen || start.x < EDGE_PX
    if (event.pointerType === "touch" && event.isPrimary && this.#narrow.matches && isInReach) {
      this.#swipe = { pointer: event.pointerId, start }
    }
  }

  /** @param {PointerEvent} event */
  #moveSwipe(event) {
    if (!this.#swipe || event.pointerId !== this.#swipe.pointer) {
      return
    }
    const track = (this.#swipe.track ??= new Swipe(this.#swipe.start, this.isOpen, this.#width()))
    track.move(pointOf(event))
    if (track.isSwipe) {
      this.open()
      this.#moveTo(track.shown)
    }
  }

  /** @param {PointerEvent} event */
  #endSwipe(event) {
    if (this.#swipe && event.pointerId === this.#swipe.pointer) {
      const { track } = this.#swipe
      this.#swipe = undefined
      if (track?.isSwipe) {
        this.#release(track.endsOpen)
      }
    }
  }

  /** Move the drawer with the finger. @param {number} shown in pixels */
  #moveTo(shown) {
    const { style } = this.#element
    style.transition = "none"
    style.translate = `${(shown - this.#width()) * sign()}px 0`
  }

  /** Let it move the rest of the way by itself. @param {boolean} opens */
  #release(opens) {
    this.#element.style.transition = this.#element.style.translate = ""
    if (!opens) {
      this.close()
    }
  }

  #width() {
    return parseFloat(getComputedStyle(this.#element).inlineSize)
  }
}

/** @param {PointerEvent} event */
function pointOf({ clientX, clientY, timeStamp }) {
  return { x: sign() > 0 ? clientX : innerWidth - clientX, y: clientY, time: timeStamp }
}

function sign() {
  return document.dir === "rtl" ? -1 : 1
}
