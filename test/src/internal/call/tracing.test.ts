import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { Endpoint, Operation, OriginState, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import {
  at,
  bearing,
  broken,
  Caller,
  elapsing,
  Ok,
  once,
  status,
  stub,
  thing,
  untilAsleep
} from "../../../support/kit.js"
import { listener } from "../../../support/listener.js"

const search = Operation.make(
  Caller,
  () =>
    Endpoint.post("/items/{item}/parts", {
      query: { q: Schema.String, key: Schema.optional(Schema.Redacted(Schema.String)) },
      success: Ok,
      idempotent: true
    }),
  (item: string, q: string, key?: Redacted.Redacted) => ({ item, q, key })
)

/** Two retries after 1.5 seconds each. */
const steady = RetryPolicy.make({
  schedule: Schedule.intersect(Schedule.spaced("1500 millis"), Schedule.recurs(2)),
  retries: ({ status }) => status !== 404
})

/** A tracer that records spans, and the times of their events in milliseconds. */
const timing = () => {
  const times: Array<number> = []
  const { spans, tracer } = listener()
  const timed = Tracer.make({
    ...tracer,
    span: (...of) => {
      const span = tracer.span(...of)
      const event: typeof span.event = (name, at, attributes) => {
        times.push(Number(at) / 1e6)
        span.event(name, at, attributes)
      }
      return Object.assign(Object.create(span) as typeof span, { event })
    }
  })
  return { spans, times, tracer: timed }
}

describe("a span", () => {
  it.scopedLive("is made for the call only, and has no value of its input", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.json({ ok: true })])
      const { spans, tracer } = listener()
      yield* search("item-7", "needle").pipe(
        Effect.provide(Layer.mergeAll(at(new URL(`${url.origin}/v1`)), once, client)),
        Effect.withTracer(tracer)
      )
      expect(spans).toHaveLength(1)
      expect(spans[0]).toMatchObject({ name: "POST /items/{item}/parts", kind: "client" })
      expect(Object.fromEntries(spans[0]?.attributes ?? [])).toEqual({
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.template": "/items/{item}/parts",
        "server.address": "127.0.0.1",
        "server.port": Number(url.port)
      })
      expect(JSON.stringify([...(spans[0]?.attributes ?? [])])).not.toMatch(/item-7|needle/)
      // Without a span of the platform there is none of its headers either.
      expect(requests[0]?.headers).not.toHaveProperty("b3")
    })
  )

  it.scopedLive("has an event for each failed attempt, without values and secrets", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        Scripted.respond({ status: 503, body: "item-7 needle hunter2", headers: { "x-request-id": "hunter2" } }),
        Scripted.reset,
        Scripted.json({ ok: true })
      ])
      const { spans, tracer } = listener()
      yield* search("item-7", "needle", Redacted.make("hunter2")).pipe(
        Effect.provide(Layer.merge(at(url, { credentials: bearing({ authorization: "Bearer hunter2" }) }), client)),
        Effect.provideService(
          RetryPolicy.Current,
          RetryPolicy.make({ schedule: Schedule.recurs(2), retries: () => true })
        ),
        Effect.withTracer(tracer)
      )
      expect(spans[0]?.events).toEqual([
        [
          "herald.attempt.failed",
          {
            "http.response.status_code": 503,
            "error.type": "503",
            "herald.class": "Ambiguous",
            "herald.verdict": "retried",
            "herald.wait": 0,
            "herald.wait.reason": "policy"
          }
        ],
        ["herald.attempt.started", { "http.request.resend_count": 1 }],
        [
          "herald.attempt.failed",
          {
            "http.request.resend_count": 1,
            "error.type": expect.stringMatching(/^(ECONNRESET|UND_ERR_SOCKET)$/) as string,
            "herald.class": "Ambiguous",
            "herald.verdict": "retried",
            "herald.wait": 0,
            "herald.wait.reason": "policy"
          }
        ],
        ["herald.attempt.started", { "http.request.resend_count": 2 }]
      ])
      expect(JSON.stringify([spans[0]?.events, [...(spans[0]?.attributes ?? [])]])).not.toMatch(/item-7|needle|hunter2/)
    })
  )
})

describe("a span", () => {
  const traced = (steps: Parameters<typeof stub>[0], url = "http://api.test") => {
    const { spans, tracer } = listener()
    const client = stub(steps)
    return Effect.map(
      thing().pipe(
        Effect.exit,
        Effect.provide(Layer.merge(at(new URL(url)), client.layer)),
        Effect.withTracer(tracer),
        elapsing
      ),
      () => ({ spans, attributes: Object.fromEntries(spans[0]?.attributes ?? []) })
    )
  }

  it.effect("of a call that fails has the error's tag, and ends with a failure", () =>
    Effect.gen(function* () {
      const { attributes, spans } = yield* traced([status(404)])
      expect(attributes).toMatchObject({ "error.type": "NotFound", "http.response.status_code": 404 })
      expect(spans[0]?.exit).toSatisfy((exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit))
    })
  )

  it.effect("counts the retries", () =>
    Effect.gen(function* () {
      const again = yield* traced([status(503), status(429), status(200)])
      expect(again.attributes).toMatchObject({ "http.request.resend_count": 2, "http.response.status_code": 200 })
      const failed = yield* traced([status(503)])
      expect(failed.attributes).toMatchObject({ "http.request.resend_count": 3, "error.type": "ServerError" })
      expect((yield* traced([status(200)])).attributes).not.toHaveProperty("http.request.resend_count")
    })
  )

  it.effect("has an event at the time of each failure, with the verdict", () =>
    Effect.gen(function* () {
      const { spans, times, tracer } = timing()
      const eventsOf = (...steps: Parameters<typeof stub>[0]) =>
        Effect.map(
          thing().pipe(
            Effect.exit,
            Effect.provide(Layer.merge(at(new URL("http://api.test")), stub(steps).layer)),
            Effect.provideService(RetryPolicy.Current, steady),
            Effect.withTracer(tracer),
            elapsing
          ),
          () => spans.at(-1)?.events.map(([, attributes]) => attributes)
        )
      const late = () => Effect.delay(Effect.sync(status(503)), "250 millis")
      const unavailable = { "http.response.status_code": 503, "error.type": "503", "herald.class": "Ambiguous" }
      expect(yield* eventsOf(late, broken("ECONNREFUSED"), status(503))).toEqual([
        { ...unavailable, "herald.verdict": "retried", "herald.wait": 1.5, "herald.wait.reason": "policy" },
        { "http.request.resend_count": 1 },
        {
          "http.request.resend_count": 1,
          "error.type": "ECONNREFUSED",
          "herald.class": "NotSent",
          "herald.verdict": "retried",
          "herald.wait": 1.5,
          "herald.wait.reason": "policy"
        },
        { "http.request.resend_count": 2 },
        { ...unavailable, "http.request.resend_count": 2, "herald.verdict": "exhausted" }
      ])
      // Each failure, and between two of them the next attempt.
      expect(times).toEqual([250, 1750, 1750, 3250, 3250])
      expect(yield* eventsOf(status(404))).toEqual([
        { "http.response.status_code": 404, "error.type": "404", "herald.class": "Final", "herald.verdict": "final" }
      ])
      expect(yield* eventsOf(status(200))).toEqual([])
    })
  )

  it.effect("has an event for the attempt that was over budget", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      const states = OriginState.layer({ budget: { capacity: 1, reserve: 1, perSuccess: 0, perSecond: 0 } })
      const eager = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
      yield* thing().pipe(
        Effect.exit,
        Effect.provideService(RetryPolicy.Current, eager),
        Effect.provide(Layer.merge(Layer.provide(at(new URL("http://api.test")), states), stub([status(503)]).layer)),
        Effect.withTracer(tracer),
        elapsing
      )
      expect(spans[0]?.events.map(([, attributes]) => attributes?.["herald.verdict"])).toEqual([
        "retried",
        undefined,
        "over budget"
      ])
    })
  )

  it.effect("of an interrupted call has the events until then", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      const fiber = yield* thing().pipe(
        Effect.provide(Layer.merge(at(new URL("http://api.test")), stub([status(503)]).layer)),
        Effect.provideService(RetryPolicy.Current, steady),
        Effect.withTracer(tracer),
        Effect.fork
      )
      yield* untilAsleep
      // The event is there before the wait and the call end.
      expect(spans[0]?.events).toMatchObject([["herald.attempt.failed", { "herald.wait": 1.5 }]])
      expect(spans[0]?.exit).toBeUndefined()
      yield* Fiber.interrupt(fiber)
      expect(spans[0]?.events).toHaveLength(1)
      expect(spans[0]?.exit).toBeDefined()
    })
  )

  it.effect("has the default port of the scheme", () =>
    Effect.gen(function* () {
      expect((yield* traced([status(200)], "https://api.test")).attributes["server.port"]).toBe(443)
      expect((yield* traced([status(200)], "http://api.test")).attributes["server.port"]).toBe(80)
      expect((yield* traced([status(200)], "http://api.test:8080")).attributes["server.port"]).toBe(8080)
    })
  )

  it.effect("has the program's span as its parent", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      yield* thing().pipe(
        Effect.withSpan("mine"),
        Effect.provide(Layer.merge(at(new URL("http://api.test")), stub([status(200)]).layer)),
        Effect.withTracer(tracer)
      )
      expect(spans.map(({ name }) => name)).toEqual(["mine", "GET /thing"])
      expect(Option.getOrUndefined(spans[1]?.parent ?? Option.none())).toMatchObject({ name: "mine" })
    })
  )

  it.effect("ends when the call is interrupted", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      yield* thing().pipe(
        Effect.timeoutOption("1 second"),
        Effect.provide(Layer.merge(at(new URL("http://api.test")), stub([() => Effect.never]).layer)),
        Effect.withTracer(tracer),
        elapsing
      )
      expect(spans[0]?.exit).toBeDefined()
    })
  )

  it.effect("is not made without a tracer", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const spy = stub([
        () => Effect.map(Effect.either(Effect.currentSpan), (span) => (seen.push(span._tag), status(200)()))
      ])
      yield* Effect.provide(thing(), Layer.merge(at(new URL("http://api.test")), spy.layer))
      expect(seen).toEqual(["Left"])
      const { tracer } = listener()
      yield* Effect.provide(thing(), Layer.merge(at(new URL("http://api.test")), spy.layer)).pipe(
        Effect.withTracer(tracer)
      )
      expect(seen).toEqual(["Left", "Right"])
    })
  )
})
