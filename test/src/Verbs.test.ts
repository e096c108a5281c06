import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Body, Deadline, Limiter, RetryPolicy } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { at, bearing, broken, elapsing, once, status, stub } from "../support/kit.js"
import { listener } from "../support/listener.js"
import { every, loose, place, type Result, textsOf, utf8, verbs } from "../support/verbs.js"

const { delete: del, get, post, put } = verbs
const withBody = ["post", "put", "patch", "delete"] as const
const withoutBody = ["get", "head", "options"] as const

const baseUrl = new URL("https://api.test")
const ok = Scripted.json({ ok: true })
const retryAll = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
const under = (policy: RetryPolicy.RetryPolicy) => Effect.provideService(RetryPolicy.Current, policy)

/** The request of a call, as the server receives it. */
const received = (call: Result) =>
  Effect.gen(function* () {
    const { requests, url } = yield* Scripted.make([ok])
    yield* Effect.provide(call, place(url))
    return { ...requests[0], type: requests[0]?.headers["content-type"], count: requests.length }
  })

describe("a request", () => {
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
          name: "日本",
          token: secret,
          deep: [{ all: [secret, { number: Redacted.make(1n) }] }],
          whole: Redacted.make({ a: [secret] }),
          none: undefined,
          when: new Date(0)
        }
        const { body, method, type } = yield* received(loose[verb]("/", { json }))
        expect({ method, type }).toEqual({ method: verb.toUpperCase(), type: "application/json" })
        expect(body).toBe(
          '{"id":409107086526644234,"name":"日本","token":"hunter2",' +
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

  it.scopedLive("is not retried if its Stream was read", () =>
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
