/** Return a fresh copy of the one element in a `<template>` of the page. */
export function fromTemplate(name) {
  const template = document.getElementById(`template-${name}`)
  return document.importNode(template.content, true).firstElementChild
}
