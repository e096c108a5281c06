import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Attempt, FailedAttempt } from "../../Attempt.js"
import type { CallInfo } from "./CallInfo.js"

/** Runs after each failed attempt, when its verdict is known and before the wait, if there is one. */
export type Listener = (attempt: Attempt) => Effect.Effect<void>

/** The failed attempts of a call. Retry and deadline record them; errors, tracing and metrics read them. */
export interface AttemptLog {
  readonly attempts: () => ReadonlyArray<Attempt>
  /** Adds an attempt, without the headers of its response. */
  readonly record: (attempt: Attempt & Pick<FailedAttempt, "headers">) => Effect.Effect<void>
  readonly listen: (listener: Listener) => void
}

export const make = (): AttemptLog => {
  let attempts: ReadonlyArray<Attempt> = []
  let listeners: ReadonlyArray<Listener> = []
  return {
    attempts: () => attempts,
    record: ({ headers: _, ...attempt }) => {
      attempts = [...attempts, attempt]
      return Effect.forEach(listeners, (listener) => listener(attempt), { discard: true })
    },
    listen: (listener) => {
      listeners = [...listeners, listener]
    }
  }
}

/** Makes the record of the attempt that has just failed. */
export const failedAttempt = (
  { clock, endpoint, startedAt }: CallInfo,
  log: AttemptLog,
  {
    class: failureClass,
    headers,
    reason,
    retryAfter,
    status
  }: Pick<FailedAttempt, "class" | "reason" | "status" | "retryAfter" | "headers">
): FailedAttempt => ({
  number: log.attempts().length + 1,
  method: endpoint.method,
  class: failureClass,
  idempotent: endpoint.idempotent,
  status,
  retryAfter,
  headers,
  reason,
  elapsed: Duration.millis(clock.unsafeCurrentTimeMillis() - startedAt)
})
