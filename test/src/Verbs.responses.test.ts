import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Body, type Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { at, bearing, type CallerParts, once } from "../support/kit.js"
import { every, loose, place, resultOf, returningValues, textsOf, utf8, verbs } from "../support/verbs.js"

const { get, head, options, post } = verbs
const ok = Scripted.json({ ok: true })
const retryAll = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
const under = (policy: RetryPolicy.RetryPolicy) => Effect.provideService(RetryPolicy.Current, policy)

describe("a response", () => {
  const kinds = [...returningValues, "options"] as const
  const body = '{"id":409107086526644234,"name":"é"}'
  const created = Scripted.respond({ status: 201, headers: { "x-one": "1", "content-type": "application/json" }, body })
  const Thing = Schema.Struct({ id: Schema.BigIntFromSelf, name: Schema.String })
  const thing = { id: 409107086526644234n, name: "é" }
  const textOf = (stream: Stream.Stream<Uint8Array, unknown>) => Stream.mkString(Stream.decodeText(stream))

  /** Every kind of success, with the value of the response. */
  const successes: ReadonlyArray<readonly [name: string, success: unknown, value: unknown]> = [
    ["Body.json()", Body.json(), thing],
    ["Body.text()", Body.text(), body],
    ["Body.bytes()", Body.bytes(), utf8(body)],
    ["Body.empty()", Body.empty(), undefined],
    ["Body.empty(value)", Body.empty("created"), "created"],
    ["a schema", Thing, thing],
    ["Body.json(schema)", Body.json(Thing), thing],
    ["Body.text with a schema", Body.text({ schema: Schema.parseJson(Schema.Unknown) }), JSON.parse(body)],
    ["bodies by status", { 200: Schema.String, 201: Thing }, thing]
  ]

  it.scopedLive.each(returningValues)("to %s is decoded as declared", (verb) =>
    Effect.gen(function* () {
      for (const [name, success, value] of successes) {
        expect([name, yield* resultOf(loose[verb]("/", { success }), created)]).toEqual([name, value])
      }
      const stream = yield* resultOf(loose[verb]("/", { success: Body.stream() }), created)
      expect(yield* textOf(stream as Stream.Stream<Uint8Array>)).toBe(body)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(kinds)("to %s has status, headers and URL, if asked for", (verb) =>
    Effect.gen(function* () {
      const call = verb === "options" ? loose.options : loose[verb].withResponse
      for (const [name, success, value] of successes) {
        const { url } = yield* Scripted.make([created])
        const response = yield* Effect.provide(call("/a?b=1", { success }), place(url))
        expect([name, response]).toMatchObject([
          name,
          { status: 201, headers: { "x-one": "1" }, url: `${url.origin}/a?b=1`, cached: undefined }
        ])
        expect([name, (response as Operation.Response<unknown>).value]).toEqual([name, value])
      }
      const response = yield* resultOf(call("/", { success: Body.stream() }), created)
      expect(yield* textOf((response as Operation.Response<Stream.Stream<Uint8Array>>).value)).toBe(body)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(returningValues)("to %s is JSON by default", (verb) =>
    Effect.gen(function* () {
      expect(yield* resultOf(loose[verb]("/"), created)).toEqual(thing)
      // The content type is not checked, and long integers are exact.
      const untyped = Scripted.respond({ body: "[409107086526644234]" })
      expect(yield* resultOf(loose[verb]("/"), untyped)).toEqual([409107086526644234n])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of bytes that are no text is returned unchanged", () =>
    Effect.gen(function* () {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      for (const response of [
        Scripted.respond({ body: bytes }),
        Scripted.chunked([bytes.slice(0, 7), bytes.slice(7)])
      ]) {
        expect(yield* resultOf(get("/", { success: Body.bytes() }), response)).toEqual(bytes)
        const stream = Stream.unwrap(resultOf(get("/", { success: Body.stream() }), response))
        expect(Uint8Array.from([...(yield* Stream.runCollect(stream))].flatMap((chunk) => [...chunk]))).toEqual(bytes)
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(returningValues)("without a body to %s is undefined as JSON, and empty otherwise", (verb) =>
    Effect.gen(function* () {
      for (const empty of [
        Scripted.respond({ status: 204 }),
        Scripted.respond({ status: 205 }),
        Scripted.respond({ status: 200 }),
        Scripted.respond({ status: 202, headers: { "content-type": "application/json" } }),
        Scripted.chunked([])
      ]) {
        const as = (success: unknown) => resultOf(loose[verb]("/", { success }), empty)
        expect(yield* as(Body.json())).toBeUndefined()
        expect(yield* as(Body.text())).toBe("")
        expect(yield* as(Body.bytes())).toEqual(new Uint8Array())
        expect(yield* as(Body.empty())).toBeUndefined()
        expect(yield* as(Schema.UndefinedOr(Thing))).toBeUndefined()
        expect(yield* Effect.flip(as(Thing))).toMatchObject({
          _tag: "DecodeError",
          reason: "Json",
          issues: [{ path: [], message: "the body is empty" }]
        })
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("without a body is an empty Stream", () =>
    Effect.gen(function* () {
      for (const empty of [Scripted.respond({ status: 204 }), Scripted.respond(), Scripted.chunked([])]) {
        const chunks = yield* Stream.runCollect(Stream.unwrap(resultOf(get("/", { success: Body.stream() }), empty)))
        expect(Chunk.reduce(chunks, 0, (length, chunk) => length + chunk.length)).toBe(0)
      }
      const { value } = yield* resultOf(
        head("/", { success: Body.stream() }),
        Scripted.respond({ headers: { "content-length": "9" } })
      )
      expect(Chunk.isEmpty(yield* Stream.runCollect(value))).toBe(true)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that is text or HTML instead of JSON is a DecodeError with its status and body", () =>
    Effect.gen(function* () {
      for (const [type, body] of [
        ["text/plain", "hello"],
        ["text/html", "<h1>Hello</h1>"],
        ["application/json", '{"a":'],
        ["application/json", "NaN"]
      ] as const) {
        const response = Scripted.respond({ headers: { "content-type": type }, body })
        for (const call of [get("/"), post("/", { json: {} }), get("/", { success: Thing })]) {
          const error = yield* Effect.flip(resultOf(call, response))
          expect(error).toMatchObject({ _tag: "DecodeError", reason: "Json", status: 200, body })
        }
        expect(yield* resultOf(get("/", { success: Body.text() }), response)).toBe(body)
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of another shape is a DecodeError without the values", () =>
    Effect.gen(function* () {
      const response = Scripted.json({ id: 1, name: "hunter2" })
      const error = yield* Effect.flip(resultOf(get("/", { success: Thing, sensitive: true }), response))
      expect(error).toMatchObject({
        _tag: "DecodeError",
        reason: "Shape",
        status: 200,
        issues: [{ path: ["id"], message: "should be a bigint, and is number" }]
      })
      expect(textsOf(error)).not.toContain("hunter2")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of a status that is not declared is a DecodeError", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(resultOf(get("/", { success: { 200: Thing, 204: Body.empty() } }), created))
      expect(error).toMatchObject({
        _tag: "DecodeError",
        reason: "Status",
        status: 201,
        issues: [{ path: [], message: "the status should be 200 or 204, and is 201" }]
      })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("to HEAD is its status and headers", () =>
    Effect.gen(function* () {
      const headers = { "content-length": "1000000000", etag: '"a"' }
      const response = yield* resultOf(head("/"), Scripted.respond({ headers }))
      expect(response).toMatchObject({ status: 200, headers })
      expect(response.value).toBeUndefined()
      const error = yield* Effect.flip(resultOf(head("/"), Scripted.respond({ status: 404 })))
      expect(error).toMatchObject({ _tag: "NotFound", method: "HEAD", status: 404 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("to OPTIONS is its status, headers and text", () =>
    Effect.gen(function* () {
      const response = yield* resultOf(options("/"), Scripted.respond({ status: 204, headers: { allow: "GET, HEAD" } }))
      expect(response).toMatchObject({ status: 204, headers: { allow: "GET, HEAD" }, value: "" })
      expect(yield* resultOf(options("/"), Scripted.respond({ body: "<wadl/>" }))).toMatchObject({ value: "<wadl/>" })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("after a redirect has the URL that it comes from", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.redirect("/next?page=2"), ok])
      const caller = at(url, { credentials: bearing({ authorization: "Bearer hunter2" }) })
      const response = yield* Effect.provide(get.withResponse("/"), Layer.merge(caller, once))
      expect(response).toMatchObject({ url: `${url.origin}/next?page=2`, value: { ok: true } })
    }).pipe(Effect.provide(client))
  )
})

describe("a declared error of a verb", () => {
  class NoSuchUser extends Schema.TaggedError<NoSuchUser>()("NoSuchUser", { id: Schema.Number }) {}
  class Locked extends Schema.TaggedError<Locked>()("Locked", { until: Schema.DateFromString }) {}

  it.scopedLive("is an instance of its class, whose tag need not be in the response", () =>
    Effect.gen(function* () {
      const call = get("/users/{id}", { path: { id: 7 }, errors: { 404: NoSuchUser, 409: [Locked, NoSuchUser] } })
      const missing = yield* Effect.flip(resultOf(call, Scripted.json({ id: 7 }, { status: 404 })))
      expect(missing).toBeInstanceOf(NoSuchUser)
      expect(missing).toMatchObject({ _tag: "NoSuchUser", id: 7 })
      const locked = yield* Effect.flip(resultOf(call, Scripted.json({ until: new Date(0) }, { status: 409 })))
      expect(locked).toMatchObject({ _tag: "Locked", until: new Date(0) })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is an error of the built-in family if no declared one has the body or the status", () =>
    Effect.gen(function* () {
      const call = get("/users/{id}", { path: { id: 7 }, errors: { 404: NoSuchUser } })
      expect(yield* Effect.flip(resultOf(call, Scripted.json({ id: "x" }, { status: 404 })))).toMatchObject({
        _tag: "NotFound",
        status: 404
      })
      expect(yield* Effect.flip(resultOf(call, Scripted.json({ id: 7 }, { status: 409 })))).toMatchObject({
        _tag: "Conflict"
      })
    }).pipe(Effect.provide(client))
  )
})

describe("an error response", () => {
  const tags = [
    [400, "BadRequest"],
    [401, "Unauthorized"],
    [402, "ClientError"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [405, "ClientError"],
    [409, "Conflict"],
    [410, "ClientError"],
    [418, "ClientError"],
    [422, "UnprocessableContent"],
    [429, "RateLimited"],
    [451, "ClientError"],
    [499, "ClientError"],
    [500, "ServerError"],
    [501, "ServerError"],
    [503, "ServerError"],
    [599, "ServerError"]
  ] as const

  it.scopedLive.each(tags)("of %i is %s, for every verb and every kind of success", ([status, _tag]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.respond({ status, body: "<h1>No</h1>" })])
      const kinds = [
        Body.json(),
        Body.text(),
        Body.bytes(),
        Body.stream(),
        Body.form({ a: Schema.String }),
        Body.empty(),
        Schema.Number,
        { 200: Schema.Number, 204: Body.empty() }
      ]
      const calls = [
        ...every.map((verb) => [verb, undefined] as const),
        ...kinds.map((success) => ["post", success] as const)
      ]
      for (const [verb, success] of calls) {
        const error = yield* Effect.flip(Effect.provide(loose[verb]("/", { success }), place(url)))
        const body = verb === "head" ? "" : "<h1>No</h1>"
        expect(error).toMatchObject({ _tag, status, method: verb.toUpperCase(), body })
      }
      expect(requests).toHaveLength(calls.length)
    }).pipe(Effect.provide(client))
  )

  const details = [
    ["{detail}", { detail: "the name is taken" }],
    ["{message}", { message: "the name is taken", errors: [] }],
    ["{error, error_description}", { error: "invalid_request", error_description: "the name is taken" }],
    ["{error: {message}}", { error: { message: "the name is taken" } }],
    ["{error}", { error: "the name is taken" }],
    ["RFC 9457", { type: "about:blank", title: "Bad", status: 400, detail: "the name is taken" }],
    ["RFC 9457 without a detail", { type: "about:blank", title: "the name is taken" }],
    ["{detail} that is a list, and {message}", { detail: [{ loc: ["a"] }], message: "the name is taken" }]
  ] as const
  it.scopedLive.each(details)("has the detail of %s", ([, body]) =>
    Effect.gen(function* () {
      for (const [status, _tag] of tags.filter(([status]) => [400, 401, 403, 404, 409, 422].includes(status))) {
        const error = yield* Effect.flip(
          resultOf(get("/users/{id}", { path: { id: 1 } }), Scripted.json(body, { status }))
        )
        expect(error).toMatchObject({ _tag, status, detail: "the name is taken", issues: [] })
        expect(error.message).toContain("the name is taken")
      }
    }).pipe(Effect.provide(client))
  )

  const bodies = [
    ["{}", "{}"],
    ["a list", "[1]"],
    ["an empty list", "[]"],
    ["null", "null"],
    ["a number", "1"],
    ["an error that is no text", '{"error":{"code":1}}'],
    ["a detail that is null", '{"detail":null,"message":null}'],
    ["a key of __proto__", '{"__proto__":{"detail":"x"}}'],
    ["malformed JSON", '{"detail":'],
    ["HTML", "<html><h1>Not found</h1></html>"],
    ["an empty body", ""],
    ["bytes that are no text", new Uint8Array([255, 254, 0])]
  ] as const
  it.scopedLive.each(bodies)("without a detail keeps its status: %s", ([, body]) =>
    Effect.gen(function* () {
      for (const [status, _tag] of tags) {
        const headers = { "content-type": "application/json" }
        const error = yield* Effect.flip(resultOf(get("/"), Scripted.respond({ status, headers, body })))
        expect(error).toMatchObject({ _tag, status })
        if ("detail" in error) expect(error.detail).toBeUndefined()
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive('of {"error":"invalid_token"} is the error of its status', () =>
    Effect.gen(function* () {
      const response = (status: number) => Scripted.json({ error: "invalid_token" }, { status })
      expect(yield* Effect.flip(resultOf(get("/"), response(401)))).toMatchObject({
        _tag: "Unauthorized",
        detail: "invalid_token"
      })
      expect(yield* Effect.flip(resultOf(get("/"), response(400)))).toMatchObject({
        _tag: "BadRequest",
        detail: "invalid_token"
      })
      expect(yield* Effect.flip(resultOf(get("/"), response(418)))).toMatchObject({ _tag: "ClientError", status: 418 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("makes an error without Redacted input that the server repeats", () =>
    Effect.gen(function* () {
      const secret = "Kx7-hunter2-q9Z"
      const response = Scripted.json({ detail: `no such token: ${secret}` }, { status: 400 })
      for (const call of [
        get("/{token}", { path: { token: Redacted.make(secret) } }),
        get("/", { query: { token: [Redacted.make(secret)] } }),
        post("/", { json: { deep: [{ token: Redacted.make(secret) }] } }),
        post("/", { form: { token: Redacted.make(secret) } }),
        post("/", { multipart: { token: Redacted.make(secret) } })
      ]) {
        const error = yield* Effect.flip(resultOf(call, response))
        expect(error._tag).toBe("BadRequest")
        expect(textsOf(error)).not.toContain(secret)
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of a sensitive call makes an error without a part of the body", () =>
    Effect.gen(function* () {
      for (const status of [200, 400, 401, 403, 404, 409, 422, 418, 429, 500]) {
        const error = yield* Effect.flip(
          resultOf(post("/", { json: {}, sensitive: true }), Scripted.respond({ status, body: "Kx7-hunter2" }))
        )
        expect(error).toMatchObject({ status, body: undefined })
        expect(textsOf(error)).not.toContain("hunter2")
      }
    }).pipe(Effect.provide(client))
  )
})

describe("a response that is a Stream", () => {
  const streaming = Stream.unwrap(get("/export/{id}", { path: { id: 1 }, success: Body.stream() }))

  it.scopedLive("is read as far as it is pulled, and its connection is closed after that", () =>
    Effect.gen(function* () {
      const { abandoned, requests, url } = yield* Scripted.make([Scripted.endless("x".repeat(65_536))])
      const taken = yield* streaming.pipe(
        Stream.mapAccum(0, (total, chunk) => [total + chunk.length, total + chunk.length]),
        Stream.takeUntil((total) => total > 1_000_000),
        Stream.runLast,
        Effect.provide(place(url))
      )
      expect(Option.getOrThrow(taken)).toBeGreaterThan(1_000_000)
      yield* abandoned
      expect(requests).toHaveLength(1)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("may be longer than a response that is read whole", () =>
    Effect.gen(function* () {
      // A terabyte by its Content-Length, of which the beginning is sent.
      const response: Scripted.Behaviour = (response) => {
        response.writeHead(200, { "content-length": `${2 ** 40}` }).write("begun")
      }
      const { url } = yield* Scripted.make([response])
      const chunks = yield* Stream.runCollect(Stream.take(streaming, 1)).pipe(Effect.provide(place(url)))
      expect([...chunks].map((chunk) => new TextDecoder().decode(chunk))).toEqual(["begun"])
      const error = yield* Effect.flip(Effect.provide(get("/"), place(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Size", status: 200 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that breaks off fails with a TransportError, and is not retried", () =>
    Effect.gen(function* () {
      for (const how of ["end", "reset"] as const) {
        for (const framing of ["length", "chunked"] as const) {
          const { requests, url } = yield* Scripted.make([Scripted.cutShort({ body: "some", how, framing }), ok])
          const error = yield* get("/export", { success: Body.stream() }).pipe(
            Effect.flatMap((stream) => Effect.flip(Stream.runDrain(stream))),
            Effect.provide(at(url)),
            under(retryAll)
          )
          expect(error).toMatchObject({ _tag: "TransportError", operation: "GET /export", method: "GET" })
          expect(error.message).toContain("within the response")
          expect(requests).toHaveLength(1)
        }
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is returned once the headers are received", () =>
    Effect.gen(function* () {
      const { abandoned, url } = yield* Scripted.make([(response) => response.writeHead(200).flushHeaders()])
      const response = yield* get.withResponse("/", { success: Body.stream() }).pipe(Effect.provide(place(url)))
      expect(response.status).toBe(200)
      const fiber = yield* Effect.fork(Stream.runDrain(response.value))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      yield* abandoned
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is read as text if its status is an error", () =>
    Effect.gen(function* () {
      for (const [status, _tag] of [
        [401, "Unauthorized"],
        [404, "NotFound"],
        [503, "ServerError"]
      ] as const) {
        const response = Scripted.json({ detail: "no" }, { status })
        const error = yield* Effect.flip(resultOf(get("/", { success: Body.stream() }), response))
        expect(error).toMatchObject({ _tag, status, body: '{"detail":"no"}' })
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is retried, and credentials are refreshed, before it begins", () =>
    Effect.gen(function* () {
      let generation = 0
      const { requests, url } = yield* Scripted.make([
        Scripted.respond({ status: 503 }),
        Scripted.respond({ status: 401 }),
        Scripted.chunked(["one ", "two"])
      ])
      const credentials: CallerParts["credentials"] = {
        authorize: (request) => Effect.succeed({ request, generation }),
        rejected: () => Effect.sync(() => ++generation > 0)
      }
      const text = yield* Stream.unwrap(get("/", { success: Body.stream() })).pipe(
        Stream.decodeText(),
        Stream.mkString,
        Effect.provide(at(url, { credentials })),
        under(retryAll)
      )
      expect(text).toBe("one two")
      expect([requests.length, generation]).toEqual([3, 1])
    }).pipe(Effect.provide(client))
  )
})
