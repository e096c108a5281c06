import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Attempt, FailedAttempt, Verdict } from "../../Attempt.js"
import { makeScheduleStep } from "../scheduleStep.js"
import type { RetryPolicy, Rule } from "./retryRule.js"

/** The state of a call that limits its retries, in addition to the failure itself. */
export interface Circumstances {
  /** True if the endpoint is declared `neverRetried`. */
  readonly neverRetried: boolean
  /** True if the server acted on the request, though the response could not be read or followed. */
  readonly carriedOut: boolean
  /** True if the request body can't be sent again, since part of it was read. */
  readonly bodyConsumed: boolean
  /** The rest of the pause for this caller; zero if there is none. */
  readonly paused: Duration.Duration
  /** The time until the deadline of the call, if it has one. */
  readonly timeLeft: Duration.Duration | undefined
}

/** The outcome of a decision: a retry after a wait, or the end of the call. */
export type Decision =
  | {
      readonly verdict: "retried"
      readonly wait: Duration.Duration
      readonly reason: NonNullable<Attempt["waitReason"]>
    }
  | {
      readonly verdict: Exclude<Verdict, "retried">
      /** The wait that the server asks for, if that wait is the reason why the call ends. */
      readonly retryAfter: Duration.Duration | undefined
    }

/** Changes the class to `Rejected` if a rule's `rejected` matches. Does not apply to failures without a response. */
export const applyRejected = (policy: RetryPolicy, failed: FailedAttempt): FailedAttempt =>
  failed.status !== undefined && policy.rules.some(({ rejected }) => rejected(failed))
    ? { ...failed, class: "Rejected" }
    : failed

/** Returns the verdict of a failure that no policy may retry, or undefined if the policy decides. */
const verdictWithoutPolicy = (
  { class: failureClass, idempotent }: FailedAttempt,
  { bodyConsumed, carriedOut, neverRetried }: Circumstances
): Exclude<Verdict, "retried"> | undefined => {
  if (neverRetried) return "never retried"
  if (failureClass === "Final") return "final"
  if (!idempotent && (failureClass === "Ambiguous" || carriedOut)) return "unsafe"
  return bodyConsumed ? "body consumed" : undefined
}

/**
 * Makes the function that decides after each failure of one call. It takes the failure, the circumstances, and the current
 * time in milliseconds since the epoch.
 *
 * The function steps the policy's schedules itself. So no composition of schedules can retry a call that is not safe to
 * retry, or wait less than the server asked for.
 */
export const makeDecide = (policy: RetryPolicy) => {
  const steps = new Map<Rule, ReturnType<typeof makeScheduleStep<FailedAttempt>>>()
  const stepOf = (rule: Rule) => {
    const step = steps.get(rule) ?? makeScheduleStep(rule.schedule)
    steps.set(rule, step)
    return step
  }

  return (failed: FailedAttempt, circumstances: Circumstances, now: number): Effect.Effect<Decision> => {
    const end = (verdict: Exclude<Verdict, "retried">, retryAfter?: Duration.Duration): Decision => ({
      verdict,
      retryAfter
    })
    const verdict = verdictWithoutPolicy(failed, circumstances)
    if (verdict !== undefined) return Effect.succeed(end(verdict))
    const rule = policy.rules.find(({ retries }) => retries(failed))
    if (rule === undefined) return Effect.succeed(end("not retried by policy"))
    return Effect.map(stepOf(rule)(failed, now), (delay): Decision => {
      if (delay === undefined) return end("exhausted")
      const asked = failed.retryAfter ?? Duration.zero
      const minWait = Duration.max(asked, circumstances.paused)
      const wait = Duration.max(delay, minWait)
      if (Duration.greaterThan(wait, rule.maxWait)) {
        return end("wait too long", Duration.greaterThan(minWait, rule.maxWait) ? minWait : undefined)
      }
      // A wait that takes all of the time left leaves none for the attempt.
      const { timeLeft } = circumstances
      if (timeLeft !== undefined && Duration.greaterThanOrEqualTo(wait, timeLeft)) {
        const serverAsked = Duration.greaterThan(minWait, Duration.zero)
        return end(
          "past deadline",
          serverAsked && Duration.greaterThanOrEqualTo(minWait, timeLeft) ? minWait : undefined
        )
      }
      const reason = Duration.greaterThanOrEqualTo(delay, minWait)
        ? "policy"
        : Duration.greaterThanOrEqualTo(asked, circumstances.paused)
          ? "server"
          : "pause"
      return { verdict: "retried", wait, reason }
    })
  }
}
