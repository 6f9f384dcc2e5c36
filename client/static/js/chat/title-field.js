import { cloneTemplate } from "../lib/dom.js"

/**
 * Edit a title in place: Enter and leaving the field save, Escape cancels, and a title is never blank.
 * @param {HTMLElement} shown the title, which the field replaces meanwhile
 * @param {string} title
 * @returns {Promise<string>} the new title, or the old one
 */
export function editTitle(shown, title) {
  const field = cloneTemplate("rename")
  field.value = title
  shown.hidden = true
  shown.after(field)
  field.focus()
  field.select()
  return new Promise((resolve) => {
    const end = (/** @type {string} */ wanted) => {
      field.onblur = null
      const hadFocus = field === document.activeElement
      shown.hidden = false
      field.remove()
      if (hadFocus) {
        shown.focus({ preventScroll: true })
      }
      resolve(wanted.trim() || title)
    }
    field.onblur = () => document.activeElement !== field && end(field.value) // or only the window lost the focus
    field.oninput = () => field.setCustomValidity("")
    field.onkeydown = (event) => {
      event.stopPropagation()
      if (event.key === "Escape") {
        end(title)
      } else if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault()
        field.value.trim() ? end(field.value) : refuse(field)
      }
    }
  })
}

/** @param {HTMLInputElement} field */
function refuse(field) {
  field.setCustomValidity(field.dataset.blank ?? "")
  field.reportValidity()
}
