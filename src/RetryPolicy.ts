import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type { FailedAttempt } from "./Attempt.js"
import * as Backoff from "./Backoff.js"

export { type Explanation, explain, type Occurrence, type Row } from "./road/explain.js"

/** What to repeat, when, and how long a wait may be. */
export interface Rule {
  /** When, by the attempts that failed; its end is the last attempt. */
  readonly schedule: Schedule.Schedule<unknown, FailedAttempt>
  /** What. */
  readonly repeats: Predicate.Predicate<FailedAttempt>
  /** The longest wait that the caller would sit through; a server that asks for more ends the call with `RateLimited`. */
  readonly maxWait: Duration.Duration
  /** What, by this API's word, is a refusal that did nothing and passes, though its status alone does not say so. */
  readonly rejected: Predicate.Predicate<FailedAttempt>
}

/**
 * What to repeat, and when: rules, of which the first that repeats what happened decides. A policy chooses among what may be
 * repeated at all: it can't make the engine repeat a call that may have been carried out already and is not safe to repeat,
 * nor wait less than the server asked for.
 *
 * @example
 * ```ts
 * import { Effect, Predicate, Schedule } from "effect"
 * import { Backoff, RetryPolicy } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const patient = RetryPolicy.make({
 *   schedule: Backoff.exponential({ start: "1 second", cap: "20 seconds", jitter: "equal" }).pipe(
 *     Schedule.intersect(Backoff.attempts(10))
 *   ),
 *   repeats: Predicate.or(RetryPolicy.onTransportFailure, RetryPolicy.onStatus(429, 503))
 * })
 *
 * const signups = Polympics.checkSignups.pipe(Effect.provideService(RetryPolicy.Current, patient))
 * ```
 */
export interface RetryPolicy {
  readonly rules: ReadonlyArray<Rule>
}

/** No wait can be longer, in milliseconds: timers hold no more (24 days). */
const longestTimer = 2_147_483_647

/**
 * A policy of one rule. `maxWait` is a minute unless said otherwise, and 24 days at most; `rejected` is for an API that
 * documents more refusals than HTTP does.
 */
export const make = (options: {
  readonly schedule: Schedule.Schedule<unknown, FailedAttempt>
  readonly repeats: Predicate.Predicate<FailedAttempt>
  readonly maxWait?: Duration.DurationInput | undefined
  readonly rejected?: Predicate.Predicate<FailedAttempt> | undefined
}): RetryPolicy => ({
  rules: [
    {
      schedule: options.schedule,
      repeats: options.repeats,
      maxWait: Duration.min(options.maxWait ?? "1 minute", Duration.millis(longestTimer)),
      rejected: options.rejected ?? (() => false)
    }
  ]
})

/**
 * One policy, and where it does not repeat what happened, another. Each keeps its own place in its schedule during a call;
 * `Backoff.attempts` and `Backoff.elapsed` count for the call as a whole.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { Backoff, RetryPolicy } from "effect-herald"
 *
 * const startingUp = RetryPolicy.make({
 *   schedule: Schedule.spaced("100 millis").pipe(Schedule.intersect(Backoff.attempts(20))),
 *   repeats: RetryPolicy.onTransportFailure
 * })
 *
 * const policy = RetryPolicy.orElse(startingUp, RetryPolicy.standard)
 * ```
 */
export const orElse: {
  (that: RetryPolicy): (self: RetryPolicy) => RetryPolicy
  (self: RetryPolicy, that: RetryPolicy): RetryPolicy
} = /*#__PURE__*/ dual(2, (self: RetryPolicy, that: RetryPolicy): RetryPolicy => ({
  rules: [...self.rules, ...that.rules]
}))

/** An answer of one of these statuses. */
export const onStatus =
  (...statuses: ReadonlyArray<number>): Predicate.Predicate<FailedAttempt> =>
  ({ status }) =>
    status !== undefined && statuses.includes(status)

/** A request of one of these methods. */
export const onMethod =
  (...methods: ReadonlyArray<HttpMethod>): Predicate.Predicate<FailedAttempt> =>
  ({ method }) =>
    methods.includes(method)

/** No answer: no connection, one that broke, or no answer in time. Credentials that can't be had are another matter. */
export const onTransportFailure: Predicate.Predicate<FailedAttempt> = (failed) =>
  failed.status === undefined && failed.class !== "Final"

/** An answer that says when to come back. */
export const onRetryAfter: Predicate.Predicate<FailedAttempt> = ({ retryAfter }) => retryAfter !== undefined

/** Repeats nothing. */
export const none: RetryPolicy = /*#__PURE__*/ make({ schedule: Schedule.stop, repeats: () => false })

/**
 * The default: four attempts in all, after transport failures, and after 429, 502, 503 and 504: statuses that pass. The waits
 * have full jitter, up to half a second, one and two, so that callers who failed together do not come back together.
 */
export const standard: RetryPolicy = /*#__PURE__*/ make({
  schedule: /*#__PURE__*/ Schedule.intersect(
    /*#__PURE__*/ Backoff.exponential({ start: "500 millis", jitter: "full" }),
    /*#__PURE__*/ Backoff.attempts(4)
  ),
  repeats: /*#__PURE__*/ Predicate.or(onTransportFailure, /*#__PURE__*/ onStatus(429, 502, 503, 504))
})

const isPost = /*#__PURE__*/ onMethod("POST")

/**
 * What the Civis client documents: 413, 429 and 503 with Retry-After, whatever the method; 429, 502, 503 and 504 unless PATCH
 * or POST; POST on 429 and 503 (which Civis thereby says to have done nothing). Full jitter of up to 2, 4, 8, ... 60 seconds;
 * ten attempts, or ten minutes.
 */
export const civis: RetryPolicy = /*#__PURE__*/ make({
  schedule: /*#__PURE__*/ Backoff.exponential({ start: "2 seconds", cap: "60 seconds", jitter: "full" }).pipe(
    /*#__PURE__*/ Schedule.intersect(/*#__PURE__*/ Backoff.attempts(10)),
    /*#__PURE__*/ Schedule.intersect(/*#__PURE__*/ Backoff.elapsed("10 minutes"))
  ),
  repeats: /*#__PURE__*/ Predicate.some([
    /*#__PURE__*/ Predicate.and(onRetryAfter, /*#__PURE__*/ onStatus(413, 429, 503)),
    /*#__PURE__*/ Predicate.and(
      /*#__PURE__*/ Predicate.not(/*#__PURE__*/ onMethod("PATCH", "POST")),
      /*#__PURE__*/ onStatus(429, 502, 503, 504)
    ),
    /*#__PURE__*/ Predicate.and(isPost, /*#__PURE__*/ onStatus(429, 503))
  ]),
  maxWait: "10 minutes",
  rejected: /*#__PURE__*/ Predicate.and(isPost, /*#__PURE__*/ onStatus(503))
})

/** A policy of `backoff`, and how long it waits. */
export interface BackoffPolicy extends RetryPolicy {
  /** The wait at which it gives up: `start * factor ** attempts`. */
  readonly final: Duration.Duration
  /** All waits together, the final one included. */
  readonly total: Duration.Duration
}

/**
 * musify's request handler: waits that grow by a factor, after whatever is not one of its fatal statuses (400 to 407), as far
 * as it may be repeated at all.
 *
 * - `start`: the first wait. Default: half a second.
 * - `factor`: what each wait is multiplied by for the next. Default: 1.5.
 * - `attempts`: how many attempts may follow the first (the handler's `backoff_count`). Default: 10.
 * - `timeout`: the longest wait that it accepts, be it the server's or its own. Default: `total`.
 *
 * @example
 * ```ts
 * import { Duration } from "effect"
 * import { RetryPolicy } from "effect-herald"
 *
 * const policy = RetryPolicy.backoff({ start: "1 second", factor: 2, attempts: 6 })
 * const longest = Duration.format(policy.total) // 2m 7s
 * ```
 */
export const backoff = (
  options: {
    readonly start?: Duration.DurationInput | undefined
    readonly factor?: number | undefined
    readonly attempts?: number | undefined
    readonly timeout?: Duration.DurationInput | undefined
  } = {}
): BackoffPolicy => {
  const { attempts = 10, factor = 1.5, start = "500 millis" } = options
  // In closed form, since the attempts may be endless. (1 ** Infinity is not a number.)
  const final = Duration.times(start, factor === 1 ? 1 : factor ** attempts)
  const total = Duration.times(start, factor === 1 ? attempts + 1 : (factor ** (attempts + 1) - 1) / (factor - 1))
  const policy = make({
    schedule: Schedule.intersect(Backoff.exponential({ start, factor }), Backoff.attempts(attempts + 1)),
    repeats: ({ status }) => status === undefined || status > 407,
    maxWait: options.timeout ?? total
  })
  return { ...policy, final, total }
}

/**
 * The policy for the calls of a program: provide it, as a service, for a call or for many. Not set, the API's own default
 * holds, or `standard`.
 */
export class Current
  extends /*#__PURE__*/ Context.Reference<Current>()("effect-herald/RetryPolicy/Current", {
    defaultValue: (): RetryPolicy | undefined => undefined
  }) {}
