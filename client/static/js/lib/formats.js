import { durationText } from "./duration.js"

const DIGITS_OF_CENTS = 6 // an answer costs a small part of a cent

/**
 * Write times, durations and numbers in the page's language and the reader's time zone.
 * @param {ParentNode} root `time[datetime]` (a day if it has `data-day`), `[data-seconds]`, `[data-number]` and `[data-dollars]` below it
 */
export function format(root, language = document.documentElement.lang) {
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

/** Return a moment as a date and a time of day, in the reader's zone unless another is named. */
export function momentText(moment, language, timeZone) {
  return formatter("DateTimeFormat", language, { dateStyle: "medium", timeStyle: "short", timeZone }).format(new Date(moment))
}

/** Return the day of a moment. */
export function dayText(moment, language, timeZone) {
  return formatter("DateTimeFormat", language, { dateStyle: "medium", timeZone }).format(new Date(moment))
}

export function numberText(number, language) {
  return formatter("NumberFormat", language, {}).format(number)
}

export function dollarsText(dollars, language) {
  const options = { style: "currency", currency: "USD", maximumFractionDigits: DIGITS_OF_CENTS }
  return formatter("NumberFormat", language, options).format(dollars)
}

const formatters = new Map()

/** Making one is slow, and a conversation has hundreds of times. */
function formatter(kind, language, options) {
  const key = JSON.stringify([kind, language, options])
  if (!formatters.has(key)) {
    formatters.set(key, new Intl[kind](language, options))
  }
  return formatters.get(key)
}
