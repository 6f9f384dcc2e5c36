/** From how many seconds on a unit is used, and how long it is. */
const UNITS = [
  { unit: "hour", from: 5400, length: 3600 },
  { unit: "minute", from: 90, length: 60 },
  { unit: "second", from: 0, length: 1 },
]

/**
 * Return a duration in words, in the unit that fits; what is begun counts whole.
 * @param {number} seconds
 * @param {string} language as in `lang`
 */
export function durationText(seconds, language) {
  const { unit, length } = UNITS.find(({ from }) => seconds >= from)
  const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" })
  return format.format(Math.ceil(seconds / length))
}
