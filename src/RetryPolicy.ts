import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import type * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type { FailedAttempt } from "./Attempt.js"

/**
 * What to repeat, and when. A policy chooses among what may be repeated at all: it can't make the engine repeat a call that
 * may have been carried out already and is not safe to repeat, nor wait less than the server asked for.
 *
 * @example
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { RetryPolicy } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const patient = RetryPolicy.make({
 *   schedule: Schedule.spaced("1 second").pipe(Schedule.intersect(Schedule.recurs(10))),
 *   repeats: (attempt) => attempt.status === 503
 * })
 *
 * const signups = Polympics.checkSignups.pipe(Effect.provideService(RetryPolicy.Current, patient))
 * ```
 */
export interface RetryPolicy {
  /** When, by the attempts that failed; its end is the last attempt. */
  readonly schedule: Schedule.Schedule<unknown, FailedAttempt>
  /** What. */
  readonly repeats: Predicate.Predicate<FailedAttempt>
  /** The longest wait that the caller would sit through; a server that asks for more ends the call with `RateLimited`. */
  readonly maxWait: Duration.Duration
}

/** A policy. `maxWait` is a minute unless said otherwise. */
export const make = (options: {
  readonly schedule: Schedule.Schedule<unknown, FailedAttempt>
  readonly repeats: Predicate.Predicate<FailedAttempt>
  readonly maxWait?: Duration.DurationInput | undefined
}): RetryPolicy => ({
  schedule: options.schedule,
  repeats: options.repeats,
  maxWait: Duration.decode(options.maxWait ?? "1 minute")
})

/** Repeats nothing. */
export const none: RetryPolicy = /*#__PURE__*/ make({ schedule: Schedule.stop, repeats: () => false })

/** Statuses that pass: too many requests, and a gateway or server that is not there just now. */
const passing = [429, 502, 503, 504]

/**
 * The default: four attempts in all, after connection failures, 429, 502, 503 and 504. The waits have full jitter, up to
 * half a second, one and two, so that callers who failed together do not come back together.
 */
export const standard: RetryPolicy = /*#__PURE__*/ make({
  schedule: /*#__PURE__*/ Schedule.exponential("500 millis").pipe(
    /*#__PURE__*/ Schedule.jitteredWith({ min: 0, max: 1 }),
    /*#__PURE__*/ Schedule.intersect(/*#__PURE__*/ Schedule.recurs(3))
  ),
  repeats: ({ status }) => status === undefined || passing.includes(status)
})

/**
 * The policy for the calls of a program: provide it, as a service, for a call or for many. Not set, the API's own default
 * holds, or `standard`.
 */
export class Current
  extends /*#__PURE__*/ Context.Reference<Current>()("effect-herald/RetryPolicy/Current", {
    defaultValue: (): RetryPolicy | undefined => undefined
  }) {}
