import * as DateTime from "effect/DateTime"

/**
 * Makes a function that returns a time of a valid number of milliseconds. Effect's constructors take many times as long: they validate a `Date`, and define
 * a hidden property for the parts of the time. Here it is added, enumerable, when the parts are first read.
 */
const makeUtc = () => {
  function Utc(this: { epochMillis: number }, epochMillis: number) {
    this.epochMillis = epochMillis
  }
  Utc.prototype = Object.getPrototypeOf(DateTime.unsafeMake(0))
  // A function is a constructor too, which its type does not say.
  const Constructor = Utc as unknown as new (epochMillis: number) => DateTime.Utc
  return (epochMillis: number): DateTime.Utc => new Constructor(epochMillis)
}

/** Makes a function that calls `makeUtc` when it is first called, so that an import makes no time. */
const whenUsed = () => {
  let make: ReturnType<typeof makeUtc> | undefined
  return (epochMillis: number): DateTime.Utc => (make ??= makeUtc())(epochMillis)
}

/** Returns the time of a number of milliseconds since the epoch, which must be that of a valid `Date`. */
export const utc = whenUsed()
