import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Answer } from "../Answer.js"
import type { Authoriser } from "../Authoriser.js"
import type { FailedAttempt, Verdict } from "../Attempt.js"
import type { HeraldError } from "../HeraldError.js"
import { RateLimited } from "../HeraldError.js"
import type { RetryPolicy } from "../RetryPolicy.js"
import { timeLeft } from "./deadline.js"
import { classified, decider } from "./decide.js"
import { type Call, teller } from "./errors.js"
import { policyOf } from "./policyOf.js"
import { pausedFor } from "./turn.js"
import { failedAttempt, note, type Watched } from "./watch.js"

/** How an attempt failed, and the error to end with if it was the last. */
export interface Failed {
  readonly class: FailedAttempt["class"]
  readonly reason: string
  readonly status?: number | undefined
  readonly retryAfter?: Duration.Duration | undefined
  /** Whether the server asked for that wait, and not only told of its limits. */
  readonly asked?: boolean | undefined
  /** The answer is that of another origin, to which a redirect led. */
  readonly away?: boolean | undefined
  readonly answer?: Answer | undefined
  /** The request was carried out, whatever came of its answer. */
  readonly carriedOut?: boolean | undefined
  /** Made last, since it tells of all attempts. */
  readonly error: () => HeraldError
}

/** What became of an attempt that found a pause when it was about to send: it is none, and waits for its turn once more. */
export const heldBack = "held back"

/**
 * The longest pause of the calls to an origin: a day, as long as quotas take to renew. After that, a call asks anew whether a
 * server meant what it said.
 */
const longestPause = /*#__PURE__*/ Duration.days(1)

/** Holds other calls back as long as the server asks to: a 503 is about the server, a 429 about who calls. */
const beginPause = ({ identity, traffic }: Authoriser, { asked, away, retryAfter, status }: Failed, now: number) => {
  if (retryAfter === undefined || away === true) return
  const until = now + Duration.toMillis(Duration.min(retryAfter, longestPause))
  if (status === 429) traffic.pause?.begin(now, until, identity)
  if (status === 503 && asked === true) traffic.pause?.begin(now, until, undefined)
}

/**
 * Attempts, each in its turn, again while the policy chooses to and nothing forbids it. A call that succeeds at once pays for
 * none of it.
 */
export const repeat = <A, R>(
  call: Watched,
  authoriser: Authoriser,
  turn: Effect.Effect<void, HeraldError>,
  attempt: Effect.Effect<A, Failed | typeof heldBack, R>
): Effect.Effect<A, HeraldError, R> => {
  const { budget } = authoriser.traffic
  let decide: ReturnType<typeof decider> | undefined

  const judge = (failed: Failed, policy: RetryPolicy): Effect.Effect<A, HeraldError, R> => {
    const now = call.clock.unsafeCurrentTimeMillis()
    beginPause(authoriser, failed, now)
    const facts = classified(policy, failedAttempt(call, failed))
    const circumstances = {
      unrepeatable: call.route.unrepeatable,
      carriedOut: failed.carriedOut ?? false,
      bodySpent: call.bodySpent ?? false,
      paused: Duration.millis(Math.max(0, pausedFor(call, authoriser))),
      left: timeLeft(call)
    }
    const end = (verdict: Verdict, error: () => HeraldError) =>
      Effect.zipRight(note(call, { ...facts, verdict }), Effect.failSync(error))

    decide ??= decider(policy)
    return Effect.flatMap(decide(facts, circumstances, now), (decision) => {
      if (decision.verdict !== "repeated") {
        const { comeBack, verdict } = decision
        return end(verdict, comeBack === undefined ? failed.error : () => tooLong(call, failed, comeBack))
      }
      if (budget !== undefined && !budget.take(now)) return end("over budget", failed.error)
      return note(call, { ...facts, verdict: "repeated", waited: decision.wait }).pipe(
        Effect.zipRight(Effect.sleep(decision.wait)),
        Effect.zipRight(again)
      )
    })
  }

  const succeeding = Effect.map(attempt, (answer) => {
    call.underWay = undefined
    budget?.succeeded()
    return answer
  })

  const again: Effect.Effect<A, HeraldError, R> = Effect.zipRight(
    turn,
    Effect.catchAll(succeeding, (failed) => {
      call.underWay = undefined
      return failed === heldBack ? again : Effect.flatMap(policyOf(authoriser), (policy) => judge(failed, policy))
    })
  )
  return again
}

const tooLong = (call: Call, { answer, reason }: Failed, retryAfter: Duration.Duration) =>
  new RateLimited({
    ...teller(call, answer).told(`the server asks to wait ${Duration.format(retryAfter)} (${reason})`),
    retryAfter
  })
