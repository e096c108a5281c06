import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { DurationSeconds, DurationText } from "../../../schemas/site/PlainDuration.js"

const encode = Schema.encodeEither(DurationSeconds)
const decode = Schema.decodeUnknownEither(DurationText)

describe("the duration of a request", () => {
  it.each([
    ["0 seconds", 0],
    ["1 millis", 0.001],
    ["499 micros", 0],
    ["500 micros", 0.001],
    ["1500 millis", 1.5],
    ["28 days", 2_419_200],
    ["999999999 days", 86_399_999_913_600]
  ] as const)("of %s is a number of seconds", (duration, seconds) =>
    expect(encode(Duration.decode(duration))).toEqual(Either.right(seconds))
  )

  it("is written without an exponent", () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger().filter((millis) => millis >= 0),
        (millis) => {
          expect(JSON.stringify(Either.getOrThrow(encode(Duration.millis(millis))))).toMatch(/^\d+(\.\d{1,3})?$/)
        }
      )
    )
  })

  it("is refused if it is endless, or longer than the server can store", () => {
    expect(Either.isLeft(encode(Duration.infinity))).toBe(true)
    expect(Either.isLeft(encode(Duration.days(1_000_000_000)))).toBe(true)
  })
})

describe("the duration of a response", () => {
  it.each([
    ["262800.0", 262_800_000],
    ["0.0", 0],
    ["1.5", 1500],
    ["86400", 86_400_000],
    ["0.000001", 0.001],
    ["1e-06", 0.001]
  ])("%s is a duration", (text, millis) =>
    expect(Either.map(decode(text), Duration.toMillis)).toEqual(Either.right(millis))
  )

  it("is zero if it is negative", () => expect(decode("-5.0")).toEqual(Either.right(Duration.zero)))

  it.each(["", "P1D", "1:00", "1 00:00:00", "NaN", "Infinity", " 1", 5])("is refused if it is %j", (text) =>
    expect(Either.isLeft(decode(text))).toBe(true)
  )
})
