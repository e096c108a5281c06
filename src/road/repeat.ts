import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import type { Authoriser } from "../Authoriser.js"
import type { FailedAttempt, Verdict } from "../Attempt.js"
import type { HeraldError } from "../HeraldError.js"
import { RateLimited } from "../HeraldError.js"
import * as RetryPolicy from "../RetryPolicy.js"
import { type Answer, type Call, teller } from "./errors.js"

/** How an attempt failed, and the error to end with if it was the last. */
export interface Failed {
  readonly class: FailedAttempt["class"]
  readonly reason: string
  readonly status?: number | undefined
  readonly retryAfter?: Duration.Duration | undefined
  readonly answer?: Answer | undefined
  /** Made last, since it tells of all attempts. */
  readonly error: () => HeraldError
}

/** Whether what failed may be repeated at all, whatever a policy says; if not, why not. */
const refuses = (call: Call, failed: FailedAttempt): Verdict | undefined => {
  if (call.route.unrepeatable) return "unrepeatable"
  if (failed.class === "Final") return "final"
  return failed.class === "Ambiguous" && !failed.idempotent ? "unsafe" : undefined
}

/** The wait that a schedule asks for, in milliseconds, or undefined at its end. Keeps the schedule's state. */
const stepper = (schedule: Schedule.Schedule<unknown, FailedAttempt>) => {
  let state = schedule.initial
  return (failed: FailedAttempt): Effect.Effect<Duration.Duration | undefined> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(schedule.step(now, failed, state), ([next, , decision]) => {
        state = next
        return ScheduleDecision.isContinue(decision)
          ? Duration.millis(Math.max(0, ScheduleIntervals.start(decision.intervals) - now))
          : undefined
      })
    )
}

/**
 * Attempts, again while the policy chooses to and nothing forbids it. The engine steps the policy's schedule itself, so that
 * no composition of schedules can repeat what may not be repeated, or wait less than the server asked for. A call that
 * succeeds at once pays for none of it.
 */
export const repeat = <A, R>(
  call: Call,
  authoriser: Authoriser,
  attempt: Effect.Effect<A, Failed, R>
): Effect.Effect<A, HeraldError, R> => {
  let step: ReturnType<typeof stepper> | undefined

  const end = (failed: Failed, facts: FailedAttempt, verdict: Verdict) => {
    call.attempts.push({ ...facts, verdict })
    return Effect.fail(failed.error())
  }

  const judge = (failed: Failed, policy: RetryPolicy.RetryPolicy): Effect.Effect<A, HeraldError, R> => {
    const facts: FailedAttempt = {
      number: call.attempts.length + 1,
      method: call.route.method,
      class: failed.class,
      idempotent: call.route.idempotent,
      status: failed.status,
      retryAfter: failed.retryAfter,
      reason: failed.reason
    }
    const refusal = refuses(call, facts)
    if (refusal !== undefined) return end(failed, facts, refusal)
    if (!policy.repeats(facts)) return end(failed, facts, "declined")
    step ??= stepper(policy.schedule)
    return Effect.flatMap(step(facts), (delay) => {
      if (delay === undefined) return end(failed, facts, "exhausted")
      const waited = Duration.max(delay, failed.retryAfter ?? Duration.zero)
      if (Duration.greaterThan(waited, policy.maxWait)) {
        const asked = failed.retryAfter !== undefined && Duration.greaterThan(failed.retryAfter, policy.maxWait)
        return end(asked ? { ...failed, error: () => tooLong(call, failed) } : failed, facts, "wait too long")
      }
      call.attempts.push({ ...facts, verdict: "repeated", waited })
      return Effect.zipRight(Effect.sleep(waited), again)
    })
  }

  const again: Effect.Effect<A, HeraldError, R> = Effect.catchAll(attempt, (failed) =>
    Effect.flatMap(RetryPolicy.Current, (current) =>
      judge(failed, current ?? authoriser.retryPolicy ?? RetryPolicy.standard)
    )
  )
  return again
}

const tooLong = (call: Call, { answer, retryAfter }: Failed) =>
  new RateLimited({
    ...teller(call, answer).told(
      `the server asks to wait ${Duration.format(retryAfter ?? Duration.zero)} (${answer?.status})`
    ),
    retryAfter
  })
