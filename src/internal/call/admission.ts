import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { type HeraldError, NotSent, RateLimited } from "../../HeraldError.js"
import { durationText } from "../durationText.js"
import type { CallInfo } from "./CallInfo.js"
import type { CallState } from "./CallState.js"
import { timeLeft } from "./deadline.js"
import { errorContext, errorDetails } from "./errors.js"
import { currentPolicy } from "./currentPolicy.js"
import { measuredWait } from "./metrics.js"
import { mayProbe, pauseLeft } from "./pauses.js"

/** Makes the error of a call that would have to wait longer than it may. */
const notSent = (
  call: CallInfo,
  state: CallState,
  sentence: string,
  retryAfter: Duration.Duration | undefined
): HeraldError => {
  return new NotSent({ ...errorDetails(errorContext(call, state), `not sent: ${sentence}`), retryAfter })
}

/**
 * Makes the error of a call that a pause holds back for too long: `RateLimited` if the call has sent a request, else
 * `NotSent`.
 */
const pausedTooLong = (call: CallInfo, state: CallState, pause: Duration.Duration): HeraldError => {
  const sentence = `the server asked for a pause, which lasts another ${durationText(pause)}`
  const context = errorContext(call, state)
  if (context.sent === undefined) return notSent(call, state, sentence, pause)
  return new RateLimited({ ...errorDetails(context, `not sent again: ${sentence}`), issues: [], retryAfter: pause })
}

/**
 * The share of a pause over which the calls that it held back are spread after its end, so that they do not all arrive at once
 * at a server that has just asked for a pause.
 */
const spread = 0.1

/**
 * Waits until an attempt that begins now may be sent: for the end of a pause that the server asked for, and for the rate limiter. Fails
 * at once if the policy or the deadline does not allow the wait, unless the call may test the pause.
 *
 * - `endsAt`: the end of the call's deadline, in milliseconds since the epoch
 */
export const admission = (
  call: CallInfo,
  state: CallState,
  endsAt: number | undefined
): Effect.Effect<void, HeraldError> => {
  const { baseUrl, credentials, origin } = call.authoriser
  const { limiter } = origin
  state.probing = false
  if (limiter === undefined && pauseLeft(call) <= 0) return Effect.void

  const now = () => call.clock.unsafeCurrentTimeMillis()
  const since = now()
  /** The longest further wait, in milliseconds: the policy's `maxWait`, less the time already waited, or the time left. */
  const longestWait = () => {
    const accepted = Math.max(0, ...currentPolicy(call).rules.map(({ maxWait }) => Duration.toMillis(maxWait)))
    const left = timeLeft(call, endsAt)
    return Math.min(accepted - (now() - since), left === undefined ? Infinity : Duration.toMillis(left) - 1)
  }

  const wait: Effect.Effect<void, HeraldError> = Effect.suspend(() => {
    const left = state.probing ? 0 : pauseLeft(call)
    if (left > 0) {
      const longest = longestWait()
      if (left > longest) {
        state.probing = mayProbe(call)
        return state.probing ? wait : Effect.fail(pausedTooLong(call, state, Duration.millis(left)))
      }
      state.log.add({ _tag: "WaitStarted", at: now(), reason: "pause" })
      return Effect.flatMap(Random.nextRange(0, Math.min(left * spread, longest - left)), (extra) =>
        Effect.zipRight(measuredWait(call, "pause", Effect.sleep(left + extra)), wait)
      )
    }
    if (limiter === undefined) return Effect.void
    const { identity, storeIdentity = Effect.succeed(identity) } = credentials
    return Effect.flatMap(storeIdentity, (identity) => {
      const limitedAt = now()
      // Most calls do not wait for the limiter.
      const recordWait = Effect.sync(() => {
        if (now() > limitedAt) state.log.add({ _tag: "WaitStarted", at: limitedAt, reason: "rate limiter" })
      })
      return measuredWait(
        call,
        "rate limiter",
        limiter.acquire({ origin: baseUrl.origin, identity }, Duration.millis(Math.max(0, longestWait())))
      ).pipe(
        Effect.ensuring(recordWait),
        Effect.mapError(({ message, retryAfter }) => notSent(call, state, message, retryAfter)),
        // A pause may have begun while this call waited.
        Effect.flatMap(() => (!state.probing && pauseLeft(call) > 0 ? wait : Effect.void))
      )
    })
  })
  return wait
}
