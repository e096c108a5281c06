import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** Reports whether a value is a number below 0, as such or as text, or NaN. */
const isBelowZero = (value: unknown): boolean =>
  typeof value === "string"
    ? value.trim().startsWith("-")
    : (typeof value === "number" || typeof value === "bigint") && !(value >= 0)

/** Reports whether an option is a duration. Effect takes NaN and negative values for 0. */
export const isDuration = (value: unknown): value is Duration.DurationInput =>
  ![value].flat().some(isBelowZero) && Option.isSome(Duration.decodeUnknown(value))
