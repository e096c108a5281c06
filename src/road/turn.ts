import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Authoriser } from "../Authoriser.js"
import { type HeraldError, NotSent, RateLimited } from "../HeraldError.js"
import { timeLeft } from "./deadline.js"
import { type Call, teller } from "./errors.js"
import { policyOf } from "./policyOf.js"

/** The end of a call that would have to wait too long before it may send. */
const notSent = (call: Call, sentence: string, retryAfter: Duration.Duration | undefined): HeraldError =>
  new NotSent({ ...teller(call).told(`not sent: ${sentence}`), retryAfter })

/** The same, for a pause: who has sent something learns that the server asks for it. */
const paused = (call: Call, pause: Duration.Duration): HeraldError => {
  const sentence = `the server asked for a pause, which takes another ${Duration.format(pause)}`
  return call.authorised === undefined
    ? notSent(call, sentence, pause)
    : new RateLimited({ ...teller(call).told(`not sent again: ${sentence}`), retryAfter: pause })
}

/**
 * By what share of a pause those whom it held back are spread over the time after it, so that they do not come back all at once
 * to a server that has just asked for a pause.
 */
const spread = 0.1

/** How much longer calls of this caller are held back, in milliseconds; not at all, if that is not more than nothing. */
export const pausedFor = ({ clock }: Call, { identity, traffic }: Authoriser): number =>
  traffic.pause === undefined ? 0 : traffic.pause.until(identity) - clock.unsafeCurrentTimeMillis()

/**
 * Waits until an attempt may be sent: until a pause that the server asked for is over, and until the limiter lets it through.
 * Fails at once where the policy or the deadline does not allow such a wait.
 */
export const turn = (call: Call, authoriser: Authoriser): Effect.Effect<void, HeraldError> =>
  Effect.suspend(() => {
    const { baseUrl, identity, limiter } = authoriser
    if (limiter === undefined && pausedFor(call, authoriser) <= 0) return Effect.void

    const now = () => call.clock.unsafeCurrentTimeMillis()
    const since = now()
    /** How much longer this call would wait, in milliseconds: as its policy accepts in one go, and less than its deadline leaves. */
    const patience = Effect.map(policyOf(authoriser), ({ rules }) => {
      const accepted = Math.max(0, ...rules.map(({ maxWait }) => Duration.toMillis(maxWait)))
      const left = timeLeft(call)
      return Math.min(accepted - (now() - since), left === undefined ? Infinity : Duration.toMillis(left) - 1)
    })

    const wait: Effect.Effect<void, HeraldError> = Effect.suspend(() => {
      const left = pausedFor(call, authoriser)
      if (left > 0) {
        const pause = Duration.millis(left)
        return Effect.flatMap(patience, (most) =>
          left > most
            ? Effect.fail(paused(call, pause))
            : Effect.flatMap(Random.nextRange(0, Math.min(left * spread, most - left)), (later) =>
                Effect.zipRight(Effect.sleep(left + later), wait)
              )
        )
      }
      if (limiter === undefined) return Effect.void
      return Effect.flatMap(patience, (most) =>
        limiter.acquire({ origin: baseUrl.origin, identity }, Duration.millis(Math.max(0, most))).pipe(
          Effect.mapError(({ message, retryAfter }) => notSent(call, message, retryAfter)),
          // A pause may have begun meanwhile.
          Effect.flatMap(() => (pausedFor(call, authoriser) > 0 ? wait : Effect.void))
        )
      )
    })
    return wait
  })
