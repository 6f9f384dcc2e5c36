/**
 * The shapes that cross the page's scripts, for the type checker alone: nothing here reaches a browser.
 * What the server sends is described in docs/api.md.
 */

/** An error as in the API. */
interface ApiError {
  code: string
  message: string
  detail?: string
  retry_after?: number
  id?: string
}

/** The events of a turn, in the order of the grammar; all but `ping` have a `seq`. */
type TurnEvent =
  | { type: "ping"; seq?: undefined }
  | { type: "start"; seq: number; conversation_id: string; message_id: string; user_message_id: string; replay?: boolean }
  | { type: "attempt"; seq: number; provider: string; error: ApiError }
  | { type: "provider"; seq: number; label: string; notices?: string[] }
  | { type: "reasoning"; seq: number; token: string }
  | { type: "html"; seq: number; block: number; html?: string; text?: string }
  | { type: "title"; seq: number; title: string }
  | { type: "usage"; seq: number; reasoning_s?: number }
  | { type: "finish"; seq: number; reason: string }
  | { type: "error"; seq: number; error: ApiError }

/** One of them by its type. */
type Turn<T extends TurnEvent["type"]> = Extract<TurnEvent, { type: T }>

/** What begins a turn. */
interface TurnRequest {
  action: "send" | "regenerate" | "continue"
  conversation_id?: string
  parent_id?: string | null
  model: string
  params?: Params
  message?: { id: string; content: string }
}

interface Model {
  id: string
  label: string
  provider: string
  upstream: string
  available: boolean
  /** why it is not available, or not confirmed */
  reason?: string | null
  /** false: the service's list could not be had, and the model is one that it usually has */
  confirmed?: boolean
  vision?: boolean
  /** in tokens */
  context?: number | null
  /** in US dollars per million tokens */
  price?: { input: number; output: number } | null
  loaded?: boolean | null
  params: Params
}

/** A model as far as the picker needs it. */
type PickedModel = Pick<Model, "id" | "label" | "params">

/** The parameters of a conversation, as far as they are set. */
type Params = {
  temperature?: number
  top_p?: number
  max_tokens?: number
  system?: string
}

interface Preset {
  id: string
  name: string
  params: Params
}

interface ConversationChanges {
  title?: string
  pinned?: boolean
  archived?: boolean
  deleted?: boolean
  model?: string
  params?: Params
  leaf_id?: string
}

/** What changed elsewhere, over the WebSocket. */
type LiveEvent =
  | { type: "hello"; version: string; /** The number of the last event. */ told: number }
  | { type: "conversation"; conversation: { id: string; title: string; model?: string; params: Params } }
  | { type: "emptied" }
  | { type: "deleted"; conversation_id: string }
  | { type: "turn"; conversation_id: string; message_id: string; state: string }
  | { type: "thread"; conversation_id: string }
  | { type: "providers" }

/** An option of a choice-list. */
interface Choice {
  id: string
  group?: string
  disabled?: boolean
  /** Makes the option. */
  row: () => HTMLElement
  /** Runs when it is chosen from the completion menu. */
  run?: () => void
}

type RemovalAct = "delete" | "archive" | "restore"

/** The page's own DOM events: what each has as `detail`. */
interface CustomEvents {
  "chat:send": string
  "chat:stop": void
  "chat:edit-last": void
  "queue:add": void
  "queue:edit": string
  "queue:remove": string
  "editor:save": string
  "editor:cancel": string
  "list:changed": void
  "list:older": void
  "conversation:act": { act: string; id: string }
  "conversation:close": void
  "conversation:title": { id: string; title: string }
  "conversation:settings": { model?: string; params: Params }
  "selection:act": { act: RemovalAct; ids: string[] }
  "picker:pick": Model
  "picker:change": PickedModel
  "params:change": Params
  "params:shown": Params
  "preset:apply": Pick<Preset, "params">
  "settings:change": { name: string; value: string }
  "sidebar:change": string
  "choice:active": Choice | undefined
  "choice:pick": Choice
  "choice:aside": Choice
}

/** What a message's buttons and its menu ask for; `detail` is the button. */
type MessageAction =
  | "more"
  | "regenerate"
  | "other-model"
  | "continue"
  | "edit"
  | "delete"
  | "fork"
  | "info"
  | "copy"
  | "copy-code"
  | "copy-table"
  | "copy-details"

/** The events of Conversation: those of its turns, and its own. */
type ConversationEvents = { [E in TurnEvent as E["type"]]: E } & {
  running: boolean
  lost: boolean
  refused: { text: string; error: unknown }
  loaded: Document
  gone: void
}

/** Events are listened for on elements: what the browser reports as their target is one. */
type On<E extends Event, T extends HTMLElement = HTMLElement> = E & { target: T }

type PageHandlers = {
  [K in keyof WindowEventMap]?: (event: On<WindowEventMap[K]>) => void
} & {
  [K in keyof CustomEvents]?: (event: On<CustomEvent<CustomEvents[K]>>) => void
} & {
  [A in MessageAction as `message:${A}`]?: (event: On<CustomEvent<HTMLElement>, ChatMessage>) => void
} & {
  "message:save"?: (event: On<CustomEvent<string>, ChatMessage>) => void
  selectionchange?: (event: Event) => void
  visibilitychange?: (event: Event) => void
}

type ConversationHandlers = {
  [K in keyof ConversationEvents]?: (event: CustomEvent<ConversationEvents[K]>) => void
}

/** What the page's parts are connected by. */
interface Page {
  api: import("./static/js/lib/api.js").Api
  home: string
  siteTitle: string
  version: string
  thread: ChatThread
  conversation: Conversation
  branches: import("./static/js/chat/branches.js").Branches
  removal: import("./static/js/chat/conversation-removal.js").Removal
  chat: HTMLElement
  composer: ChatComposer
  picker: ModelPicker
  params: ParamsPanel
  presets: PresetPicker
  sidebar: ChatSidebar
  list: ChatList
  selection: ChatSelection
  menu: MessageMenu
  latest: LatestButton
  status: ChatStatus
  toast: ChatToast
  openSearch: () => void
  openSettings: () => void
}

type Conversation = import("./static/js/chat/conversation.js").Conversation
type ChatComposer = import("./static/js/elements/chat-composer.js").ChatComposer
type ChatList = import("./static/js/elements/chat-list.js").ChatList
type ChatLog = import("./static/js/elements/screen-reader.js").ChatLog
type ChatMessage = import("./static/js/elements/chat-message.js").ChatMessage
type ChatSelection = import("./static/js/elements/chat-selection.js").ChatSelection
type ChatSidebar = import("./static/js/elements/chat-sidebar.js").ChatSidebar
type ChatStatus = import("./static/js/elements/screen-reader.js").ChatStatus
type ChatThread = import("./static/js/elements/chat-thread.js").ChatThread
type ChatToast = import("./static/js/elements/chat-toast.js").ChatToast
type ChoiceList = import("./static/js/elements/choice-list.js").ChoiceList
type CompletionMenu = import("./static/js/elements/completion-menu.js").CompletionMenu
type LatestButton = import("./static/js/elements/latest-button.js").LatestButton
type MessageEditor = import("./static/js/elements/message-editor.js").MessageEditor
type MessageMenu = import("./static/js/elements/message-menu.js").MessageMenu
type ModelPicker = import("./static/js/elements/model-picker.js").ModelPicker
type ParamsPanel = import("./static/js/elements/params-panel.js").ParamsPanel
type PresetPicker = import("./static/js/elements/preset-picker.js").PresetPicker
type QueuedMessage = import("./static/js/elements/queued-message.js").QueuedMessage
type SearchDialog = import("./static/js/elements/search-dialog.js").SearchDialog
type SettingsDialog = import("./static/js/elements/settings-dialog.js").SettingsDialog
type SettingsForm = import("./static/js/elements/settings-form.js").SettingsForm
type ShortcutSheet = import("./static/js/elements/shortcut-sheet.js").ShortcutSheet

interface HTMLElementTagNameMap {
  "chat-composer": ChatComposer
  "chat-list": ChatList
  "chat-log": ChatLog
  "chat-message": ChatMessage
  "chat-selection": ChatSelection
  "chat-sidebar": ChatSidebar
  "chat-status": ChatStatus
  "chat-thread": ChatThread
  "chat-toast": ChatToast
  "choice-list": ChoiceList
  "completion-menu": CompletionMenu
  "latest-button": LatestButton
  "message-editor": MessageEditor
  "message-menu": MessageMenu
  "model-picker": ModelPicker
  "params-panel": ParamsPanel
  "preset-picker": PresetPicker
  "queued-message": QueuedMessage
  "search-dialog": SearchDialog
  "settings-dialog": SettingsDialog
  "settings-form": SettingsForm
  "shortcut-sheet": ShortcutSheet
}

/** The one element of each `<template id="template-NAME">`. */
interface Templates {
  question: ChatMessage
  answer: ChatMessage
  "failed-route": HTMLElement
  notice: HTMLElement
  error: HTMLElement
  stopped: HTMLElement
  length: HTMLElement
  "edit-question": MessageEditor
  "edit-answer": MessageEditor
  "table-box": HTMLElement
  "copy-code": HTMLElement
  choices: HTMLElement
  choice: HTMLElement
  model: HTMLElement
  rename: HTMLInputElement
}

/** What a selector finds: by the tag that it ends with, and else an element of HTML. (Icons are all that is SVG.) */
type Found<S extends string> = S extends keyof HTMLElementTagNameMap
  ? HTMLElementTagNameMap[S]
  : S extends `${string},${string}`
    ? HTMLElement
    : S extends `${string} > ${infer Rest}`
      ? Found<Rest>
      : S extends `${infer Tag extends keyof HTMLElementTagNameMap}[${string}`
        ? HTMLElementTagNameMap[Tag]
        : HTMLElement

interface ParentNode {
  querySelector<S extends string>(selector: S): Found<S> | null
  querySelectorAll<S extends string>(selector: S): NodeListOf<Found<S>>
}

interface Element {
  closest<S extends string>(selector: S): Found<S> | null
}
