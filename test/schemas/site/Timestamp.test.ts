import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Timestamp } from "../../../schemas/site/Timestamp.js"

const decode = Schema.decodeUnknownEither(Timestamp)
const encode = Schema.encodeEither(Timestamp)

describe("a site timestamp is read", () => {
  it.each([
    ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00.000Z"],
    ["2024-05-01T12:00:00.123456Z", "2024-05-01T12:00:00.123Z"],
    ["2024-05-01T12:00:00.999999Z", "2024-05-01T12:00:00.999Z"],
    ["2024-05-01T12:00:00.5Z", "2024-05-01T12:00:00.500Z"],
    ["2024-05-01T12:00:00+00:00", "2024-05-01T12:00:00.000Z"],
    ["2024-05-01T12:00:00.25-05:30", "2024-05-01T17:30:00.250Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999Z"]
  ])("%s", (text, iso) => {
    expect(Either.map(decode(text), DateTime.formatIso)).toEqual(Either.right(iso))
  })

  it("in UTC if it has no zone, as in metricity data, whatever the zone of this machine", () => {
    const zone = process.env["TZ"]
    try {
      process.env["TZ"] = "America/New_York"
      expect(new Date("2024-05-01T12:00:00").getUTCHours()).toBe(16)
      expect(Either.map(decode("2024-05-01T12:00:00.000001"), DateTime.formatIso)).toEqual(
        Either.right("2024-05-01T12:00:00.000Z")
      )
    } finally {
      if (zone === undefined) delete process.env["TZ"]
      else process.env["TZ"] = zone
    }
  })
})

describe("a site timestamp is refused", () => {
  it.each([
    "",
    "2024-05-01",
    "2024-05-01 12:00:00Z",
    "2024-13-01T12:00:00Z",
    "2024-05-01T25:00:00Z",
    "May 1 2024",
    "1714564800",
    "2024-05-01T12:00:00Z ",
    "+12024-05-01T12:00:00Z"
  ])("for %j", (text) => expect(Either.isLeft(decode(text))).toBe(true))

  it.each(["0000-12-31T23:59:59.999Z", "-000001-01-01T00:00:00.000Z", "+010000-01-01T00:00:00.000Z"])(
    "before sending, for %s",
    (iso) => expect(Either.isLeft(encode(DateTime.unsafeMake(iso)))).toBe(true)
  )
})

describe("a site timestamp", () => {
  it("survives, to the millisecond", () => {
    const min = new Date("0001-01-01T00:00:00Z")
    const max = new Date("9999-12-31T23:59:59.999Z")
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        const time = DateTime.unsafeFromDate(date)
        const text = Either.getOrThrow(encode(time))
        expect(text).toBe(date.toISOString())
        expect(DateTime.Equivalence(Either.getOrThrow(decode(text)), time)).toBe(true)
      })
    )
  })

  it("loses at most 999 microseconds, and becomes no later", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), (micros) => {
        const text = `2024-05-01T12:00:00.${String(micros).padStart(6, "0")}Z`
        expect(DateTime.toEpochMillis(Either.getOrThrow(decode(text))) % 1000).toBe(Math.floor(micros / 1000))
      })
    )
  })
})
