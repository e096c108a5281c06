import * as DateTime from "effect/DateTime"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { utc } from "../utc.js"

/** The first and the last millisecond of the server's times. */
const range = () => [-62_135_596_800_000, 253_402_300_799_999] as const

const isInRange = (time: DateTime.Utc) => {
  const [first, last] = range()
  return (time.epochMillis >= first && time.epochMillis <= last) || "must be a time of the years 1 to 9999"
}

/** The times of the server: the years 1 to 9999, to the millisecond. */
const Time = Schema.DateTimeUtcFromSelf.pipe(
  Schema.filter(isInRange, {
    arbitrary: () => (fc) => {
      const [min, max] = range()
      return fc.integer({ min, max }).map((millis) => DateTime.unsafeMake(millis))
    }
  })
)

/** Reads a time in ISO 8601, in UTC if it has no zone. NaN for any other text. */
const parse = (text: string): number => {
  // `Date.parse` accepts other formats, too, and reads a time without a zone as local time.
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text)
  if (match === null) return Number.NaN
  return Date.parse(match[1] === undefined ? `${text}Z` : text)
}

/**
 * A time, on the wire as ISO 8601 in UTC (`2024-05-01T12:00:00.123456Z`). A time without a zone, as that of `joined_at` in metricity
 * data, is in UTC. It is sent with `Z` and milliseconds.
 *
 * The server has microseconds and `DateTime` has milliseconds: the digits after the third are cut off. A time that is received and sent
 * again can therefore be up to 999 microseconds earlier. Times before the year 1 and after the year 9999 are refused before sending.
 */
export const Timestamp = Schema.transformOrFail(Schema.String, Time, {
  strict: true,
  decode: (text, _, ast) => {
    const millis = parse(text)
    return Number.isNaN(millis) ? ParseResult.fail(new ParseResult.Type(ast, text)) : ParseResult.succeed(utc(millis))
  },
  encode: (time) => ParseResult.succeed(new Date(time.epochMillis).toISOString())
}).annotations({ identifier: "SiteTimestamp", description: "a time in ISO 8601" })
