import { listen } from "../lib/dom.js"
import { pluralText } from "../lib/plural.js"
import { tabStorage } from "../lib/storage.js"

const UNDO = "undo"

/** Conversations leave the list at once, and for a while a button restores them. @param {Page} page */
export function connectRemoval({ api, home, list, removal, thread, toast }) {
  const refresh = () => list.refresh(api, thread.conversationId)
  listen(document, {
    "conversation:act": ({ detail: { act, id } }) => removal.knows(act) && remove(act, [id]),
    "selection:act": ({ detail: { act, ids } }) => remove(act, ids),
  })
  offerLast()

  /**
   * If the open conversation is among them, a new chat opens and offers the undo there.
   * @param {RemovalAct} act
   * @param {string[]} ids
   */
  async function remove(act, ids) {
    const leaves = act !== "restore" && ids.includes(thread.conversationId)
    list.removeRows(ids)
    const { done, error } = await removal.run(act, ids)
    const undo = { act, ids: done, back: leaves ? location.href : "" }
    if (error) {
      refresh()
      toast.showError(error)
    } else if (leaves) {
      tabStorage.write(UNDO, JSON.stringify(undo))
      location.replace(home)
    } else {
      offer(undo)
    }
  }

  /** @param {{act: RemovalAct, ids: string[], back: string}} removed back: the address to return to */
  function offer({ act, ids, back }) {
    const undo = async () => {
      try {
        await removal.undo(act, ids)
        back ? location.assign(back) : refresh()
      } catch (error) {
        toast.showError(error)
      }
    }
    toast.show(pluralText(list.dataset[act], ids.length), { undo })
  }

  function offerLast() {
    const undo = tabStorage.read(UNDO)
    tabStorage.write(UNDO, "")
    if (undo) {
      offer(JSON.parse(undo))
    }
  }
}
