import type * as Duration from "effect/Duration"
import type { HttpMethod } from "@effect/platform/HttpMethod"

/**
 * What a failed attempt leaves open (RFC 9110, 9.2.2), which is what decides whether another may follow:
 *
 * - `NotSent`: nothing was written; it may be repeated
 * - `Rejected`: the server says that it did nothing; it may be repeated
 * - `Ambiguous`: it may have been carried out; it may be repeated only where twice is as good as once
 * - `Final`: another would end the same
 */
export type FailureClass = "NotSent" | "Rejected" | "Ambiguous" | "Final"

/** An attempt that failed, as a policy sees it: the input of its `Schedule`. */
export interface FailedAttempt {
  /** From 1. */
  readonly number: number
  readonly method: HttpMethod
  readonly class: FailureClass
  /** Whether doing it twice is as good as once: by method, or because the endpoint says so, or has an idempotency key. */
  readonly idempotent: boolean
  /** The status of the answer, if there was one. */
  readonly status?: number | undefined
  /** How long the server asked to wait. */
  readonly retryAfter?: Duration.Duration | undefined
  /** What happened, in a word: the status, or the transport's code, such as `ECONNREFUSED`. */
  readonly reason: string
  /** How long after the beginning of the call it failed. */
  readonly elapsed: Duration.Duration
}

/**
 * Why an attempt was repeated, or not:
 *
 * - `repeated`
 * - `final`: another would end the same
 * - `unsafe`: it may have been carried out, and doing it twice is not as good as once
 * - `unrepeatable`: the endpoint is never repeated
 * - `body spent`: its body was a Stream, and some of it was read
 * - `declined`: the policy does not repeat what happened
 * - `exhausted`: the policy's schedule came to its end
 * - `wait too long`: the wait would be longer than the policy accepts
 * - `past deadline`: the wait would leave nothing of the call's deadline, or that passed while the attempt was under way
 * - `over budget`: the calls to this origin have no retries left
 */
export type Verdict =
  | "repeated"
  | "final"
  | "unsafe"
  | "unrepeatable"
  | "body spent"
  | "declined"
  | "exhausted"
  | "wait too long"
  | "past deadline"
  | "over budget"

/** An attempt that failed, as an error tells it. */
export interface Attempt extends FailedAttempt {
  readonly verdict: Verdict
  /** How long the wait before the next one was. */
  readonly waited?: Duration.Duration | undefined
}
