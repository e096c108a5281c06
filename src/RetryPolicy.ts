import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type { FailedAttempt } from "./Attempt.js"
import * as Backoff from "./Backoff.js"
import { shouldRetry } from "./RetryAfter.js"
import { invalidSchedule } from "./internal/invalidSchedule.js"
import { isDuration } from "./internal/isDuration.js"
import type { RetryPolicy } from "./internal/call/retryRule.js"

export { type Explanation, explain, type Outcome, type Row } from "./internal/call/explain.js"
export type { RetryPolicy, Rule } from "./internal/call/retryRule.js"

/** The longest delay of a timer, in milliseconds (24 days): a 32-bit signed integer. */
const maxTimerDelay = 2_147_483_647

/**
 * Makes a policy of one rule.
 *
 * - `schedule`: the waits between attempts. No retry follows after it ends.
 * - `retries`: the predicate of the failures that are retried.
 * - `maxWait`: the longest wait that is accepted, the schedule's own included. Default: 1 minute. At most 24 days.
 * - `rejected`: the predicate of the responses by which this API reports that it did not act on the request, beyond those that
 *   HTTP defines. Default: none.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { Backoff, RetryPolicy } from "effect-herald"
 *
 * const policy = RetryPolicy.make({
 *   schedule: Backoff.linear({ start: "1 second", cap: "5 seconds" }).pipe(Schedule.intersect(Backoff.attempts(6))),
 *   retries: RetryPolicy.onStatus(429, 503),
 *   maxWait: "30 seconds"
 * })
 * ```
 */
export const make = (options: {
  readonly schedule: Schedule.Schedule<unknown, FailedAttempt>
  readonly retries: Predicate.Predicate<FailedAttempt>
  readonly maxWait?: Duration.DurationInput | undefined
  readonly rejected?: Predicate.Predicate<FailedAttempt> | undefined
}): RetryPolicy => {
  const { maxWait = "1 minute", rejected = () => false, retries, schedule } = options
  return {
    rules: [
      isDuration(maxWait)
        ? { schedule, retries, maxWait: Duration.min(maxWait, Duration.millis(maxTimerDelay)), rejected }
        : {
            schedule: invalidSchedule("has a longest wait that is not a duration", undefined),
            retries,
            maxWait: Duration.zero,
            rejected
          }
    ]
  }
}

/**
 * Combines two policies: the second decides about the failures that the first does not retry. Each rule has the state of its
 * own schedule during a call. `Backoff.attempts` and `Backoff.elapsed` apply to the call as a whole.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { Backoff, RetryPolicy } from "effect-herald"
 *
 * const whileStarting = RetryPolicy.make({
 *   schedule: Schedule.spaced("100 millis").pipe(Schedule.intersect(Backoff.attempts(20))),
 *   retries: RetryPolicy.onTransportFailure
 * })
 *
 * const policy = RetryPolicy.orElse(whileStarting, RetryPolicy.standard)
 * ```
 */
export const orElse: {
  (that: RetryPolicy): (self: RetryPolicy) => RetryPolicy
  (self: RetryPolicy, that: RetryPolicy): RetryPolicy
} = dual(2, (self: RetryPolicy, that: RetryPolicy): RetryPolicy => ({
  rules: [...self.rules, ...that.rules]
}))

/** Matches responses with one of these statuses. */
export const onStatus =
  (...statuses: ReadonlyArray<number>): Predicate.Predicate<FailedAttempt> =>
  ({ status }) =>
    status !== undefined && statuses.includes(status)

/** Matches requests with one of these methods. */
export const onMethod =
  (...methods: ReadonlyArray<HttpMethod>): Predicate.Predicate<FailedAttempt> =>
  ({ method }) =>
    methods.includes(method)

/**
 * Matches attempts without a response: no connection, a broken connection, or a timeout. Does not match credentials that could
 * not be obtained.
 */
export const onTransportFailure: Predicate.Predicate<FailedAttempt> = (failed) =>
  failed.status === undefined && failed.class !== "Final"

/** Matches responses that say how long to wait: `Retry-After`, or a header of a rate limit that is used up. */
export const onRetryAfter: Predicate.Predicate<FailedAttempt> = ({ retryAfter }) => retryAfter !== undefined

/**
 * Matches responses by which the server says that the request should be sent again: `X-Should-Retry: true` (OpenAI, Anthropic) or
 * `Stripe-Should-Retry: true`.
 */
export const onShouldRetry: Predicate.Predicate<FailedAttempt> = ({ headers }) =>
  headers !== undefined && shouldRetry(headers) === true

/** A policy without retries. */
export const none: RetryPolicy = make({ schedule: Schedule.stop, retries: () => false })

/**
 * The default policy: at most four attempts. Retries transport failures, and 408, 429, 502, 503 and 504, which are usually
 * temporary, and responses that ask for a retry (`X-Should-Retry`). The waits have full jitter, up to 0.5, 1 and 2 seconds, so that
 * clients that failed together do not retry together.
 */
export const standard: RetryPolicy = make({
  schedule: Schedule.intersect(Backoff.exponential({ start: "500 millis", jitter: "full" }), Backoff.attempts(4)),
  retries: Predicate.some([onTransportFailure, onStatus(408, 429, 502, 503, 504), onShouldRetry])
})

/** A policy made by `exponential`, with its longest waits. */
export interface ExponentialPolicy extends RetryPolicy {
  /** The wait that would follow the last attempt: `start * factor ** attempts`. */
  readonly nextWait: Duration.Duration
  /** The sum of all waits, `nextWait` included. */
  readonly total: Duration.Duration
}

/**
 * Makes a policy whose waits grow by a factor, without jitter. It retries transport failures, every status above 407, and responses
 * that ask for a retry (`X-Should-Retry`).
 *
 * - `start`: the first wait. Default: 0.5 seconds.
 * - `factor`: the factor from each wait to the next. Default: 1.5.
 * - `attempts`: the number of attempts after the first. Default: 10.
 * - `timeout`: the longest wait that is accepted, the schedule's own included. Default: `total`.
 *
 * The defaults and the retried statuses are those of musify's request handler.
 *
 * @example
 * ```ts
 * import { Duration } from "effect"
 * import { RetryPolicy } from "effect-herald"
 *
 * const policy = RetryPolicy.exponential({ start: "1 second", factor: 2, attempts: 6 })
 * const total = Duration.format(policy.total) // => "2m 7s"
 * ```
 */
export const exponential = (
  options: {
    readonly start?: Duration.DurationInput | undefined
    readonly factor?: number | undefined
    readonly attempts?: number | undefined
    readonly timeout?: Duration.DurationInput | undefined
  } = {}
): ExponentialPolicy => {
  const { attempts = 10, factor = 1.5, start = "500 millis" } = options
  const first = isDuration(start) ? start : Duration.zero
  // In closed form, since `attempts` may be Infinity. A factor of 1 is apart: 1 ** Infinity is NaN.
  const nextWait = Duration.times(first, factor === 1 ? 1 : factor ** attempts)
  const total = Duration.times(first, factor === 1 ? attempts + 1 : (factor ** (attempts + 1) - 1) / (factor - 1))
  const policy = make({
    schedule: Schedule.intersect(Backoff.exponential({ start, factor }), Backoff.attempts(attempts + 1)),
    retries: (failed) => failed.status === undefined || failed.status > 407 || onShouldRetry(failed),
    maxWait: options.timeout ?? total
  })
  return { ...policy, nextWait, total }
}

/**
 * The policy of a program or of a single call. Provide it as a service. Default: the policy of the API's layer, or else
 * `standard`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, RetryPolicy, Verbs } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 * const { get } = Verbs.make(Weather)
 *
 * const once = get("/forecast/Oslo").pipe(Effect.provideService(RetryPolicy.Current, RetryPolicy.none))
 * ```
 */
export class Current extends Context.Reference<Current>()("effect-herald/RetryPolicy/Current", {
  defaultValue: (): RetryPolicy | undefined => undefined
}) {}
