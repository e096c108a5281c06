import * as Duration from "effect/Duration"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** The durations of the server: at most 999,999,999 days (`timedelta.max` of Python). */
const Storable = Schema.DurationFromSelf.pipe(
  Schema.filter((duration) => Duration.toSeconds(duration) <= 86_399_999_913_600 || "must be at most 999,999,999 days")
)

/**
 * A duration in a request, on the wire as a number of seconds. It is rounded to milliseconds, since the server can't read the form in which
 * it gets a number of fewer than 100 microseconds. Durations of more than 999,999,999 days are refused before sending.
 */
export const DurationSeconds = Schema.transformOrFail(Schema.Number, Storable, {
  strict: true,
  decode: (seconds, _, ast) =>
    Number.isFinite(seconds)
      ? ParseResult.succeed(Duration.seconds(seconds))
      : ParseResult.fail(new ParseResult.Type(ast, seconds)),
  encode: (duration) => ParseResult.succeed(Math.round(Duration.toMillis(duration)) / 1000)
}).annotations({ identifier: "DurationSeconds", description: "a duration as a number of seconds" })

/**
 * A duration in a response, on the wire as a text of seconds (`"262800.0"`). A negative one, which the server can hold, is read as zero,
 * which is the shortest `Duration`.
 */
export const DurationText = Schema.transformOrFail(Schema.String, Schema.DurationFromSelf, {
  strict: true,
  decode: (text, _, ast) =>
    /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/.test(text)
      ? ParseResult.succeed(Duration.seconds(Number(text)))
      : ParseResult.fail(new ParseResult.Type(ast, text)),
  encode: (duration) => ParseResult.succeed(String(Duration.toSeconds(duration)))
}).annotations({ identifier: "DurationText", description: "a duration as a text of seconds" })
