const NEAR_PX = 4

/**
 * Return whether the page follows the end, after a scroll. The reader always wins: going up lets go, arriving at the
 * end takes hold again. A page that became shorter moves up by itself, but is at its end then.
 * @param {boolean} pinned whether it did before
 * @param {{top: number, distance: number}} before pixels from the beginning, and to the end
 * @param {{top: number, distance: number}} now
 */
export function pinnedAfter(pinned, before, now) {
  if (now.top < before.top) {
    return pinned && now.distance <= NEAR_PX
  }
  return pinned || (now.top > before.top && now.distance <= NEAR_PX)
}
