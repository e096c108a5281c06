import type * as Duration from "effect/Duration"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type { WaitReason } from "./Timing.js"

/**
 * Classifies a failed attempt by whether the server may have acted on the request (RFC 9110, 9.2.2). The class decides
 * whether a retry is safe:
 *
 * - `NotSent`: nothing was written to the connection. Safe to retry for any method.
 * - `Rejected`: the server said that it did not act on the request. Safe to retry for any method.
 * - `Ambiguous`: the server may have acted on the request. Safe to retry only for idempotent calls.
 * - `Final`: a retry would fail in the same way.
 *
 * A server that decides itself whether a request should be sent again (`X-Should-Retry`, `Stripe-Should-Retry`) overrides the status:
 * after `false` the class is `Final`, and after `true` it is `Ambiguous` where it would be `Final`.
 */
export type FailureClass = "NotSent" | "Rejected" | "Ambiguous" | "Final"

/** A failed attempt, as a retry policy receives it. It is the input of the policy's `Schedule`. */
export interface FailedAttempt {
  /** The number of the attempt within its call, from 1. */
  readonly number: number
  readonly method: HttpMethod
  readonly class: FailureClass
  /**
   * True if sending the request twice has the effect of sending it once: by its method, by the endpoint's `idempotent`
   * option, or by its idempotency key.
   */
  readonly idempotent: boolean
  /** The status of the response, if there was one. */
  readonly status?: number | undefined
  /** The wait that the server asked for, if it did. */
  readonly retryAfter?: Duration.Duration | undefined
  /** The headers of the response, by their names in lower case, if there was one. They may hold secrets. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** A short code for the failure: the status, or the transport's code, such as `ECONNREFUSED`. */
  readonly reason: string
  /** The time from the start of the call to the failure. */
  readonly elapsed: Duration.Duration
}

/**
 * The reason why a failed attempt was retried or not:
 *
 * - `retried`: another attempt followed
 * - `final`: a retry would fail in the same way
 * - `unsafe`: the server may have acted on the request, and the call is not idempotent
 * - `never retried`: the endpoint is declared `neverRetried`
 * - `body consumed`: the request body can't be sent again: it is a Stream of which some was read, or it failed
 * - `not retried by policy`: no rule of the policy covers this failure
 * - `exhausted`: the policy's schedule ended
 * - `wait too long`: the wait would exceed the policy's `maxWait`
 * - `past deadline`: the deadline passed during the attempt, or would pass during the wait
 * - `over budget`: the retry budget of the origin is empty
 */
export type Verdict =
  | "retried"
  | "final"
  | "unsafe"
  | "never retried"
  | "body consumed"
  | "not retried by policy"
  | "exhausted"
  | "wait too long"
  | "past deadline"
  | "over budget"

/** A failed attempt with its verdict, as errors list it: without headers, which may hold secrets. */
export interface Attempt extends Omit<FailedAttempt, "headers"> {
  readonly verdict: Verdict
  /** The wait before the next attempt, if one followed. */
  readonly waited?: Duration.Duration | undefined
  /** The reason for the length of this wait. */
  readonly waitReason?: Exclude<WaitReason, "rate limiter"> | undefined
}
