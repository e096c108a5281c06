import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import * as RateLimitReset from "../../../../src/internal/http/rateLimitReset.js"

const now = Date.parse("2026-03-01T12:00:00Z")
const at = (offset: number) => new Date(now + offset).toUTCString()

type Headers = Readonly<Record<string, string | undefined>>

/** Returns the wait in milliseconds. */
const read = (headers: Headers, status = 429, at = now) => {
  const wait = RateLimitReset.parse(headers, status, at)
  return wait && Duration.toMillis(wait)
}

/** Each reset header with its header of the remaining quota. */
const pairs = [
  ["ratelimit-reset", "ratelimit-remaining"],
  ["x-ratelimit-reset", "x-ratelimit-remaining"],
  ["x-ratelimit-reset-after", "x-ratelimit-remaining"],
  ["x-rate-limit-reset", "x-rate-limit-remaining"],
  ["x-ratelimit-retry-after", "x-ratelimit-remaining"],
  ["x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"],
  ["x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"],
  ["anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"],
  ["anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"],
  ["anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"]
] as const
/** The reset headers that may hold a date. */
const dateHeaders = pairs.map(([reset]) => reset).filter((name) => name !== "x-ratelimit-reset-after")

/** Values that are invalid in every header. */
const invalid = [
  ["", " ", "\t", "-1", "-0", "+1", "--1", "1.", ".5", "1.5.5", "1e3", "0x10", "1_000", "1'000", "1,5", "3 0", "3\n0"],
  ["1, 2", "30, 30", "1;2", "30;w=60", "s", "30x", "6m0", "soon", "NaN", "Infinity", "-Infinity", "null", "undefined"],
  ["true", "{}", "[30]", '"30"', "?1", "@30", ":MzA=:", "30\u0000"],
  // Other digits: Arabic, full width, superscript, a fraction. Another minus sign. Characters that change the direction of
  // text.
  ["١٢", "１２", "²", "½", "∞", "−1", "\u202e30", "3\u200b0", "\ud800", "😀"],
  ["Sun, 32 Mar 2026 12:00:30 GMT", "12:00:30"]
].flat()

describe("RateLimitReset", () => {
  it("returns undefined without reset headers", () => {
    for (const status of [200, 429, 500, 503]) expect(read({}, status)).toBeUndefined()
    expect(read({ ratelimit: undefined, "x-ratelimit-reset": undefined })).toBeUndefined()
    expect(read({ "ratelimit-remaining": "0", "x-ratelimit-remaining": "0" })).toBeUndefined()
  })

  describe.each(pairs)("%s", (reset, remaining) => {
    it.each([
      ["0", 0],
      ["30", 30_000],
      [" 30\t", 30_000],
      ["007", 7000],
      ["0.25", 250],
      ["2.5", 2500],
      ["86400", 86_400_000],
      ["0.0001", 1],
      ["999999999", 999_999_999_000]
    ])("parses seconds to wait: %j", (text, wait) => {
      expect(read({ [reset]: text })).toBe(wait)
    })

    it.each([
      ["6m0s", 360_000],
      ["1s", 1000],
      ["20ms", 20],
      ["1m30.951s", 90_951],
      ["1h0m0s", 3_600_000],
      ["2026-03-01T12:00:30Z", 30_000],
      ["2026-03-01T12:00:30.5+00:00", 30_500],
      ["2026-03-01T11:59:30Z", 0]
    ])("parses a duration, or a date of RFC 3339: %j", (text, wait) => {
      expect(read({ [reset]: text })).toBe(wait)
      expect(read({ [reset]: text, [remaining]: "0" }, 503)).toBe(wait)
    })

    it("is ignored unless the limit is used up", () => {
      for (const [left, status, counts] of [
        ["0", 200, true],
        ["0", 429, true],
        ["0", 503, true],
        [" 0 ", 503, true],
        ["00", 503, true],
        ["0.0", 503, true],
        [undefined, 429, true],
        [undefined, 200, false],
        [undefined, 403, false],
        [undefined, 503, false],
        ["1", 429, false],
        ["0.5", 429, false],
        ["4999", 429, false],
        ["4999", 500, false],
        ["9".repeat(400), 429, false]
      ] as const) {
        expect(read({ [reset]: "30", [remaining]: left }, status), `${left} ${status}`).toBe(
          counts ? 30_000 : undefined
        )
      }
      // Some servers send -1 because they count below zero, others for no limit.
      for (const left of ["", "-1", "none", "0, 5", "NaN", "٠"]) {
        expect(read({ [reset]: "30", [remaining]: left }), left).toBe(30_000)
        expect(read({ [reset]: "30", [remaining]: left }, 503), left).toBeUndefined()
      }
    })

    it.each(invalid)("returns undefined for an invalid value: %j", (text) => {
      expect(read({ [reset]: text })).toBeUndefined()
      expect(read({ [reset]: text, [remaining]: "0" }, 503)).toBeUndefined()
    })
  })

  describe.each(dateHeaders)("%s", (reset) => {
    it.each([
      ["in a minute", String(now / 1000 + 60), 60_000],
      ["in a minute, with decimals", `${now / 1000 + 60}.25`, 60_250],
      ["in a minute, in milliseconds", String(now + 60_000), 60_000],
      ["in a minute, in milliseconds with decimals", `${now + 60_000}.5`, 60_001],
      ["in a minute, as a date", at(60_000), 60_000],
      ["in a minute, as a date with whitespace", ` ${at(60_000)}\t`, 60_000],
      ["in a minute, as an obsolete date", "Sunday, 01-Mar-26 12:01:00 GMT", 60_000],
      ["now", String(now / 1000), 0],
      ["a minute ago", String(now / 1000 - 60), 0],
      ["a minute ago, in milliseconds", String(now - 60_000), 0],
      ["a minute ago, as a date", at(-60_000), 0],
      ["the smallest number of epoch seconds", "1000000000", 0],
      ["the largest number of epoch seconds", "999999999999", 999_999_999_999_000 - now],
      ["the smallest number of epoch milliseconds", "1000000000000", 0],
      ["the largest number of epoch milliseconds", "999999999999999", 999_999_999_999_999 - now]
    ])("parses a date: %s", (_, text, wait) => {
      expect(read({ [reset]: text })).toBe(wait)
    })

    it.each(["1000000000000000", "1772366460000000", "9".repeat(20), "9".repeat(400)])(
      "returns undefined for a number beyond epoch milliseconds: %j",
      (text) => {
        expect(read({ [reset]: text })).toBeUndefined()
      }
    )

    it("counts a date from the server's clock", () => {
      for (const skew of [0, 1000, -1000, 3_600_000, -3_600_000, 86_400_000, -86_400_000]) {
        const date = at(skew)
        expect(read({ date, [reset]: String((now + skew) / 1000 + 30) })).toBe(30_000)
        expect(read({ date, [reset]: String(now + skew + 30_000) })).toBe(30_000)
        expect(read({ date, [reset]: at(skew + 30_000) })).toBe(30_000)
        expect(read({ date, [reset]: "30" })).toBe(30_000)
      }
      for (const date of [at(86_401_000), at(-86_401_000), "", "now", String(now), new Date(now).toISOString()]) {
        expect(read({ date, [reset]: String(now / 1000 + 30) }), date).toBe(30_000)
      }
    })
  })

  it("parses X-RateLimit-Reset-After as seconds to wait, never as a moment", () => {
    expect(read({ "x-ratelimit-reset-after": "1772366460" })).toBe(1_772_366_460_000)
    expect(read({ "x-ratelimit-reset-after": "9007199254740" })).toBe(9_007_199_254_740_000)
    expect(read({ "x-ratelimit-reset-after": "9007199254741" })).toBe(Infinity)
    expect(read({ "x-ratelimit-reset-after": "9".repeat(400) })).toBe(Infinity)
  })

  describe("RateLimit", () => {
    it.each([
      // Drafts 08 and later.
      ['"default";r=0;t=30', 30_000],
      [' "default"; r=0; t=30\t', 30_000],
      ['"default";t=30;r=0', 30_000],
      ['"default";r=0;t=30;pk=:dHdlbnR5:', 30_000],
      ["default;r=0;t=30", 30_000],
      ['"default";r=0;t=0', 0],
      ['"default";r=0;t=1.5', 1500],
      ['"default";r=0;t=999999999999999', Infinity],
      ['"second";r=0;t=1, "hour";r=0;t=1800', 1_800_000],
      ['"hour";r=0;t=1800,"second";r=0;t=1', 1_800_000],
      ['"second";r=0;t=1, "day";r=900;t=80000', 1000],
      ['"second";r=0, "hour";r=0;t=1800', 1_800_000],
      ['"a, b";r=0;t=5', 5000],
      ['"a\\"b=c";r=0;t=5', 5000],
      ['"again";r=9;t=9;r=0;t=5', 5000],
      // Draft 07.
      ["limit=100, remaining=0, reset=5", 5000],
      ["limit=100,remaining=0,reset=5", 5000],
      ["reset=5, remaining=0", 5000],
      ["limit=100;w=60, remaining=0;x, reset=5;y=?0", 5000],
      ["remaining=9, reset=9, remaining=0, reset=5", 5000],
      ["limit=100, remaining=0, reset=0.5", 500],
      ["remaining=0, reset=999999999999999", Infinity]
    ])("returns the wait for a limit that is used up, for any status: %j", (ratelimit, wait) => {
      for (const status of [200, 429, 503]) expect(read({ ratelimit }, status)).toBe(wait)
    })

    it.each([
      ['"default";t=30', 30_000],
      ['"a";t=30, "b";r=0;t=5', 30_000],
      ['"a";t=30, "b";r=5;t=60', 30_000],
      ['"default";r=-1;t=30', 30_000],
      ['"default";r="0";t=30', 30_000],
      ['"default";r;t=30', 30_000],
      ["limit=100, reset=5", 5000],
      ["remaining=-1, reset=5", 5000],
      ["remaining=(0), reset=5", 5000]
    ])("returns the wait for a 429 without a valid remaining quota: %j", (ratelimit, wait) => {
      expect(read({ ratelimit })).toBe(wait)
      expect(read({ ratelimit }, 503)).toBe(ratelimit.includes("r=0") ? 5000 : undefined)
    })

    it.each([
      '"default";r=1;t=30',
      '"default";r=4999;t=30, "burst";r=1;t=1',
      '"default";r=0',
      '"default"',
      "limit=100, remaining=1, reset=5",
      "limit=100, remaining=0",
      ...invalid,
      // A field that fails to parse is ignored as a whole (RFC 9651, 4.2).
      '"default";r=0;t=-1',
      '"default";r=0;t=-0.5',
      '"default";r=0;t=1e3',
      '"default";r=0;t="30"',
      '"default";r=0;t=thirty',
      '"default";r=0;t',
      '"default";r=0;t=?1',
      '"default";r=0;t=@30',
      '"default";r=0;t=1234567890123456',
      '"default";r=0;t=0.1234',
      '"default";r=0;t=30,',
      '"default";r=0;t=30 x',
      '"default;r=0;t=30',
      '"défaut";r=0;t=30',
      '"default";R=0;T=30',
      '"default";r=0;t=٣٠',
      '"default";r=0;t=3\n0',
      "remaining=0, reset=-5",
      "remaining=0, reset=(5)",
      'remaining=0, reset="5"',
      "remaining=0, reset=soon",
      "remaining=0, reset",
      "remaining=0, reset=5,",
      "remaining=0 reset=5",
      "remaining=0; reset=5",
      "Remaining=0, Reset=5",
      "remaining:0, reset:5",
      '%"%ff";r=0;t=30',
      ":=:;r=0;t=30",
      "("
    ])("returns undefined: %j", (ratelimit) => {
      expect(read({ ratelimit })).toBeUndefined()
      expect(read({ ratelimit }, 503)).toBeUndefined()
    })
  })

  // Headers as these servers have sent them.
  it("ignores GitHub's headers in a failure with remaining quota", () => {
    const headers = {
      date: at(0),
      "x-ratelimit-limit": "5000",
      "x-ratelimit-remaining": "4987",
      "x-ratelimit-reset": String(now / 1000 + 2000),
      "x-ratelimit-used": "13"
    }
    for (const status of [200, 429, 500, 502, 503]) expect(read(headers, status)).toBeUndefined()
    expect(read({ ...headers, "x-ratelimit-remaining": "0" }, 403)).toBe(2_000_000)
  })

  it("counts those of OpenAI's limits that are used up", () => {
    const headers = {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-limit-tokens": "150000",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s"
    }
    expect(read(headers)).toBe(360_000)
    expect(read({ ...headers, "x-ratelimit-remaining-tokens": "149984" })).toBeUndefined()
    expect(read({ ...headers, "x-ratelimit-remaining-requests": "0", "x-ratelimit-remaining-tokens": "9" })).toBe(1000)
  })

  it("counts those of Anthropic's limits that are used up", () => {
    const headers = {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": "2026-03-01T12:00:05Z",
      "anthropic-ratelimit-tokens-remaining": "1000",
      "anthropic-ratelimit-tokens-reset": "2026-03-01T12:01:00Z"
    }
    expect(read(headers)).toBe(5000)
    expect(read({ ...headers, "anthropic-ratelimit-tokens-remaining": "0" })).toBe(60_000)
    expect(read({ ...headers, "anthropic-ratelimit-requests-remaining": "1" })).toBeUndefined()
  })

  it("ignores other headers", () => {
    for (const name of ["reset", "x-reset", "password-reset", "x-ratelimit-limit", "x-ratelimit-reset-url"]) {
      expect(read({ [name]: "30" })).toBeUndefined()
    }
  })

  it("combines both of Discord's headers", () => {
    const headers = {
      "x-ratelimit-limit": "5",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${now / 1000 + 1}.123`,
      "x-ratelimit-reset-after": "1.250"
    }
    expect(read(headers)).toBe(1250)
    expect(read({ ...headers, "x-ratelimit-remaining": "1" })).toBeUndefined()
  })

  it("returns the longest wait of the limits that are used up", () => {
    const headers = {
      ratelimit: '"default";r=0;t=20',
      "ratelimit-remaining": "0",
      "ratelimit-reset": "30",
      "x-ratelimit-remaining": "7",
      "x-ratelimit-reset": "3600",
      "x-rate-limit-reset": "nonsense"
    }
    expect(read(headers)).toBe(30_000)
    expect(read({ ...headers, "ratelimit-reset": "10" })).toBe(20_000)
    expect(read({ ...headers, "x-ratelimit-remaining": "0" })).toBe(3_600_000)
    expect(read({ ...headers, "ratelimit-reset": "x", ratelimit: "x" })).toBeUndefined()
  })

  it.each([
    ["digits", "9".repeat(200_000)],
    ["digits and a letter", `${"9".repeat(200_000)}x`],
    ["decimals", `1.${"0".repeat(200_000)}`],
    ["points", "1.".repeat(100_000)],
    ["spaces", `1${" ".repeat(200_000)}1`],
    ["policies", Array.from({ length: 50_000 }, () => '"a";r=0').join(",")],
    ["parameters", `a${";r=0".repeat(50_000)}`],
    ["brackets", "(".repeat(200_000)],
    ["escapes", `"${"\\\\".repeat(100_000)}`],
    ["bytes", `:${"A".repeat(200_000)}`],
    ["members", Array.from({ length: 50_000 }, (_, index) => `a${index}=0`).join(",")]
  ])("parses very many %s in linear time", (_, text) => {
    const names = ["date", "ratelimit", ...pairs.flat()]
    const startedAt = performance.now()
    for (const name of names) {
      const wait = read({ "ratelimit-reset": "30", [name]: text })
      expect(wait === undefined || wait >= 0).toBe(true)
    }
    // Far more than linear time takes, and far less than quadratic time would.
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  it("matches long names in linear time", () => {
    const startedAt = performance.now()
    for (const name of [
      "rate-limit-".repeat(20_000),
      `rate-limit${"-reset".repeat(20_000)}`,
      "-input-".repeat(20_000)
    ]) {
      expect(read({ [name]: "30" })).toBe(name.endsWith("reset") ? 30_000 : undefined)
    }
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  it("reads very many policies", () => {
    const policies = Array.from({ length: 200_000 }, (_, index) => `a;r=0;t=${index}`)
    expect(read({ ratelimit: policies.join(",") })).toBe(199_999_000)
  })

  it("returns undefined or a wait of at least zero for any text", () => {
    const part = fc.constantFrom(...'limit= remaining= reset= r= t= ; , " a 0 30 - . 1e9 ( ) :'.split(" "), " ")
    const text = fc.option(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({ unit: fc.constantFrom(..."0159.+-e ,") }),
        fc.array(part).map((parts) => parts.join("")),
        fc.double().map(String),
        fc.integer({ min: -2e8, max: 2e8 }).map(at)
      ),
      { nil: undefined }
    )
    const headers = fc.dictionary(fc.constantFrom("date", "ratelimit", ...pairs.flat()), text)
    fc.assert(
      fc.property(headers, fc.constantFrom(200, 429, 503), fc.nat({ max: 4102444800000 }), (headers, status, at) => {
        const wait = read(headers, status, at)
        expect(wait === undefined || wait >= 0).toBe(true)
      }),
      { numRuns: 2000 }
    )
  })

  it("returns undefined for a text without plain digits or a date", () => {
    const text = fc.string({ unit: "binary" }).filter((value) => !/^\s*\d[\d.]*[dhms]*\s*$/.test(value))
    fc.assert(
      fc.property(fc.constantFrom(...pairs), text, ([reset, remaining], value) => {
        expect(read({ [reset]: value, [remaining]: "0" })).toBeUndefined()
      })
    )
  })

  const seconds = fc.nat({ max: 999_999_998 })

  it("returns the same wait for every header and format", () => {
    fc.assert(
      fc.property(seconds, (second) => {
        const resetAt = now + second * 1000
        const spellings: ReadonlyArray<Headers> = [
          { ratelimit: `"default";r=0;t=${second}` },
          { ratelimit: `limit=9, remaining=0, reset=${second}` },
          { "x-ratelimit-reset-after": String(second) },
          ...dateHeaders.flatMap((name) =>
            [String(second), String(resetAt / 1000), String(resetAt), new Date(resetAt).toUTCString()].map((value) => ({
              [name]: value
            }))
          )
        ]
        for (const headers of spellings) expect(read(headers), JSON.stringify(headers)).toBe(second * 1000)
      })
    )
  })

  it("never returns a shorter wait for a later reset, or a longer one for a later current time", () => {
    fc.assert(
      fc.property(seconds, fc.nat({ max: 1000 }), fc.nat({ max: 1e9 }), (second, more, elapsed) => {
        const resetAt = now / 1000 + second
        for (const name of dateHeaders) {
          const wait = read({ [name]: String(resetAt) })!
          expect(read({ [name]: String(resetAt + more) })).toBeGreaterThanOrEqual(wait)
          expect(read({ [name]: String(resetAt) }, 429, now + elapsed)).toBeLessThanOrEqual(wait)
        }
        const wait = read({ "x-ratelimit-reset-after": String(second) })!
        expect(read({ "x-ratelimit-reset-after": String(second + more) })).toBeGreaterThanOrEqual(wait)
      })
    )
  })

  it("never returns a shorter wait for one more used-up limit, and ignores one that is not used up", () => {
    const policy = fc.record({ r: fc.nat({ max: 2 }), t: seconds })
    const header = (policies: ReadonlyArray<{ r: number; t: number }>) => ({
      ratelimit: policies.map(({ r, t }) => `"a";r=${r};t=${t}`).join(", ")
    })
    fc.assert(
      fc.property(fc.array(policy), policy, (policies, another) => {
        const before = read(header(policies))
        const after = read(header([...policies, another]))
        if (another.r > 0) expect(after).toBe(before)
        else expect(after).toBe(Math.max(before ?? 0, another.t * 1000))
      })
    )
  })
})
