import { describe, expect, it } from "@effect/vitest"
import { Snowflake } from "effect-herald"
import * as Arbitrary from "effect/Arbitrary"
import * as Arr from "effect/Array"
import * as BigIntOrder from "effect/BigInt"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as JSONSchema from "effect/JSONSchema"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { compile } from "../../src/internal/decoder/compile.js"

const is = Schema.is(Snowflake.Snowflake)

/** Reports whether a text is an integer of 64 bits, in the only way in which the server writes it. */
const isId = (text: string): boolean => {
  try {
    const id = BigInt(text)
    return id.toString() === text && id >= -(2n ** 63n) && id <= 2n ** 63n - 1n
  } catch {
    return false
  }
}

describe("a Snowflake", () => {
  const numbers = FastCheck.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String)
  const near = FastCheck.stringMatching(/^[-+ 0]{0,3}[0-9a-f_.]{0,22}\n?$/)

  it.prop("is an integer of 64 bits, in digits", [FastCheck.oneof(numbers, near, FastCheck.string())], ([text]) => {
    expect([text, is(text)]).toEqual([text, isId(text)])
  })

  it("has the range of 64 bits", () => {
    expect(is("9223372036854775807")).toBe(true)
    expect(is("9223372036854775808")).toBe(false)
    expect(is("-9223372036854775808")).toBe(true)
    expect(is("-9223372036854775809")).toBe(false)
  })

  it("has one spelling", () => {
    for (const text of ["", "-", "-0", "00", "01", "+1", " 1", "1 ", "1\n", "1_000", "0x1", "1e3", "1.0", "١"]) {
      expect([text, is(text)]).toEqual([text, false])
    }
    expect(is("9".repeat(100_000))).toBe(false)
  })

  it.prop("is valid if its own arbitrary makes it", [Snowflake.Snowflake], ([id]) => {
    expect(isId(id)).toBe(true)
  })

  it("has an arbitrary with the integers beside 2^53 and both ends", () => {
    const ids = new Set(
      FastCheck.sample(Arbitrary.make(Snowflake.Snowflake), { numRuns: 2000, seed: 1 }).map((id) => String(id))
    )
    const expected = ["9007199254740991", "9007199254740993", "9223372036854775807", "-9223372036854775808", "0"]
    expect(expected.filter((id) => !ids.has(id))).toEqual([])
    expect([...ids].filter((id) => id.length >= 18).length).toBeGreaterThan(300)
  })

  it.prop("is converted to a bigint and back", [Snowflake.Snowflake], ([id]) => {
    expect(Snowflake.fromBigInt(Snowflake.toBigInt(id))).toEqual(Option.some(id))
  })

  it("is none of a bigint beyond 64 bits", () => {
    expect(Snowflake.fromBigInt(2n ** 63n)).toEqual(Option.none())
    expect(Snowflake.fromBigInt(-(2n ** 63n) - 1n)).toEqual(Option.none())
  })

  it.prop("is ordered as an integer", [Snowflake.Snowflake, Snowflake.Snowflake], ([one, other]) => {
    expect(Snowflake.Order(one, other)).toBe(BigIntOrder.Order(BigInt(one), BigInt(other)))
    expect(Snowflake.Order(one, one)).toBe(0)
  })

  it("is not ordered as a text", () => {
    const ids = ["10", "9", "-10", "-9", "0"].map((text) => Snowflake.Snowflake.make(text))
    expect(Arr.sort(ids, Snowflake.Order)).toEqual(["-10", "-9", "0", "9", "10"])
  })

  it("has the time at which Discord created it", () => {
    const at = (text: string) => DateTime.formatIso(Snowflake.createdAt(Snowflake.Snowflake.make(text)))
    // The example of Discord's documentation.
    expect(at("175928847299117063")).toBe("2016-04-30T11:18:25.796Z")
    expect(at("0")).toBe("2015-01-01T00:00:00.000Z")
    expect(at("4194303")).toBe("2015-01-01T00:00:00.000Z")
    expect(at("4194304")).toBe("2015-01-01T00:00:00.001Z")
    expect(at("9223372036854775807")).toBe("2084-09-06T15:47:35.551Z")
    expect(at("-1")).toBe("2014-12-31T23:59:59.999Z")
  })
})

describe("FromInteger", () => {
  const decode = Schema.decodeUnknownEither(Snowflake.FromInteger)
  const compiled = compile(Snowflake.FromInteger.ast)
  const encode = Schema.encodeSync(Snowflake.FromInteger)

  const accepted: ReadonlyArray<readonly [number | bigint, string]> = [
    [0, "0"],
    [-0, "0"],
    [-5, "-5"],
    [1e3, "1000"],
    [9007199254740991, "9007199254740991"],
    [-9007199254740991, "-9007199254740991"],
    [5n, "5"],
    [9007199254740992n, "9007199254740992"],
    [9007199254740993n, "9007199254740993"],
    [409107086526644234n, "409107086526644234"],
    [9223372036854775807n, "9223372036854775807"],
    [-9223372036854775808n, "-9223372036854775808"]
  ]

  it.each(accepted)("decodes %s", (integer, text) => {
    expect(decode(integer)).toEqual(Either.right(text))
    expect(compiled(integer)).toBe(text)
  })

  const beyond =
    "must be exact: this number is beyond the safe integers, and the parser of the JSON has already rounded it"
  const refused: ReadonlyArray<readonly [unknown, string]> = [
    [9007199254740992, beyond],
    [-9007199254740992, beyond],
    [409107086526644200, beyond],
    [1e300, beyond],
    [1.5, "must be an integer"],
    [Number.NaN, "Expected a JSON integer, actual NaN"],
    [Number.POSITIVE_INFINITY, "must be an integer"],
    [9223372036854775808n, "must be an integer from -2^63 to 2^63-1, in digits"],
    [-9223372036854775809n, "must be an integer from -2^63 to 2^63-1, in digits"],
    ["1", 'Expected a JSON integer, actual "1"'],
    [null, "Expected a JSON integer, actual null"],
    [true, "Expected a JSON integer, actual true"],
    [{}, "Expected a JSON integer, actual {}"],
    [[1], "Expected a JSON integer, actual [1]"]
  ]

  it.each(refused)("refuses %s", (value, message) => {
    const result = Either.mapLeft(decode(value), (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) => issue.message)
    )
    expect(result).toEqual(Either.left([message]))
    expect(compiled(value)).toMatchObject({ _tag: "Failed" })
  })

  it.prop("encodes to a number if it is safe, and to a bigint beyond", [Snowflake.Snowflake], ([id]) => {
    const integer = encode(id)
    const exact = BigInt(id)
    const isSafe = exact >= BigInt(Number.MIN_SAFE_INTEGER) && exact <= BigInt(Number.MAX_SAFE_INTEGER)
    expect(typeof integer).toBe(isSafe ? "number" : "bigint")
    expect(BigInt(integer)).toBe(exact)
    expect(decode(integer)).toEqual(Either.right(id))
  })

  it("is an integer of 64 bits in JSON Schema", () => {
    expect(JSONSchema.make(Snowflake.FromInteger)).toMatchObject({
      $defs: { SnowflakeFromInteger: { type: "integer", format: "int64" } }
    })
  })
})
