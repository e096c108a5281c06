import * as Effect from "effect/Effect"

/** Returns a number of records or bytes without its fraction. Dies with a `RangeError` if it is less than 1, or no number. */
export const atLeastOne = (option: string, value: number): Effect.Effect<number> =>
  value >= 1
    ? Effect.succeed(Math.floor(value))
    : Effect.dieSync(
        () => new RangeError(`effect-herald/log: ${option} is ${value}. It has to be a number of at least 1.`)
      )
