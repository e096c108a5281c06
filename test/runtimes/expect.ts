import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** A check has not found the expected value. */
class Unexpected extends Data.TaggedError("Unexpected")<{ readonly message: string }> {}

/** Fails unless two values have the same JSON. Objects in both have their keys in the same order. */
export const expectEqual = (
  actual: unknown,
  expected: unknown,
  what = "the value"
): Effect.Effect<void, Unexpected> => {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value))
  return is === should ? Effect.void : Effect.fail(new Unexpected({ message: `${what} is ${is}, not ${should}` }))
}

/** Fails unless a condition is true. */
export const expectTrue = (condition: boolean, otherwise: string): Effect.Effect<void, Unexpected> =>
  condition ? Effect.void : Effect.fail(new Unexpected({ message: otherwise }))
