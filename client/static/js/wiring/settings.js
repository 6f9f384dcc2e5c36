import { applySetting } from "../lib/appearance.js"
import { isPlain } from "../lib/plain-click.js"
import { listen } from "../lib/listen.js"
import { askForNotifications } from "../lib/notifications.js"
import { unlessBug } from "../lib/problem.js"

/** What is chosen in the settings is kept by the server, and takes effect at once. */
export function connectSettings({ api }) {
  listen(document, {
    "settings:chosen": async ({ target: form, detail: { name, value } }) => {
      const problem = name === "notify" && value === "on" ? await askForNotifications() : ""
      if (problem) {
        form.refuse(problem)
        return
      }
      const kept = await api.keep(form.address, { [name]: value }).catch(unlessBug)
      kept ? form.saved() : form.unsaved()
      if (kept) {
        applySetting(name, value)
      }
    },
  })
}

/** Let links to the settings open them over the chat, so that a running conversation is not left. */
export function connectSettingsDialog({ api, toast }) {
  const dialog = document.querySelector("settings-dialog")
  const open = async () => (await dialog.open(api)) || toast.show(dialog.dataset.unreachable)
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open-settings]")
    if (link && isPlain(event)) {
      event.preventDefault()
      open()
    }
  })
  return open
}
