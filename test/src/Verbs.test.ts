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
import { Body, Deadline, Limiter, type Operation, RetryPolicy, Verbs } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { at, bearing, broken, Caller, type CallerParts, clients, elapsing, once, status, stub } from "../support/kit.js"
import { listener } from "../support/listener.js"

const verbs = Verbs.make(Caller)
const { delete: del, get, head, options, post, put } = verbs
type Result = Effect.Effect<unknown, Verbs.Errors, Effect.Effect.Context<ReturnType<typeof get>>>
type Loose = (...parameters: ReadonlyArray<unknown>) => Result
/** The verbs without types, as JavaScript has them. */
const loose = verbs as unknown as Record<keyof typeof verbs, Loose & { readonly withResponse: Loose }>
const every = Object.keys(verbs) as ReadonlyArray<keyof typeof verbs>
/** The verbs that return the value of the response. */
const returningValues = ["get", "post", "put", "patch", "delete"] as const
const withBody = ["post", "put", "patch", "delete"] as const
const withoutBody = ["get", "head", "options"] as const

const baseUrl = new URL("https://api.test")
const ok = Scripted.json({ ok: true })
const place = (url: URL) => Layer.merge(at(url), once)
const utf8 = (text: string) => new TextEncoder().encode(text)
const retryAll = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
const under = (policy: RetryPolicy.RetryPolicy) => Effect.provideService(RetryPolicy.Current, policy)
const textsOf = (error: unknown) => inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)

/** The request of a call, as the server receives it. */
const received = (call: Result) =>
  Effect.gen(function* () {
    const { requests, url } = yield* Scripted.make([ok])
    yield* Effect.provide(call, place(url))
    return { ...requests[0], type: requests[0]?.headers["content-type"], count: requests.length }
  })

/** The result of a call with this response. */
const resultOf = <A, E, R>(call: Effect.Effect<A, E, R>, response: Scripted.Behaviour) =>
  Effect.gen(function* () {
    const { url } = yield* Scripted.make([response])
    return yield* Effect.provide(call, place(url))
  })

describe.each(clients)("a request, with %s", (_, client) => {
  it.scopedLive.each(every)("of %s has its method and its target", (verb) =>
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

  describe.each(withBody)("of %s", (verb) => {
    it.scopedLive("has a JSON body with lists, long integers and the contents of Redacted values", () =>
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

    it.scopedLive("has a form", () =>
      Effect.gen(function* () {
        const form = { a: "1&2 é+", b: [1, null, 2n, true], none: undefined, no: null, key: Redacted.make("k=") }
        const { body, type } = yield* received(loose[verb]("/", { form }))
        expect({ body, type }).toEqual({
          body: "a=1%262+%C3%A9%2B&b=1&b=2&b=true&key=k%3D",
          type: "application/x-www-form-urlencoded"
        })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has text", () =>
      Effect.gen(function* () {
        const { body, type } = yield* received(loose[verb]("/", { text: "a,é\n" }))
        expect({ body, type }).toEqual({ body: "a,é\n", type: "text/plain; charset=utf-8" })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has bytes", () =>
      Effect.gen(function* () {
        const { bytes, type } = yield* received(loose[verb]("/", { bytes: new Uint8Array([0, 255, 128]) }))
        expect({ bytes: [...(bytes ?? [])], type }).toEqual({ bytes: [0, 255, 128], type: "application/octet-stream" })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has a Stream", () =>
      Effect.gen(function* () {
        const stream = Stream.make(utf8("one "), utf8("two"))
        const { body, type } = yield* received(loose[verb]("/", { stream }))
        expect({ body, type }).toEqual({ body: "one two", type: "application/octet-stream" })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has fields and files", () =>
      Effect.gen(function* () {
        const multipart = {
          title: "é",
          tags: ["a", 1, null, 2n, true],
          none: undefined,
          key: Redacted.make("k="),
          photo: new File([new Uint8Array([0, 255])], "photo.png", { type: "image/png" }),
          more: [new Blob(["one"]), new File(["two"], "two.txt")]
        }
        const { bytes, type } = yield* received(loose[verb]("/", { multipart }))
        const form = yield* Effect.promise(() =>
          new Response(Buffer.from(bytes ?? []), { headers: { "content-type": type! } }).formData()
        )
        expect([...form.keys()]).toEqual(["title", "tags", "tags", "tags", "tags", "key", "photo", "more", "more"])
        expect(form.getAll("tags")).toEqual(["a", "1", "2", "true"])
        expect([form.get("title"), form.get("key")]).toEqual(["é", "k="])
        const photo = form.get("photo") as File
        expect([photo.name, photo.type]).toEqual(["photo.png", "image/png"])
        expect([...new Uint8Array(yield* Effect.promise(() => photo.arrayBuffer()))]).toEqual([0, 255])
        const ready = new FormData()
        ready.append("a", "1")
        expect((yield* received(loose[verb]("/", { multipart: ready }))).body).toContain('name="a"')
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has the content type of the headers", () =>
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

    it.scopedLive("has no body where it is absent or undefined", () =>
      Effect.gen(function* () {
        for (const absent of [undefined, {}, { json: undefined, form: undefined, stream: undefined }]) {
          const { body, type } = yield* received(loose[verb]("/", absent))
          expect({ body, type }).toEqual({ body: "", type: undefined })
        }
      }).pipe(Effect.provide(client))
    )
  })

  it.scopedLive("of DELETE can have a JSON body", () =>
    Effect.gen(function* () {
      const { body, method, type } = yield* received(del("/tags", { json: { ids: [1, 2] } }))
      expect([method, type, body]).toEqual(["DELETE", "application/json", '{"ids":[1,2]}'])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("can have lists in its JSON and its query, with and without a tracer", () =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      const call = post("/items", { json: [1, "two", [3]], query: { id: [1, 2] } })
      const { body, target } = yield* received(Effect.withTracer(call, tracer))
      expect([target, body]).toEqual(["/items?id=1&id=2", '[1,"two",[3]]'])
      expect(spans).toHaveLength(1)
    }).pipe(Effect.provide(client))
  )
})

describe.each(clients)("a response, with %s", (_, client) => {
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

describe.each(clients)("a declared error of a verb, with %s", (_, client) => {
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

describe.each(clients)("an error response, with %s", (_, client) => {
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
    ["a text", '"no"'],
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

describe.each(clients)("a response that is a Stream, with %s", (_, client) => {
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

describe("a call of a verb", () => {
  const calling = <A, E, R>(
    call: Effect.Effect<A, E, R>,
    steps: Parameters<typeof stub>[0],
    policy: RetryPolicy.RetryPolicy = RetryPolicy.standard
  ) =>
    Effect.gen(function* () {
      const client = stub(steps)
      const result = yield* call.pipe(
        Effect.either,
        Effect.provide(Layer.merge(at(baseUrl), client.layer)),
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
  ] as const)("by %s is sent %i times after an ambiguous failure", ([verb, count]) =>
    Effect.gen(function* () {
      for (const steps of [
        busy,
        reset,
        [status(500), status(200)],
        [status(502), status(200)],
        [status(504), status(200)]
      ]) {
        const { requests, result } = yield* calling(loose[verb]("/"), steps, retryAll)
        expect(requests).toHaveLength(count)
        expect(result._tag).toBe(count === 2 ? "Right" : "Left")
      }
    })
  )

  it.effect("by POST is not retried after a 5xx, unlike a GET, with the verdict unsafe", () =>
    Effect.gen(function* () {
      const { requests, result } = yield* calling(post("/", { json: {} }), busy)
      expect(requests).toHaveLength(1)
      expect(result).toMatchObject({
        left: { _tag: "ServerError", status: 503, attempts: [{ class: "Ambiguous", verdict: "unsafe" }] }
      })
      expect((yield* calling(get("/"), busy)).requests).toHaveLength(2)
    })
  )

  it.effect("by any method is retried if it is declared idempotent, or the failure is no ambiguous one", () =>
    Effect.gen(function* () {
      for (const verb of ["post", "patch"] as const) {
        for (const steps of [busy, reset]) {
          expect((yield* calling(loose[verb]("/", { json: {}, idempotent: true }), steps)).requests).toHaveLength(2)
        }
        for (const steps of [
          [status(429, { "retry-after": "1" }), status(200)],
          [status(503, { "retry-after": "1" }), status(200)],
          [broken("ECONNREFUSED"), status(200)]
        ]) {
          expect((yield* calling(loose[verb]("/", { json: {} }), steps)).requests).toHaveLength(2)
        }
      }
    })
  )

  it.effect("is not retried after a final 4xx, 499 included", () =>
    Effect.gen(function* () {
      for (const code of [400, 402, 403, 404, 405, 409, 410, 422, 451, 499]) {
        const { requests } = yield* calling(get("/"), [status(code), status(200)], retryAll)
        expect(requests).toHaveLength(1)
      }
    })
  )

  it.effect("by GET with side effects is not retried after an ambiguous failure", () =>
    Effect.gen(function* () {
      for (const steps of [busy, reset]) {
        const { requests, result } = yield* calling(get("/lots/next", { sideEffects: true }), steps, retryAll)
        expect(requests).toHaveLength(1)
        expect(result).toMatchObject({ left: { attempts: [{ verdict: "unsafe" }] } })
      }
      const rejected = [status(429, { "retry-after": "1" }), status(200)]
      expect((yield* calling(get("/lots/next", { sideEffects: true }), rejected)).requests).toHaveLength(2)
    })
  )

  it.scopedLive.each(clients)("is not retried if its Stream was read, with %s", ([, client]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.respond({ status: 503 }), ok])
      const error = yield* put("/", { stream: Stream.make(utf8("a")) }).pipe(
        Effect.flip,
        Effect.provide(Layer.merge(at(url), client)),
        under(retryAll)
      )
      expect(error.attempts).toMatchObject([{ verdict: "body consumed" }])
      expect(requests).toHaveLength(1)
    })
  )

  it.effect("waits for as long as the server asks", () =>
    Effect.gen(function* () {
      const { result, times } = yield* calling(post("/"), [status(429, { "retry-after": "7" }), status(200)])
      expect(result._tag).toBe("Right")
      // Calls are spread over some time after a pause.
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(7000)
      const { requests, result: tooLong } = yield* calling(get("/"), [status(429, { "retry-after": "86400" })])
      expect(requests).toHaveLength(1)
      expect(tooLong).toMatchObject({ left: { _tag: "RateLimited", retryAfter: Duration.days(1) } })
    })
  )

  it.effect("fails when its deadline passes", () =>
    Effect.gen(function* () {
      const client = stub([() => Effect.never])
      const fiber = yield* get("/users/{id}", { path: { id: 7 } }).pipe(
        Effect.exit,
        Effect.provideService(Deadline.Current, "3 seconds"),
        Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer)),
        Effect.fork
      )
      yield* TestClock.adjust("2999 millis")
      expect(fiber.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 millis")
      const exit = yield* Fiber.join(fiber)
      expect(Exit.isFailure(exit) && exit.cause).toMatchObject({ error: { _tag: "TimeoutError", reason: "deadline" } })
    })
  )

  it.effect("is a span with its method and template, without values", () =>
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
      expect(textsOf([...(spans[0]?.attributes ?? [])]) + textsOf(spans[0]?.events)).not.toContain("needle")
      const { result } = yield* calling(get("/users/{id}", { path: { id: "needle" }, query: { q: "needle" } }), [
        status(404)
      ])
      expect(result).toMatchObject({ left: { operation: "GET /users/{id}", url: "https://api.test/users/{id}" } })
      expect(textsOf(result)).not.toContain("needle")
    })
  )

  it.effect("has one idempotency key for all its attempts, and each run has another", () =>
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

  it.effect("is admitted by the limiter for each attempt", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const client = stub(busy)
      const limiter = Layer.succeed(Limiter.Limiter, {
        acquire: (caller) => Effect.sync(() => void asked.push(caller))
      })
      yield* get("/").pipe(
        Effect.provide(
          Layer.merge(Layer.provide(at(baseUrl, { credentials: { identity: "me" } }), limiter), client.layer)
        ),
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
        Effect.provide(Layer.merge(Layer.provide(at(baseUrl), full), client.layer))
      )
      expect(error._tag).toBe("NotSent")
      expect(client.requests).toHaveLength(2)
    })
  )

  it.effect("has the credentials of the layer, which replace headers of the call", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const caller = at(baseUrl, { credentials: bearing({ authorization: "Bearer of the layer" }) })
      yield* Effect.provide(
        get("/", { headers: { authorization: "Bearer of the call" } }),
        Layer.mergeAll(caller, once, client.layer)
      )
      expect(client.requests[0]?.request.headers["authorization"]).toBe("Bearer of the layer")
    })
  )

  it.effect("is sent each time it is run, and not before", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const call = get("/")
      expect(client.requests).toHaveLength(0)
      yield* Effect.repeatN(call, 2).pipe(Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer)))
      expect(client.requests).toHaveLength(3)
    })
  )
})

describe("arguments that the types forbid make an EncodeError, and nothing is sent:", () => {
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
    [
      "six bodies",
      "post",
      ["/", { json: 1, text: "a", form: {}, bytes: new Uint8Array(), stream: Stream.empty, multipart: {} }]
    ],
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
    ["multipart that is text", "post", ["/", { multipart: "a" }]],
    ["multipart of objects", "post", ["/", { multipart: { a: {} } }]],
    ["multipart of lone surrogates", "post", ["/", { multipart: { a: "\ud800" } }]],
    ["multipart that is a Map", "post", ["/", { multipart: new Map([["a", "b"]]) }]],
    ["a success that is text", "get", ["/", { success: "text" }]],
    ["a success that is null", "get", ["/", { success: null }]],
    ["a success that is empty", "get", ["/", { success: {} }]],
    ["a success that is a function", "get", ["/", { success: Body.json }]],
    ["a success by what is no status", "get", ["/", { success: { ok: Schema.Number } }]],
    ["a success of what is no schema", "get", ["/", { success: { 200: "text" } }]],
    ["errors that are text", "get", ["/", { errors: "text" }]],
    ["errors that are null", "get", ["/", { errors: null }]],
    ["an idempotency key that is a number", "post", ["/", { idempotencyKey: 1 }]],
    ["an idempotency key that is no name", "post", ["/", { idempotencyKey: "a b" }]],
    ["an idempotency key that is null", "post", ["/", { idempotencyKey: null }]],
    ...withoutBody.flatMap((verb) =>
      [
        { json: { a: 1 } },
        { form: {} },
        { text: "" },
        { bytes: new Uint8Array() },
        { stream: Stream.empty },
        { multipart: {} }
      ].map((body) => [`a body of ${Object.keys(body)[0]} to ${verb}`, verb, ["/", body]] as const)
    )
  ]

  it.effect.each(wrong)("%s", ([, verb, parameters]) =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const error = yield* Effect.suspend(() => loose[verb](...parameters)).pipe(
        Effect.flip,
        Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer))
      )
      expect(error).toMatchObject({ _tag: "EncodeError", attempts: [] })
      expect(textsOf(error)).not.toContain("hunter2")
      expect(client.requests).toEqual([])
    })
  )

  it.effect("but unknown options are ignored", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const unknown = { accepts: 1, method: "DELETE", target: "/other", result: 1, name: 1 }
      const value = yield* Effect.provide(loose.get("/", unknown), Layer.mergeAll(at(baseUrl), once, client.layer))
      expect(value).toEqual({ ok: true })
      expect(client.requests.map(({ request }) => [request.method, request.url])).toEqual([
        ["GET", "https://api.test/"]
      ])
    })
  )
})
