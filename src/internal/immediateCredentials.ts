import * as Effect from "effect/Effect"
import type { Credentials } from "../Credentials.js"

const mark: unique symbol = Symbol.for("effect-herald/Credentials/atOnce")

/** Marks an `authorize` function that never waits. The mark is on the function, since users make credentials from parts of others. */
export const atOnce = (authorize: Credentials["authorize"]): Credentials["authorize"] =>
  Object.assign((request: Parameters<typeof authorize>[0]) => authorize(request), { [mark]: true })

/** The `rejected` of credentials that do not change. */
export const neverReplaced = (): Effect.Effect<boolean> => Effect.succeed(false)

/** Reports whether credentials never wait. */
export const isImmediate = ({ authorize, rejected, wrapAttempt }: Credentials): boolean =>
  wrapAttempt === undefined && rejected === neverReplaced && mark in authorize
