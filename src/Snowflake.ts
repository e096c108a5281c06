import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

const isDigit = (text: string, index: number): boolean => {
  const code = text.charCodeAt(index)
  return code >= 48 && code <= 57
}

/**
 * Reports whether a text is an integer of 64 bits, signed, without leading zeros. Ids are in each item of a list, so neither a
 * regular expression nor a `BigInt` is used, which take several times as long. Texts of equal length compare as their numbers do.
 */
const isInt64 = (text: string): boolean => {
  const start = text.startsWith("-") ? 1 : 0
  const digits = text.length - start
  if (digits === 0 || digits > 19 || (text[start] === "0" && text !== "0")) return false
  for (let index = start; index < text.length; index++) if (!isDigit(text, index)) return false
  return digits < 19 || text <= (start === 1 ? "-9223372036854775808" : "9223372036854775807")
}

/**
 * The id of an entity of Discord: an integer of 64 bits, as its digits. It is a string, since a JavaScript number is exact to 53 bits
 * only. Two snowflakes are equal as strings if they are equal as integers.
 *
 * This schema is for APIs that send the digits as a JSON string. Use `FromInteger` for those that send a JSON integer.
 *
 * @example
 * ```ts
 * import { Snowflake } from "effect-herald"
 *
 * const id = Snowflake.Snowflake.make("409107086526644234")
 * ```
 */
export const Snowflake = Schema.String.pipe(
  Schema.filter((id) => isInt64(id) || "must be an integer from -2^63 to 2^63-1, in digits", {
    identifier: "Snowflake",
    arbitrary: () => (fc) => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
  }),
  Schema.brand("Snowflake")
)
export type Snowflake = typeof Snowflake.Type

/** A `Snowflake` that is a JSON integer on the wire: a `bigint` beyond the safe integers, which this library reads and writes exactly. */
export const FromInteger: Schema.Schema<Snowflake, number | bigint> = Schema.transformOrFail(
  Schema.Union(Schema.Int, Schema.BigIntFromSelf),
  Snowflake,
  {
    strict: true,
    decode: (integer) => ParseResult.succeed(String(integer)),
    encode: (text) => ParseResult.succeed(Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text))
  }
).annotations({ identifier: "SnowflakeFromInteger", description: "a Snowflake as a JSON integer" })
