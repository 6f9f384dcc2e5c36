/**
 * Return the first element that matches, which the page's HTML must have.
 * Throws: Error that names the selector, if nothing matches.
 * @template {string} S
 * @param {ParentNode} root
 * @param {S} selector
 */
export function query(root, selector) {
  const found = root.querySelector(selector)
  if (!found) {
    throw new Error(`no ${selector}`)
  }
  return found
}

/**
 * Return a copy of the one element in `<template id="template-NAME">`.
 * @template {keyof Templates} N
 * @param {N} name
 */
export function cloneTemplate(name) {
  const { content } = query(document, /** @type {"template"} */ (`#template-${name}`))
  return /** @type {Templates[N]} */ (document.importNode(content, true).firstElementChild)
}

/**
 * Listen for several types of events. Doing so again with the same object changes nothing.
 * @overload
 * @param {Conversation} target
 * @param {ConversationHandlers} handlers by event type
 * @returns {void}
 */
/**
 * @overload
 * @param {EventTarget} target
 * @param {PageHandlers} handlers
 * @returns {void}
 */
/**
 * @param {EventTarget} target
 * @param {object} handlers
 */
export function listen(target, handlers) {
  for (const [type, handler] of Object.entries(handlers)) {
    target.addEventListener(type, handler)
  }
}

/**
 * Stop listening.
 * @param {EventTarget} target
 * @param {object} handlers the same object
 */
export function unlisten(target, handlers) {
  for (const [type, handler] of Object.entries(handlers)) {
    target.removeEventListener(type, handler)
  }
}

/**
 * Fire one of the page's own events; it bubbles.
 * @template {keyof CustomEvents} K
 * @param {EventTarget} target
 * @param {K} type
 * @param {CustomEvents[K]} [detail]
 */
export function fire(target, type, detail) {
  target.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }))
}
