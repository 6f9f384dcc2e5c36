/**
 * Return the sentence for a number, in the form that the page's language has for it.
 * @param {string} forms JSON: the sentence by category of plurals, with `%(num)s` in the place of the number
 * @param {number} number
 * @param {string} language as in `lang`
 */
export function pluralText(forms, number, language = document.documentElement.lang) {
  const category = new Intl.PluralRules(language).select(number)
  return JSON.parse(forms)[category].replace("%(num)s", new Intl.NumberFormat(language).format(number))
}
