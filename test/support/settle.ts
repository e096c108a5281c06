import * as Effect from "effect/Effect"

/** A turn of the event loop. */
export const turn = Effect.promise(() => new Promise(setImmediate))

/** Lets all work go on that waits neither for the test's clock nor for a socket. */
export const settle: Effect.Effect<void> = Effect.forEach(Array.from({ length: 10 }), () => turn, { discard: true })

/** Waits in real time until this holds. */
export const until = (holds: () => boolean): Effect.Effect<void> => Effect.asVoid(Effect.repeat(turn, { until: holds }))
