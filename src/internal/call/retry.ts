import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Attempt, Verdict } from "../../Attempt.js"
import { type AnyError, RateLimited } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import type { RetryPolicy } from "../../RetryPolicy.js"
import { durationText } from "../durationText.js"
import { flatMapNow } from "../flatMapNow.js"
import { dropStream } from "../http/readBody.js"
import { pauseBegan, type PauseBegan } from "./authorize.js"
import type { AttemptFailure } from "./AttemptFailure.js"
import { failedAttempt } from "./AttemptLog.js"
import type { CallInfo } from "./CallInfo.js"
import type { CallState } from "./CallState.js"
import { currentPolicy } from "./currentPolicy.js"
import { timeLeft, untilDeadline } from "./deadline.js"
import { statusContent } from "./decodeResponse.js"
import { errorContext, errorDetails, holdsSecret } from "./errors.js"
import { endPause, observe, pauseLeft } from "./pauses.js"
import { measuredWait } from "./metrics.js"
import * as Progress from "./Progress.js"
import { applyRejected, makeDecide } from "./retryDecision.js"

/** Makes the error of a call whose server asks for a longer wait than the policy or the deadline allow. */
const waitTooLong = (
  call: CallInfo,
  state: CallState,
  reason: string,
  response: RawResponse,
  retryAfter: Duration.Duration
): RateLimited => {
  const context = { ...errorContext(call, state), response }
  const sentence = `the server asks to wait ${durationText(retryAfter)} (${reason})`
  return new RateLimited({ ...errorDetails(context, sentence), ...statusContent(context), retryAfter })
}

/**
 * Runs attempts, each after its admission, while the policy and the engine allow another one. The first begins now. The policy is
 * looked up after a failure only.
 *
 * - `endsAt`: the end of the call's deadline, in milliseconds since the epoch
 * - `stores`: accepts the error responses that the cache stores. They are returned, unless they hold a secret
 */
export const retry = <R>(
  call: CallInfo,
  state: CallState,
  endsAt: number | undefined,
  admission: () => Effect.Effect<void, AnyError>,
  attempt: () => Effect.Effect<RawResponse, AttemptFailure | PauseBegan, R>,
  stores?: (response: RawResponse) => boolean
): Effect.Effect<RawResponse, AnyError, R> => {
  const { log, progress } = state
  const { defaults, origin } = call.authoriser
  const { budget } = origin
  const now = () => call.clock.unsafeCurrentTimeMillis()
  let decide: ReturnType<typeof makeDecide> | undefined

  const afterSuccess = (response: RawResponse): Effect.Effect<RawResponse, AnyError> => {
    // A body that is dropped hides that it was aborted.
    if (state.expiry?.passed === true) return state.expiry.fail()
    const { current } = progress
    Progress.finishAttempt(progress)
    budget?.succeeded(now())
    if (state.probing) endPause(call, response.status)
    return defaults.rateLimit === undefined || (current._tag === "HeadReceived" && !current.sameOrigin)
      ? Effect.succeed(response)
      : Effect.as(observe(call, response, undefined), response)
  }

  const next = (): Effect.Effect<RawResponse, AnyError, R> =>
    flatMapNow(admission(), () =>
      Effect.matchCauseEffect(attempt(), {
        onSuccess: afterSuccess,
        onFailure: (cause) => {
          const failure = Cause.failureOrCause(cause)
          if (Either.isRight(failure)) return Effect.failCause(failure.right)
          if (state.expiry?.passed === true) return state.expiry.fail()
          Progress.finishAttempt(progress)
          return failure.left === pauseBegan ? next() : afterFailure(failure.left, currentPolicy(call))
        }
      })
    )

  const afterFailure = (failure: AttemptFailure, policy: RetryPolicy): Effect.Effect<RawResponse, AnyError, R> => {
    const failedAt = now()
    const { headers, status } = failure
    if (state.probing) endPause(call, status)
    const observed =
      headers === undefined || status === undefined || failure.crossOrigin
        ? Effect.void
        : observe(call, { headers, status }, failure)
    const failed = applyRejected(policy, failedAttempt(call, log, failure))
    const circumstances = {
      neverRetried: call.endpoint.neverRetried,
      carriedOut: failure.carriedOut,
      bodyConsumed: failure.bodyConsumed,
      paused: Duration.millis(Math.max(0, pauseLeft(call))),
      timeLeft: timeLeft(call, endsAt)
    }
    /**
     * Ends the call: with the response, if its class of statuses or `default` is declared as a success or if the cache stores
     * it, or with an error.
     */
    const end = (verdict: Verdict, error: () => AnyError) => {
      const { response, retryAfter } = failure
      const returns =
        response !== undefined &&
        (call.endpoint.successes(response.status) !== undefined ||
          (retryAfter === undefined &&
            stores?.(response) === true &&
            !holdsSecret(errorContext(call, state), response)))
      return Effect.zipRight(
        log.record({ ...failed, verdict }, failedAt),
        returns ? Effect.succeed(response) : Effect.failSync(error)
      )
    }

    decide ??= makeDecide(policy)
    // A schedule can wait.
    const decided = untilDeadline(call, state, endsAt, decide(failed, circumstances, now()))
    return Effect.flatMap(Effect.zipRight(observed, decided), (decision) => {
      if (decision.verdict !== "retried") {
        const { retryAfter, verdict } = decision
        return end(verdict, () =>
          // A probe during a pause may fail in another way than by its rate limit.
          retryAfter === undefined || failure.response === undefined
            ? failure.error(log.attempts())
            : waitTooLong(call, state, failure.reason, failure.response, retryAfter)
        )
      }
      if (budget !== undefined && !budget.take(now())) return end("over budget", () => failure.error(log.attempts()))
      const { number, reason } = failed
      const retried: Attempt = { ...failed, verdict: "retried", waited: decision.wait, waitReason: decision.reason }
      return Effect.logDebug(
        `${call.endpoint.name}: attempt ${number} failed (${reason}), next attempt in ${durationText(decision.wait)}`
      ).pipe(
        Effect.zipRight(dropStream(failure.response?.stream)),
        Effect.zipRight(log.record(retried, failedAt)),
        Effect.zipRight(
          measuredWait(call, decision.reason, untilDeadline(call, state, endsAt, Effect.sleep(decision.wait)))
        ),
        Effect.zipRight(Effect.suspend(next))
      )
    })
  }

  budget?.began(now())
  return next()
}
