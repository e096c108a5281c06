import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Body, Deadline, detailsOf, Endpoint, Operation, ResponseCache, Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, bearing, Caller, type CallerParts, Ok, once, status, stub, thing } from "../../../support/kit.js"
import { settle } from "../../../support/settle.js"

/** The API of a server, with a cache. */
const cachedAt = (url: URL, parts: CallerParts = {}, options: HttpCache.Options = {}) =>
  Layer.provideMerge(at(url, parts), HttpCache.layerMemory(options))

const fresh = { "cache-control": "max-age=1000" }
const ok = (headers: Record<string, string> = fresh) => Scripted.json({ ok: true }, { headers })
const getInMode = (mode: ResponseCache.Mode) => Effect.provideService(thing(), ResponseCache.Current, mode)

describe("an operation through a cache", () => {
  const provideClient = Effect.provide(Layer.merge(client, once))

  it.scopedLive("is sent once, again after a write, and otherwise as its mode says", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok()])
      yield* Effect.gen(function* () {
        const count = Effect.sync(() => server.requests.length)
        expect([yield* thing(), yield* thing(), yield* count]).toEqual([{ ok: true }, { ok: true }, 1])
        yield* thing("POST")
        yield* thing()
        expect(yield* count).toBe(3)
        yield* getInMode("bypass")
        yield* getInMode("refresh")
        expect(yield* count).toBe(5)
        expect(server.requests[4]?.headers["cache-control"]).toBe("no-cache")
        yield* getInMode("only-if-cached")
        expect(yield* count).toBe(5)
        yield* (yield* ResponseCache.ResponseCache).clear
        expect((yield* Effect.flip(getInMode("only-if-cached")))._tag).toBe("NotSent")
        expect(yield* count).toBe(5)
      }).pipe(Effect.provide(cachedAt(server.url)), provideClient)
    })
  )

  it.scopedLive("revalidates an expired response, and returns it after a 304, or instead of a failure", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        ok({ "cache-control": "max-age=0, stale-if-error=1000", etag: `"a"` }),
        Scripted.respond({ status: 304 }),
        Scripted.respond({ status: 503 }),
        Scripted.reset,
        Scripted.respond({ status: 500, headers: { "content-type": "application/json" }, body: "{}" }),
        Scripted.respond({ status: 404 })
      ])
      yield* Effect.gen(function* () {
        for (let round = 0; round < 5; round += 1) expect(yield* thing()).toEqual({ ok: true })
        expect(server.requests.map(({ headers }) => headers["if-none-match"])).toEqual([
          undefined,
          ...Array.from({ length: 4 }, () => `"a"`)
        ])
        expect((yield* Effect.flip(thing()))._tag).toBe("NotFound")
      }).pipe(Effect.provide(cachedAt(server.url)), provideClient)
    })
  )

  it.scopedLive("shares a request, which is cancelled with the last call that waits for it", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) => (index === 0 ? Scripted.silence : ok()))
      yield* Effect.gen(function* () {
        const calls = yield* Effect.replicateEffect(Effect.fork(thing()), 5)
        yield* server.next
        yield* Effect.forEach(calls, Fiber.interrupt)
        yield* server.abandoned
        expect(server.requests).toHaveLength(1)
        const again = yield* Effect.replicateEffect(thing(), 5, { concurrency: "unbounded" })
        expect(again).toHaveLength(5)
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(cachedAt(server.url, {}, { share: true })), provideClient)
    })
  )

  it.scopedLive("has stored responses of its own for each identity, whose keys hold no credentials", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok()])
      const as = (identity: string) =>
        Effect.provide(
          thing(),
          at(server.url, { credentials: { identity, ...bearing({ authorization: `Bearer secret-${identity}` }) } })
        )
      yield* Effect.gen(function* () {
        yield* as("a")
        yield* as("b")
        yield* as("a")
        expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual([
          "Bearer secret-a",
          "Bearer secret-b"
        ])
      }).pipe(Effect.provide(HttpCache.layerMemory()), provideClient)
    })
  )

  it.scoped("ends its wait for a shared request at its own deadline, which the request outlives", () =>
    Effect.gen(function* () {
      const release: Array<() => void> = []
      const server = yield* Scripted.make(() => (response, received) => {
        release.push(() => ok()(response, received))
      })
      yield* Effect.gen(function* () {
        const getThing = thing()
        const startWithin = (deadline: Duration.DurationInput) =>
          Effect.fork(Effect.either(Effect.provideService(getThing, Deadline.Current, deadline)))
        // The call that started the request is the first to time out.
        const short = yield* startWithin("1 second")
        yield* server.next
        const long = yield* startWithin("1 minute")
        yield* settle
        yield* TestClock.adjust("1 second")
        expect(yield* Fiber.join(short)).toMatchObject({ left: { _tag: "TimeoutError", reason: "deadline" } })
        for (const respond of release) respond()
        expect(yield* Fiber.join(long)).toMatchObject({ right: { ok: true } })
        expect(server.requests).toHaveLength(1)
        yield* (yield* ResponseCache.ResponseCache).clear
        const both = [yield* startWithin("1 second"), yield* startWithin("2 seconds")]
        yield* server.next
        yield* settle
        yield* TestClock.adjust("2 seconds")
        yield* server.abandoned
        expect(yield* Effect.forEach(both, Fiber.join)).toMatchObject([
          { left: { _tag: "TimeoutError" } },
          { left: { _tag: "TimeoutError" } }
        ])
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(cachedAt(server.url, {}, { share: true })), provideClient)
    })
  )
})

const { get } = Verbs.make(Caller)
const url = new URL("https://api.test")

/** The tests' API, answered by one step after another in virtual time, with a cache. */
const stubbed = (steps: Parameters<typeof stub>[0], options: HttpCache.Options = {}) => {
  const { layer, requests } = stub(steps)
  return { requests, provide: Effect.provide(Layer.merge(Layer.provideMerge(cachedAt(url, {}, options), layer), once)) }
}

describe("withResponse", () => {
  const getOk = Operation.make(Caller, () => Endpoint.get("/thing", { success: Ok }))

  it.effect("returns the age of a stored response, and whether a 304 confirmed it", () => {
    const { provide, requests } = stubbed([
      status(200, { "cache-control": "max-age=100", etag: `"a"`, age: "5" }),
      () => new Response(null, { status: 304, headers: { "cache-control": "max-age=100" } }),
      status(200, { "cache-control": "no-store" })
    ])
    return Effect.gen(function* () {
      const first = yield* getOk.withResponse()
      expect(first).toMatchObject({ status: 200, url: "https://api.test/thing", value: { ok: true } })
      expect(first.cached).toBeUndefined()
      yield* TestClock.adjust("90 seconds")
      const stored = yield* getOk.withResponse()
      expect(stored).toMatchObject({ status: 200, url: "https://api.test/thing", value: { ok: true } })
      expect(stored.headers["age"]).toBe("95")
      expect(stored.cached).toEqual({ _tag: "Hit", age: Duration.seconds(95) })
      yield* TestClock.adjust("10 seconds")
      const revalidated = yield* getOk.withResponse()
      expect(revalidated).toMatchObject({ status: 200, value: { ok: true } })
      expect(revalidated.cached).toEqual({ _tag: "Revalidated", age: Duration.zero })
      yield* TestClock.adjust("1 second")
      expect((yield* getOk.withResponse()).cached).toEqual({ _tag: "Hit", age: Duration.seconds(1) })
      yield* TestClock.adjust("100 seconds")
      expect((yield* getOk.withResponse()).cached).toBeUndefined()
      expect(requests).toHaveLength(3)
    }).pipe(provide)
  })

  it.effect("returns them for verbs, too", () => {
    const { provide } = stubbed([status(200, fresh)])
    return Effect.gen(function* () {
      expect((yield* get.withResponse("/thing")).cached).toBeUndefined()
      yield* TestClock.adjust("7 seconds")
      expect((yield* get.withResponse("/thing")).cached).toEqual({ _tag: "Hit", age: Duration.seconds(7) })
    }).pipe(provide)
  })
})

describe("a response that does not decode", () => {
  const signInPage = Scripted.respond({
    headers: { ...fresh, "content-type": "text/html" },
    body: "<h1>Sign in to the network of the hotel</h1>"
  })
  const provideClient = Effect.provide(Layer.merge(client, once))

  it.scopedLive("is not stored", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([signInPage, Scripted.json({ ok: true })])
      yield* Effect.gen(function* () {
        expect(yield* Effect.flip(thing())).toMatchObject({ _tag: "DecodeError", reason: "Json" })
        expect(yield* thing()).toEqual({ ok: true })
        expect(yield* thing()).toEqual({ ok: true })
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(cachedAt(server.url, {}, { lifetime: () => "4 weeks" })), provideClient)
    })
  )

  it.scopedLive("and is stored for another endpoint is not used: the request is sent without a condition", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ v: 1 }, { headers: { ...fresh, etag: `"v1"` } }),
        Scripted.json({ ok: true }, { headers: fresh })
      ])
      yield* Effect.gen(function* () {
        expect(yield* get("/thing")).toEqual({ v: 1 })
        expect(yield* thing()).toEqual({ ok: true })
        expect(yield* thing()).toEqual({ ok: true })
        expect(server.requests).toHaveLength(2)
        expect(server.requests[1]?.headers["if-none-match"]).toBeUndefined()
      }).pipe(Effect.provide(cachedAt(server.url)), provideClient)
    })
  )
})

describe("calls that share a request", () => {
  it.effect("have values of their own", () => {
    const getOk = Operation.make(Caller, () => Endpoint.get("/json", { success: Ok }))
    const getBytes = Operation.make(Caller, () => Endpoint.get("/bytes", { success: Body.bytes() }))
    const { provide, requests } = stubbed([status(200)], { share: true })
    return Effect.gen(function* () {
      const [first, second] = yield* Effect.all([getOk(), getOk()], { concurrency: "unbounded" })
      expect([first, second, requests.length]).toEqual([{ ok: true }, { ok: true }, 1])
      expect(first).not.toBe(second)
      const [firstBytes, secondBytes] = yield* Effect.all([getBytes(), getBytes()], { concurrency: "unbounded" })
      expect(requests).toHaveLength(2)
      firstBytes.fill(0)
      expect(new TextDecoder().decode(secondBytes)).toBe(`{"ok":true}`)
    }).pipe(provide)
  })
})

describe("a declared error", () => {
  class Missing extends Schema.TaggedError<Missing>()("Missing", { city: Schema.String }) {}
  class Maintenance extends Schema.TaggedError<Maintenance>()("Maintenance", { until: Schema.String }) {}

  const getForecast = Operation.make(Caller, () =>
    Endpoint.get("/forecast", { success: Ok, errors: { 404: Missing, 410: Missing, 503: Maintenance } })
  )
  const stale = { "cache-control": "max-age=10, stale-if-error=1000", etag: `"a"` }

  it.effect.each([404, 410])("with status %s removes the stored response", (code) => {
    const { provide, requests } = stubbed([
      status(200, stale),
      status(code, {}, `{"city":"Oslo"}`),
      status(503, {}, `{"until":"noon"}`),
      status(200, stale)
    ])
    return Effect.gen(function* () {
      expect(yield* getForecast()).toEqual({ ok: true })
      yield* TestClock.adjust("11 seconds")
      const missing = yield* Effect.flip(getForecast())
      expect(missing).toEqual(new Missing({ city: "Oslo" }))
      expect(missing).toBeInstanceOf(Missing)
      expect(detailsOf(missing)?.status).toBe(code)
      // Nothing is left that could replace this error.
      expect(yield* Effect.flip(getForecast())).toBeInstanceOf(Maintenance)
      expect(yield* getForecast()).toEqual({ ok: true })
      expect(requests.map(({ request }) => request.headers["if-none-match"])).toEqual([
        undefined,
        `"a"`,
        undefined,
        undefined
      ])
    }).pipe(provide)
  })

  it.effect("with status 503 is replaced by a stale response where stale-if-error allows it", () => {
    const { provide, requests } = stubbed([status(200, stale), status(503, {}, `{"until":"noon"}`)])
    return Effect.gen(function* () {
      expect(yield* getForecast()).toEqual({ ok: true })
      yield* TestClock.adjust("11 seconds")
      const response = yield* getForecast.withResponse()
      expect(response).toMatchObject({ status: 200, value: { ok: true } })
      expect(response.cached).toEqual({ _tag: "Stale", age: Duration.seconds(11) })
      yield* TestClock.adjust("1000 seconds")
      expect(yield* Effect.flip(getForecast())).toBeInstanceOf(Maintenance)
      expect(requests).toHaveLength(3)
    }).pipe(provide)
  })

  it.effect("with another status is neither stored nor replaced", () => {
    const { provide, requests } = stubbed([status(200, stale), status(409), status(404, {}, "no city")])
    return Effect.gen(function* () {
      yield* getForecast()
      yield* TestClock.adjust("11 seconds")
      expect((yield* Effect.flip(getForecast()))._tag).toBe("Conflict")
      // A body that does not match the declared error leaves an error of the built-in family, with the same effect.
      expect((yield* Effect.flip(getForecast()))._tag).toBe("NotFound")
      expect(
        (yield* Effect.flip(Effect.provideService(getForecast(), ResponseCache.Current, "only-if-cached")))._tag
      ).toBe("NotSent")
      expect(requests).toHaveLength(3)
    }).pipe(provide)
  })
})
