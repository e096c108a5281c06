import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Operation } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, Caller, clients, elapsing, Ok, once, status, stub, thing } from "../kit.js"
import { listener } from "../listener.js"

const search = Operation.make(
  Caller,
  () =>
    HttpApiEndpoint.post("search", "/items/:item/parts")
      .setPath(Schema.Struct({ item: Schema.String }))
      .setUrlParams(Schema.Struct({ q: Schema.String }))
      .addSuccess(Ok),
  (item: string, q: string) => ({ path: { item }, urlParams: { q } })
)

describe.each(clients)("a span, by %s", (_, client) => {
  it.scopedLive("for the call and for nothing else, without a value of its input", () =>
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
      // Without the platform's span, none of its headers either.
      expect(requests[0]?.headers).not.toHaveProperty("traceparent")
    })
  )
})

describe("a span", () => {
  const traced = (turns: Parameters<typeof stub>[0], url = "http://api.test") => {
    const { spans, tracer } = listener()
    const client = stub(turns)
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

  it.effect("of a failure says of which kind, and ends with it", () =>
    Effect.gen(function* () {
      const { attributes, spans } = yield* traced([status(404)])
      expect(attributes).toMatchObject({ "error.type": "ClientError", "http.response.status_code": 404 })
      expect(spans[0]?.exit).toSatisfy((exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit))
    })
  )

  it.effect("counts what was sent again", () =>
    Effect.gen(function* () {
      const again = yield* traced([status(503), status(429), status(200)])
      expect(again.attributes).toMatchObject({ "http.request.resend_count": 2, "http.response.status_code": 200 })
      const failed = yield* traced([status(503)])
      expect(failed.attributes).toMatchObject({ "http.request.resend_count": 3, "error.type": "ServerError" })
      expect((yield* traced([status(200)])).attributes).not.toHaveProperty("http.request.resend_count")
    })
  )

  it.effect("knows the ports that a URL leaves out", () =>
    Effect.gen(function* () {
      expect((yield* traced([status(200)], "https://api.test")).attributes["server.port"]).toBe(443)
      expect((yield* traced([status(200)], "http://api.test")).attributes["server.port"]).toBe(80)
      expect((yield* traced([status(200)], "http://api.test:8080")).attributes["server.port"]).toBe(8080)
    })
  )

  it.effect("has the caller's span for its parent", () =>
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

  it.effect("ends, too, when the call is interrupted", () =>
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

  it.effect("is not made where nobody listens", () =>
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
