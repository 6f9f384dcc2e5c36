import { fromTemplate } from "../lib/templates.js"

/**
 * Let a title be changed where it stands: Enter and leaving the field keep it, Escape does not, and none is blank.
 * @param {HTMLElement} shown what the field takes the place of
 * @param {string} title
 * @returns {Promise<string>} the title that was wanted in the end
 */
export function rename(shown, title) {
  const field = fromTemplate("rename")
  field.value = title
  shown.hidden = true
  shown.after(field)
  field.focus()
  field.select()
  return new Promise((resolve) => {
    const end = (wanted) => {
      field.onblur = null
      const hadFocus = field === document.activeElement
      shown.hidden = false
      field.remove()
      if (hadFocus) {
        shown.focus({ preventScroll: true })
      }
      resolve(wanted.trim() || title)
    }
    field.onblur = () => document.activeElement !== field && end(field.value) // or only the window was left
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

function refuse(field) {
  field.setCustomValidity(field.dataset.blank)
  field.reportValidity()
}
