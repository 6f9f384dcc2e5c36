import { applySetting } from "../lib/appearance.js"
import { listen, query } from "../lib/dom.js"
import { requestNotifications } from "../lib/notifications.js"
import { isPlainClick } from "../lib/plain-click.js"
import { rethrowBugs } from "../lib/problem.js"

/** The server saves a setting, and it takes effect at once. @param {Pick<Page, "api">} page */
export function connectSettings({ api }) {
  listen(document, {
    "settings:change": async ({ target, detail: { name, value } }) => {
      const form = /** @type {SettingsForm} */ (target)
      const problem = name === "notify" && value === "on" ? await requestNotifications() : ""
      if (problem) {
        form.refuse(problem)
        return
      }
      const saved = await api.submit(form.address, { [name]: value }).catch(rethrowBugs)
      saved ? form.saved() : form.unsaved()
      if (saved) {
        applySetting(name, value)
      }
    },
  })
}

/**
 * Links to the settings open them over the chat, so that a running answer stays in view.
 * @param {Pick<Page, "api" | "toast">} page
 */
export function connectSettingsDialog({ api, toast }) {
  const dialog = query(document, "settings-dialog")
  const open = async () => {
    if (!(await dialog.open(api))) {
      toast.show(dialog.dataset.unreachable)
    }
  }
  listen(document, {
    click: (event) => {
      if (event.target.closest("[data-open-settings]") && isPlainClick(event)) {
        event.preventDefault()
        open()
      }
    },
  })
  return open
}
