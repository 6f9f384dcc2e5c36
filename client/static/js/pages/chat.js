import "../elements/chat-composer.js"
import "../elements/chat-list.js"
import "../elements/chat-message.js"
import "../elements/chat-selection.js"
import "../elements/chat-sidebar.js"
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
import "../elements/screen-reader.js"
import "../elements/search-dialog.js"
import "../elements/settings-dialog.js"
import "../elements/settings-form.js"
import "../elements/shortcut-sheet.js"

import { Branches } from "../chat/branches.js"
import { Conversation } from "../chat/conversation.js"
import { Removal } from "../chat/conversation-removal.js"
import { Api } from "../lib/api.js"
import { query } from "../lib/dom.js"
import { connectCompletion } from "../wiring/completion.js"
import { connectComposer } from "../wiring/composer.js"
import { connectCopiedSelection } from "../wiring/copied-selection.js"
import { connectCopyButtons } from "../wiring/copy-buttons.js"
import { connectLive } from "../wiring/live.js"
import { connectMenuKeys } from "../wiring/menu-keys.js"
import { connectMessageActions } from "../wiring/message-actions.js"
import { connectModelPicker } from "../wiring/model-picker.js"
import { connectNotifications } from "../wiring/notifications.js"
import { connectOffline } from "../wiring/offline.js"
import { connectOnScreenKeyboard } from "../wiring/on-screen-keyboard.js"
import { connectParams } from "../wiring/params.js"
import { connectRemoval } from "../wiring/conversation-removal.js"
import { connectSearch } from "../wiring/search.js"
import { connectSettings, connectSettingsDialog } from "../wiring/settings.js"
import { connectShortcuts } from "../wiring/shortcuts.js"
import { connectSidebar } from "../wiring/sidebar.js"
import { connectSpeech } from "../wiring/speech.js"
import { connectThread } from "../wiring/thread.js"
import { connectTitles } from "../wiring/titles.js"
import { connectVersions } from "../wiring/versions.js"
import { connectWakeLock } from "../wiring/wake-lock.js"

const { api: apiAddress = "", home = "", siteTitle = "", version = "" } = document.body.dataset
const api = new Api(apiAddress)
const thread = query(document, "chat-thread")
const conversation = new Conversation(api, thread)

/** The parts of the page. */
const parts = {
  api,
  home,
  siteTitle,
  version,
  thread,
  conversation,
  branches: new Branches(api, conversation, thread),
  removal: new Removal(api),
  chat: query(document, ".chat"),
  composer: query(document, "chat-composer"),
  picker: query(document, "model-picker"),
  params: query(document, "params-panel"),
  presets: query(document, "preset-picker"),
  sidebar: query(document, "chat-sidebar"),
  list: query(document, "chat-list"),
  selection: query(document, "chat-selection"),
  menu: query(document, "message-menu"),
  latest: query(document, "latest-button"),
  status: query(document, "chat-status"),
  toast: query(document, "chat-toast"),
}
/** @type {Page} */
const page = { ...parts, openSearch: connectSearch(parts), openSettings: connectSettingsDialog(parts) }

connectMenuKeys()
connectSidebar(page)
connectTitles(page)
connectRemoval(page)
connectSpeech(page)
connectThread(page)
connectVersions(page)
connectModelPicker(page)
connectMessageActions(page)
connectCopyButtons(page)
connectCopiedSelection(page)
connectParams(page)
connectComposer(page)
connectLive(page)
connectOffline(page)
connectNotifications(page)
connectWakeLock(page)
connectOnScreenKeyboard()
connectSettings(page)
connectShortcuts(page)
connectCompletion(page)
