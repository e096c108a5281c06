import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import { within } from "../within.js"

/**
 * Fails if an operation of a store takes longer than a duration. The timer interrupts the operation, but does not wait until it has
 * ended; an interruption of the caller does. An operation that ends at once costs no timer.
 */
export const bounded = <A, E, R>(
  operation: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.runtime<R>(), (runtime) => {
      // A fiber that fails is logged.
      const fiber = Runtime.runFork(runtime)(Effect.exit(Effect.interruptible(operation)))
      const exit = fiber.unsafePoll()
      if (exit !== null) return Effect.flatten(exit)
      return restore(within(Effect.flatten(Fiber.join(fiber)), duration, onTimeout)).pipe(
        Effect.onInterrupt(() => Fiber.interrupt(fiber)),
        Effect.ensuring(Fiber.interruptFork(fiber))
      )
    })
  )
