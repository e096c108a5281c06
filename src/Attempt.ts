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
  /** Whether doing it twice is as good as once: by method, or because the endpoint says so. */
  readonly idempotent: boolean
  /** The status of the answer, if there was one. */
  readonly status?: number | undefined
  /** How long the server asked to wait. */
  readonly retryAfter?: Duration.Duration | undefined
  /** What happened, in a word: the status, or the transport's code, such as `ECONNREFUSED`. */
  readonly reason: string
}

/**
 * Why an attempt was repeated, or not:
 *
 * - `repeated`
 * - `final`: another would end the same
 * - `unsafe`: it may have been carried out, and doing it twice is not as good as once
 * - `unrepeatable`: the endpoint is never repeated
 * - `declined`: the policy does not repeat what happened
 * - `exhausted`: the policy's schedule came to its end
 * - `wait too long`: the server asks for a longer wait than the policy accepts
 */
export type Verdict = "repeated" | "final" | "unsafe" | "unrepeatable" | "declined" | "exhausted" | "wait too long"

/** An attempt that failed, as an error tells it. */
export interface Attempt extends FailedAttempt {
  readonly verdict: Verdict
  /** How long the wait before the next one was. */
  readonly waited?: Duration.Duration | undefined
}
