const SLOP_PX = 8
const FLING_PX_PER_MS = 0.35

/**
 * A finger that moves a drawer. Positions are in pixels from the edge that the drawer comes from, so both writing
 * directions are the same; times are in milliseconds.
 * @typedef {{x: number, y: number, time: number}} Point
 */
export class Swipe {
  #start
  #last
  #isOpen
  #width
  #speed = 0
  #kind = ""

  /**
   * @param {Point} start
   * @param {boolean} isOpen
   * @param {number} width
   */
  constructor(start, isOpen, width) {
    this.#start = this.#last = start
    this.#isOpen = isOpen
    this.#width = width
  }

  /** Note where the finger is now. @param {Point} point */
  move(point) {
    const [across, along] = [Math.abs(point.x - this.#start.x), Math.abs(point.y - this.#start.y)]
    if (!this.#kind && Math.max(across, along) > SLOP_PX) {
      this.#kind = across > along ? "swipe" : "scroll"
    }
    this.#speed = (point.x - this.#last.x) / Math.max(1, point.time - this.#last.time)
    this.#last = point
  }

  /** Whether the finger moves the drawer, and does not scroll. */
  get isSwipe() {
    return this.#kind === "swipe"
  }

  /** How much of the drawer is shown, in pixels. */
  get shown() {
    const before = this.#isOpen ? this.#width : 0
    return Math.min(this.#width, Math.max(0, before + this.#last.x - this.#start.x))
  }

  /** Whether the drawer stays open if the finger lifts now. A fling decides by its direction. */
  get endsOpen() {
    return Math.abs(this.#speed) > FLING_PX_PER_MS ? this.#speed > 0 : this.shown > this.#width / 2
  }
}
