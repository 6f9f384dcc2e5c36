import "../elements/chat-composer.js"
import "../elements/chat-list.js"
import "../elements/chat-log.js"
import "../elements/chat-message.js"
import "../elements/chat-selection.js"
import "../elements/chat-sidebar.js"
import "../elements/chat-status.js"
import "../elements/chat-thread.js"
import "../elements/chat-toast.js"
import "../elements/choice-list.js"
import "../elements/completion-menu.js"
import "../elements/conversation-menu.js"
import "../elements/latest-button.js"
import "../elements/message-editor.js"
import "../elements/message-menu.js"
import "../elements/model-picker.js"
import "../elements/params-panel.js"
import "../elements/preset-picker.js"
import "../elements/queued-message.js"
import "../elements/retry-wait.js"
import "../elements/search-dialog.js"
import "../elements/settings-dialog.js"
import "../elements/settings-form.js"
import "../elements/shortcut-sheet.js"

import { Api } from "../lib/api.js"
import { Branches } from "../chat/branches.js"
import { connectActing } from "../wiring/message-actions.js"
import { connectCompletion } from "../wiring/completion.js"
import { connectComposer } from "../wiring/composer.js"
import { connectCopying } from "../wiring/copied-selection.js"
import { connectHearing } from "../wiring/speech.js"
import { connectLive } from "../wiring/live.js"
import { connectNotifying } from "../wiring/notifications.js"
import { connectOffline } from "../wiring/offline.js"
import { connectParams } from "../wiring/params.js"
import { connectPhone } from "../wiring/on-screen-keyboard.js"
import { connectPicker } from "../wiring/model-picker.js"
import { connectRemoval } from "../wiring/removal.js"
import { connectReading } from "../wiring/versions.js"
import { connectSearch } from "../wiring/search.js"
import { connectSettings, connectSettingsDialog } from "../wiring/settings.js"
import { connectShortcuts } from "../wiring/shortcuts.js"
import { connectSidebar } from "../wiring/sidebar.js"
import { connectThread } from "../wiring/thread.js"
import { connectTitles } from "../wiring/titles.js"
import { connectWakeLock } from "../wiring/wake-lock.js"
import { Conversation } from "../chat/conversation.js"
import { connectMenuKeys } from "../wiring/menu-keys.js"
import { Removal } from "../chat/removal.js"

const { api: apiAddress, home, siteTitle, version } = document.body.dataset
const api = new Api(apiAddress)
const thread = document.querySelector("chat-thread")
const conversation = new Conversation(api, thread)

/** What the parts of the page are connected by. */
const page = {
  api,
  home,
  siteTitle,
  version,
  thread,
  conversation,
  branches: new Branches(api, conversation, thread),
  chat: document.querySelector(".chat"),
  composer: document.querySelector("chat-composer"),
  picker: document.querySelector("model-picker"),
  params: document.querySelector("params-panel"),
  presets: document.querySelector("preset-picker"),
  sidebar: document.querySelector("chat-sidebar"),
  list: document.querySelector("chat-list"),
  selection: document.querySelector("chat-selection"),
  removal: new Removal(api),
  menu: document.querySelector("message-menu"),
  latest: document.querySelector("latest-button"),
  status: document.querySelector("chat-status"),
  toast: document.querySelector("chat-toast"),
}

connectMenuKeys()
connectSidebar(page)
connectTitles(page)
connectRemoval(page)
connectHearing(page)
connectThread(page)
connectReading(page)
connectPicker(page)
connectActing(page)
connectCopying(page)
connectParams(page)
connectComposer(page)
connectLive(page)
connectOffline(page)
connectNotifying(page)
connectWakeLock(page)
connectPhone()
connectSettings(page)
const dialogs = { openSearch: connectSearch(page), openSettings: connectSettingsDialog(page) }
connectShortcuts({ ...page, ...dialogs })
connectCompletion({ ...page, ...dialogs })
