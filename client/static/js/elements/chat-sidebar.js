const narrow = matchMedia("not (min-width: 60rem)")

/** What stands beside the conversation: a column on a wide window, a drawer on a narrow one. Orders: toggle(). */
class ChatSidebar extends HTMLElement {
  toggle() {
    if (narrow.matches) {
      this.togglePopover()
    }
  }
}

customElements.define("chat-sidebar", ChatSidebar)
