import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** Reports whether an effect is a value already, which needs no step of the runtime. */
export const isValue = <A, E, R>(effect: Effect.Effect<A, E, R>): effect is Exit.Success<A, E> =>
  Exit.isExit(effect) && Exit.isSuccess(effect)

/**
 * `Effect.flatMap`, but calls the function at once if the effect is a value already. Only for effects that are made while they run, since
 * the function must run once for each run.
 */
export const flatMapNow = <A, E, R, B, E2, R2>(
  effect: Effect.Effect<A, E, R>,
  use: (value: A) => Effect.Effect<B, E2, R2>
): Effect.Effect<B, E | E2, R | R2> => (isValue(effect) ? use(effect.value) : Effect.flatMap(effect, use))

/** `Effect.mapError`, but returns an effect that is a value already as it is. */
export const mapErrorNow = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  map: (error: E) => E2
): Effect.Effect<A, E2, R> => (isValue(effect) ? Effect.succeed(effect.value) : Effect.mapError(effect, map))
