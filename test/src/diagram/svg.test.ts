import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Arbitrary from "effect/Arbitrary"
import { RetryPolicy } from "effect-herald"
import { PolicyDiagram, Timeline } from "effect-herald/diagram"
import { elementsOf, parseXml } from "../../support/wellFormed.js"

const hostile = [
  '</text><script>alert("1")</script>',
  "]]>&amp;<!--",
  'x" onload="alert(1)',
  "\u202egnp.exe\u2066",
  "\u0000\u0007\ud800\ufffe\uffff",
  "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308",
  "\u{1f469}\u200d\u{1f4bb}漢字かな한국어",
  "line\nbreak\u2028 and\ttab",
  "w".repeat(5000),
  "字".repeat(5000),
  "__proto__"
]

/** A timeline with this text in every place, and this number of attempts. */
const timelineOf = (text: string, attempts: number): Timeline.Timeline => ({
  operation: text,
  method: text,
  url: text,
  startedAt: 0,
  duration: attempts * 1000,
  segments: Array.from({ length: attempts }, (_, index) => index).flatMap((index): Array<Timeline.Segment> => [
    {
      _tag: "Attempt",
      number: index + 1,
      at: index * 1000,
      duration: 400,
      parts: [],
      failure: { reason: text, class: text, verdict: text }
    },
    { _tag: "Wait", at: index * 1000 + 400, duration: 600, reason: text }
  ]),
  outcome: { _tag: "Failure", error: text, status: 503, message: text, requestId: text }
})

const elements = ["svg", "title", "desc", "style", "rect", "line", "text"]

/** Checks that a picture is a document without foreign parts, of limited size, within its bounds. */
const expectPicture = (svg: string) => {
  const root = parseXml(svg)
  expect(root.name).toBe("svg")
  expect(root.attributes).toMatchObject({ xmlns: "http://www.w3.org/2000/svg", role: "img", width: "960" })
  expect(root.children.slice(0, 3).map(({ name }) => name)).toEqual(["title", "desc", "style"])
  expect(root.children[0]!.text.trim()).not.toBe("")
  expect(root.children[2]!.text).not.toMatch(/url\(|@import/i)
  for (const { attributes, name } of root.children) {
    expect(elements).toContain(name)
    for (const [key, value] of Object.entries(attributes)) {
      expect(key).not.toMatch(/^on|href|style/)
      if (/^(x|y|width|height|x1|x2|y1|y2)$/.test(key)) expect(Number(value)).toBeGreaterThanOrEqual(0)
      if (/^(x|x1|x2)$/.test(key)) expect(Number(value)).toBeLessThanOrEqual(960)
    }
    if (name === "rect") expect(Number(attributes["x"] ?? 0) + Number(attributes["width"])).toBeLessThanOrEqual(960)
  }
  expect(svg.length).toBeLessThan(100_000)
  expect(Number(root.attributes["height"])).toBeLessThan(1500)
  return root
}

describe("the picture of a timeline", () => {
  it.each(hostile)("escapes and cuts texts: %j", (text) => {
    const svg = Timeline.toSvg(timelineOf(text, 3))
    const root = expectPicture(svg)
    for (const { text } of elementsOf(root, "text")) expect(text.length).toBeLessThan(400)
    expect(svg.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
  })

  it("leaves out the middle of a long story, and says how much", () => {
    const root = expectPicture(Timeline.toSvg(timelineOf("503", 100)))
    const texts = elementsOf(root, "text").map(({ text }) => text)
    expect(texts).toContain("… 154 more rows")
    expect(texts).toEqual(expect.arrayContaining(["1", "2", "99", "100"]))
    expect(texts).not.toContain("50")
  })

  it("is the same for the same timeline", () => {
    expect(Timeline.toSvg(timelineOf("503", 7))).toBe(Timeline.toSvg(timelineOf("503", 7)))
  })

  it("describes each row for those who do not see it", () => {
    const root = parseXml(Timeline.toSvg(timelineOf("ECONNREFUSED", 2)))
    expect(root.children[1]!.text).toMatch(/attempt 1: ECONNREFUSED, 400ms.*attempt 2: ECONNREFUSED/)
  })

  it("is a document for any timeline, as its text is lines of limited length", () => {
    fc.assert(
      fc.property(Arbitrary.make(Timeline.Timeline), (timeline) => {
        expectPicture(Timeline.toSvg(timeline))
        const text = Timeline.toText(timeline)
        expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
        for (const line of text.split("\n")) expect([...line].length).toBeLessThanOrEqual(1600)
      }),
      { numRuns: 100 }
    )
  })

  it("is a document for any texts", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(60), (text, attempts) => {
        expectPicture(Timeline.toSvg(timelineOf(text, attempts)))
      }),
      { numRuns: 50 }
    )
  })

  it("is a document for times of any size", () => {
    for (const duration of [0, Number.MIN_VALUE, 1e-9, 1, 1e15, Number.MAX_VALUE]) {
      const timeline = { ...timelineOf("503", 2), duration, deadline: duration * 1.2 }
      expectPicture(Timeline.toSvg(timeline))
      expect(Timeline.toText(timeline).length).toBeLessThan(4000)
    }
  })
})

describe("the picture of a policy", () => {
  const outcomes = ["ECONNREFUSED", { status: 429, retryAfter: "3 seconds" }, 503, 503] as const

  it.effect("has a row for each attempt, with its waits and its verdict", () =>
    Effect.gen(function* () {
      const explanation = yield* RetryPolicy.explain(RetryPolicy.standard, outcomes, { method: "POST" })
      const texts = elementsOf(expectPicture(PolicyDiagram.toSvg(explanation)), "text").map(({ text }) => text)
      expect(texts).toEqual(
        expect.arrayContaining([
          "Retries of a POST call",
          "the call fails with attempt 3",
          "ECONNREFUSED (NotSent)",
          "retried, 0 to 500ms",
          "429, Retry-After 3s (Rejected)",
          "retried, 3s",
          "503 (Ambiguous)",
          "unsafe"
        ])
      )
    })
  )

  it.effect("has the success, and the deadline", () =>
    Effect.gen(function* () {
      const explanation = yield* RetryPolicy.explain(RetryPolicy.standard, [503], { deadline: "400 millis" })
      const texts = elementsOf(expectPicture(PolicyDiagram.toSvg(explanation)), "text").map(({ text }) => text)
      expect(texts).toEqual(expect.arrayContaining(["success", "deadline", "retried or past deadline, 0 to 400ms"]))
    })
  )

  it.effect("is a document of limited size for any outcomes", () =>
    Effect.gen(function* () {
      for (const outcomes of [[], [200], hostile, Array.from({ length: 200 }, () => 503)]) {
        const policy = RetryPolicy.exponential({ attempts: Infinity, factor: 1, timeout: "1 day" })
        expectPicture(PolicyDiagram.toSvg(yield* RetryPolicy.explain(policy, outcomes)))
      }
      const endless = [{ status: 429, retryAfter: Infinity }, 503]
      expectPicture(PolicyDiagram.toSvg(yield* RetryPolicy.explain(RetryPolicy.standard, endless)))
    })
  )
})
