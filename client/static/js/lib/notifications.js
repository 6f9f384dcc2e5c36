/** Return why notifications are unavailable: "insecure", "blocked", or "" if they are available. */
export function notificationProblem() {
  if (!isSecureContext || !("Notification" in window)) {
    return "insecure"
  }
  return Notification.permission === "denied" ? "blocked" : ""
}

/** Ask for permission where the browser allows that. Return the problem that remains. */
export async function requestNotifications() {
  return notificationProblem() || ((await Notification.requestPermission()) === "granted" ? "" : "blocked")
}
