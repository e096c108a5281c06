import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"

/**
 * Runs an effect in a fiber of its own, which starts at once. Returns the result of an effect that ends without waiting, as an
 * access to a store in memory does. For any other effect, returns what `wait` makes of the fiber, which is not a child of the caller.
 */
export const eagerly = <A, E, R, B, E2>(
  effect: Effect.Effect<A, E, R>,
  wait: (fiber: Fiber.RuntimeFiber<A, E>, runtime: Runtime.Runtime<R>) => Effect.Effect<B, E2>
): Effect.Effect<A | B, E | E2, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime): Effect.Effect<A | B, E | E2> => {
    const fiber = Runtime.runFork(runtime)(effect)
    return fiber.unsafePoll() ?? wait(fiber, runtime)
  })
