import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Authoriser } from "../Authoriser.js"
import { Current, PerAttempt } from "../Deadline.js"
import { type HeraldError, NotSent, TimeoutError } from "../HeraldError.js"
import { type Call, teller } from "./errors.js"
import { failedAttempt, leftOpen, note, type Watched } from "./watch.js"

/**
 * Ends what takes longer than it may. What is under way is interruptible for the deadline even where the caller can't be
 * interrupted, and for nothing else; where it can't be interrupted itself, the deadline does not wait for it, though an
 * interruption of the caller's does.
 */
const within = <A, E, E2, R>(
  effect: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E2
): Effect.Effect<A, E | E2, R> =>
  Duration.lessThanOrEqualTo(duration, Duration.zero)
    ? Effect.failSync(onTimeout)
    : Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const outcome = yield* Deferred.make<A, E | E2>()
          // An interruption reaches a fiber's children even where the fiber itself can't be interrupted. A daemon is nobody's
          // child.
          const work = yield* Effect.forkDaemon(Effect.intoDeferred(Effect.interruptible(effect), outcome))
          const timer = yield* Effect.sleep(duration).pipe(
            Effect.interruptible,
            Effect.zipRight(Deferred.failSync(outcome, onTimeout)),
            Effect.zipRight(Fiber.interruptFork(work)),
            Effect.forkDaemon
          )
          return yield* restore(Deferred.await(outcome)).pipe(
            Effect.onInterrupt(() => Fiber.interrupt(work)),
            Effect.ensuring(Fiber.interruptFork(timer))
          )
        })
      )

const deadlinePassed = "deadline passed"

/** Keeps the attempt that the deadline ended, if there was one, as one that failed. */
const noteUnderWay = (call: Watched): Effect.Effect<void> => {
  const { underWay } = call
  if (underWay === undefined) return Effect.void
  const what = { class: leftOpen(call), reason: "deadline", status: underWay.head?.status }
  return note(call, { ...failedAttempt(call, what), verdict: "past deadline" })
}

const passed = (call: Call, deadline: Duration.Duration): NotSent | TimeoutError => {
  const { told } = teller(call)
  const time = Duration.format(deadline)
  return call.authorised === undefined && call.shared !== true
    ? new NotSent(told(`not sent within its deadline of ${time}`))
    : new TimeoutError({ ...told(`not done within its deadline of ${time}`), reason: "deadline" })
}

/** Ends a call that takes longer than its deadline, if it has one. */
export const withDeadline = <A, R>(
  call: Watched,
  authoriser: Authoriser,
  effect: Effect.Effect<A, HeraldError, R>
): Effect.Effect<A, HeraldError, R> =>
  Effect.flatMap(Current, (current) => {
    const given = current ?? authoriser.deadline
    if (given === undefined) return effect
    const deadline = Duration.decode(given)
    call.endsAt = call.begun + Duration.toMillis(deadline)
    return within(effect, deadline, (): typeof deadlinePassed => deadlinePassed).pipe(
      Effect.catchAll((error) =>
        error === deadlinePassed
          ? Effect.zipRight(
              noteUnderWay(call),
              Effect.failSync(() => passed(call, deadline))
            )
          : Effect.fail(error)
      )
    )
  })

/** How long until the deadline of a call, if it has one. */
export const timeLeft = ({ clock, endsAt }: Call): Duration.Duration | undefined =>
  endsAt === undefined ? undefined : Duration.millis(Math.max(0, endsAt - clock.unsafeCurrentTimeMillis()))

/** Ends an attempt that takes longer than one may, if there is a limit. */
export const withAttemptDeadline = <A, E, E2, R>(
  authoriser: Authoriser,
  attempt: Effect.Effect<A, E, R>,
  onTimeout: (limit: Duration.Duration) => E2
): Effect.Effect<A, E | E2, R> =>
  Effect.flatMap(PerAttempt, (current) => {
    const given = current ?? authoriser.attemptDeadline
    if (given === undefined) return attempt
    const limit = Duration.decode(given)
    return within<A, E, E2, R>(attempt, limit, () => onTimeout(limit))
  })
