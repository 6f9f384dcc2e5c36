const SLOP_PX = 8
const FLING_PX_PER_MS = 0.35

/**
 * What a finger does to a drawer. Places are in pixels from the edge the drawer comes from, so that it is the same for
 * both directions of writing; times are in milliseconds.
 */
export class Swipe {
  #start
  #last
  #isOpen
  #width
  #speed = 0
  #kind = ""

  /** @param {{x: number, y: number, time: number}} start */
  constructor(start, isOpen, width) {
    this.#start = this.#last = start
    this.#isOpen = isOpen
    this.#width = width
  }

  /** Take in where the finger is now. */
  move(point) {
    const [across, along] = [Math.abs(point.x - this.#start.x), Math.abs(point.y - this.#start.y)]
    if (!this.#kind && Math.max(across, along) > SLOP_PX) {
      this.#kind = across > along ? "swipe" : "scroll"
    }
    this.#speed = (point.x - this.#last.x) / Math.max(1, point.time - this.#last.time)
    this.#last = point
  }

  /** Whether the finger moves the drawer, and does not scroll. */
  get moves() {
    return this.#kind === "swipe"
  }

  /** How much of the drawer is shown, in pixels. */
  get shown() {
    const before = this.#isOpen ? this.#width : 0
    return Math.min(this.#width, Math.max(0, before + this.#last.x - this.#start.x))
  }

  /** Whether the drawer is open in the end, if the finger leaves now: a quick one decides by where it goes. */
  get opens() {
    return Math.abs(this.#speed) > FLING_PX_PER_MS ? this.#speed > 0 : this.shown > this.#width / 2
  }
}
