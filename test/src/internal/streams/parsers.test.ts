import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Either from "effect/Either"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parse } from "../../../../src/internal/http/json.js"
import { type DecodedEvent, eventsParser, type Resumption } from "../../../../src/internal/streams/events.js"
import { jsonLinesParser } from "../../../../src/internal/streams/jsonLines.js"
import { jsonSequenceParser } from "../../../../src/internal/streams/jsonSequence.js"
import type { StreamOptions } from "../../../../src/internal/streams/options.js"
import type { Parsed, Parser } from "../../../../src/internal/streams/records.js"

const encoder = new TextEncoder()

/** Parses parts as a Stream does: until a failure. */
const run = <A>(parser: Parser<A>, parts: Iterable<Uint8Array>): Parsed<A> => {
  const values: Array<A> = []
  const skipped: Array<Parsed<A>["skipped"][number]> = []
  const add = (parsed: Parsed<A>) => {
    values.push(...parsed.values)
    skipped.push(...parsed.skipped)
    return parsed.failure
  }
  for (const part of parts) {
    const failure = add(parser.push(part))
    if (failure !== undefined) return { values, skipped, failure }
  }
  return { values, skipped, failure: add(parser.end()) }
}

/** Cuts bytes at these positions. */
const cutAt = (bytes: Uint8Array, positions: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...positions.map((at) => at % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end))
}

/** Checks that content has these records, however it is cut. */
const expectRecords = <A>(make: () => Parser<A>, content: string | Uint8Array, expected: Partial<Parsed<A>>) => {
  const bytes = typeof content === "string" ? encoder.encode(content) : content
  const whole = { values: [], skipped: [], failure: undefined, ...expected }
  expect(run(make(), [bytes])).toEqual(whole)
  expect(
    run(
      make(),
      Array.from(bytes, (byte) => Uint8Array.of(byte))
    )
  ).toEqual(whole)
  for (let at = 0; at <= bytes.length; at += 1) expect(run(make(), cutAt(bytes, [at]))).toEqual(whole)
}

const ignore: StreamOptions = { onInvalid: () => Effect.void }

const json = fc.jsonValue({
  maxDepth: 2,
  stringUnit: fc.constantFrom("a", "é", "😀", '"', "\\", "\n", "\r", "\u001e", "\u2028")
})
const cuts = fc.array(fc.nat(), { maxLength: 8 })

/** The value that its JSON has: -0 is 0, and integers beyond the safe ones are a bigint. */
const sent = (value: unknown): unknown => parse(JSON.stringify(value))

describe("the parser of JSON lines", () => {
  const make = (options: StreamOptions = {}, schema: Schema.Schema.AnyNoContext = Schema.Unknown) =>
    jsonLinesParser(schema, options)

  it("ignores a byte order mark, empty lines and white space, and needs no end of the last line", () => {
    expectRecords(make(), '\ufeff{"a":1}\r\n\n \t\r\n"é"\r\n 3 \n[]', { values: [{ a: 1 }, "é", 3, []] })
    expectRecords(make(), "", {})
    expectRecords(make(), "\n\r\n", {})
  })

  it("reads integers beyond the safe ones exactly", () => {
    expectRecords(make(), '{"id":9007199254740993}\n', { values: [{ id: 9007199254740993n }] })
  })

  it("takes a byte order mark elsewhere for a part of the line", () => {
    expectRecords(make(ignore), "1\n\ufeff2\n3\n", {
      values: [1, 3],
      skipped: [{ number: 2, skipped: 1, issues: [{ path: [], message: "is not JSON, or is cut short" }] }]
    })
  })

  it("delivers the lines before an invalid one, and names its number and the place, but not the value", () => {
    const schema = Schema.Struct({ name: Schema.String })
    expectRecords(make({}, schema), '{"name":"a"}\n\n{"name":7341}\n{"name":"b"}\n', {
      values: [{ name: "a" }],
      failure: { reason: "Shape", issues: [{ path: ["line 3", "name"], message: "should be a string, and is number" }] }
    })
    expectRecords(make({}), '1\n{"cut', {
      values: [1],
      failure: { reason: "Json", issues: [{ path: ["line 2"], message: "is not JSON, or is cut short" }] }
    })
  })

  it("skips invalid lines, and counts them", () => {
    const { skipped, values } = run(make(ignore, Schema.Number)(), [encoder.encode('1\n"a"\n2\nx\n3\n{')])
    expect(values).toEqual([1, 2, 3])
    expect(skipped.map(({ number, skipped }) => [number, skipped])).toEqual([
      [2, 1],
      [4, 2],
      [6, 3]
    ])
  })

  it("accepts a line of the longest length in bytes, and fails at a longer one", () => {
    const issue = (number: number) => ({
      reason: "Size" as const,
      issues: [{ path: [`line ${number}`], message: "is longer than the limit of 6 bytes: raise `maxBytes`" }]
    })
    expectRecords(make({ maxBytes: 6 }), '"éé"\n"aaaa"\n', { values: ["éé", "aaaa"] })
    expectRecords(make({ maxBytes: 6 }), '1\n"ééa"\n2', { values: [1], failure: issue(2) })
    expectRecords(make({ ...ignore, maxBytes: 6 }), '1\n"😀a"', { values: [1], failure: issue(2) })
    expectRecords(make({ maxBytes: 6 }), "1\n2\n      7", { values: [1, 2], failure: issue(3) })
  })

  it("returns the values that were written, however the content is cut", () => {
    fc.assert(
      fc.property(fc.array(json), cuts, fc.constantFrom("\n", "\r\n"), (values, positions, end) => {
        const bytes = encoder.encode(values.map((value) => JSON.stringify(value) + end).join(""))
        expect(run(make()(), cutAt(bytes, positions))).toEqual({
          values: values.map(sent),
          skipped: [],
          failure: undefined
        })
      })
    )
  })
})

describe("the parser of a JSON text sequence", () => {
  const RS = "\u001e"
  const make = (options: StreamOptions = {}) => jsonSequenceParser(Schema.Unknown, options)
  const skippedOf = (parsed: Parsed<unknown>) =>
    parsed.skipped.map(({ issues, number }) => [number, issues[0]?.message])

  it("returns the texts, which can have lines", () => {
    expectRecords(make(), `${RS}{"a":\n[1,\n2]}\n${RS}"é"\n${RS}1\n${RS}${RS}${RS}true \n${RS}null\t`, {
      values: [{ a: [1, 2] }, "é", 1, true, null]
    })
    expectRecords(make(), "", {})
    expectRecords(make(), RS, {})
  })

  it("takes objects, arrays and strings without white space after them", () => {
    expectRecords(make(), `${RS}{}${RS}[]${RS}"a"${RS}{}`, { values: [{}, [], "a", {}] })
  })

  it.each(["1", "-1.5e3", "true", "false", "null", " 12"])(
    "takes %s at the end of its text for one cut short",
    (text) => {
      const parsed = run(make(ignore)(), [encoder.encode(`${RS}${text}${RS}2\n${RS}${text}`)])
      expect(parsed.values).toEqual([2])
      const message = "may be cut short, since no white space follows it (RFC 7464, 2.4)"
      expect(skippedOf(parsed)).toEqual([
        [1, message],
        [3, message]
      ])
    }
  )

  it("goes on at the next separator after a text that was cut short", () => {
    const parsed = run(make(ignore)(), [encoder.encode(`${RS}{"a":${RS}{"b":1}\n${RS}"x\n${RS}3\n`)])
    expect(parsed.values).toEqual([{ b: 1 }, 3])
    expect(skippedOf(parsed).map(([number]) => number)).toEqual([1, 3])
  })

  it("takes content before the first separator for invalid, but for white space", () => {
    expectRecords(make(), ` \n${RS}1\n`, { values: [1] })
    const parsed = run(make(ignore)(), [encoder.encode(`{}\n${RS}1\n`)])
    expect(parsed.values).toEqual([1])
    expect(skippedOf(parsed)).toEqual([[1, "does not begin with a record separator (RFC 7464, 2.1)"]])
  })

  it("delivers a text at its end, before the next one begins", () => {
    const parser = make()()
    expect(parser.push(encoder.encode(`${RS}{"a":1,\n`)).values).toEqual([])
    expect(parser.push(encoder.encode(`"b":2}\n`)).values).toEqual([{ a: 1, b: 2 }])
    expect(parser.push(encoder.encode(`\n \n${RS}5\n`)).values).toEqual([5])
    expect(parser.push(encoder.encode(`${RS}"x"`)).values).toEqual([])
    expect(parser.end()).toEqual({ values: ["x"], skipped: [], failure: undefined })
  })

  it("fails at a text that is too long", () => {
    const parsed = run(make({ ...ignore, maxBytes: 8 })(), [encoder.encode(`${RS}12345\n${RS}"12345678`)])
    expect(parsed.values).toEqual([12345])
    expect(parsed.failure).toMatchObject({ reason: "Size", issues: [{ path: ["element 2"] }] })
  })

  it("returns the values that were written, however the content is cut", () => {
    fc.assert(
      fc.property(fc.array(json), cuts, fc.nat(4), (values, positions, indent) => {
        const bytes = encoder.encode(values.map((value) => `${RS}${JSON.stringify(value, null, indent)}\n`).join(""))
        expect(run(make()(), cutAt(bytes, positions))).toEqual({
          values: values.map(sent),
          skipped: [],
          failure: undefined
        })
      })
    )
  })
})

describe("the parser of an event stream", () => {
  const make = (options: StreamOptions = {}, state: Resumption = { lastEventId: "", retry: undefined }) =>
    eventsParser((_, data) => Either.right(data), options, state)
  const event = (data: string, id = "", type = "message"): DecodedEvent => ({ type, id, data })
  const expectEvents = (content: string | Uint8Array, values: ReadonlyArray<DecodedEvent>) =>
    expectRecords(make, content, { values })

  it("reads the examples of the standard (WHATWG HTML, 9.2.6)", () => {
    expectEvents("data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")])
    expectEvents(
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
      // The last event has an end here.
      [event("first event", "1"), event("second event"), event(" third event")]
    )
    expectEvents("data\n\ndata\ndata\n\ndata:", [event(""), event("\n")])
    expectEvents("data:test\n\ndata: test\n\n", [event("test"), event("test")])
  })

  it.each(["\n", "\r", "\r\n"])("reads lines that end with %j", (end) => {
    const lines = ["\ufeffevent: é", "id: 1", "data: a", "data: b", "", ": comment", "", "data: 😀", "", "data: cut"]
    expectEvents(lines.join(end) + end, [event("a\nb", "1", "é"), event("😀", "1")])
  })

  it("reads ends of lines of all kinds in one stream", () => {
    expectEvents("data: a\r\n\rdata: b\n\r\ndata: c\r\r\ndata: d\n\n", [event("a"), event("b"), event("c"), event("d")])
  })

  it("delivers an event at once when its last line ends with CR", () => {
    const parser = make()
    expect(parser.push(encoder.encode("data: a\r\r")).values).toEqual([event("a")])
    expect(parser.push(encoder.encode("\ndata: b\r\n\r")).values).toEqual([event("b")])
  })

  it("drops an event that is not complete, with its id", () => {
    const state = { lastEventId: "0", retry: undefined }
    const parsed = run(make({}, state), [encoder.encode("id: 1\ndata: a\n\nid: 2\ndata: b\n")])
    expect(parsed.values).toEqual([event("a", "1")])
    expect(state.lastEventId).toBe("1")
  })

  it("keeps the id for events without one, ignores ids with NUL, and clears it by an empty one", () => {
    expectEvents("id: 1\ndata: a\n\ndata: b\n\nid: x\0y\ndata: c\n\nid:\ndata: d\n\nid: 2\nid: 3\ndata: e\n\n", [
      event("a", "1"),
      event("b", "1"),
      event("c", "1"),
      event("d", ""),
      event("e", "3")
    ])
  })

  it("takes the id of a block without data", () => {
    expectEvents("id: 1\n\ndata: a\n\n: keep\nid: 2\nevent: x\n\ndata: b\n\nid: n\0\n\n:id: 3\n\n", [
      event("a", "1"),
      event("b", "2")
    ])
    const state = { lastEventId: "", retry: undefined }
    run(make({}, state), [encoder.encode("id: 7\n\nid: 8\n")])
    expect(state.lastEventId).toBe("7")
  })

  it("begins with the id to resume after", () => {
    expect(run(make({}, { lastEventId: "9", retry: undefined }), [encoder.encode("data: a\n\n")]).values).toEqual([
      event("a", "9")
    ])
  })

  it("takes the reconnection time, of digits only", () => {
    const state: Resumption = { lastEventId: "", retry: undefined }
    run(make({}, state), [encoder.encode("retry: 250\n\nretry: 1s\nretry: -1\n\n")])
    expect(state.retry).toBe(250)
  })

  it("ignores unknown fields, comments and blocks without data", () => {
    expectEvents("foo: 1\n:\n: c\nevent: a\n\nDATA: x\n\n data: y\n\ndata: z\nfoo\n\n", [event("z")])
  })

  it("replaces malformed bytes", () => {
    expectEvents(Uint8Array.of(...encoder.encode("data: a"), 0xff, ...encoder.encode("b\n\n")), [event("a\ufffdb")])
  })

  it("numbers invalid events, and skips them", () => {
    const decode = (_: string, data: string) =>
      data === "bad"
        ? Either.left({ reason: "Json" as const, issues: [{ path: [], message: "is bad" }] })
        : Either.right(data)
    const content = "data: a\n\nid: 2\ndata: bad\n\ndata: b\n\n"
    const state = { lastEventId: "", retry: undefined }
    expectRecords(() => eventsParser(decode, {}, { ...state }), content, {
      values: [event("a")],
      failure: { reason: "Json", issues: [{ path: ["event 2"], message: "is bad" }] }
    })
    expectRecords(() => eventsParser(decode, ignore, { ...state }), content, {
      values: [event("a"), event("b", "2")],
      skipped: [{ number: 2, skipped: 1, issues: [{ path: [], message: "is bad" }] }]
    })
  })

  it.each([
    ["a line", `data: ${"x".repeat(64)}`],
    ["a line of a comment", `:${"x".repeat(64)}`],
    ["many lines of data", "data: xxxxxxxx\n".repeat(8)]
  ])("fails at an event that is too long: %s", (_, content) => {
    for (const size of [1, 7, 1000]) {
      const bytes = encoder.encode(`data: a\n\n${content}\n\n`)
      const positions = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => (index + 1) * size)
      const parsed = run(make({ ...ignore, maxBytes: 32 }), cutAt(bytes, positions))
      expect(parsed.values).toEqual([event("a")])
      expect(parsed.failure, `${size}`).toMatchObject({ reason: "Size", issues: [{ path: ["event 2"] }] })
    }
  })

  it("returns the events that were written, however the content is cut", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", ":", "é", "😀", "\u2028", "id:") })
    const one = fc.record({
      type: text,
      id: fc.option(text, { nil: undefined }),
      data: fc.array(text, { minLength: 1, maxLength: 3 }),
      comment: fc.boolean()
    })
    fc.assert(
      fc.property(fc.array(one), cuts, fc.constantFrom("\n", "\r", "\r\n"), (events, positions, end) => {
        let last = ""
        const expected = events.map(({ data, id, type }) => {
          last = id ?? last
          return event(data.join("\n"), last, type === "" ? "message" : type)
        })
        const lines = events.flatMap(({ comment, data, id, type }) => [
          ...(comment ? [": a comment", ""] : []),
          `event: ${type}`,
          ...(id === undefined ? [] : [`id: ${id}`]),
          ...data.map((line) => `data: ${line}`),
          ""
        ])
        const bytes = encoder.encode(lines.map((line) => line + end).join(""))
        expect(run(make(), cutAt(bytes, positions)).values).toEqual(expected)
      })
    )
  })
})
