import { listen } from "../lib/listen.js"
import { pluralText } from "../lib/plural.js"
import { tabStorage } from "../lib/storage.js"

const UNDO = "undo"

/** Conversations leave the list at once, and for a while a button brings them back. */
export function connectRemoval({ api, home, list, removal, thread, toast }) {
  const refresh = () => list.refresh(api, thread.conversationId)
  listen(document, {
    "conversation:act": ({ detail: { act, row } }) => removal.knows(act) && remove(act, [row.dataset.row]),
    "selection:act": ({ detail: { act, ids } }) => remove(act, ids),
  })
  offerLast()

  /** Who is in one of them is led to a new chat, where the undo waits. */
  async function remove(act, ids) {
    const leads = act !== "restore" && ids.includes(thread.conversationId)
    list.drop(ids)
    const { done, error } = await removal.run(act, ids)
    const undo = { act, ids: done, back: leads ? location.href : "" }
    if (error) {
      refresh()
      toast.fail(error)
    } else if (leads) {
      tabStorage.write(UNDO, JSON.stringify(undo))
      location.replace(home)
    } else {
      offer(undo)
    }
  }

  function offer({ act, ids, back }) {
    const undo = async () => {
      try {
        await removal.undo(act, ids)
        back ? location.assign(back) : refresh()
      } catch (error) {
        toast.fail(error)
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
