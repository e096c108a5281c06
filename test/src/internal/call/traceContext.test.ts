import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Authoriser, Credentials, RetryPolicy, Verbs } from "effect-herald"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { Caller } from "../../../support/kit.js"
import { listener } from "../../../support/listener.js"

const { get } = Verbs.make(Caller)
const ok = Scripted.json({ ok: true })
const traceparentOf = ({ headers }: Scripted.Received) => headers["traceparent"]

describe("the trace context", () => {
  const provide = (baseUrl: URL, options: Omit<Authoriser.Options, "baseUrl"> = {}) =>
    Layer.mergeAll(
      Authoriser.layer(Caller, { baseUrl, ...options }),
      Layer.succeed(
        RetryPolicy.Current,
        RetryPolicy.make({ schedule: Schedule.recurs(1), retries: RetryPolicy.onStatus(503) })
      ),
      client
    )

  it.scopedLive("is sent with every attempt and every redirect at home: the span of the call is the parent", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      const { requests, url } = yield* Scripted.make([Scripted.respond({ status: 503 }), Scripted.redirect("/b"), ok])
      yield* get("/a").pipe(Effect.withSpan("outer"), Effect.withTracer(tracer), Effect.provide(provide(url)))
      expect(spans.map(({ name }) => name)).toEqual(["outer", "GET /a"])
      const expected = "00-0af7651916cd43dd8448eb211c80319c-0000000000000002-01"
      expect(requests.map(traceparentOf)).toEqual([expected, expected, expected])
    })
  )

  it.scopedLive("is not sent to another origin", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { url } = yield* Scripted.make([Scripted.redirect(other.url)])
      yield* get("/a").pipe(Effect.withTracer(listener().tracer), Effect.provide(provide(url)))
      expect(other.requests.map(traceparentOf)).toEqual([undefined])
    })
  )

  it.scopedLive("is not sent without a tracer, nor if the API's layer says so", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* get("/a").pipe(Effect.withSpan("outer"), Effect.provide(provide(url)))
      yield* get("/a").pipe(Effect.withTracer(listener().tracer), Effect.provide(provide(url, { traceContext: false })))
      expect(requests.map(traceparentOf)).toEqual([undefined, undefined])
    })
  )

  it.scopedLive("is not sent where the platform's propagation is off", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* get("/a").pipe(
        Effect.locally(HttpClient.currentTracerPropagation, false),
        Effect.withTracer(listener().tracer),
        Effect.provide(provide(url))
      )
      expect(requests.map(traceparentOf)).toEqual([undefined])
    })
  )

  it.scopedLive("does not replace a header of the caller's own, and is no part of a signature", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const credentials = Credentials.make("signer", (request) =>
        HttpRequest.setHeader(request, "x-signed", Object.keys(request.headers).join(" "))
      ).pipe(Effect.orDie)
      yield* get("/a", { headers: { traceparent: "own" } }).pipe(
        Effect.zipRight(get("/a")),
        Effect.withTracer(listener().tracer),
        Effect.provide(provide(url, { credentials }))
      )
      expect(traceparentOf(requests[0]!)).toBe("own")
      expect(requests[1]?.headers["x-signed"]).not.toContain("traceparent")
    })
  )
})
