/**
 * Listen to several types of events at once.
 * @param {EventTarget} target
 * @param {Object<string, (event: CustomEvent) => void>} acts by type
 */
export function listen(target, acts) {
  for (const [type, act] of Object.entries(acts)) {
    target.addEventListener(type, act)
  }
}
