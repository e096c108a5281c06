import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Body, Credentials, Endpoint, Operation } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { at, Caller, Ok, once, status, stub } from "../support/kit.js"

const baseUrl = new URL("https://api.test")

type Call<A> = Effect.Effect<A, unknown, Effect.Effect.Context<ReturnType<typeof ping>>>

const ping = Operation.make(Caller, () => Endpoint.get("/ping"))

const ok = status(200)

/** The requests of a call, as method, URL and body. */
const requestsOf = (call: Call<unknown>) =>
  Effect.gen(function* () {
    const client = stub([ok])
    yield* Effect.provide(call, Layer.mergeAll(at(baseUrl), once, client.layer))
    return client.requests.map(({ request }) => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      return `${request.method} ${request.url}${body === "" ? "" : ` ${body}`}`
    })
  })

const Count = Schema.Struct({ count: Schema.Number })

describe("the arguments of an operation", () => {
  it.effect("are none for an endpoint without input", () =>
    Effect.gen(function* () {
      expect(yield* requestsOf(ping())).toEqual(["GET https://api.test/ping"])
    })
  )

  it.effect("are one object with the parameters of path and query side by side", () =>
    Effect.gen(function* () {
      const getForecast = Operation.make(Caller, () =>
        Endpoint.get("/forecast/{city}{/hour}", { query: { days: Schema.optional(Schema.Number) } })
      )
      expect(yield* requestsOf(getForecast({ city: "Oslo" }))).toEqual(["GET https://api.test/forecast/Oslo"])
      expect(yield* requestsOf(getForecast({ city: "Oslo", hour: 7, days: 3 }))).toEqual([
        "GET https://api.test/forecast/Oslo/7?days=3"
      ])
    })
  )

  it.effect("have headers and body beside the parameters", () =>
    Effect.gen(function* () {
      const update = Operation.make(Caller, () =>
        Endpoint.patch("/things/{id}", {
          query: { force: Schema.optional(Schema.Boolean) },
          headers: { "if-match": Schema.String },
          body: Count
        })
      )
      const client = stub([ok])
      const call = update({ id: 1, force: true, headers: { "if-match": '"a"' }, body: { count: 2 } })
      yield* Effect.provide(call, Layer.mergeAll(at(baseUrl), once, client.layer))
      const { request } = client.requests[0]!
      expect([request.method, request.url, request.headers["if-match"]]).toEqual([
        "PATCH",
        "https://api.test/things/1?force=true",
        '"a"'
      ])
      expect(request.body).toMatchObject({ _tag: "Uint8Array", contentType: "application/json" })
    })
  )

  it.effect("may be left out where all of it is optional", () =>
    Effect.gen(function* () {
      const list = Operation.make(Caller, () =>
        Endpoint.get("/things", {
          query: { page: Schema.optional(Schema.Number) },
          headers: { "x-trace": Schema.optional(Schema.String) }
        })
      )
      for (const call of [list(), list({}), list({ page: undefined }), list({ headers: {} })]) {
        expect(yield* requestsOf(call)).toEqual(["GET https://api.test/things"])
      }
      expect(yield* requestsOf(list({ page: 2 }))).toEqual(["GET https://api.test/things?page=2"])
    })
  )

  it.effect("have query parameters named `headers` and `body` where there are no such parts", () =>
    Effect.gen(function* () {
      const options = { query: { headers: Schema.String, body: Schema.String } }
      const endpoint = () =>
        Endpoint.make("GET", "/things", options) as Endpoint.Endpoint<{ headers: string; body: string }, void, never>
      const operation = Operation.make(Caller, endpoint)
      expect(yield* requestsOf(operation({ headers: "a", body: "b" }))).toEqual([
        "GET https://api.test/things?headers=a&body=b"
      ])
    })
  )

  it.effect("are not changed", () =>
    Effect.gen(function* () {
      const update = Operation.make(Caller, () =>
        Endpoint.put("/things/{id}", { query: { q: Schema.String }, body: Count })
      )
      const input = Object.freeze({ id: 1, q: "a", body: Object.freeze({ count: 2 }) })
      expect(yield* requestsOf(update(input))).toEqual(['PUT https://api.test/things/1?q=a {"count":2}'])
    })
  )

  it.effect("are those of the third argument of Operation.make", () =>
    Effect.gen(function* () {
      const endpoint = () => Endpoint.put("/things/{id}", { query: { q: Schema.optional(Schema.String) }, body: Count })
      const update = Operation.make(Caller, endpoint, (id: number, count: number, q?: string) => ({
        id,
        q,
        body: { count }
      }))
      expect(yield* requestsOf(update(1, 2))).toEqual(['PUT https://api.test/things/1 {"count":2}'])
      expect(yield* requestsOf(update(1, 2, "a"))).toEqual(['PUT https://api.test/things/1?q=a {"count":2}'])
      expect(yield* requestsOf(update.withResponse(1, 2))).toEqual(['PUT https://api.test/things/1 {"count":2}'])
      const first = Operation.make(
        Caller,
        () => Endpoint.get("/things", { query: { page: Schema.Number } }),
        () => ({ page: 1 })
      )
      expect(yield* requestsOf(first())).toEqual(["GET https://api.test/things?page=1"])
    })
  )

  it.effect.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "a"],
    ["a number", 1],
    ["a list", ["a"]],
    ["an empty object", {}],
    ["a parameter that is null", { id: null }],
    ["a parameter that is an object", { id: {} }]
  ] as const)("that the types forbid make an EncodeError: %s", ([, input]) =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () => Endpoint.get("/things/{id}"))
      const client = stub([ok])
      const error = yield* Effect.flip(operation(input as never)).pipe(
        Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer))
      )
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["id"] }], attempts: [] })
      expect(client.requests).toEqual([])
    })
  )

  it.effect("that make the third argument throw make an EncodeError, too", () =>
    Effect.gen(function* () {
      const operation = Operation.make(
        Caller,
        () => Endpoint.get("/things/{id}"),
        (thing: { readonly id: number }) => ({ id: thing.id })
      )
      const client = stub([ok])
      const error = yield* Effect.flip(operation(undefined as never)).pipe(
        Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer))
      )
      expect(error).toMatchObject({
        _tag: "EncodeError",
        issues: [{ path: [], message: "these are not the arguments of this operation" }]
      })
    })
  )

  it.effect("have issues with the paths of the input", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () =>
        Endpoint.post("/things/{id}", {
          path: { id: Schema.Int },
          query: { page: Schema.Int },
          headers: { "x-a": Schema.Int },
          body: Schema.Struct({ deep: Schema.Array(Schema.Int) })
        })
      )
      const issuesOf = (input: Parameters<typeof operation>[0]) =>
        Effect.flip(operation(input)).pipe(
          Effect.provide(Layer.mergeAll(at(baseUrl), once, stub([]).layer)),
          Effect.map((error) => (error._tag === "EncodeError" ? error.issues.map(({ path }) => path) : []))
        )
      const valid = { id: 1, page: 1, headers: { "x-a": 1 }, body: { deep: [1] } }
      expect(yield* issuesOf({ ...valid, id: 1.5 })).toEqual([["id"]])
      expect(yield* issuesOf({ ...valid, page: 1.5 })).toEqual([["page"]])
      expect(yield* issuesOf({ ...valid, headers: { "x-a": 1.5 } })).toEqual([["headers", "x-a"]])
      expect(yield* issuesOf({ ...valid, body: { deep: [1, 1.5] } })).toEqual([["body", "deep", 1]])
    })
  )

  it.effect("have the issues that a filter of the whole finds at places within it", () =>
    Effect.gen(function* () {
      const Range = Schema.Struct({ from: Schema.Int, to: Schema.Int }).pipe(
        Schema.filter(({ from, to }) => [
          ...(from > to ? [{ path: ["to"], message: "must not be less than from" }] : []),
          ...(from < 0 ? [{ path: ["from"], message: "must not be negative" }] : [])
        ])
      )
      const operation = Operation.make(Caller, () => Endpoint.post("/ranges", { body: Range }))
      const issuesOf = (body: typeof Range.Type) =>
        Effect.flip(operation({ body })).pipe(
          Effect.provide(Layer.mergeAll(at(baseUrl), once, stub([]).layer)),
          Effect.map((error) => (error._tag === "EncodeError" ? error.issues : []))
        )
      expect(yield* issuesOf({ from: 2, to: 1 })).toEqual([
        { path: ["body", "to"], message: "must not be less than from" }
      ])
      expect(yield* issuesOf({ from: -1, to: -2 })).toEqual([
        { path: ["body", "to"], message: "must not be less than from" },
        { path: ["body", "from"], message: "must not be negative" }
      ])
    })
  )
})

describe("withResponse", () => {
  const getThing = Operation.make(Caller, () =>
    Endpoint.get("/things/{id}", { success: { 200: Ok, 404: Body.empty("missing") } })
  )

  it.effect("returns status, headers and URL of the response with the value", () =>
    Effect.gen(function* () {
      const client = stub([status(200, { etag: '"a"' })])
      const response = yield* getThing
        .withResponse({ id: 7 })
        .pipe(Effect.provide(Layer.mergeAll(at(new URL("https://api.test/v1")), once, client.layer)))
      expect(response).toMatchObject({ status: 200, url: "https://api.test/v1/things/7", value: { ok: true } })
      expect(response.headers["etag"]).toBe('"a"')
      expect(response.cached).toBeUndefined()
    })
  )

  it.effect("returns the status of each declared success", () =>
    Effect.gen(function* () {
      const client = stub([status(404)])
      const response = yield* getThing
        .withResponse({ id: 7 })
        .pipe(Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer)))
      expect(response).toMatchObject({ status: 404, value: "missing" })
    })
  )

  it.effect("returns the URL after redirects, and without credentials", () =>
    Effect.gen(function* () {
      const client = stub([status(302, { location: "/moved?page=2" }), ok])
      const credentials = yield* Credentials.apiKey({ query: "key", key: Redacted.make("hunter2") })
      const call = (steps = client) =>
        getThing
          .withResponse({ id: 7 })
          .pipe(Effect.provide(Layer.mergeAll(at(baseUrl, { credentials }), once, steps.layer)))
      const redirected = yield* call()
      expect(redirected.url).toBe("https://api.test/moved?page=2")
      const direct = stub([ok])
      expect((yield* call(direct)).url).toBe("https://api.test/things/7")
      expect(direct.requests[0]?.request.url).toBe("https://api.test/things/7?key=hunter2")
    })
  )

  it.effect("fails as the operation does", () =>
    Effect.gen(function* () {
      const client = stub([status(403)])
      const error = yield* Effect.flip(getThing.withResponse({ id: 7 })).pipe(
        Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer))
      )
      expect(error).toMatchObject({ _tag: "Forbidden", status: 403 })
    })
  )

  it.effect("tells the age of a response from the cache, and its revalidation", () =>
    Effect.gen(function* () {
      const headers = { "cache-control": "max-age=60", etag: '"a"' }
      const client = stub([status(200, headers), () => new Response(null, { status: 304, headers })])
      const caller = at(baseUrl).pipe(Layer.provide(HttpCache.layerMemory()), Layer.provideMerge(client.layer))
      yield* Effect.gen(function* () {
        expect((yield* getThing.withResponse({ id: 7 })).cached).toBeUndefined()
        yield* TestClock.adjust("10 seconds")
        const fresh = yield* getThing.withResponse({ id: 7 })
        expect(fresh).toMatchObject({ status: 200, value: { ok: true } })
        expect(fresh.cached).toEqual({ _tag: "Hit", age: Duration.seconds(10) })
        yield* TestClock.adjust("60 seconds")
        const revalidated = yield* getThing.withResponse({ id: 7 })
        expect(revalidated).toMatchObject({ status: 200, value: { ok: true }, cached: { _tag: "Revalidated" } })
        expect(client.requests).toHaveLength(2)
      }).pipe(Effect.provide(Layer.merge(caller, once)))
    })
  )
})

describe("an operation", () => {
  it("makes its endpoint when it is first needed, and once", () => {
    let made = 0
    const operation = Operation.make(Caller, () => {
      made += 1
      return Endpoint.get("/things/{id}", { name: "getThing" })
    })
    void operation({ id: 1 })
    void operation.withResponse({ id: 1 })
    expect(made).toBe(0)
    expect(operation.endpoint).toMatchObject({ method: "GET", path: "/things/{id}", name: "getThing" })
    expect(operation.endpoint).toBe(operation.endpoint)
    expect(made).toBe(1)
  })

  it.effect("makes its endpoint once for any number of calls", () =>
    Effect.gen(function* () {
      let made = 0
      const operation = Operation.make(Caller, () => {
        made += 1
        return Endpoint.get("/things")
      })
      yield* Effect.replicateEffect(requestsOf(operation()), 3)
      expect(made).toBe(1)
      expect(operation.endpoint.path).toBe("/things")
      expect(made).toBe(1)
    })
  )

  it("has the tag of its API", () => {
    expect(ping.tag).toBe(Caller)
  })

  it.effect("is sent each time it is run, with the services of the program", () =>
    Effect.gen(function* () {
      const call = ping()
      const hosts: Array<string> = []
      for (const host of ["one.test", "other.test"]) {
        const client = stub([ok])
        yield* Effect.provide(call, Layer.mergeAll(at(new URL(`https://${host}`)), once, client.layer))
        hosts.push(...client.requests.map(({ request }) => new URL(request.url).host))
      }
      expect(hosts).toEqual(["one.test", "other.test"])
    })
  )

  it.effect("is named in errors by its endpoint", () =>
    Effect.gen(function* () {
      const named = Operation.make(Caller, () => Endpoint.get("/things/{id}", { name: "getThing" }))
      const unnamed = Operation.make(Caller, () => Endpoint.get("/things/{id}"))
      const failure = (call: ReturnType<typeof named>) =>
        Effect.flip(call).pipe(Effect.provide(Layer.mergeAll(at(baseUrl), once, stub([status(403)]).layer)))
      expect(yield* failure(named({ id: 7 }))).toMatchObject({
        operation: "getThing",
        url: "https://api.test/things/{id}",
        message: "getThing: forbidden, without credentials (403) (GET https://api.test/things/{id})"
      })
      expect((yield* failure(unnamed({ id: 7 }))).operation).toBe("GET /things/{id}")
    })
  )
})
