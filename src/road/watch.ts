import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Attempt, FailedAttempt } from "../Attempt.js"
import type { Call } from "./errors.js"

/** A call that others watch while it is under way. */
export interface Watched extends Call {
  /** Told of each attempt that failed as soon as it is known what becomes of it: before the wait, if there is one. */
  readonly watchers: Array<(attempt: Attempt) => Effect.Effect<void>>
}

/** The attempt of a call that has just failed, by what happened to it. */
export const failedAttempt = (
  { attempts, begun, clock, route }: Call,
  what: Pick<FailedAttempt, "class" | "reason" | "status" | "retryAfter">
): FailedAttempt => ({
  number: attempts.length + 1,
  method: route.method,
  class: what.class,
  idempotent: route.idempotent,
  status: what.status,
  retryAfter: what.retryAfter,
  reason: what.reason,
  elapsed: Duration.millis(clock.unsafeCurrentTimeMillis() - begun)
})

/** What an attempt that is ended where it stands leaves open. */
export const leftOpen = ({ underWay }: Call): FailedAttempt["class"] =>
  underWay?.sent === true ? "Ambiguous" : "NotSent"

/** Keeps an attempt that failed, and tells of it. */
export const note = ({ attempts, watchers }: Watched, attempt: Attempt): Effect.Effect<void> => {
  attempts.push(attempt)
  return Effect.forEach(watchers, (watcher) => watcher(attempt), { discard: true })
}
