import { isPlain } from "../lib/plain-click.js"
import { Swipe } from "../lib/swipe.js"

const EDGE_PX = 40
const LEADS_ELSEWHERE = "[data-open-search], [data-open-settings], :not([data-selecting] *)[aria-current=page]"
const POINTER = ["pointerdown", "pointermove", "pointerup", "pointercancel"]

/**
 * Makes a popover a drawer on a narrow window: a swipe, a tap beside it, Escape, Back and choosing a link move it, the
 * focus goes in and returns, and what is behind waits. Back leads nowhere else: the drawer has its own step in history.
 */
export class Drawer {
  #element
  #behind
  #narrow
  #swipe
  #cameFrom

  /**
   * @param {HTMLElement} element the popover
   * @param {HTMLElement} behind what cannot be used while it is open
   * @param {MediaQueryList} narrow when it is a drawer at all
   */
  constructor(element, behind, narrow) {
    this.#element = element
    this.#behind = behind
    this.#narrow = narrow
    element.popover = "manual" // what closes it is decided here
    element.addEventListener("beforetoggle", this)
    element.addEventListener("toggle", this)
    POINTER.forEach((type) => document.addEventListener(type, this))
    document.addEventListener("keydown", this)
    for (const type of ["click", "popstate"]) {
      addEventListener(type, this) // behind those who open something else with a click
    }
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

  handleEvent(event) {
    this[`on${event.type}`](event)
  }

  onbeforetoggle({ newState }) {
    const opens = newState === "open"
    this.#element.role = opens ? "dialog" : null
    this.#element.ariaModal = opens ? "true" : null
    if (opens) {
      this.#cameFrom = document.activeElement
    } else {
      this.#behind.inert = false
      this.#element.contains(document.activeElement) && this.#cameFrom.focus({ preventScroll: true })
    }
  }

  ontoggle() {
    if (this.isOpen) {
      const first = this.#element.querySelector("[aria-current]") ?? this.#element.querySelector("a")
      first.focus({ preventScroll: true })
      this.#behind.inert = true
      history.pushState({ ...history.state, drawer: true }, "")
    } else if (history.state?.drawer) {
      history.back()
    }
  }

  onpopstate() {
    this.close()
  }

  onkeydown(event) {
    const isTop = !document.querySelector("dialog:modal, [role=menu]:popover-open")
    if (event.key === "Escape" && this.isOpen && isTop && !event.defaultPrevented) {
      event.stopImmediatePropagation() // it stops no answer
      this.close()
    }
  }

  onclick(event) {
    if (!this.isOpen) {
      return
    }
    const link = event.target.closest("a[href]")
    if (!this.#element.contains(event.target)) {
      if (this.#behind.contains(event.target) || event.target.contains(this.#behind)) {
        this.close()
      }
    } else if (link && event.defaultPrevented) {
      link.matches(LEADS_ELSEWHERE) && this.close()
    } else if (link && history.state?.drawer && isPlain(event)) {
      event.preventDefault()
      location.replace(link.href) // in the place of the drawer's own step
    }
  }

  onpointerdown(event) {
    const start = this.#point(event)
    const isAtHand = this.isOpen || start.x < EDGE_PX
    if (event.pointerType === "touch" && event.isPrimary && this.#narrow.matches && isAtHand) {
      this.#swipe = { by: event.pointerId, start }
    }
  }

  onpointermove(event) {
    if (event.pointerId !== this.#swipe?.by) {
      return
    }
    this.#swipe.follow ??= new Swipe(this.#swipe.start, this.isOpen, this.#width())
    const { follow } = this.#swipe
    follow.move(this.#point(event))
    if (follow.moves) {
      this.open()
      this.#put(follow.shown)
    }
  }

  onpointerup(event) {
    const { by, follow } = this.#swipe ?? {}
    if (event.pointerId === by) {
      this.#swipe = undefined
      if (follow?.moves) {
        this.#let(follow.opens)
      }
    }
  }

  onpointercancel(event) {
    this.onpointerup(event)
  }

  /** Put the drawer where the finger has it. */
  #put(shown) {
    const { style } = this.#element
    style.transition = "none"
    style.translate = `${(shown - this.#width()) * this.#sign()}px 0`
  }

  /** Let go of it: it goes the rest of the way by itself. */
  #let(opens) {
    this.#element.style.transition = this.#element.style.translate = ""
    if (!opens) {
      this.close()
    }
  }

  #point({ clientX, clientY, timeStamp }) {
    return { x: this.#sign() > 0 ? clientX : innerWidth - clientX, y: clientY, time: timeStamp }
  }

  #width() {
    return parseFloat(getComputedStyle(this.#element).inlineSize)
  }

  #sign() {
    return document.dir === "rtl" ? -1 : 1
  }
}
