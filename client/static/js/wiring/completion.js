import { matching } from "../chat/completion.js"
import { cloneTemplate, query } from "../lib/dom.js"
import { rethrowBugs } from "../lib/problem.js"

/** `/` offers commands and presets, `@` models. @param {Page} page */
export function connectCompletion(page) {
  const { params, picker, presets, toast } = page
  const menu = query(document, "completion-menu")
  const labels = query(menu, "template[data-commands]")
  const commands = commandsOf(page, labels)

  menu.sources = {
    "/": async (text) => {
      const all = text ? presets.all : await presets.load()
      const heading = labels.dataset.presets
      const named = all.map((preset) => choice(preset.id, preset.name, heading, () => apply(preset)))
      return matching([...commands, ...named], text)
    },
    "@": async (text) => {
      await picker.load().catch(rethrowBugs)
      return picker.find(text).map((model) => ({ ...model, run: () => picker.choose(model.id) }))
    },
  }

  /** @param {Preset} preset */
  function apply({ name, params: wanted }) {
    const before = params.params
    params.change(wanted)
    toast.show(labels.dataset.applied?.replace("%(name)s", name), { undo: () => params.change(before) })
  }
}

/**
 * @param {Page} page
 * @param {HTMLTemplateElement} labels
 */
function commandsOf({ home, picker, openSearch, openSettings }, labels) {
  /** @type {Record<string, () => void>} */
  const actions = {
    new: () => location.assign(home),
    search: openSearch,
    parameters: () => query(document, "[popovertarget=parameters]").click(),
    model: () => picker.open(),
    settings: openSettings,
    sheet: () => query(document, "shortcut-sheet").open(),
  }
  return Array.from(labels.content.querySelectorAll("[data-command]"), ({ dataset: { command = "" }, textContent: name }) =>
    choice(command, name, labels.dataset.heading, actions[command]),
  )
}

/**
 * @param {string} id
 * @param {string} name
 * @param {string | undefined} group
 * @param {() => void} run
 */
function choice(id, name, group, run) {
  const row = () => {
    const option = cloneTemplate("choice")
    option.textContent = name
    return option
  }
  return { id, name, group, row, run }
}
