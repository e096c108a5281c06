import * as Effect from "effect/Effect"

const mark: unique symbol = Symbol.for("effect-herald/Credentials/atOnce")

/** Marks an `authorize` function that never waits. The mark is on the function, since users make credentials from parts of others. */
export const atOnce = <A, B>(authorize: (request: A) => B): ((request: A) => B) =>
  Object.assign((request: A) => authorize(request), { [mark]: true })

/** The `rejected` of credentials that do not change. */
export const neverReplaced = (): Effect.Effect<boolean> => Effect.succeed(false)

/** Reports whether credentials never wait. */
export const isImmediate = (credentials: {
  readonly authorize: object
  readonly rejected: unknown
  readonly wrapAttempt?: unknown
}): boolean =>
  credentials.wrapAttempt === undefined && credentials.rejected === neverReplaced && mark in credentials.authorize
