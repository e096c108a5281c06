import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** The times that the server supports: the years 1 to 9999. Decimal seconds far beyond them are not exact to the millisecond. */
const Time = Schema.DateTimeUtcFromSelf.annotations({
  arbitrary: () => (fc) =>
    fc
      .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
      .map((date) => DateTime.unsafeFromDate(date))
})

/**
 * A time, on the wire as decimal seconds since the epoch (`1617278400.000001`). It is rounded to milliseconds, which is the
 * precision of `DateTime`.
 */
export const Timestamp = Schema.transformOrFail(Schema.Number, Time, {
  strict: true,
  decode: (seconds, _, ast) =>
    Option.match(DateTime.make(Math.round(seconds * 1000)), {
      onNone: () => ParseResult.fail(new ParseResult.Type(ast, seconds)),
      onSome: (time) => ParseResult.succeed(DateTime.toUtc(time))
    }),
  encode: (time) => ParseResult.succeed(DateTime.toEpochMillis(time) / 1000)
}).annotations({ identifier: "Timestamp", description: "decimal seconds since the epoch" })
