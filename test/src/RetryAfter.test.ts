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
    ["999999999", 999_999_999]
  ])("parses seconds: %j", (header, wait) => {
    expect(seconds(header)).toBe(wait)
  })

  it.each([
    ["2.5", 2500],
    ["0.25", 250],
    [" 1.5\t", 1500],
    ["0.0001", 1],
    ["2.0005", 2001],
    ["16.1", 16_100],
    ["1.005", 1005],
    ["59.999", 59_999],
    ["0.0", 0]
  ])("rounds decimals up to the millisecond: %j", (header, millis) => {
    expect(RetryAfter.parse(header, now)).toEqual(Duration.millis(millis))
  })

  it.each([
    ["in a minute", String(now / 1000 + 60), 60_000],
    ["in a minute, with decimals", `${now / 1000 + 60}.123`, 60_123],
    ["in a minute, in milliseconds", String(now + 60_000), 60_000],
    ["now", String(now / 1000), 0],
    ["a minute ago", String(now / 1000 - 60), 0],
    ["a minute ago, in milliseconds", String(now - 60_000), 0],
    ["the smallest number of seconds", "1000000000", 0],
    ["the smallest number of milliseconds", "1000000000000", 0],
    ["the largest number of seconds", "999999999999", 999_999_999_999_000 - now]
  ])("reads numbers from 1e9 as a moment: %s", (_, header, millis) => {
    expect(RetryAfter.parse(header, now)).toEqual(Duration.millis(millis))
  })

  it("returns infinity for a moment above the safe integers", () => {
    expect(RetryAfter.parse("9".repeat(400), now)).toEqual(Duration.infinity)
    expect(RetryAfter.parse("9".repeat(30), now)).toEqual(Duration.infinity)
  })

  it.each([
    ["10s", 10_000],
    ["6m0s", 360_000],
    ["20ms", 20],
    ["1h2m3.5s", 3_723_500],
    ["1d", 86_400_000]
  ])("parses a duration: %s", (header, millis) => {
    expect(RetryAfter.parse(header, now)).toEqual(Duration.millis(millis))
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

  // Deviations that servers have. The strict parser, which the cache uses, does not accept them.
  it.each([
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 Z",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 06 Nov 1994 08:49:37 -0000",
    "Sun, 06 Nov 1994 08:49:37 GMT+0000",
    "Sun, 06 Nov 1994 09:49:37 +0100",
    "Sun, 06 Nov 1994 03:19:37 -05:30",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 6 Nov 1994 8:49:37 GMT",
    "Sun, 06-Nov-1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun,  06 Nov 1994  08:49:37  GMT",
    "Sun 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06 November 1994 08:49:37 GMT",
    "06 Nov 1994 08:49:37 GMT",
    "6 nov 1994 08:49:37 utc",
    "Sun Nov 6 08:49:37 1994",
    "Sun Nov 06 08:49:37 1994 GMT",
    "Sun Nov  6 08:49:37 UTC 1994",
    "1994-11-06T08:49:37Z",
    "1994-11-06t08:49:37z",
    "1994-11-06T08:49:37.000Z",
    "1994-11-06T08:49:37+00:00",
    "1994-11-06T10:49:37+0200",
    "1994-11-06T08:49:37",
    "1994-11-06 08:49:37 UTC",
    "1994-11-06 08:49:37 +0000"
  ])("parses a date that is not an HTTP date, leniently: %s", (date) => {
    const before = Date.parse("1994-11-06T08:49:00Z")
    expect(HttpTime.parseDate(date, before)).toBeUndefined()
    expect(seconds(date, before)).toBe(37)
  })

  it.each(["sun, 06 nov 1994 08:49:37 gmt", "SUNDAY, 06-NOV-94 08:49:37 GMT", "sun nov  6 08:49:37 1994"])(
    "parses an HTTP date in any case: %s",
    (date) => {
      expect(HttpTime.parseDate(date, Date.parse("1994-11-06T08:49:00Z"))).toBe(Date.UTC(1994, 10, 6, 8, 49, 37))
    }
  )

  it.each([
    ["1994-11-06T08:49:37.25Z", 37.25],
    ["1994-11-06T08:49Z", 0],
    ["Sun, 06 Nov 1994 08:49 GMT", 0]
  ])("parses decimals of seconds, and a date without seconds: %s", (date, wait) => {
    expect(seconds(date, Date.parse("1994-11-06T08:49:00Z"))).toBe(wait)
  })

  // Dates that do not exist are read as later ones, so that no retry comes too early.
  it.each([
    ["Sun Nov 06 1994 08:49:37 GMT+0000 (Coordinated Universal Time)", 37],
    ["Sun, 06 Nov 1994 03:49:37 EST", 37],
    ["Sun, 06 Nov 1994 00:49:37 PST", 37],
    ["Sun, 06 Nov 1994 08:49:37", 37],
    ["Nov 6, 1994 08:49:37 GMT", 37],
    ["1994-11-06 08:49:37 +0000 UTC", 37],
    ["19941106T084937Z", 37],
    ["1994-11-06T24:00:00Z", 54_660],
    ["1994-11-07", 54_660],
    ["Sun, 06 Nov 1994 24:00:00 GMT", 54_660]
  ])("parses a date that the runtime understands: %s", (date, wait) => {
    expect(seconds(date, Date.parse("1994-11-06T08:49:00Z"))).toBe(wait)
  })

  it.each([
    ["60 s", 60],
    ["120 seconds", 120],
    ["1 minute", 60],
    ["2 hours 5 mins", 7500],
    ["PT30S", 30],
    ["P1DT2H", 93_600],
    ["1616161616", 0],
    [`${(now + 7000) / 1000}`, 7],
    [`${now + 7000}`, 7],
    [`${(now + 7000) * 1000}`, 7],
    [`${now + 7000}000000`, 7]
  ])("parses another form of a wait: %s", (text, wait) => {
    expect(seconds(text)).toBe(wait)
  })

  it("parses every date that toISOString formats", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253402300799999 }), (time) => {
        expect(RetryAfter.parse(new Date(time).toISOString(), 0)).toEqual(Duration.millis(time))
      })
    )
  })

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
    "1.",
    ".5",
    "1, 2",
    "30, 30",
    '"30"',
    "1e3",
    "0x10",
    "١٢",
    "NaN",
    "Infinity",
    "soon",
    "null",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "1994-13-06T08:49:37Z",
    "1994-00-06T08:49:37Z",
    "1994-11-06T24:49:37Z",
    "Sun, 06 Xyz 1994 08:49:37 UTC",
    "Sun, 32 Nov 1994 08:49:37 +0000",
    "1.5.5",
    "5 apples",
    "s",
    "1s2",
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
    const { wait, requested } = RetryAfter.fromHeaders(headers, status, now)
    return [wait && Duration.toMillis(wait), requested]
  }

  it.each(["retry-after-ms", "x-ms-retry-after-ms"])("parses %s as milliseconds", (name) => {
    for (const [text, millis] of [
      ["0", 0],
      ["250", 250],
      [" 250\t", 250],
      ["0250", 250],
      ["1234.5", 1235],
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
    ["1", "0.5", 1],
    ["1", "0", 1000],
    ["2", "1000.1", 1001],
    ["2", "1000", 2000],
    ["2", "999.9", 2000],
    ["60", "1500", 60_000],
    ["1", "1500", 1500],
    ["0", "1500", 1500],
    ["2", "2000", 2000],
    ["9".repeat(30), "1500", Infinity],
    ["2", "9".repeat(30), Infinity],
    ["9".repeat(30), "9".repeat(30), Infinity],
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

  it("`requested` is true for valid Retry-After and Retry-After-Ms headers only", () => {
    const usedUp = { "ratelimit-remaining": "0", "ratelimit-reset": "30" }
    expect(read({})).toEqual([undefined, false])
    expect(read({ "retry-after": "soon", "retry-after-ms": "soon" })).toEqual([undefined, false])
    expect(read(usedUp)).toEqual([30_000, false])
    expect(read({ ...usedUp, "retry-after": "soon" })).toEqual([30_000, false])
    expect(read({ "retry-after": "0" })).toEqual([0, true])
    expect(read({ "retry-after": at(-60_000) })).toEqual([0, true])
  })

  it("prefers Retry-After and its variants to the headers of a rate limit", () => {
    const hour = [
      { "ratelimit-remaining": "0", "ratelimit-reset": "3600" },
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 3600) },
      { ratelimit: '"d";r=0;t=3600' }
    ]
    for (const usedUp of hour) {
      expect(read(usedUp)).toEqual([3_600_000, false])
      for (const status of [429, 503, 403]) {
        expect(read({ ...usedUp, "retry-after": "1" }, status)).toEqual([1000, true])
        expect(read({ ...usedUp, "retry-after": "0" }, status)).toEqual([0, true])
        expect(read({ ...usedUp, "retry-after-ms": "20" }, status)).toEqual([20, true])
        expect(read({ ...usedUp, "retry-after": "7200" }, status)).toEqual([7_200_000, true])
        expect(read({ ...usedUp, "retry-after": "2", "retry-after-ms": "1500" }, status)).toEqual([1500, true])
        expect(read({ ...usedUp, "retry-after": "soon" }, status)).toEqual([3_600_000, false])
      }
    }
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

  it("never shortens a requested wait by a second or more for an additional header", () => {
    const amount = fc.option(fc.nat({ max: 100_000 }).map(String), { nil: undefined })
    fc.assert(
      fc.property(amount, amount, amount, (coarse, exact, reset) => {
        const headers = { "retry-after": coarse, "retry-after-ms": exact, "ratelimit-reset": reset }
        const { wait, requested } = RetryAfter.fromHeaders(headers, 429, now)
        const asked = Math.max(Number(coarse ?? -1) * 1000, Number(exact ?? -1))
        const max = asked < 0 ? Number(reset ?? -1) * 1000 : asked
        expect(requested).toBe(coarse !== undefined || exact !== undefined)
        expect(wait === undefined).toBe(max < 0)
        if (wait === undefined) return
        expect(Duration.toMillis(wait)).toBeGreaterThan(max - 1000)
        expect(Duration.toMillis(wait)).toBeLessThanOrEqual(max)
      })
    )
  })

  it("never returns a shorter wait for a larger value", () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999_999 }), fc.nat({ max: 999_999_999 }), (one, other) => {
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
        const { wait, requested } = RetryAfter.fromHeaders(headers, 429, now)
        expect(requested).toBe(wait !== undefined)
        expect(wait === undefined || Duration.toMillis(wait) >= 0).toBe(true)
      }),
      { numRuns: 1000 }
    )
  })
})
