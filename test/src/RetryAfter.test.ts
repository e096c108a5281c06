import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import { RetryAfter } from "effect-herald"

const now = Date.parse("2026-03-01T12:00:00Z")
const seconds = (header: string | undefined, at = now) => {
  const wait = RetryAfter.parse(header, at)
  return wait && Duration.toSeconds(wait)
}

describe("RetryAfter", () => {
  it.each([
    ["0", 0],
    ["120", 120],
    [" 7\t", 7],
    ["007", 7],
    ["9007199254740", 9007199254740]
  ])("seconds: %j", (header, wait) => {
    expect(seconds(header)).toBe(wait)
  })

  it("more seconds than can be counted are for ever", () => {
    expect(RetryAfter.parse("9".repeat(400), now)).toEqual(Duration.infinity)
    expect(RetryAfter.parse("9007199254740993", now)).toEqual(Duration.infinity)
  })

  // The examples of RFC 9110, 5.6.7, which are one moment.
  it.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])(
    "a date: %s",
    (date) => {
      const before = Date.parse("1994-11-06T08:49:00Z")
      expect(RetryAfter.parseHttpDate(date, before)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37))
      expect(seconds(date, before)).toBe(37)
    }
  )

  it.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 01 Mar 2026 11:59:59 GMT", "Sun, 01 Mar 2026 12:00:00 GMT"])(
    "a date gone by is no wait: %s",
    (date) => {
      expect(seconds(date)).toBe(0)
    }
  )

  // A year that seems more than 50 years ahead is the last one in the past with these digits.
  it.each([
    ["00", 2000],
    ["26", 2026],
    ["76", 2076],
    ["77", 1977],
    ["99", 1999]
  ])("a year of two digits, seen from 2026: %s", (year, full) => {
    expect(RetryAfter.parseHttpDate(`Sunday, 06-Jul-${year} 08:49:37 GMT`, now)).toBe(Date.UTC(full, 6, 6, 8, 49, 37))
  })

  it("a year of two digits, seen from the end of a century, may be in the next", () => {
    const late = Date.UTC(2099, 11, 31, 23, 59, 59)
    expect(RetryAfter.parseHttpDate("Friday, 01-Jan-00 00:00:00 GMT", late)).toBe(Date.UTC(2100, 0, 1))
  })

  it("knows leap days and leap seconds", () => {
    expect(RetryAfter.parseHttpDate("Thu, 29 Feb 2024 00:00:00 GMT", now)).toBe(Date.UTC(2024, 1, 29))
    expect(RetryAfter.parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", now)).toBe(Date.UTC(2017, 0, 1))
  })

  it.each([
    undefined,
    "",
    " ",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    "10s",
    "1, 2",
    "١٢",
    "NaN",
    "Infinity",
    "soon",
    "null",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "sun, 06 nov 1994 08:49:37 gmt",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 31 Nov 1994 08:49:37 GMT",
    "Wed, 29 Feb 2023 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, 06 Nov 1994 08:49 GMT",
    "Sun Nov 06 08:49:37 1994 GMT",
    "1994-11-06T08:49:37Z",
    "1617278400000000000000000000 GMT"
  ])("nonsense is nothing: %j", (header) => {
    expect(RetryAfter.parse(header, now)).toBeUndefined()
  })

  it("any text is nothing or a wait, never less than none and never NaN", () => {
    const part = fc.constantFrom(
      "Sun",
      "Sunday",
      ", ",
      " ",
      "-",
      "Nov",
      "06",
      "94",
      "1994",
      "08:49:37",
      "99:99:99",
      " GMT",
      "0000"
    )
    const date = fc
      .tuple(fc.integer({ min: 0, max: 99 }), fc.constantFrom("Feb", "Nov"), fc.integer({ min: 0, max: 9999 }))
      .map(([day, month, year]) => {
        const digits = (value: number, length: number) => `${value}`.padStart(length, "0")
        return `Sun, ${digits(day, 2)} ${month} ${digits(year, 4)} 08:49:37 GMT`
      })
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("+", "-", ".", " ", "0", "1", "9"), maxLength: 40 }),
      fc.array(part).map((parts) => parts.join("")),
      date
    )
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 4102444800000 }), (header, at) => {
        const wait = RetryAfter.parse(header, at)
        expect(wait === undefined || Duration.toMillis(wait) >= 0).toBe(true)
      })
    )
  })

  it("any date of this format comes back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253402300799 }), (second) => {
        expect(RetryAfter.parseHttpDate(new Date(second * 1000).toUTCString(), now)).toBe(second * 1000)
      })
    )
  })
})
