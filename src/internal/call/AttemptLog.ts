import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Attempt, FailedAttempt } from "../../Attempt.js"
import type { Step } from "../../Timing.js"
import type { CallInfo } from "./CallInfo.js"

/** Runs after each failed attempt, when its verdict is known and before the wait, if there is one. */
export type Listener = (attempt: Attempt) => Effect.Effect<void>

/** Runs when a step begins. */
export type StepListener = (step: Step) => void

/**
 * The steps and the failed attempts of a call. Admission, attempt, retry and deadline record them; errors, tracing and metrics read
 * them.
 */
export interface AttemptLog {
  /** The failed attempts so far. */
  readonly attempts: () => ReadonlyArray<Attempt>
  /** The number of failed attempts so far. */
  readonly count: () => number
  /** Adds an attempt, without the headers of its response, that failed at this time, in milliseconds since the epoch. */
  readonly record: (attempt: Attempt & Pick<FailedAttempt, "headers">, at: number) => Effect.Effect<void>
  readonly listen: (listener: Listener) => void
  /** The steps so far. */
  readonly steps: () => ReadonlyArray<Step>
  readonly add: (step: Step) => void
  /** Sets the listener to steps, of which there is one: tracing. */
  readonly listenToSteps: (listener: StepListener) => void
}

export const make = (): AttemptLog => {
  const attempts: Array<Attempt> = []
  let listeners: ReadonlyArray<Listener> = []
  let stepListener: StepListener | undefined
  const steps: Array<Step> = []
  const add = (step: Step) => {
    steps.push(step)
    stepListener?.(step)
  }
  return {
    attempts: () => [...attempts],
    count: () => attempts.length,
    record: ({ headers: _, ...attempt }, at) => {
      attempts.push(attempt)
      add({ _tag: "AttemptFailed", at, number: attempt.number })
      return Effect.forEach(listeners, (listener) => listener(attempt), { discard: true })
    },
    listen: (listener) => {
      listeners = [...listeners, listener]
    },
    steps: () => [...steps],
    add,
    listenToSteps: (listener) => {
      stepListener = listener
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
  number: log.count() + 1,
  method: endpoint.method,
  class: failureClass,
  idempotent: endpoint.idempotent,
  status,
  retryAfter,
  headers,
  reason,
  elapsed: Duration.millis(clock.unsafeCurrentTimeMillis() - startedAt)
})
