import { pause, pauseAfter } from "../lib/backoff.js"
import { isFailure } from "../lib/problem.js"

const ENDS = new Set(["finish", "error"])

/**
 * Yield the events of one turn until its end, over as many connections as that takes.
 *
 * A connection that breaks before `start` throws: nobody knows yet whether there is a turn. After it the turn runs on
 * the server, so reading goes on behind the last event that was seen.
 *
 * @param {import("../lib/api.js").Api} api
 * @param {{question?: object, messageId?: string, seq?: number}} what a question to ask, or an answer to read on
 * @param {(lost: boolean) => void} onLost told when the connection breaks, and when it is back
 */
export async function* turnEvents(api, { question, messageId, seq = 0 }, onLost) {
  for (let failures = 0; ; ) {
    try {
      const events = messageId ? api.follow(messageId, seq) : api.ask(question)
      for await (const event of events) {
        if (failures) {
          onLost(false)
        }
        failures = 0
        messageId ??= event.message_id
        seq = resumeAt(event, seq)
        yield event
        if (ENDS.has(event.type)) {
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
    await pause(pauseAfter(failures))
  }
}

/** Several blocks may have the number of the same newest content; showing a block twice is harmless, missing it is not. */
function resumeAt(event, seq) {
  return event.type === "html" ? event.seq - 1 : (event.seq ?? seq)
}

/** Whether asking again is in vain: a refusal that will not pass, or a bug. */
function isFinal(error) {
  return !isFailure(error) || error.passes === false
}
