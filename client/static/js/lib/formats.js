const DIGITS_OF_CENTS = 6 // an answer costs a small part of a cent

/** From how many seconds on a unit is used, and its length. */
const UNITS = [
  { unit: "hour", from: 5400, length: 3600 },
  { unit: "minute", from: 90, length: 60 },
  { unit: "second", from: 0, length: 1 },
]

/**
 * Write times, durations and numbers in the page's language and the reader's time zone.
 * @param {ParentNode} root `time[datetime]` (a day if it has `data-day`), `[data-seconds]`, `[data-number]` and `[data-dollars]` below it
 */
export function formatElements(root, language = document.documentElement.lang) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = "day" in time.dataset ? dayText(time.dateTime, language) : momentText(time.dateTime, language)
  }
  for (const element of root.querySelectorAll("[data-seconds], [data-number], [data-dollars]")) {
    const { seconds, number, dollars } = element.dataset
    if (seconds) {
      element.textContent = durationText(Number(seconds), language)
    } else if (number || dollars) {
      element.textContent = number ? numberText(Number(number), language) : dollarsText(Number(dollars), language)
    }
  }
}

/**
 * Return a date and a time of day, in the reader's time zone unless another is given.
 * @param {string} moment as in `datetime`
 * @param {string} language as in `lang`
 * @param {string} [timeZone]
 */
export function momentText(moment, language, timeZone) {
  return dateText(moment, language, { dateStyle: "medium", timeStyle: "short", timeZone })
}

/**
 * Return the date of a moment.
 * @param {string} moment
 * @param {string} language
 * @param {string} [timeZone]
 */
export function dayText(moment, language, timeZone) {
  return dateText(moment, language, { dateStyle: "medium", timeZone })
}

/**
 * Return a duration in words, rounded up, in the unit that fits.
 * @param {number} seconds
 * @param {string} language
 */
export function durationText(seconds, language) {
  const { unit, length } = UNITS.find(({ from }) => seconds >= from) ?? UNITS[UNITS.length - 1]
  return numberText(Math.ceil(seconds / length), language, { style: "unit", unit, unitDisplay: "long" })
}

/**
 * @param {number} number
 * @param {string} language
 * @param {Intl.NumberFormatOptions} options
 */
export function numberText(number, language, options = {}) {
  return cached("number", language, options, () => new Intl.NumberFormat(language, options)).format(number)
}

/**
 * @param {number} dollars
 * @param {string} language
 */
export function dollarsText(dollars, language) {
  return numberText(dollars, language, { style: "currency", currency: "USD", maximumFractionDigits: DIGITS_OF_CENTS })
}

/**
 * Return a price in US dollars, with as many digits as a small price needs.
 * @param {number} dollars
 * @param {string} language
 */
export function priceText(dollars, language) {
  const style = /** @type {const} */ ({ style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" })
  return numberText(dollars, language, { ...style, minimumFractionDigits: 0, maximumFractionDigits: 3 })
}

/**
 * Return the size of a context window in the usual short form: 131072 and 128000 are both 128K.
 * @param {number} tokens
 */
export function contextText(tokens) {
  const thousand = tokens % 1000 === 0 ? 1000 : 1024
  const thousands = Math.round(tokens / thousand)
  if (tokens < thousand) {
    return String(tokens)
  }
  return thousands < thousand ? `${thousands}K` : `${Math.round(thousands / thousand)}M`
}

/**
 * @param {string} moment
 * @param {string} language
 * @param {Intl.DateTimeFormatOptions} options
 */
function dateText(moment, language, options) {
  return cached("date", language, options, () => new Intl.DateTimeFormat(language, options)).format(new Date(moment))
}

const formatters = new Map()

/**
 * Making a formatter is slow, and a conversation has hundreds of times.
 * @template T
 * @param {string} kind
 * @param {string} language
 * @param {object} options
 * @param {() => T} make
 * @returns {T}
 */
function cached(kind, language, options, make) {
  const key = JSON.stringify([kind, language, options])
  if (!formatters.has(key)) {
    formatters.set(key, make())
  }
  return formatters.get(key)
}
