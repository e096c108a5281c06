import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/**
 * Interrupts an effect that takes longer than a duration, and fails. The timer interrupts the effect even within an
 * uninterruptible region of the caller. A timeout does not wait until the effect has ended; an interruption of the caller
 * does.
 */
export const within = <A, E, E2, R>(
  effect: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E2
): Effect.Effect<A, E | E2, R> =>
  Duration.lessThanOrEqualTo(duration, Duration.zero)
    ? Effect.failSync(onTimeout)
    : Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const outcome = yield* Deferred.make<A, E | E2>()
          // A daemon, since an interruption of the caller would reach a child even within an uninterruptible region.
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
