import type { LazyArbitrary } from "effect/Arbitrary"
import * as DateTime from "effect/DateTime"
import type * as Option from "effect/Option"
import type * as order from "effect/Order"
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

/** The whole range, and often the values at which an implementation fails: around 0, around 2^53, and at both ends. */
const arbitrary = (): LazyArbitrary<string> => (fc) => {
  const edge = 2n ** 53n
  const last = 2n ** 63n - 1n
  const range = (min: bigint, max: bigint) => fc.bigInt({ min, max })
  return fc
    .oneof(
      { weight: 4, arbitrary: range(-last - 1n, last) },
      { weight: 2, arbitrary: range(edge - 4n, edge + 4n) },
      { weight: 1, arbitrary: range(-edge - 4n, -edge + 4n) },
      { weight: 1, arbitrary: range(-2n, 2n) },
      { weight: 1, arbitrary: range(last - 2n, last) },
      { weight: 1, arbitrary: range(-last - 1n, -last + 1n) }
    )
    .map(String)
}

/**
 * The id of an entity of Discord: an integer of 64 bits, as its digits. It is a string, since a JavaScript number is exact to 53 bits
 * only. Two snowflakes are equal as strings if they are equal as integers. The type is the same in every service, so that an id that one
 * API returned is an argument of another.
 *
 * This schema is for APIs that send the digits as a JSON string, and for paths, query values and headers. `FromInteger` is for APIs that
 * send a JSON integer. The schema's `make` makes a value of digits that a program has, and throws for others.
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
    description: "an integer from -2^63 to 2^63-1, in digits",
    arbitrary
  }),
  Schema.brand("Snowflake")
)
export type Snowflake = typeof Snowflake.Type

/** Reports whether a value can be that of a JSON integer. */
const isInteger = (value: unknown): value is number | bigint =>
  typeof value === "bigint" || (typeof value === "number" && !Number.isNaN(value))

/** Explains why a number is not accepted. */
const refusal = (value: number): string =>
  Number.isInteger(value)
    ? "must be exact: this number is beyond the safe integers, and the parser of the JSON has already rounded it"
    : "must be an integer"

/**
 * A `Snowflake` that is a JSON integer on the wire. This library reads integers beyond the safe ones as `bigint`, and writes both number
 * and `bigint` as JSON integers, without loss.
 *
 * A number beyond the safe integers is refused: another parser, such as `JSON.parse`, made it, and its last digits may be wrong.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Endpoint, Snowflake } from "effect-herald"
 *
 * const getUser = Endpoint.get("/users/{id}", {
 *   path: { id: Snowflake.Snowflake },
 *   success: Schema.Struct({ id: Snowflake.FromInteger, name: Schema.String })
 * })
 * ```
 */
export const FromInteger: Schema.Schema<Snowflake, number | bigint> = Schema.transformOrFail(
  Schema.declare(isInteger, {
    description: "a JSON integer",
    jsonSchema: { type: "integer", format: "int64" }
  }).pipe(
    Schema.filter((value) => typeof value === "bigint" || Number.isSafeInteger(value) || refusal(value), {
      description: "a JSON integer of 64 bits",
      jsonSchema: { type: "integer", format: "int64" }
    })
  ),
  Snowflake,
  {
    strict: true,
    decode: (value) => ParseResult.succeed(String(value)),
    encode: (text) => {
      const value = Number(text)
      return ParseResult.succeed(Number.isSafeInteger(value) ? value : BigInt(text))
    }
  }
).annotations({ identifier: "SnowflakeFromInteger", description: "a Snowflake as a JSON integer" })

/** Returns a `bigint` as a `Snowflake`, or none if it exceeds 64 bits. */
export const fromBigInt = (value: bigint): Option.Option<Snowflake> => Schema.decodeOption(Snowflake)(String(value))

/** Returns the integer of a `Snowflake`. */
export const toBigInt = (self: Snowflake): bigint => BigInt(self)

/**
 * Orders snowflakes as integers: by the time at which they were created. The order of texts is another one.
 *
 * @example
 * ```ts
 * import { Array, Order } from "effect"
 * import { Snowflake } from "effect-herald"
 *
 * const oldestFirst = (ids: ReadonlyArray<Snowflake.Snowflake>) => Array.sort(ids, Snowflake.Order)
 * const isBefore = Order.lessThan(Snowflake.Order)
 * ```
 */
export const Order: order.Order<Snowflake> = (self, that) => {
  if (self === that) return 0
  const negative = self.startsWith("-")
  if (negative !== that.startsWith("-")) return negative ? -1 : 1
  const isSmaller = self.length === that.length ? self < that : self.length < that.length
  return isSmaller === negative ? 1 : -1
}

/**
 * Returns the time at which Discord created the entity: the milliseconds since the start of 2015 are above the lowest 22 bits. It
 * means nothing for an id that another system made.
 *
 * @example
 * ```ts
 * import { DateTime } from "effect"
 * import { Snowflake } from "effect-herald"
 *
 * const id = Snowflake.Snowflake.make("409107086526644234")
 * DateTime.formatIso(Snowflake.createdAt(id)) // => "2018-02-02T22:05:30.270Z"
 * ```
 */
export const createdAt = (self: Snowflake): DateTime.Utc =>
  DateTime.unsafeMake(Number(toBigInt(self) >> 22n) + 1420070400000)
