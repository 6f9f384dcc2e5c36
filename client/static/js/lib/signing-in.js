/** The session has ended: the server leads who asks for this page to the login, and from there back to it. */
export function signIn() {
  location.reload()
}
