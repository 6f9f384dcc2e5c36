import { fitting } from "../chat/completion.js"
import { unlessBug } from "../lib/problem.js"
import { fromTemplate } from "../lib/templates.js"

/** `/` offers commands and presets, `@` models. `openSearch` and `openSettings` are functions. */
export function connectCompletion({ home, params, picker, presets, toast, openSearch, openSettings }) {
  const menu = document.querySelector("completion-menu")
  const words = menu.querySelector("[data-commands]")
  const acts = {
    new: () => location.assign(home),
    search: openSearch,
    parameters: () => document.querySelector("[popovertarget=parameters]").click(),
    model: () => picker.open(),
    settings: openSettings,
    sheet: () => document.querySelector("shortcut-sheet").open(),
  }
  const commands = Array.from(words.content.children, ({ dataset: { command }, textContent: name }) => ({
    name,
    group: words.dataset.heading,
    run: acts[command],
  }))
  const apply = ({ name, params: set }) => {
    const before = params.params
    params.change(set)
    toast.show(words.dataset.applied.replace("%(name)s", name), { undo: () => params.change(before) })
  }
  menu.sources = {
    "/": async (query) => {
      const all = query ? presets.all : await presets.load()
      const named = all.map((preset) => ({ name: preset.name, group: words.dataset.presets, run: () => apply(preset) }))
      return { choices: fitting([...commands, ...named], query), rowOf: choiceRow }
    },
    "@": async (query) => {
      await picker.load().catch(unlessBug)
      const { choices, rowOf } = picker.find(query)
      return { choices: choices.map((model) => ({ ...model, run: () => picker.choose(model.id) })), rowOf }
    },
  }
}

function choiceRow({ name }) {
  const row = fromTemplate("choice")
  row.textContent = name
  return row
}
