import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import { As, Deadline, Limiter, RetryPolicy, Verbs } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { at, bearing, broken, Caller, clients, elapsing, once, status, stub } from "./kit.js"
import { listener } from "./listener.js"

const verbs = Verbs.make(Caller)
const { delete: del, get, head, options, post, put } = verbs
type Result = Effect.Effect<unknown, Verbs.Errors, Effect.Effect.Context<ReturnType<typeof get>>>
/** As JavaScript has them. */
const loose = verbs as unknown as Record<keyof typeof verbs, (...parameters: ReadonlyArray<unknown>) => Result>
const every = Object.keys(verbs) as ReadonlyArray<keyof typeof verbs>
const withBody = ["post", "put", "patch", "delete"] as const
const withoutBody = ["get", "head", "options"] as const

const home = new URL("https://api.test")
const ok = Scripted.json({ ok: true })
const place = (url: URL) => Layer.merge(at(url), once)
const utf8 = (text: string) => new TextEncoder().encode(text)
const greedy = RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: () => true })
const under = (policy: RetryPolicy.RetryPolicy) => Effect.provideService(RetryPolicy.Current, policy)
const shown = (error: unknown) => inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)

/** What a server receives of a call. */
const received = (call: Result) =>
  Effect.gen(function* () {
    const { requests, url } = yield* Scripted.make([ok])
    yield* Effect.provide(call, place(url))
    return { ...requests[0], type: requests[0]?.headers["content-type"], count: requests.length }
  })

/** What a call makes of an answer. */
const made = <A, E, R>(call: Effect.Effect<A, E, R>, answer: Scripted.Behaviour) =>
  Effect.gen(function* () {
    const { url } = yield* Scripted.make([answer])
    return yield* Effect.provide(call, place(url))
  })

describe.each(clients)("a verb, by %s", (_, client) => {
  it.scopedLive.each(every)("%s is its method", (verb) =>
    Effect.gen(function* () {
      const { body, headers, method, target, type } = yield* received(
        loose[verb]("/a/{b}?c=1", { path: { b: "d e" }, query: { f: 2 } })
      )
      expect({ method, target, body, type }).toEqual({
        method: verb.toUpperCase(),
        target: "/a/d%20e?c=1&f=2",
        body: "",
        type: undefined
      })
      expect(headers?.accept).toBe(verb === "head" || verb === "options" ? "*/*" : "application/json")
    }).pipe(Effect.provide(client))
  )

  describe.each(withBody)("%s has a body:", (verb) => {
    it.scopedLive("JSON, lists and long integers, what is redacted as it is", () =>
      Effect.gen(function* () {
        const secret = Redacted.make("hunter2")
        const json = {
          id: 409107086526644234n,
          name: "日本 \ud800",
          token: secret,
          deep: [{ all: [secret, { number: Redacted.make(1n) }] }],
          whole: Redacted.make({ a: [secret] }),
          none: undefined,
          when: new Date(0)
        }
        const { body, method, type } = yield* received(loose[verb]("/", { json }))
        expect({ method, type }).toEqual({ method: verb.toUpperCase(), type: "application/json" })
        expect(body).toBe(
          '{"id":409107086526644234,"name":"日本 \\ud800","token":"hunter2",' +
            '"deep":[{"all":["hunter2",{"number":1}]}],"whole":{"a":["hunter2"]},"when":"1970-01-01T00:00:00.000Z"}'
        )
        for (const value of [[1, [2]], [], {}, null, "text", 0, false, 2n ** 64n]) {
          const { body } = yield* received(loose[verb]("/", { json: value }))
          expect(body).toBe(typeof value === "bigint" ? "18446744073709551616" : JSON.stringify(value))
        }
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("a form", () =>
      Effect.gen(function* () {
        const form = { a: "1&2 é+", b: [1, null, 2n, true], none: undefined, no: null, key: Redacted.make("k=") }
        const { body, type } = yield* received(loose[verb]("/", { form }))
        expect({ body, type }).toEqual({
          body: "a=1%262+%C3%A9%2B&b=1&b=2&b=true&key=k%3D",
          type: "application/x-www-form-urlencoded"
        })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("text", () =>
      Effect.gen(function* () {
        const { body, type } = yield* received(loose[verb]("/", { text: "a,é\n" }))
        expect({ body, type }).toEqual({ body: "a,é\n", type: "text/plain; charset=utf-8" })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("bytes", () =>
      Effect.gen(function* () {
        const { bytes, type } = yield* received(loose[verb]("/", { bytes: new Uint8Array([0, 255, 128]) }))
        expect({ bytes: [...(bytes ?? [])], type }).toEqual({ bytes: [0, 255, 128], type: "application/octet-stream" })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("a Stream", () =>
      Effect.gen(function* () {
        const stream = Stream.make(utf8("one "), utf8("two"))
        const { body, type } = yield* received(loose[verb]("/", { stream }))
        expect({ body, type }).toEqual({ body: "one two", type: "application/octet-stream" })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("of a type of one's own", () =>
      Effect.gen(function* () {
        const headers = { "Content-Type": "text/csv" }
        const bodies = [
          { json: [1] },
          { form: { a: 1 } },
          { text: "a" },
          { bytes: utf8("a") },
          { stream: Stream.make(utf8("a")) }
        ]
        for (const body of bodies)
          expect((yield* received(loose[verb]("/", { ...body, headers }))).type).toBe("text/csv")
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("or none, as where it is undefined", () =>
      Effect.gen(function* () {
        for (const none of [undefined, {}, { json: undefined, form: undefined, stream: undefined }]) {
          const { body, type } = yield* received(loose[verb]("/", none))
          expect({ body, type }).toEqual({ body: "", type: undefined })
        }
      }).pipe(Effect.provide(client))
    )
  })

  it.scopedLive("DELETE takes a JSON body", () =>
    Effect.gen(function* () {
      const { body, method, type } = yield* received(del("/tags", { json: { ids: [1, 2] } }))
      expect([method, type, body]).toEqual(["DELETE", "application/json", '{"ids":[1,2]}'])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("a list as JSON and parameters as lists do not crash, nor what is logged or traced of them", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      const call = post("/items", { json: [1, "two", [3]], query: { id: [1, 2] } })
      const { body, target } = yield* received(Effect.withTracer(call, tracer))
      expect([target, body]).toEqual(["/items?id=1&id=2", '[1,"two",[3]]'])
      expect(spans).toHaveLength(1)
    }).pipe(Effect.provide(client))
  )
})

describe.each(clients)("an answer, by %s", (_, client) => {
  const kinds = every.filter((verb) => verb !== "head")
  const body = '{"id":409107086526644234,"name":"é"}'
  const answer = Scripted.answer({ status: 201, headers: { "x-one": "1", "content-type": "application/json" }, body })
  const Thing = Schema.Struct({ id: Schema.BigIntFromSelf, name: Schema.String })

  it.scopedLive.each(kinds)("to %s is given as it is asked for", (verb) =>
    Effect.gen(function* () {
      const as = (as: unknown) => made(loose[verb]("/", { as }), answer)
      const value = { id: 409107086526644234n, name: "é" }
      expect(yield* as(As.json)).toEqual(value)
      expect(yield* as(As.text)).toBe(body)
      const bytes = yield* as(As.bytes)
      expect(bytes).toBeInstanceOf(Uint8Array)
      expect(new TextDecoder().decode(bytes as Uint8Array)).toBe(body)
      const stream = (yield* as(As.stream)) as As.As<Stream.Stream<Uint8Array>>["Type"]
      expect(yield* Stream.mkString(Stream.decodeText(stream!))).toBe(body)
      expect(yield* as(As.none)).toBeUndefined()
      expect(yield* as(As.schema(Thing))).toEqual(value)
      for (const [one, inner] of [
        [As.json, value],
        [As.text, body],
        [As.none, undefined],
        [As.schema(Thing), value]
      ] as const) {
        const response = (yield* as(As.response<unknown>(one))) as As.Response<unknown>
        expect(response.status).toBe(201)
        expect(response.headers["x-one"]).toBe("1")
        expect(response.body).toEqual(inner)
      }
      const streamed = (yield* as(As.response(As.stream))) as As.Response<Stream.Stream<Uint8Array>>
      expect(yield* Stream.mkString(Stream.decodeText(streamed.body))).toBe(body)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(["get", "post", "put", "patch", "delete"] as const)(
    "to %s is JSON unless asked otherwise",
    (verb) =>
      Effect.gen(function* () {
        expect(yield* made(loose[verb]("/"), answer)).toEqual({ id: 409107086526644234n, name: "é" })
        // The type that it is said to be is not believed, and a snowflake comes whole.
        const unsaid = Scripted.answer({ body: "[409107086526644234]" })
        expect(yield* made(loose[verb]("/"), unsaid)).toEqual([409107086526644234n])
      }).pipe(Effect.provide(client))
  )

  it.scopedLive("of bytes comes as these bytes, though they are no text", () =>
    Effect.gen(function* () {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      for (const answer of [Scripted.answer({ body: bytes }), Scripted.chunked([bytes.slice(0, 7), bytes.slice(7)])]) {
        expect(yield* made(get("/", { as: As.bytes }), answer)).toEqual(bytes)
        const stream = Stream.unwrap(made(get("/", { as: As.stream }), answer))
        expect(Uint8Array.from([...(yield* Stream.runCollect(stream))].flatMap((piece) => [...piece]))).toEqual(bytes)
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(kinds)("of 204, 205 or nothing is nothing to %s, and to every verb", (verb) =>
    Effect.gen(function* () {
      for (const nothing of [
        Scripted.answer({ status: 204 }),
        Scripted.answer({ status: 205 }),
        Scripted.answer({ status: 200 }),
        Scripted.answer({ status: 202, headers: { "content-type": "application/json" } }),
        Scripted.chunked([])
      ]) {
        expect(yield* made(loose[verb]("/", { as: As.json }), nothing)).toBeUndefined()
        expect(yield* made(loose[verb]("/", { as: As.text }), nothing)).toBe("")
        expect(yield* made(loose[verb]("/", { as: As.bytes }), nothing)).toEqual(new Uint8Array())
        expect(yield* made(loose[verb]("/", { as: As.none }), nothing)).toBeUndefined()
        expect(yield* made(loose[verb]("/", { as: As.schema(Schema.UndefinedOr(Thing)) }), nothing)).toBeUndefined()
        const error = yield* Effect.flip(made(loose[verb]("/", { as: As.schema(Thing) }), nothing))
        expect(error).toMatchObject({ _tag: "DecodeError", reason: "Shape" })
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of nothing is an empty Stream", () =>
    Effect.gen(function* () {
      for (const nothing of [Scripted.answer({ status: 204 }), Scripted.answer(), Scripted.chunked([])]) {
        const pieces = yield* Stream.runCollect(Stream.unwrap(made(get("/", { as: As.stream }), nothing)))
        expect(Chunk.reduce(pieces, 0, (length, piece) => length + piece.length)).toBe(0)
      }
      const { body } = yield* made(
        head("/", { as: As.response(As.stream) }),
        Scripted.answer({ headers: { "content-length": "9" } })
      )
      expect(Chunk.isEmpty(yield* Stream.runCollect(body))).toBe(true)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that is text, or HTML, where JSON was agreed is an error with its status, not {} and no crash", () =>
    Effect.gen(function* () {
      for (const [type, body] of [
        ["text/plain", "hello"],
        ["text/html", "<h1>Hello</h1>"],
        ["application/json", '{"a":'],
        ["application/json", "NaN"]
      ] as const) {
        const answer = Scripted.answer({ headers: { "content-type": type }, body })
        for (const call of [get("/"), post("/", { json: {} }), get("/", { as: As.schema(Thing) })]) {
          const error = yield* Effect.flip(made(call, answer))
          expect(error).toMatchObject({ _tag: "DecodeError", reason: "Json", status: 200, body })
        }
        expect(yield* made(get("/", { as: As.text }), answer)).toBe(body)
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of another shape is told without its values", () =>
    Effect.gen(function* () {
      const answer = Scripted.json({ id: 1, name: "hunter2" })
      const error = yield* Effect.flip(made(get("/", { as: As.schema(Thing), sensitive: true }), answer))
      expect(error).toMatchObject({
        _tag: "DecodeError",
        reason: "Shape",
        status: 200,
        issues: [{ path: ["id"], message: "should be a bigint, and is number" }]
      })
      expect(shown(error)).not.toContain("hunter2")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("to HEAD is its status and headers", () =>
    Effect.gen(function* () {
      const headers = { "content-length": "1000000000", etag: '"a"' }
      const response = yield* made(head("/"), Scripted.answer({ headers }))
      expect(response).toMatchObject({ status: 200, headers })
      expect(response.body).toBeUndefined()
      expect(yield* made(head("/", { as: As.none }), Scripted.answer({ headers }))).toBeUndefined()
      const error = yield* Effect.flip(made(head("/"), Scripted.answer({ status: 404 })))
      expect(error).toMatchObject({ _tag: "NotFound", method: "HEAD", status: 404 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("to OPTIONS is its status, headers and text", () =>
    Effect.gen(function* () {
      const response = yield* made(options("/"), Scripted.answer({ status: 204, headers: { allow: "GET, HEAD" } }))
      expect(response).toMatchObject({ status: 204, headers: { allow: "GET, HEAD" }, body: "" })
      expect(yield* made(options("/"), Scripted.answer({ body: "<wadl/>" }))).toMatchObject({ body: "<wadl/>" })
    }).pipe(Effect.provide(client))
  )
})

describe.each(clients)("a refusal, by %s", (_, client) => {
  const tags = [
    [400, "DataError"],
    [401, "Unauthorised"],
    [402, "ClientError"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [405, "ClientError"],
    [409, "Conflict"],
    [410, "ClientError"],
    [418, "ClientError"],
    [422, "DataError"],
    [429, "RateLimited"],
    [451, "ClientError"],
    [499, "ClientError"],
    [500, "ServerError"],
    [501, "ServerError"],
    [503, "ServerError"],
    [599, "ServerError"]
  ] as const

  it.scopedLive.each(tags)("of %i is %s, to every verb and kind of answer", ([status, _tag]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.answer({ status, body: "<h1>No</h1>" })])
      const kinds = [As.json, As.text, As.bytes, As.stream, As.none, As.schema(Schema.Number), As.response(As.stream)]
      const calls = [...every.map((verb) => [verb, undefined] as const), ...kinds.map((as) => ["post", as] as const)]
      for (const [verb, as] of calls) {
        const error = yield* Effect.flip(Effect.provide(loose[verb]("/", { as }), place(url)))
        const body = verb === "head" ? "" : "<h1>No</h1>"
        expect(error).toMatchObject({ _tag, status, method: verb.toUpperCase(), body })
      }
      expect(requests).toHaveLength(calls.length)
    }).pipe(Effect.provide(client))
  )

  const said = [
    ["{detail}", { detail: "the name is taken" }],
    ["{message}", { message: "the name is taken", errors: [] }],
    ["{error, error_description}", { error: "invalid_request", error_description: "the name is taken" }],
    ["{error: {message}}", { error: { message: "the name is taken" } }],
    ["{error}", { error: "the name is taken" }],
    ["RFC 9457", { type: "about:blank", title: "Bad", status: 400, detail: "the name is taken" }],
    ["RFC 9457 without a detail", { type: "about:blank", title: "the name is taken" }],
    ["{detail} that is a list, and {message}", { detail: [{ loc: ["a"] }], message: "the name is taken" }]
  ] as const
  it.scopedLive.each(said)("says what the server says in %s", ([, body]) =>
    Effect.gen(function* () {
      for (const [status, _tag] of tags.filter(([status]) => [400, 401, 403, 404, 409, 422].includes(status))) {
        const error = yield* Effect.flip(made(get("/users/{id}", { path: { id: 1 } }), Scripted.json(body, { status })))
        expect(error).toMatchObject({ _tag, status, detail: "the name is taken", issues: [] })
        expect(error.message).toContain("the name is taken")
      }
    }).pipe(Effect.provide(client))
  )

  const shapes = [
    ["{}", "{}"],
    ["a list", "[1]"],
    ["an empty list", "[]"],
    ["null", "null"],
    ["a number", "1"],
    ["a text", '"no"'],
    ["an error that is no text", '{"error":{"code":1}}'],
    ["a detail that is null", '{"detail":null,"message":null}'],
    ["a key of __proto__", '{"__proto__":{"detail":"x"}}'],
    ["malformed JSON", '{"detail":'],
    ["HTML", "<html><h1>Not found</h1></html>"],
    ["nothing", ""],
    ["bytes that are no text", new Uint8Array([255, 254, 0])]
  ] as const
  it.scopedLive.each(shapes)("that is %s keeps its status, and is no crash", ([, body]) =>
    Effect.gen(function* () {
      for (const [status, _tag] of tags) {
        const headers = { "content-type": "application/json" }
        const error = yield* Effect.flip(made(get("/"), Scripted.answer({ status, headers, body })))
        expect(error).toMatchObject({ _tag, status })
        if ("detail" in error) expect(error.detail).toBeUndefined()
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive('of {"error":"invalid_token"} is what its status says, and is no crash', () =>
    Effect.gen(function* () {
      const answer = (status: number) => Scripted.json({ error: "invalid_token" }, { status })
      expect(yield* Effect.flip(made(get("/"), answer(401)))).toMatchObject({
        _tag: "Unauthorised",
        detail: "invalid_token"
      })
      expect(yield* Effect.flip(made(get("/"), answer(400)))).toMatchObject({
        _tag: "DataError",
        detail: "invalid_token"
      })
      expect(yield* Effect.flip(made(get("/"), answer(418)))).toMatchObject({ _tag: "ClientError", status: 418 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("does not say back what is redacted, in its detail neither", () =>
    Effect.gen(function* () {
      const secret = "Kx7-hunter2-q9Z"
      const answer = Scripted.json({ detail: `no such token: ${secret}` }, { status: 400 })
      for (const call of [
        get("/{token}", { path: { token: Redacted.make(secret) } }),
        get("/", { query: { token: [Redacted.make(secret)] } }),
        post("/", { json: { deep: [{ token: Redacted.make(secret) }] } }),
        post("/", { form: { token: Redacted.make(secret) } })
      ]) {
        const error = yield* Effect.flip(made(call, answer))
        expect(error._tag).toBe("DataError")
        expect(shown(error)).not.toContain(secret)
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of a sensitive call has no part of a body", () =>
    Effect.gen(function* () {
      for (const status of [200, 400, 401, 403, 404, 409, 422, 418, 429, 500]) {
        const error = yield* Effect.flip(
          made(post("/", { json: {}, sensitive: true }), Scripted.answer({ status, body: "Kx7-hunter2" }))
        )
        expect(error).toMatchObject({ status, body: undefined })
        expect(shown(error)).not.toContain("hunter2")
      }
    }).pipe(Effect.provide(client))
  )
})

describe.each(clients)("a Stream of an answer, by %s", (_, client) => {
  const streaming = Stream.unwrap(get("/export/{id}", { path: { id: 1 }, as: As.stream }))

  it.scopedLive("comes as it is read: what is endless is left when enough was taken, and its connection closed", () =>
    Effect.gen(function* () {
      const { abandoned, requests, url } = yield* Scripted.make([Scripted.endless("x".repeat(65_536))])
      const taken = yield* streaming.pipe(
        Stream.mapAccum(0, (total, piece) => [total + piece.length, total + piece.length]),
        Stream.takeUntil((total) => total > 1_000_000),
        Stream.runLast,
        Effect.provide(place(url))
      )
      expect(Option.getOrThrow(taken)).toBeGreaterThan(1_000_000)
      yield* abandoned
      expect(requests).toHaveLength(1)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("may be longer than anything that is read whole", () =>
    Effect.gen(function* () {
      // Said to be a terabyte, of which a part comes.
      const answer: Scripted.Behaviour = (response) => {
        response.writeHead(200, { "content-length": `${2 ** 40}` }).write("begun")
      }
      const { url } = yield* Scripted.make([answer])
      const pieces = yield* Stream.runCollect(Stream.take(streaming, 1)).pipe(Effect.provide(place(url)))
      expect([...pieces].map((piece) => new TextDecoder().decode(piece))).toEqual(["begun"])
      const error = yield* Effect.flip(Effect.provide(get("/"), place(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Size", status: 200 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that breaks amid is a TransportError of the Stream's, and nothing is repeated", () =>
    Effect.gen(function* () {
      for (const how of ["end", "reset"] as const) {
        for (const framing of ["length", "chunked"] as const) {
          const { requests, url } = yield* Scripted.make([Scripted.cutShort({ body: "some", how, framing }), ok])
          const exit = yield* get("/export", { as: As.stream }).pipe(
            Effect.flatMap((stream) => Effect.flip(Stream.runDrain(stream))),
            Effect.provide(at(url)),
            under(greedy)
          )
          expect(exit).toMatchObject({ _tag: "TransportError", operation: "GET /export", method: "GET" })
          expect(exit.message).toContain("amid the answer")
          expect(requests).toHaveLength(1)
        }
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is there when the head is, though no body has come", () =>
    Effect.gen(function* () {
      const { abandoned, url } = yield* Scripted.make([(response) => response.writeHead(200).flushHeaders()])
      const response = yield* get("/", { as: As.response(As.stream) }).pipe(Effect.provide(place(url)))
      expect(response.status).toBe(200)
      const fiber = yield* Effect.fork(Stream.runDrain(response.body))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      yield* abandoned
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is not had of a refusal, which is one as usual", () =>
    Effect.gen(function* () {
      for (const [status, _tag] of [
        [401, "Unauthorised"],
        [404, "NotFound"],
        [503, "ServerError"]
      ] as const) {
        const answer = Scripted.json({ detail: "no" }, { status })
        const error = yield* Effect.flip(made(get("/", { as: As.stream }), answer))
        expect(error).toMatchObject({ _tag, status, body: '{"detail":"no"}' })
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is tried for again, and credentials renewed, before it begins", () =>
    Effect.gen(function* () {
      let generation = 0
      const { requests, url } = yield* Scripted.make([
        Scripted.answer({ status: 503 }),
        Scripted.answer({ status: 401 }),
        Scripted.chunked(["one ", "two"])
      ])
      const caller = at(url, {
        authorise: (request) => Effect.succeed({ request, generation }),
        rejected: () => Effect.sync(() => ++generation > 0)
      })
      const text = yield* Stream.unwrap(get("/", { as: As.stream })).pipe(
        Stream.decodeText(),
        Stream.mkString,
        Effect.provide(caller),
        under(greedy)
      )
      expect(text).toBe("one two")
      expect([requests.length, generation]).toEqual([3, 1])
    }).pipe(Effect.provide(client))
  )
})

describe("the road of a verb", () => {
  const calling = <A, E, R>(
    call: Effect.Effect<A, E, R>,
    turns: Parameters<typeof stub>[0],
    policy: RetryPolicy.RetryPolicy = RetryPolicy.standard
  ) =>
    Effect.gen(function* () {
      const client = stub(turns)
      const result = yield* call.pipe(
        Effect.either,
        Effect.provide(Layer.merge(at(home), client.layer)),
        under(policy),
        elapsing
      )
      return {
        result,
        requests: client.requests.map(({ request }) => request),
        times: client.requests.map(({ at }) => at)
      }
    })
  const busy = [status(503), status(200)]
  const reset = [broken("ECONNRESET"), status(200)]

  it.effect.each([
    ["get", 2],
    ["head", 2],
    ["options", 2],
    ["put", 2],
    ["delete", 2],
    ["post", 1],
    ["patch", 1]
  ] as const)("has %s sent %i times where its fate is unknown", ([verb, count]) =>
    Effect.gen(function* () {
      for (const turns of [
        busy,
        reset,
        [status(500), status(200)],
        [status(502), status(200)],
        [status(504), status(200)]
      ]) {
        const { requests, result } = yield* calling(loose[verb]("/"), turns, greedy)
        expect(requests).toHaveLength(count)
        expect(result._tag).toBe(count === 2 ? "Right" : "Left")
      }
    })
  )

  it.effect("does not repeat a POST on a 5xx as it does a GET, and says so", () =>
    Effect.gen(function* () {
      const { requests, result } = yield* calling(post("/", { json: {} }), busy)
      expect(requests).toHaveLength(1)
      expect(result).toMatchObject({
        left: { _tag: "ServerError", status: 503, attempts: [{ class: "Ambiguous", verdict: "unsafe" }] }
      })
      expect((yield* calling(get("/"), busy)).requests).toHaveLength(2)
    })
  )

  it.effect("repeats any of them that is idempotent, or was not taken", () =>
    Effect.gen(function* () {
      for (const verb of ["post", "patch"] as const) {
        for (const turns of [busy, reset]) {
          expect((yield* calling(loose[verb]("/", { json: {}, idempotent: true }), turns)).requests).toHaveLength(2)
        }
        for (const turns of [
          [status(429, { "retry-after": "1" }), status(200)],
          [status(503, { "retry-after": "1" }), status(200)],
          [broken("ECONNREFUSED"), status(200)]
        ]) {
          expect((yield* calling(loose[verb]("/", { json: {} }), turns)).requests).toHaveLength(2)
        }
      }
    })
  )

  it.effect("repeats no 4xx that is final, 499 or any other", () =>
    Effect.gen(function* () {
      for (const code of [400, 402, 403, 404, 405, 409, 410, 422, 451, 499]) {
        const { requests } = yield* calling(get("/"), [status(code), status(200)], greedy)
        expect(requests).toHaveLength(1)
      }
    })
  )

  it.effect("does not repeat a GET with side effects whose fate is unknown", () =>
    Effect.gen(function* () {
      for (const turns of [busy, reset]) {
        const { requests, result } = yield* calling(get("/lots/next", { sideEffects: true }), turns, greedy)
        expect(requests).toHaveLength(1)
        expect(result).toMatchObject({ left: { attempts: [{ verdict: "unsafe" }] } })
      }
      const taken = [status(429, { "retry-after": "1" }), status(200)]
      expect((yield* calling(get("/lots/next", { sideEffects: true }), taken)).requests).toHaveLength(2)
    })
  )

  it.scopedLive.each(clients)("does not send a Stream again of which some was read, by %s", ([, client]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.answer({ status: 503 }), ok])
      const error = yield* put("/", { stream: Stream.make(utf8("a")) }).pipe(
        Effect.flip,
        Effect.provide(Layer.merge(at(url), client)),
        under(greedy)
      )
      expect(error.attempts).toMatchObject([{ verdict: "body spent" }])
      expect(requests).toHaveLength(1)
    })
  )

  it.effect("waits as long as the server asks", () =>
    Effect.gen(function* () {
      const { result, times } = yield* calling(post("/"), [status(429, { "retry-after": "7" }), status(200)])
      expect(result._tag).toBe("Right")
      // After a pause, calls are spread over some time.
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(7000)
      const { requests, result: over } = yield* calling(get("/"), [status(429, { "retry-after": "86400" })])
      expect(requests).toHaveLength(1)
      expect(over).toMatchObject({ left: { _tag: "RateLimited", retryAfter: Duration.days(1) } })
    })
  )

  it.effect("ends at its deadline", () =>
    Effect.gen(function* () {
      const client = stub([() => Effect.never])
      const fiber = yield* get("/users/{id}", { path: { id: 7 } }).pipe(
        Effect.exit,
        Effect.provideService(Deadline.Current, "3 seconds"),
        Effect.provide(Layer.mergeAll(at(home), once, client.layer)),
        Effect.fork
      )
      yield* TestClock.adjust("2999 millis")
      expect(fiber.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 millis")
      const exit = yield* Fiber.join(fiber)
      expect(Exit.isFailure(exit) && exit.cause).toMatchObject({ error: { _tag: "TimeoutError", reason: "deadline" } })
    })
  )

  it.effect("is a span by method and template, without a value", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      yield* calling(
        Effect.withTracer(
          get("/users/{id}/x?fixed=needle1", {
            path: { id: "needle2" },
            query: { q: "needle3" },
            headers: { "x-a": "needle4" }
          }),
          tracer
        ),
        busy
      )
      expect(spans).toHaveLength(1)
      expect(spans[0]).toMatchObject({ name: "GET /users/{id}/x", kind: "client" })
      expect(Object.fromEntries(spans[0]?.attributes ?? [])).toMatchObject({
        "http.request.method": "GET",
        "url.template": "/users/{id}/x",
        "server.address": "api.test",
        "server.port": 443,
        "http.response.status_code": 200,
        "http.request.resend_count": 1
      })
      expect(shown([...(spans[0]?.attributes ?? [])]) + shown(spans[0]?.events)).not.toContain("needle")
      const { result } = yield* calling(get("/users/{id}", { path: { id: "needle" }, query: { q: "needle" } }), [
        status(404)
      ])
      expect(result).toMatchObject({ left: { operation: "GET /users/{id}", url: "https://api.test/users/{id}" } })
      expect(shown(result)).not.toContain("needle")
    })
  )

  it.effect("has one idempotency key for all attempts, and another for each call", () =>
    Effect.gen(function* () {
      const call = post("/charges", { json: {}, idempotencyKey: "Idempotency-Key" })
      const keys: Array<string | undefined> = []
      for (let i = 0; i < 2; i += 1) {
        const { requests } = yield* calling(call, [...busy.slice(0, 1), ...reset])
        expect(requests).toHaveLength(3)
        const sent = new Set(requests.map(({ headers }) => headers["idempotency-key"]))
        expect(sent.size).toBe(1)
        keys.push(...sent)
      }
      expect(keys[0]).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
      expect(keys[1]).not.toBe(keys[0])
      const own = post("/", { idempotencyKey: "x-key", headers: { "X-Key": "mine" } })
      expect((yield* calling(own, busy)).requests.map(({ headers }) => headers["x-key"])).toEqual(["mine", "mine"])
    })
  )

  it.effect("asks the limiter for each attempt", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const client = stub(busy)
      const limiter = Layer.succeed(Limiter.Limiter, {
        acquire: (caller) => Effect.sync(() => void asked.push(caller))
      })
      yield* get("/").pipe(
        Effect.provide(Layer.merge(Layer.provide(at(home, { identity: "me" }), limiter), client.layer)),
        elapsing
      )
      expect(asked).toEqual([
        { origin: "https://api.test", identity: "me" },
        { origin: "https://api.test", identity: "me" }
      ])
      const full = Layer.succeed(Limiter.Limiter, {
        acquire: () => Effect.fail(new Limiter.LimiterFailure({ message: "full" }))
      })
      const error = yield* post("/").pipe(
        Effect.flip,
        Effect.provide(Layer.merge(Layer.provide(at(home), full), client.layer))
      )
      expect(error._tag).toBe("NotSent")
      expect(client.requests).toHaveLength(2)
    })
  )

  it.effect("puts the credentials on, which a caller's headers do not outlive", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const caller = at(home, bearing({ authorization: "Bearer theirs" }))
      yield* Effect.provide(
        get("/", { headers: { authorization: "Bearer mine" } }),
        Layer.mergeAll(caller, once, client.layer)
      )
      expect(client.requests[0]?.request.headers["authorization"]).toBe("Bearer theirs")
    })
  )

  it.effect("is not begun before it is run, and begins anew each time", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const call = get("/")
      expect(client.requests).toHaveLength(0)
      yield* Effect.repeatN(call, 2).pipe(Effect.provide(Layer.mergeAll(at(home), once, client.layer)))
      expect(client.requests).toHaveLength(3)
    })
  )
})

describe("JavaScript that gives what the types forbid is told so, and sends nothing:", () => {
  const cyclic: Record<string, unknown> = { secret: Redacted.make("hunter2") }
  cyclic["one"] = cyclic
  cyclic["other"] = [cyclic, cyclic]
  let deep: unknown = Redacted.make("hunter2")
  for (let depth = 0; depth < 100_000; depth += 1) deep = [deep]

  const wrong: ReadonlyArray<readonly [what: string, verb: keyof typeof verbs, parameters: ReadonlyArray<unknown>]> = [
    ["no target", "get", []],
    ["a target that is a number", "get", [1]],
    ["a target that is null", "post", [null]],
    ["a target that is an object", "get", [{ href: "https://api.test/" }]],
    ["a target that is a Request", "get", [new Request("https://api.test/")]],
    ["a target that is a symbol", "get", [Symbol("a")]],
    ["options that are null", "get", ["/", null]],
    ["options that are text", "post", ["/", "body"]],
    ["options that are a number", "get", ["/", 1]],
    ["options that are a list", "get", ["/", []]],
    ["options that are a function", "get", ["/", () => ({})]],
    ["a path that is null", "get", ["/{a}", { path: null }]],
    ["a path that is a list", "get", ["/{a}", { path: ["a"] }]],
    ["a path that is missing", "get", ["/{a}"]],
    ["another path", "get", ["/{a}", { path: { b: 1 } }]],
    ["two bodies", "post", ["/", { json: 1, text: "a" }]],
    ["five bodies", "post", ["/", { json: 1, text: "a", form: {}, bytes: new Uint8Array(), stream: Stream.empty }]],
    ["a body of another name", "post", ["/", { body: { a: 1 } }]],
    ["JSON that is a function", "post", ["/", { json: () => 1 }]],
    ["JSON that is a symbol", "post", ["/", { json: Symbol("a") }]],
    ["JSON that holds itself", "post", ["/", { json: cyclic }]],
    ["JSON too deep to write", "post", ["/", { json: deep }]],
    ["JSON that throws", "post", ["/", { json: { toJSON: () => JSON.parse("") as unknown } }]],
    ["a form that is text", "post", ["/", { form: "a=1" }]],
    ["a form that is null", "post", ["/", { form: null }]],
    ["a form of objects", "post", ["/", { form: { a: {} } }]],
    ["a form that is FormData", "post", ["/", { form: new FormData() }]],
    ["a form of lone surrogates", "post", ["/", { form: { a: "\ud800" } }]],
    ["text that is none", "post", ["/", { text: 1 }]],
    ["text of lone surrogates", "post", ["/", { text: "\ud800" }]],
    ["bytes that are a list", "post", ["/", { bytes: [1] }]],
    ["bytes that are text", "post", ["/", { bytes: "a" }]],
    ["a Stream that is a ReadableStream", "post", ["/", { stream: new ReadableStream() }]],
    ["a query that is text", "get", ["/", { query: "a=1" }]],
    ["headers that are text", "get", ["/", { headers: "a: b" }]],
    ["headers that are null", "post", ["/", { headers: null, json: 1 }]],
    ["`as` of a name", "get", ["/", { as: "text" }]],
    ["`as` that is null", "get", ["/", { as: null }]],
    ["`as` that is empty", "get", ["/", { as: {} }]],
    ["`as` that was not called", "get", ["/", { as: As.schema }]],
    ["`as` that is a schema", "get", ["/", { as: Schema.Number }]],
    ["an idempotency key that is a number", "post", ["/", { idempotencyKey: 1 }]],
    ["an idempotency key that is no name", "post", ["/", { idempotencyKey: "a b" }]],
    ["an idempotency key that is null", "post", ["/", { idempotencyKey: null }]],
    ...withoutBody.flatMap((verb) =>
      [{ json: { a: 1 } }, { form: {} }, { text: "" }, { bytes: new Uint8Array() }, { stream: Stream.empty }].map(
        (body) => [`a body of ${Object.keys(body)[0]} to ${verb}`, verb, ["/", body]] as const
      )
    )
  ]

  it.effect.each(wrong)("%s", ([, verb, parameters]) =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const error = yield* Effect.suspend(() => loose[verb](...parameters)).pipe(
        Effect.flip,
        Effect.provide(Layer.mergeAll(at(home), once, client.layer))
      )
      expect(error).toMatchObject({ _tag: "EncodeError", attempts: [] })
      expect(shown(error)).not.toContain("hunter2")
      expect(client.requests).toEqual([])
    })
  )

  it.effect("what it has besides changes nothing", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const about = { accepts: 1, method: "DELETE", target: "/other", result: 1, name: 1 }
      const answer = yield* Effect.provide(loose.get("/", about), Layer.mergeAll(at(home), once, client.layer))
      expect(answer).toEqual({ ok: true })
      expect(client.requests.map(({ request }) => [request.method, request.url])).toEqual([
        ["GET", "https://api.test/"]
      ])
    })
  )
})
