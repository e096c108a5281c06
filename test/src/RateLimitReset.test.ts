import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import * as RateLimitReset from "../../src/RateLimitReset.js"

const now = Date.parse("2026-03-01T12:00:00Z")
const at = (offset: number) => new Date(now + offset).toUTCString()

type Headers = Readonly<Record<string, string | undefined>>

/** In milliseconds. */
const read = (headers: Headers, status = 429, moment = now) => {
  const wait = RateLimitReset.parse(headers, status, moment)
  return wait && Duration.toMillis(wait)
}

/** Each reset that stands alone, with what says how much remains. */
const pairs = [
  ["ratelimit-reset", "ratelimit-remaining"],
  ["x-ratelimit-reset", "x-ratelimit-remaining"],
  ["x-ratelimit-reset-after", "x-ratelimit-remaining"],
  ["x-rate-limit-reset", "x-rate-limit-remaining"]
] as const
const moments = pairs.map(([reset]) => reset).filter((name) => name !== "x-ratelimit-reset-after")

/** What no header means anything by. */
const nonsense = [
  ["", " ", "\t", "-1", "-0", "+1", "--1", "1.", ".5", "1.5.5", "1e3", "0x10", "1_000", "1'000", "1,5", "3 0", "3\n0"],
  ["1, 2", "30, 30", "1;2", "30;w=60", "30s", "6m0s", "soon", "NaN", "Infinity", "-Infinity", "null", "undefined"],
  ["true", "{}", "[30]", '"30"', "?1", "@30", ":MzA=:", "30\u0000"],
  // Digits that are none: Arabic, full width, superscript, a fraction; a minus of its own; what turns text around.
  ["١٢", "１２", "²", "½", "∞", "−1", "\u202e30", "3\u200b0", "\ud800", "😀"],
  ["2026-03-01T12:00:30Z", "Sun, 01 Mar 2026 12:00:30", "Sun, 32 Mar 2026 12:00:30 GMT", "12:00:30"]
].flat()

describe("RateLimitReset", () => {
  it("says nothing without headers", () => {
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
      ["999999999", 999_999_999_000]
    ])("seconds to wait: %j", (text, wait) => {
      expect(read({ [reset]: text })).toBe(wait)
    })

    it("counts only if the limit is used up", () => {
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
      // -1 is what servers say that count on below none, and those that have no limit.
      for (const left of ["", "-1", "none", "0, 5", "NaN", "٠"]) {
        expect(read({ [reset]: "30", [remaining]: left }), left).toBe(30_000)
        expect(read({ [reset]: "30", [remaining]: left }, 503), left).toBeUndefined()
      }
    })

    it.each(nonsense)("nonsense is nothing: %j", (text) => {
      expect(read({ [reset]: text })).toBeUndefined()
      expect(read({ [reset]: text, [remaining]: "0" }, 503)).toBeUndefined()
    })
  })

  describe.each(moments)("%s", (reset) => {
    it.each([
      ["in a minute", String(now / 1000 + 60), 60_000],
      ["in a minute, with decimals", `${now / 1000 + 60}.25`, 60_250],
      ["in a minute, in milliseconds", String(now + 60_000), 60_000],
      ["in a minute, in milliseconds with decimals", `${now + 60_000}.5`, 60_000.5],
      ["in a minute, as a date", at(60_000), 60_000],
      ["in a minute, as a date amid space", ` ${at(60_000)}\t`, 60_000],
      ["in a minute, as a date of old", "Sunday, 01-Mar-26 12:01:00 GMT", 60_000],
      ["now", String(now / 1000), 0],
      ["a minute ago", String(now / 1000 - 60), 0],
      ["a minute ago, in milliseconds", String(now - 60_000), 0],
      ["a minute ago, as a date", at(-60_000), 0],
      ["the first second that is a moment", "1000000000", 0],
      ["the last second that is one", "999999999999", 999_999_999_999_000 - now],
      ["the first millisecond that is a moment", "1000000000000", 0],
      ["the last millisecond that is one", "999999999999999", 999_999_999_999_999 - now]
    ])("a moment: %s", (_, text, wait) => {
      expect(read({ [reset]: text })).toBe(wait)
    })

    it.each(["1000000000000000", "1772366460000000", "9".repeat(20), "9".repeat(400)])(
      "what is neither seconds nor milliseconds is nothing: %j",
      (text) => {
        expect(read({ [reset]: text })).toBeUndefined()
      }
    )

    it("counts from the server's clock", () => {
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

  it("X-RateLimit-Reset-After is never a moment", () => {
    expect(read({ "x-ratelimit-reset-after": "1772366460" })).toBe(1_772_366_460_000)
    expect(read({ "x-ratelimit-reset-after": "9007199254740" })).toBe(9_007_199_254_740_000)
    expect(read({ "x-ratelimit-reset-after": "9007199254741" })).toBe(Infinity)
    expect(read({ "x-ratelimit-reset-after": "9".repeat(400) })).toBe(Infinity)
    expect(read({ "x-ratelimit-reset-after": at(60_000) })).toBeUndefined()
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
    ])("used up, whatever the status: %j", (ratelimit, wait) => {
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
    ])("says nothing of what remains: %j", (ratelimit, wait) => {
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
      ...nonsense,
      // A field that does not parse as a whole says nothing at all (RFC 9651, 4.2).
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
    ])("nothing: %j", (ratelimit) => {
      expect(read({ ratelimit })).toBeUndefined()
      expect(read({ ratelimit }, 503)).toBeUndefined()
    })
  })

  // What servers have sent.
  it("GitHub tells of its limits in a failure too", () => {
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

  it("Discord says it twice", () => {
    const headers = {
      "x-ratelimit-limit": "5",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${now / 1000 + 1}.123`,
      "x-ratelimit-reset-after": "1.250"
    }
    expect(read(headers)).toBe(1250)
    expect(read({ ...headers, "x-ratelimit-remaining": "1" })).toBeUndefined()
  })

  it("takes the longest of those that count", () => {
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
  ])("is done soon with very many %s", (_, text) => {
    const names = ["date", "ratelimit", ...pairs.flat()]
    const begun = performance.now()
    for (const name of names) {
      const wait = read({ "ratelimit-reset": "30", [name]: text })
      expect(wait === undefined || wait >= 0).toBe(true)
    }
    // Far more than it takes, and far less than what grows with the square of the length does.
    expect(performance.now() - begun).toBeLessThan(3000)
  })

  it("counts very many policies", () => {
    const policies = Array.from({ length: 200_000 }, (_, index) => `a;r=0;t=${index}`)
    expect(read({ ratelimit: policies.join(",") })).toBe(199_999_000)
  })

  it("any text is nothing or a wait, never less than none and never NaN", () => {
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
      fc.property(headers, fc.constantFrom(200, 429, 503), fc.nat({ max: 4102444800000 }), (told, status, moment) => {
        const wait = read(told, status, moment)
        expect(wait === undefined || wait >= 0).toBe(true)
      }),
      { numRuns: 2000 }
    )
  })

  it("a text that is no number in plain digits and no date is nothing", () => {
    const text = fc.string({ unit: "binary" }).filter((value) => !/^\s*\d+(\.\d+)?\s*$/.test(value))
    fc.assert(
      fc.property(fc.constantFrom(...pairs), text, ([reset, remaining], value) => {
        expect(read({ [reset]: value, [remaining]: "0" })).toBeUndefined()
      })
    )
  })

  const seconds = fc.nat({ max: 999_999_998 })

  it("every way to say it says the same", () => {
    fc.assert(
      fc.property(seconds, (second) => {
        const moment = now + second * 1000
        const answers: ReadonlyArray<Headers> = [
          { ratelimit: `"default";r=0;t=${second}` },
          { ratelimit: `limit=9, remaining=0, reset=${second}` },
          { "x-ratelimit-reset-after": String(second) },
          ...moments.flatMap((name) =>
            [String(second), String(moment / 1000), String(moment), new Date(moment).toUTCString()].map((value) => ({
              [name]: value
            }))
          )
        ]
        for (const headers of answers) expect(read(headers), JSON.stringify(headers)).toBe(second * 1000)
      })
    )
  })

  it("a later reset is never a shorter wait, nor a later now a longer one", () => {
    fc.assert(
      fc.property(seconds, fc.nat({ max: 1000 }), fc.nat({ max: 1e9 }), (second, more, elapsed) => {
        const moment = now / 1000 + second
        for (const name of moments) {
          const wait = read({ [name]: String(moment) })!
          expect(read({ [name]: String(moment + more) })).toBeGreaterThanOrEqual(wait)
          expect(read({ [name]: String(moment) }, 429, now + elapsed)).toBeLessThanOrEqual(wait)
        }
        const wait = read({ "x-ratelimit-reset-after": String(second) })!
        expect(read({ "x-ratelimit-reset-after": String(second + more) })).toBeGreaterThanOrEqual(wait)
      })
    )
  })

  it("one more limit that is used up never makes the wait shorter, nor does one that is not change it", () => {
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
