/** Return why there can be no notifications: "insecure", "blocked", or empty where there can. */
export function notificationProblem() {
  if (!isSecureContext || !("Notification" in window)) {
    return "insecure"
  }
  return Notification.permission === "denied" ? "blocked" : ""
}

/** Ask the person, where the browser lets us ask. Resolve to what is in the way then. */
export async function askForNotifications() {
  return notificationProblem() || ((await Notification.requestPermission()) === "granted" ? "" : "blocked")
}
