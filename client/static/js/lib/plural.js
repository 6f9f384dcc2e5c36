/**
 * Return the sentence for a number, in the plural form that the page's language needs.
 * @param {string | undefined} forms JSON: the sentences by plural category, with `%(num)s` for the number
 * @param {number} number
 * @param {string} language as in `lang`
 */
export function pluralText(forms, number, language = document.documentElement.lang) {
  const category = new Intl.PluralRules(language).select(number)
  return JSON.parse(forms ?? "{}")[category].replace("%(num)s", new Intl.NumberFormat(language).format(number))
}
