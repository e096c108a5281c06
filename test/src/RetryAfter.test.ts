import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import { RetryAfter } from "effect-herald"
import * as HttpTime from "../../src/internal/http/httpTime.js"

const now = Date.parse("2026-03-01T12:00:00Z")
const seconds = (header: string | undefined, at = now) => {
  const wait = RetryAfter.parse(header, at)
  return wait && Duration.toSeconds(wait)
}

describe("parse", () => {
  it.each([
    ["0", 0],
    ["120", 120],
    [" 7\t", 7],
    ["007", 7],
    ["9007199254740", 9007199254740]
  ])("parses seconds: %j", (header, wait) => {
    expect(seconds(header)).toBe(wait)
  })

  it("returns infinity for seconds above the safe integers", () => {
    expect(RetryAfter.parse("9".repeat(400), now)).toEqual(Duration.infinity)
    expect(RetryAfter.parse("9007199254740993", now)).toEqual(Duration.infinity)
  })

  // The examples of RFC 9110, 5.6.7: three formats of one time.
  it.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])(
    "parses a date: %s",
    (date) => {
      const before = Date.parse("1994-11-06T08:49:00Z")
      expect(HttpTime.parseDate(date, before)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37))
      expect(seconds(date, before)).toBe(37)
    }
  )

  it.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 01 Mar 2026 11:59:59 GMT", "Sun, 01 Mar 2026 12:00:00 GMT"])(
    "returns zero for a date in the past: %s",
    (date) => {
      expect(seconds(date)).toBe(0)
    }
  )

  // A year that would be more than 50 years ahead is the last one in the past with these digits.
  it.each([
    ["00", 2000],
    ["26", 2026],
    ["76", 2076],
    ["77", 1977],
    ["99", 1999]
  ])("expands a year of two digits, relative to 2026: %s", (year, full) => {
    expect(HttpTime.parseDate(`Sunday, 06-Jul-${year} 08:49:37 GMT`, now)).toBe(Date.UTC(full, 6, 6, 8, 49, 37))
  })

  it("expands a year of two digits to the next century at the end of a century", () => {
    const late = Date.UTC(2099, 11, 31, 23, 59, 59)
    expect(HttpTime.parseDate("Friday, 01-Jan-00 00:00:00 GMT", late)).toBe(Date.UTC(2100, 0, 1))
  })

  it("parses leap days and leap seconds", () => {
    expect(HttpTime.parseDate("Thu, 29 Feb 2024 00:00:00 GMT", now)).toBe(Date.UTC(2024, 1, 29))
    expect(HttpTime.parseDate("Sat, 31 Dec 2016 23:59:60 GMT", now)).toBe(Date.UTC(2017, 0, 1))
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
  ])("returns undefined for an invalid header: %j", (header) => {
    expect(RetryAfter.parse(header, now)).toBeUndefined()
  })

  it("returns undefined or a duration of at least zero for any text", () => {
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

  it("parses every date that toUTCString formats", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253402300799 }), (second) => {
        expect(HttpTime.parseDate(new Date(second * 1000).toUTCString(), now)).toBe(second * 1000)
      })
    )
  })
})

describe("fromHeaders", () => {
  const at = (offset: number) => new Date(now + offset).toUTCString()
  const read = (headers: Record<string, string>, status = 503) => {
    const { wait, asked } = RetryAfter.fromHeaders(headers, status, now)
    return [wait && Duration.toMillis(wait), asked]
  }

  it.each(["retry-after-ms", "x-ms-retry-after-ms"])("parses %s as milliseconds", (name) => {
    for (const [text, millis] of [
      ["0", 0],
      ["250", 250],
      [" 250\t", 250],
      ["0250", 250],
      ["1234.5", 1234.5],
      ["0.0", 0],
      ["9007199254740991", 9007199254740991],
      ["9007199254740993", Infinity],
      ["9".repeat(400), Infinity]
    ] as const) {
      expect(read({ [name]: text }), text).toEqual([millis, true])
    }
    for (const text of ["", " ", "-1", "-0", "+1", "1.", ".5", "1.5.5", "1e3", "0x10", "1,5", "1, 2", "5ms", "soon"]) {
      expect(read({ [name]: text }), text).toEqual([undefined, false])
    }
    for (const text of ["١٢", "１２", "½", "∞", "NaN", "Infinity", "null", "\u0000", "5\n5", at(5000)]) {
      expect(read({ [name]: text }), text).toEqual([undefined, false])
    }
  })

  // The milliseconds take precedence over seconds that are rounded up from them, but not over a longer wait.
  it.each([
    ["2", "1500", 1500],
    ["1", "0.5", 0.5],
    ["1", "0", 1000],
    ["2", "1000.1", 1000.1],
    ["2", "1000", 2000],
    ["2", "999.9", 2000],
    ["60", "1500", 60_000],
    ["1", "1500", 1500],
    ["0", "1500", 1500],
    ["2", "2000", 2000],
    ["9".repeat(20), "1500", Infinity],
    ["2", "9".repeat(20), Infinity],
    ["9".repeat(20), "9".repeat(20), Infinity],
    ["soon", "1500", 1500],
    ["2", "soon", 2000],
    [at(60_000), "1500", 60_000],
    [at(2000), "1500", 1500]
  ])("combines Retry-After %j with Retry-After-Ms %j", (coarse, exact, wait) => {
    expect(read({ "retry-after": coarse, "retry-after-ms": exact })).toEqual([wait, true])
  })

  it("uses the longer of two headers of milliseconds", () => {
    expect(read({ "retry-after-ms": "250", "x-ms-retry-after-ms": "1000" })).toEqual([1000, true])
    expect(read({ "retry-after-ms": "1000", "x-ms-retry-after-ms": "250" })).toEqual([1000, true])
    expect(read({ "retry-after-ms": "nonsense", "x-ms-retry-after-ms": "250" })).toEqual([250, true])
  })

  it("`asked` is true for valid Retry-After and Retry-After-Ms headers only", () => {
    const usedUp = { "ratelimit-remaining": "0", "ratelimit-reset": "30" }
    expect(read({})).toEqual([undefined, false])
    expect(read({ "retry-after": "soon", "retry-after-ms": "soon" })).toEqual([undefined, false])
    expect(read(usedUp)).toEqual([30_000, false])
    expect(read({ ...usedUp, "retry-after": "soon" })).toEqual([30_000, false])
    expect(read({ "retry-after": "0" })).toEqual([0, true])
    expect(read({ "retry-after": at(-60_000) })).toEqual([0, true])
  })

  it("returns the longest wait of all headers", () => {
    const usedUp = { "ratelimit-remaining": "0", "ratelimit-reset": "30" }
    expect(read({ ...usedUp, "retry-after": "7" })).toEqual([30_000, true])
    expect(read({ ...usedUp, "retry-after": "60" })).toEqual([60_000, true])
    expect(read({ ...usedUp, "retry-after": "2", "retry-after-ms": "1500" })).toEqual([30_000, true])
    expect(read({ ...usedUp, "ratelimit-remaining": "9", "retry-after": "7" })).toEqual([7000, true])
  })

  // By the local clock alone, dates of a server whose clock is ahead would be too late, and of one that is behind in the past.
  it.each([0, 1000, -1000, 3_600_000, -3_600_000, 86_400_000, -86_400_000])(
    "counts a date from the server's clock, which is %d ms ahead",
    (skew) => {
      expect(read({ date: at(skew), "retry-after": at(skew + 30_000) })).toEqual([30_000, true])
      expect(read({ date: ` ${at(skew)}\t`, "retry-after": at(skew + 30_000) })).toEqual([30_000, true])
      expect(read({ date: at(skew), "retry-after": at(skew - 30_000) })).toEqual([0, true])
      expect(read({ date: at(skew), "retry-after": "30" })).toEqual([30_000, true])
      expect(read({ date: at(skew), "retry-after-ms": "30" })).toEqual([30, true])
    }
  )

  it.each([
    at(86_401_000),
    at(-86_401_000),
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "",
    "now",
    String(now),
    new Date(now).toISOString(),
    `${at(3000)}, ${at(3000)}`
  ])("counts a date from the local clock if the Date header is invalid or implausible: %j", (date) => {
    expect(read({ date, "retry-after": at(30_000) })).toEqual([30_000, true])
  })

  it("is independent of a clock skew of up to a day", () => {
    const ahead = fc.integer({ min: -86_400, max: 86_400 }).map((second) => second * 1000)
    fc.assert(
      fc.property(ahead, fc.integer({ min: -100_000, max: 100_000 }), (skew, second) => {
        const wait = read({ date: at(skew), "retry-after": at(skew + second * 1000) })
        expect(wait).toEqual([Math.max(0, second * 1000), true])
      })
    )
  })

  it("never shortens a wait by a second or more for an additional header", () => {
    const amount = fc.option(fc.nat({ max: 100_000 }).map(String), { nil: undefined })
    fc.assert(
      fc.property(amount, amount, amount, (coarse, exact, reset) => {
        const headers = { "retry-after": coarse, "retry-after-ms": exact, "ratelimit-reset": reset }
        const { wait, asked } = RetryAfter.fromHeaders(headers, 429, now)
        const max = Math.max(Number(coarse ?? -1) * 1000, Number(exact ?? -1), Number(reset ?? -1) * 1000)
        expect(asked).toBe(coarse !== undefined || exact !== undefined)
        expect(wait === undefined).toBe(max < 0)
        if (wait === undefined) return
        expect(Duration.toMillis(wait)).toBeGreaterThan(max - 1000)
        expect(Duration.toMillis(wait)).toBeLessThanOrEqual(max)
      })
    )
  })

  it("never returns a shorter wait for a larger value", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)]
        for (const name of ["retry-after", "retry-after-ms"]) {
          const [shorter] = read({ [name]: String(less) })
          const [longer] = read({ [name]: String(more) })
          expect(longer).toBeGreaterThanOrEqual(Number(shorter))
        }
      })
    )
  })

  it("returns undefined or a duration of at least zero for any text", () => {
    const text = fc.option(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({ unit: fc.constantFrom(..."0159.+-eE ,") }),
        fc.integer({ min: -2e8, max: 2e8 }).map(at)
      ),
      { nil: undefined }
    )
    const headers = fc.record({
      date: text,
      "retry-after": text,
      "retry-after-ms": text,
      "x-ms-retry-after-ms": text
    })
    fc.assert(
      fc.property(headers, fc.integer({ min: 0, max: 4102444800000 }), (headers, now) => {
        const { wait, asked } = RetryAfter.fromHeaders(headers, 429, now)
        expect(asked).toBe(wait !== undefined)
        expect(wait === undefined || Duration.toMillis(wait) >= 0).toBe(true)
      }),
      { numRuns: 1000 }
    )
  })
})
