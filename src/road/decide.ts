import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import type { FailedAttempt, Verdict } from "../Attempt.js"
import type { RetryPolicy, Rule } from "../RetryPolicy.js"

/** What the engine knows of a call besides its failures. */
export interface Circumstances {
  /** The endpoint is never repeated. */
  readonly unrepeatable: boolean
  /** The request was carried out, whatever came of its answer. */
  readonly carriedOut: boolean
  /** Some of a body that can't be sent twice was. */
  readonly bodySpent: boolean
  /** How long the calls of this caller are held back. */
  readonly paused: Duration.Duration
  /** How long until the call's deadline, if it has one. */
  readonly left: Duration.Duration | undefined
}

/** What becomes of a call after a failure. */
export type Decision =
  | { readonly verdict: "repeated"; readonly wait: Duration.Duration }
  | {
      readonly verdict: Exclude<Verdict, "repeated">
      /** How long the server asks to wait, if the call ends for that. */
      readonly comeBack: Duration.Duration | undefined
    }

/** The wait that a schedule asks for, or undefined at its end. Keeps the schedule's state. */
const stepper = ({ schedule }: Rule) => {
  let state = schedule.initial
  return (failed: FailedAttempt, now: number): Effect.Effect<Duration.Duration | undefined> =>
    Effect.map(schedule.step(now, failed, state), ([next, , decision]) => {
      state = next
      return ScheduleDecision.isContinue(decision)
        ? Duration.millis(Math.max(0, ScheduleIntervals.start(decision.intervals) - now))
        : undefined
    })
}

/** What failed, as a policy has it: its API may call an answer a refusal that HTTP leaves open. */
export const classified = (policy: RetryPolicy, failed: FailedAttempt): FailedAttempt =>
  failed.status !== undefined && policy.rules.some(({ rejected }) => rejected(failed))
    ? { ...failed, class: "Rejected" }
    : failed

/** Whether what failed may be repeated at all, whatever a policy says; if not, why not. */
const refuses = (
  { class: failureClass, idempotent }: FailedAttempt,
  { bodySpent, carriedOut, unrepeatable }: Circumstances
): Exclude<Verdict, "repeated"> | undefined => {
  if (unrepeatable) return "unrepeatable"
  if (failureClass === "Final") return "final"
  if (!idempotent && (failureClass === "Ambiguous" || carriedOut)) return "unsafe"
  return bodySpent ? "body spent" : undefined
}

/**
 * Decides after each failure of a call what becomes of it. It steps the policy's schedules itself, so that no composition of
 * schedules can repeat what may not be repeated, or wait less than the server asked for.
 */
export const decider = (policy: RetryPolicy) => {
  const steppers = new Map<Rule, ReturnType<typeof stepper>>()
  const stepperOf = (rule: Rule) => {
    const step = steppers.get(rule) ?? stepper(rule)
    steppers.set(rule, step)
    return step
  }

  return (failed: FailedAttempt, circumstances: Circumstances, now: number): Effect.Effect<Decision> => {
    const end = (verdict: Exclude<Verdict, "repeated">, comeBack?: Duration.Duration): Decision => ({
      verdict,
      comeBack
    })
    const refusal = refuses(failed, circumstances)
    if (refusal !== undefined) return Effect.succeed(end(refusal))
    const rule = policy.rules.find(({ repeats }) => repeats(failed))
    if (rule === undefined) return Effect.succeed(end("declined"))
    return Effect.map(stepperOf(rule)(failed, now), (delay): Decision => {
      if (delay === undefined) return end("exhausted")
      const floor = Duration.max(failed.retryAfter ?? Duration.zero, circumstances.paused)
      const wait = Duration.max(delay, floor)
      if (Duration.greaterThan(wait, rule.maxWait)) {
        return end("wait too long", Duration.greaterThan(floor, rule.maxWait) ? floor : undefined)
      }
      // A wait as long as what is left would leave nothing for the attempt.
      const { left } = circumstances
      if (left !== undefined && Duration.greaterThanOrEqualTo(wait, left)) {
        const comeBack = Duration.greaterThan(floor, Duration.zero) && Duration.greaterThanOrEqualTo(floor, left)
        return end("past deadline", comeBack ? floor : undefined)
      }
      return { verdict: "repeated", wait }
    })
  }
}
