import type * as Duration from "effect/Duration"
import type * as Predicate from "effect/Predicate"
import type * as Schedule from "effect/Schedule"
import type { FailedAttempt } from "../../Attempt.js"

/** A rule of a retry policy: the failures that it retries, and the waits before the retries. */
export interface Rule {
  /** Defines the waits, from the attempts that failed. No retry follows after the schedule ends. */
  readonly schedule: Schedule.Schedule<unknown, FailedAttempt>
  /** Selects the failures that the rule retries. */
  readonly retries: Predicate.Predicate<FailedAttempt>
  /** The longest wait that is accepted. If the server asks for a longer one, the call fails with `RateLimited`. */
  readonly maxWait: Duration.Duration
  /**
   * Selects the responses by which this API reports that it did not act on the request, beyond those that HTTP defines. They
   * are classified as `Rejected`.
   */
  readonly rejected: Predicate.Predicate<FailedAttempt>
}

/**
 * A list of rules. The first rule whose `retries` matches a failure decides about it. A policy can narrow what is retried but
 * not widen it: a call that is not idempotent is never retried after an `Ambiguous` failure, and no wait is shorter than the
 * server asked for. The exception is `rejected`, which changes the class of a failure.
 *
 * @example
 * ```ts
 * import { Effect, Predicate, Schedule } from "effect"
 * import { Authoriser, Backoff, RetryPolicy, Verbs } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 * const { get } = Verbs.make(Weather)
 *
 * const patient = RetryPolicy.make({
 *   schedule: Backoff.exponential({ start: "1 second", cap: "20 seconds", jitter: "equal" }).pipe(
 *     Schedule.intersect(Backoff.attempts(10))
 *   ),
 *   retries: Predicate.or(RetryPolicy.onTransportFailure, RetryPolicy.onStatus(429, 503))
 * })
 *
 * const forecast = get("/forecast/Oslo").pipe(Effect.provideService(RetryPolicy.Current, patient))
 * ```
 */
export interface RetryPolicy {
  readonly rules: ReadonlyArray<Rule>
}
