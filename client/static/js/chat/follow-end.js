const NEAR_PX = 4

/**
 * Return whether the page follows the end of an answer after a scroll. The reader always wins: scrolling up stops it,
 * reaching the end starts it again. A page that became shorter scrolls up by itself, but is at its end then.
 * @param {boolean} follows whether it did before
 * @param {{top: number, distance: number}} before pixels from the top, and to the end
 * @param {{top: number, distance: number}} now
 */
export function followsAfterScroll(follows, before, now) {
  if (now.top < before.top) {
    return follows && now.distance <= NEAR_PX
  }
  return follows || (now.top > before.top && now.distance <= NEAR_PX)
}
