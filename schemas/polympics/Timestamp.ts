import * as DateTime from "effect/DateTime"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { utc } from "../utc.js"

/** The times that the server supports: the years 1 to 9999. Decimal seconds far beyond them are not exact to the millisecond. */
const Time = Schema.DateTimeUtcFromSelf.annotations({
  arbitrary: () => (fc) =>
    fc
      .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
      .map((date) => DateTime.unsafeFromDate(date))
})

/** The largest distance from the epoch of a `Date`, in milliseconds (ECMA-262, 21.4.1.1). */
const maxTime = 8.64e15

/**
 * A time, on the wire as decimal seconds since the epoch (`1617278400.000001`). It is rounded to milliseconds, which is the
 * precision of `DateTime`.
 */
export const Timestamp = Schema.transformOrFail(Schema.Number, Time, {
  strict: true,
  decode: (seconds, _, ast) => {
    // The sum is never the negative zero.
    const millis = Math.round(seconds * 1000) + 0
    return Math.abs(millis) <= maxTime
      ? ParseResult.succeed(utc(millis))
      : ParseResult.fail(new ParseResult.Type(ast, seconds))
  },
  encode: (time) => ParseResult.succeed(DateTime.toEpochMillis(time) / 1000)
}).annotations({ identifier: "Timestamp", description: "decimal seconds since the epoch" })
