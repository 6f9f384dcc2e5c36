import { listen } from "../lib/dom.js"
import { pluralText } from "../lib/plural.js"
import { tabStorage } from "../lib/storage.js"

const UNDO = "undo"

/**
 * `back`: the address to return to, empty if this page stays.
 * @typedef {{act: RemovalAct, ids: string[], back: string}} Removed
 */

/** Conversations leave the list at once, and for a while a button restores them. @param {Page} page */
export function connectRemoval(page) {
  const { removal } = page
  listen(document, {
    "conversation:act": ({ detail: { act, id } }) => removal.knows(act) && remove(page, act, [id]),
    "selection:act": ({ detail: { act, ids } }) => remove(page, act, ids),
  })
  const last = tabStorage.read(UNDO)
  tabStorage.write(UNDO, "")
  if (last) {
    offerUndo(page, JSON.parse(last))
  }
}

/**
 * If the open conversation is among them, a new chat opens and offers the undo there.
 * @param {Page} page
 * @param {RemovalAct} act
 * @param {string[]} ids
 */
async function remove(page, act, ids) {
  const { api, home, list, removal, thread, toast } = page
  const leaves = act !== "restore" && ids.includes(thread.conversationId)
  list.removeRows(ids)
  const { done, error } = await removal.run(act, ids)
  const removed = { act, ids: done, back: leaves ? location.href : "" }
  if (error) {
    list.refresh(api, thread.conversationId)
    toast.showError(error)
  } else if (leaves) {
    tabStorage.write(UNDO, JSON.stringify(removed))
    location.replace(home)
  } else {
    offerUndo(page, removed)
  }
}

/**
 * @param {Page} page
 * @param {Removed} removed
 */
function offerUndo({ api, list, removal, thread, toast }, { act, ids, back }) {
  const undo = async () => {
    try {
      await removal.undo(act, ids)
      back ? location.assign(back) : list.refresh(api, thread.conversationId)
    } catch (error) {
      toast.showError(error)
    }
  }
  toast.show(pluralText(list.dataset[act], ids.length), { undo })
}
