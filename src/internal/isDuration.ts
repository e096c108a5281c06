import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** Reports whether an option is a duration. Effect takes NaN and negative numbers for 0. */
export const isDuration = (value: unknown): value is Duration.DurationInput =>
  (typeof value !== "number" || value >= 0) && Option.isSome(Duration.decodeUnknown(value))
