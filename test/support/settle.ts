import * as Effect from "effect/Effect"

/** Lets all work go on that waits neither for the test's clock nor for a socket. */
export const settle: Effect.Effect<void> = Effect.forEach(
  Array.from({ length: 10 }),
  () => Effect.promise(() => new Promise(setImmediate)),
  { discard: true }
)

/** Waits in real time until this holds. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.asVoid(
    Effect.repeat(
      Effect.promise(() => new Promise(setImmediate)),
      { until: holds }
    )
  )
