import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import {
  Backoff,
  type Credentials,
  Deadline,
  detailsOf,
  Endpoint,
  Limiter,
  NotFound,
  Operation,
  RetryPolicy
} from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { Timeline } from "effect-herald/diagram"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"
import { at, Caller, elapsing, Ok, status, stub, thing, untilSleeps } from "../../support/kit.js"
import { until } from "../../support/settle.js"
import { recordedSpans, type SpanWithEvents } from "../../support/recordedSpans.js"

/** At most four attempts, 20 milliseconds apart. */
const steady = RetryPolicy.make({
  schedule: Schedule.intersect(Schedule.spaced("20 millis"), Backoff.attempts(4)),
  retries: ({ status }) => status !== 404
})

const steadily = Effect.provideService(RetryPolicy.Current, steady)

const ok = Scripted.json({ ok: true })
const unavailable = Scripted.respond({ status: 503 })

/** Credentials that can be replaced once. */
const replaceable: Pick<Credentials.Credentials, "authorize" | "rejected"> = {
  authorize: (request) =>
    Effect.succeed({ request: HttpClientRequest.setHeader(request, "authorization", "Bearer hunter2"), generation: 0 }),
  rejected: () => Effect.as(Effect.sleep("5 millis"), true)
}

/** Writes the segments of a timeline without their times. */
const story = ({ segments }: Timeline.Timeline): ReadonlyArray<string> =>
  segments.map((segment) => {
    if (segment._tag === "Wait") return `wait: ${segment.reason}`
    if (segment._tag === "Requeued") return "requeued"
    const parts = segment.parts.flatMap((part) => {
      if (part._tag === "Credentials") return []
      if (part._tag === "Refresh") return ["refresh"]
      return [`${part.cause}${part.origin === "other" ? " to other" : ""} ${part.status ?? "-"}`]
    })
    const { failure } = segment
    const end = failure === undefined ? "" : `: ${failure.reason}, ${failure.class}, ${failure.verdict}`
    return `${segment.number}: ${parts.join(", ")}${end}`
  })

/** Checks that no time of a timeline is before another that precedes it, and that parts are within their attempts. */
const expectOrder = ({ duration, segments }: Timeline.Timeline) => {
  let end = 0
  for (const segment of segments) {
    expect(segment.at).toBeGreaterThanOrEqual(end)
    end = segment.at + segment.duration
    let partEnd = segment.at
    for (const part of segment._tag === "Attempt" ? segment.parts : []) {
      expect(part.at).toBeGreaterThanOrEqual(partEnd)
      partEnd = part.at + part.duration
      if (part._tag === "Request" && part.headAt !== undefined) {
        expect(part.headAt).toBeGreaterThanOrEqual(part.at)
        expect(part.headAt).toBeLessThanOrEqual(partEnd)
      }
    }
    expect(partEnd).toBeLessThanOrEqual(end)
  }
  expect(end).toBeLessThanOrEqual(duration)
}

/** The timelines of a call that fails: from its error, and from its span. */
const failingAt = (url: URL, options: Parameters<typeof at>[1] = {}, call: ReturnType<typeof thing> = thing()) =>
  Effect.gen(function* () {
    const { spans, tracer } = recordedSpans()
    const error = yield* call.pipe(
      Effect.flip,
      steadily,
      Effect.provide(Layer.merge(at(url, options), client)),
      Effect.withTracer(tracer)
    )
    const timeline = Timeline.ofError(error)
    expectOrder(timeline)
    const ofSpan = Option.getOrThrow(Timeline.ofSpan(spans[0]!))
    expectOrder(ofSpan)
    return { url, error, timeline, ofSpan, span: spans[0]! }
  })

/** The timelines of a call that fails, at a server with this script. */
const failing = (script: Scripted.Script, options?: Parameters<typeof at>[1]) =>
  Effect.flatMap(Scripted.make(script), ({ url }) => failingAt(url, options))

describe("the timeline of a call that fails", () => {
  it.scopedLive("has its attempts, with the verdicts, and the waits of the policy", () =>
    Effect.gen(function* () {
      const { error, ofSpan, timeline, url } = yield* failing([unavailable, Scripted.reset, unavailable])
      const expected = [
        "1: attempt 503: 503, Ambiguous, retried",
        "wait: policy",
        expect.stringMatching(/^2: attempt -: (ECONNRESET|UND_ERR_SOCKET), Ambiguous, retried$/),
        "wait: policy",
        "3: attempt 503: 503, Ambiguous, retried",
        "wait: policy",
        "4: attempt 503: 503, Ambiguous, exhausted"
      ]
      expect(story(timeline)).toEqual(expected)
      expect(story(ofSpan)).toEqual(expected)
      expect(timeline).toMatchObject({
        operation: "thing",
        method: "GET",
        url: `${url.origin}/thing`,
        outcome: { _tag: "Failure", error: "ServerError", status: 503, message: error.message }
      })
      expect(timeline.deadline).toBeUndefined()
      expect(ofSpan).toMatchObject({
        operation: "GET /thing",
        url: `${url.host}/thing`,
        outcome: { _tag: "Failure", error: "ServerError", status: 503 }
      })
      expect(timeline.duration).toBeGreaterThanOrEqual(60)
    })
  )

  it.scopedLive("has the wait that the server asks for, and the pause of a call that began meanwhile", () =>
    Effect.gen(function* () {
      const { ofSpan, timeline } = yield* failing([
        Scripted.respond({ status: 429, headers: { "retry-after-ms": "40" } }),
        Scripted.respond({ status: 404 })
      ])
      const expected = ["1: attempt 429: 429, Rejected, retried", "wait: server", "2: attempt 404: 404, Final, final"]
      expect(story(timeline).filter((line) => line !== "wait: pause")).toEqual(expected)
      expect(story(ofSpan).filter((line) => line !== "wait: pause")).toEqual(expected)
      const [attempt, wait] = timeline.segments
      assert(attempt?._tag === "Attempt")
      expect(attempt.failure?.retryAfter).toBe(40)
      expect(wait?.duration).toBeGreaterThanOrEqual(39)
    })
  )

  it.scopedLive("has redirects, and the refresh of credentials after a 401", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([Scripted.respond({ status: 404 })])
      const { ofSpan, timeline } = yield* failing(
        [Scripted.respond({ status: 401 }), Scripted.redirect("/b", 307), Scripted.redirect(new URL("/c", other.url))],
        { credentials: replaceable }
      )
      const expected = ["1: attempt 401, refresh, refresh 307, redirect 302, redirect to other 404: 404, Final, final"]
      expect(story(timeline)).toEqual(expected)
      expect(story(ofSpan)).toEqual(expected)
    })
  )

  it.scopedLive("has the credentials that are rejected twice", () =>
    Effect.gen(function* () {
      const { ofSpan, timeline } = yield* failing([Scripted.respond({ status: 401 })], { credentials: replaceable })
      const [line, ...others] = story(timeline)
      expect(line).toMatch(/^1: attempt 401, refresh, refresh 401: 401, Rejected, /)
      expect(story(ofSpan)).toEqual([line, ...others])
    })
  )

  it.scoped("has the attempt that the deadline ends, and the deadline", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([unavailable, Scripted.silence])
      const call = thing().pipe(Effect.provideService(Deadline.Current, "2 seconds"))
      const fiber = yield* Effect.fork(failingAt(server.url, {}, call))
      yield* server.next
      // The wait of the policy.
      yield* untilSleeps(Chunk.contains(20))
      yield* TestClock.adjust("20 millis")
      yield* server.next
      yield* TestClock.adjust("1980 millis")
      const { ofSpan, timeline } = yield* Fiber.join(fiber)
      const expected = [
        "1: attempt 503: 503, Ambiguous, retried",
        "wait: policy",
        "2: attempt -: deadline, Ambiguous, past deadline"
      ]
      expect(story(timeline)).toEqual(expected)
      expect(story(ofSpan)).toEqual(expected)
      expect([timeline.deadline, ofSpan.deadline]).toEqual([2000, 2000])
      expect(timeline.duration).toBeGreaterThanOrEqual(2000)
      expect(timeline.outcome).toMatchObject({ error: "TimeoutError" })
    })
  )

  it.scopedLive("has the head of a response whose body breaks, and the time at which it was received", () =>
    Effect.gen(function* () {
      const { timeline } = yield* failing([
        Scripted.cutShort({ body: '{"ok"', headers: { "content-type": "application/json" } }),
        Scripted.respond({ status: 404 })
      ])
      expect(story(timeline)[0]).toMatch(/^1: attempt 200: .*, Ambiguous, retried$/)
      expect(Timeline.toText(timeline)).toMatch(/1 {2}200, then \S/)
    })
  )

  it.scopedLive("has the attempt whose response does not match the endpoint", () =>
    Effect.gen(function* () {
      const { ofSpan, timeline } = yield* failing([unavailable, Scripted.json({ ok: "yes" })])
      const expected = ["1: attempt 503: 503, Ambiguous, retried", "wait: policy", "2: attempt 200"]
      expect(story(timeline)).toEqual(expected)
      expect(story(ofSpan)).toEqual(expected)
      expect(timeline.outcome).toMatchObject({ error: "DecodeError", status: 200 })
      expect(Timeline.toText(timeline)).toMatch(/^2 {2}200 .* DecodeError/m)
    })
  )

  it.scopedLive("is that of a declared error, by its details", () =>
    Effect.gen(function* () {
      class NoSuchThing extends Schema.TaggedError<NoSuchThing>()("NoSuchThing", {}) {}
      const { url } = yield* Scripted.make([unavailable, Scripted.json({}, { status: 404 })])
      const find = Operation.make(Caller, () => Endpoint.get("/thing", { success: Ok, errors: { 404: NoSuchThing } }))
      const error = yield* Effect.flip(find()).pipe(steadily, Effect.provide(Layer.merge(at(url), client)))
      assert(error._tag === "NoSuchThing")
      expect(story(Timeline.ofError(detailsOf(error)!))).toEqual([
        "1: attempt 503: 503, Ambiguous, retried",
        "wait: policy",
        "2: attempt 404: 404, Final, final"
      ])
    })
  )

  it.scopedLive("has no secret, and no value of the path or the query", () =>
    Effect.gen(function* () {
      const search = Operation.make(Caller, () =>
        Endpoint.get("/items/{item}", {
          query: { q: Schema.String, key: Schema.Redacted(Schema.String) },
          success: Ok
        })
      )
      const { url } = yield* Scripted.make([
        Scripted.respond({ status: 401, body: "hunter2" }),
        Scripted.redirect("/items/needle?key=hunter2&q=straw", 307),
        Scripted.respond({ status: 422, body: "hunter2", headers: { "x-request-id": "hunter2" } })
      ])
      const { spans, tracer } = recordedSpans()
      const error = yield* search({ item: "needle", q: "straw", key: Redacted.make("hunter2") }).pipe(
        Effect.flip,
        Effect.provide(Layer.merge(at(url, { credentials: replaceable }), client)),
        Effect.withTracer(tracer)
      )
      const timelines = [Timeline.ofError(error), Option.getOrThrow(Timeline.ofSpan(spans[0]!))]
      for (const timeline of timelines) {
        const printed = [JSON.stringify(timeline), Timeline.toText(timeline), Timeline.toSvg(timeline)].join("\n")
        expect(printed).not.toMatch(/hunter2|needle|straw/)
        expect(printed).toContain("/items/{item}")
      }
    })
  )

  it("has no step without a call, and the times of the attempts of an error that a test made", () => {
    const details = { message: "m", operation: "thing", method: "GET", url: "https://api.test/thing" } as const
    const empty = Timeline.ofError(new NotFound({ ...details, attempts: [], issues: [] }))
    expect(empty).toMatchObject({ duration: 0, segments: [] })
    expect(Timeline.toText(empty)).toBe("thing: GET https://api.test/thing\nfailed with NotFound after 0\n\nm")
  })
})

/** The timeline of a call from its error, in virtual time. */
const ofStub = (steps: Parameters<typeof stub>[0], options: Parameters<typeof at>[1] = {}) =>
  Effect.map(
    thing().pipe(
      Effect.flip,
      steadily,
      Effect.provide(Layer.merge(at(new URL("https://api.test"), options), stub(steps).layer)),
      elapsing
    ),
    Timeline.ofError
  )

describe("a timeline", () => {
  it.effect("has exact times", () =>
    Effect.gen(function* () {
      const late = () => Effect.delay(Effect.sync(status(503)), "250 millis")
      const timeline = yield* ofStub([late, status(429, { "retry-after": "1" }), status(404)])
      expect(timeline.segments.map(({ _tag, at, duration }) => [_tag, at, duration])).toEqual([
        ["Attempt", 0, 250],
        ["Wait", 250, 20],
        ["Attempt", 270, 0],
        ["Wait", 270, 1000],
        ["Attempt", 1270, 0]
      ])
      expect(timeline).toMatchObject({ startedAt: 0, duration: 1270 })
    })
  )

  it.effect("has the wait for the rate limiter, and none if there is room", () =>
    Effect.gen(function* () {
      let acquired = 0
      const limiter = {
        acquire: () => Effect.suspend(() => (acquired++ === 1 ? Effect.sleep("3 seconds") : Effect.void))
      }
      const timeline = yield* ofStub([status(503), status(404)], { origin: { limiter } })
      expect(story(timeline)).toEqual([
        "1: attempt 503: 503, Ambiguous, retried",
        "wait: policy",
        "wait: rate limiter",
        "2: attempt 404: 404, Final, final"
      ])
      expect(timeline.segments[2]).toMatchObject({ at: 20, duration: 3000 })
    })
  )

  it.effect("has the wait for the rate limiter that fails", () =>
    Effect.gen(function* () {
      const failure = new Limiter.LimiterFailure({ message: "the store failed" })
      const limiter = { acquire: () => Effect.zipRight(Effect.sleep("2 seconds"), Effect.fail(failure)) }
      const timeline = yield* ofStub([status(200)], { origin: { limiter } })
      expect(story(timeline)).toEqual(["wait: rate limiter"])
      expect(timeline).toMatchObject({ duration: 2000, outcome: { error: "NotSent" } })
    })
  )

  it.effect("has the pause that another call began, also after the credentials were obtained", () =>
    Effect.gen(function* () {
      let authorized = 0
      const pausing = Effect.gen(function* () {
        const caller = yield* Caller
        const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        if (authorized++ === 0) caller.origin.pause?.begin(now, now + 2000, undefined)
      })
      const base = at(new URL("https://api.test"))
      const layer = Layer.effect(
        Caller,
        Effect.map(Effect.context<Caller>(), (context) => {
          const service = Context.get(context, Caller)
          const { credentials } = service
          return {
            ...service,
            credentials: {
              ...credentials,
              authorize: (request) => Effect.zipRight(Effect.provide(pausing, context), credentials.authorize(request))
            }
          }
        })
      ).pipe(Layer.provide(base))
      const timeline = Timeline.ofError(
        yield* thing().pipe(
          Effect.flip,
          steadily,
          Effect.provide(Layer.merge(layer, stub([status(404)]).layer)),
          elapsing
        )
      )
      expect(story(timeline)).toEqual(["requeued", "wait: pause", "1: attempt 404: 404, Final, final"])
    })
  )

  it.effect("of a response is that of a call that succeeded", () =>
    Effect.gen(function* () {
      const get = Operation.make(Caller, () => Endpoint.get("/thing", { name: "thing", success: Ok }))
      const response = yield* get
        .withResponse()
        .pipe(
          steadily,
          Effect.provide(Layer.merge(at(new URL("https://api.test/v1")), stub([status(503), status(200)]).layer)),
          elapsing
        )
      const timeline = Option.getOrThrow(Timeline.ofResponse(response))
      expect(story(timeline)).toEqual(["1: attempt 503: 503, Ambiguous, retried", "wait: policy", "2: attempt 200"])
      expect(timeline).toMatchObject({
        url: "https://api.test/v1/thing",
        duration: 20,
        outcome: { _tag: "Success", status: 200, cached: false }
      })
      expect(Option.isNone(Timeline.ofResponse({ ...response }))).toBe(true)
    })
  )

  it.effect("of a response from the cache has no attempt", () =>
    Effect.gen(function* () {
      const get = Operation.make(Caller, () => Endpoint.get("/thing", { success: Ok }))
      const fresh = status(200, { "cache-control": "max-age=60", date: new Date(0).toUTCString() })
      const { spans, tracer } = recordedSpans()
      const response = yield* Effect.zipRight(get(), get.withResponse()).pipe(
        Effect.withTracer(tracer),
        Effect.provide(
          Layer.provideMerge(
            Caller.layer({ baseUrl: "https://api.test" }),
            Layer.provideMerge(HttpCache.layerMemory(), stub([fresh]).layer)
          )
        )
      )
      const timeline = Option.getOrThrow(Timeline.ofResponse(response))
      expect(timeline).toMatchObject({ segments: [], outcome: { _tag: "Success", cached: true } })
      expect(Timeline.toText(timeline)).toContain("succeeded with a response from the cache (200)")
      expect(spans).toHaveLength(2)
      expect(Timeline.ofSpan(spans[1]!)).toMatchObject({ value: { segments: [], outcome: { cached: true } } })
    })
  )

  it.effect("survives a clock that goes back", () =>
    Effect.gen(function* () {
      const back = () => Effect.as(TestClock.setTime(5), status(503)())
      yield* TestClock.setTime(1000)
      const timeline = yield* ofStub([back, status(404)])
      expectOrder(timeline)
      expect(timeline.segments.every(({ at, duration }) => at >= 0 && duration >= 0)).toBe(true)
    })
  )

  it.effect("is JSON, by its schema", () =>
    Effect.gen(function* () {
      const timeline = yield* ofStub([status(401), status(503), status(429, { "retry-after": "1" }), status(404)], {
        credentials: replaceable
      })
      const json = JSON.stringify(timeline)
      const decoded = yield* Schema.decode(Schema.parseJson(Timeline.Timeline))(json)
      expect(JSON.parse(JSON.stringify(decoded))).toEqual(JSON.parse(json))
      expect(Timeline.toText(decoded)).toBe(Timeline.toText(timeline))
      expect(Timeline.toSvg(decoded)).toBe(Timeline.toSvg(timeline))
      for (const wrong of ['{"at":-1}', "1e999", "[]"]) {
        expect(Exit.isFailure(yield* Effect.exit(Schema.decode(Schema.parseJson(Timeline.Timeline))(wrong)))).toBe(true)
      }
    })
  )
})

/** The span of OpenTelemetry that has the same content. */
const openTelemetry = ({ attributes, events, status }: SpanWithEvents): Timeline.OpenTelemetrySpan => {
  const time = (nanos: bigint): Timeline.HrTime => [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)]
  assert(status._tag === "Ended")
  return {
    startTime: time(status.startTime),
    endTime: time(status.endTime),
    attributes: Object.fromEntries(attributes),
    events: events.map(([name, at, attributes]) => ({ name, time: time(at), attributes }))
  }
}

describe("a timeline from a span", () => {
  it.scopedLive("of OpenTelemetry is the same", () =>
    Effect.gen(function* () {
      const { ofSpan, span } = yield* failing([unavailable, Scripted.redirect("/b"), Scripted.respond({ status: 404 })])
      const other = Option.getOrThrow(Timeline.ofSpan(openTelemetry(span)))
      expect(story(other)).toEqual(story(ofSpan))
      expect(other.duration).toBeCloseTo(ofSpan.duration, 2)
    })
  )

  it.scopedLive("of a call that succeeds at once has one attempt", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([ok])
      const { spans, tracer } = recordedSpans()
      yield* thing().pipe(Effect.provide(Layer.merge(at(url), client)), Effect.withTracer(tracer))
      const timeline = Option.getOrThrow(Timeline.ofSpan(spans[0]!))
      expect(story(timeline)).toEqual(["1: attempt 200"])
      expect(timeline.outcome).toEqual({ _tag: "Success", status: 200, cached: false })
    })
  )

  it.effect("of a call that is interrupted ends there", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordedSpans()
      yield* thing().pipe(
        Effect.timeoutOption("1 second"),
        Effect.provide(Layer.merge(at(new URL("http://api.test")), stub([() => Effect.never]).layer)),
        Effect.withTracer(tracer),
        elapsing
      )
      const timeline = Option.getOrThrow(Timeline.ofSpan(spans[0]!))
      expect(story(timeline)).toEqual(["1: attempt -"])
      expect(timeline.outcome).toEqual({ _tag: "Interrupted" })
    })
  )

  it.effect("is none for a span that is not that of a call, or has not ended", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordedSpans()
      const fiber = yield* thing().pipe(
        Effect.withSpan("mine"),
        Effect.provide(Layer.merge(at(new URL("http://api.test")), stub([() => Effect.never]).layer)),
        Effect.withTracer(tracer),
        Effect.fork
      )
      yield* until(() => spans.length >= 2)
      expect(spans.map((span) => Option.isNone(Timeline.ofSpan(span)))).toEqual([true, true])
      yield* Fiber.interrupt(fiber)
      expect(spans.map((span) => Option.isNone(Timeline.ofSpan(span)))).toEqual([true, false])
    })
  )

  /** A span of OpenTelemetry with values that the tracing of calls does not record. */
  const foreign = (
    attributes: Readonly<Record<string, unknown>>,
    endTime: Timeline.HrTime = [2, 0],
    startTime: Timeline.HrTime = [1, 0]
  ): Timeline.OpenTelemetrySpan => ({
    startTime,
    endTime,
    attributes: { "http.request.method": "GET", "url.template": "/things", "server.address": "api.test" },
    events: [
      { name: "herald.attempt.failed", time: [1, 5e8], attributes },
      { name: "herald.attempt.failed", time: [NaN, 0] }
    ]
  })

  it("with values of other types, or without a time, is a timeline by its schema, and is drawn", () => {
    const attributes = [
      { "herald.class": 5, "herald.verdict": ["retried"], "herald.wait.reason": {}, "error.type": null },
      { "http.response.status_code": -1.5, "herald.retry_after": 1e308 },
      { "http.response.status_code": "503", "herald.retry_after": -1 }
    ]
    for (const timeline of attributes.map((values) => Option.getOrThrow(Timeline.ofSpan(foreign(values))))) {
      expect(Schema.is(Timeline.Timeline)(timeline)).toBe(true)
      expect(Timeline.toText(timeline)).toContain("GET api.test/things")
      expect(Timeline.toSvg(timeline)).not.toMatch(/NaN|Infinity|undefined/)
    }
  })

  it("of OpenTelemetry is none before the span has ended, and without its times", () => {
    expect(Timeline.ofSpan(foreign({}, [0, 0]))).toEqual(Option.none())
    expect(Timeline.ofSpan(foreign({}, [NaN, 0]))).toEqual(Option.none())
    expect(Timeline.ofSpan(foreign({}, [2, 0], [-Infinity, 0]))).toEqual(Option.none())
  })
})

describe("a drawing of a timeline", () => {
  const extreme: Timeline.Timeline = {
    operation: "getThing",
    method: "GET",
    url: "http://api.test/things",
    duration: 1e308,
    segments: [{ _tag: "Attempt", number: 10_000, at: 1e308, duration: 1e308, parts: [] }],
    outcome: { _tag: "Success", cached: false }
  }

  it("has any times", () => {
    expect(Schema.is(Timeline.Timeline)(extreme)).toBe(true)
    for (const startedAt of [NaN, Infinity, -8.64e15, 9e15, 0]) {
      expect(Timeline.toText({ ...extreme, startedAt })).toContain("forever")
      expect(Timeline.toSvg({ ...extreme, startedAt })).not.toMatch(/NaN|Infinity/)
    }
  })

  it("has the whole number of attempt 10,000", () => {
    expect(Timeline.toSvg(extreme)).toContain(">10000</text>")
  })
})
