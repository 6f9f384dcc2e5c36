import { backoffMs, waitOrOnline } from "../lib/backoff.js"
import { isFailure, Problem } from "../lib/problem.js"

/**
 * Yield the events of one turn until its end, over as many connections as that takes.
 *
 * A connection that breaks before `start` throws: the turn may not exist. After `start` the turn runs on the server, so
 * reading resumes after the last event received.
 *
 * @param {Pick<import("../lib/api.js").Api, "startTurn" | "followTurn">} api
 * @param {TurnSource} source a request to send, or an answer to follow
 * @param {(lost: boolean) => void} onLost called when the connection breaks, and when it is back
 * @typedef {{request: TurnRequest} | {messageId: string, seq: number}} TurnSource
 */
export async function* turnEvents(api, source, onLost) {
  let { messageId, seq } = "messageId" in source ? source : { messageId: "", seq: 0 }
  for (let failures = 0; ; ) {
    try {
      const events = "request" in source && !messageId ? api.startTurn(source.request) : api.followTurn(messageId, seq)
      for await (const event of events) {
        if (failures) {
          onLost(false)
        }
        failures = 0
        messageId ||= event.type === "start" ? event.message_id : ""
        seq = resumeAt(event, seq)
        yield event
        if (event.type === "finish" || event.type === "error") {
          return
        }
      }
    } catch (error) {
      if (!messageId || isFinal(error)) {
        throw error
      }
    }
    failures += 1
    onLost(true)
    await waitOrOnline(backoffMs(failures))
  }
}

/**
 * Several blocks may share the number of the newest content; showing a block twice is harmless, missing one is not.
 * @param {TurnEvent} event
 * @param {number} seq
 */
function resumeAt(event, seq) {
  return event.type === "html" ? event.seq - 1 : (event.seq ?? seq)
}

/** Return whether a retry is pointless: after a permanent refusal, or a bug. @param {unknown} error */
function isFinal(error) {
  return !isFailure(error) || (error instanceof Problem && !error.isTransient)
}
