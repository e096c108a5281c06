import { describe, expect, it } from "@effect/vitest"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { Answer, CacheStore, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { api, settle, statusError, stores, text, through } from "./kit.js"

const thing = "https://api.test/thing"
const day = HttpCache.layer({ lifetime: () => "1 day" })

/** Defects that were found in caches of the Python world, each one the other way round (facts/request-handler.md). */
describe.each(stores)("a cache in $name", ({ layer, skip }) => {
  const use = Effect.provide(Layer.provideMerge(day, layer))
  const numbered = () => api((_, index) => ({ body: `${index}` }))

  it.effect.skipIf(skip)("keeps an answer for its whole query (market=gb answered market=us)", () =>
    Effect.gen(function* () {
      const { exchange } = numbered()
      const ask = (query: string) => Effect.map(through(exchange(`${thing}?${query}`)), text)
      expect(yield* ask("limit=5&market=gb")).toBe("0")
      expect(yield* ask("limit=5&market=us")).toBe("1")
      expect(yield* ask("limit=5&market=gb")).toBe("0")
    }).pipe(use)
  )

  it.effect.skipIf(skip)("does not answer what has a body (a second POST was never sent)", () =>
    Effect.gen(function* () {
      const { exchange, requests } = numbered()
      for (const method of ["POST", "GET"] as const) {
        const made = exchange(thing, { method: method })
        const search = { ...made, request: HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(thing), { a: 1 }) }
        yield* through(search)
        yield* through(search)
      }
      expect(requests).toHaveLength(4)
    }).pipe(use)
  )

  it.effect.skipIf(skip)(
    "does not answer one with what is another's (the Authorization header was no part of the key)",
    () =>
      Effect.gen(function* () {
        const { exchange } = numbered()
        const ask = (partition: string) => Effect.map(through(exchange(thing, { partition })), text)
        expect([yield* ask("a"), yield* ask("b"), yield* ask(""), yield* ask("a")]).toEqual(["0", "1", "2", "0"])
      }).pipe(use)
  )

  it.effect.skipIf(skip)("takes any name (fields but id, offset and size, and names with - or of SQL, failed)", () =>
    Effect.gen(function* () {
      const { exchange, requests } = numbered()
      for (const operation of ["audio-features", "order", "select", "'; DROP TABLE", "", "é", "\u0000"]) {
        const url = `${thing}/${encodeURIComponent(operation)}?id=1&version=2`
        yield* through(exchange(url, { operation, partition: operation }))
        yield* through(exchange(url, { operation, partition: operation }))
      }
      expect(requests).toHaveLength(7)
    }).pipe(use)
  )

  it.effect.skipIf(skip)(
    "shows what it keeps to others at once, who may write meanwhile (one transaction until exit)",
    () =>
      Effect.gen(function* () {
        const store = yield* Effect.map(CacheStore.CacheStore, (store) => Layer.succeed(CacheStore.CacheStore, store))
        const { exchange, requests } = numbered()
        const one = yield* HttpCache.make({ lifetime: () => "1 day" })
        const other = yield* Effect.provide(HttpCache.make({ lifetime: () => "1 day" }), store)
        const by = (cache: typeof one, url: string) =>
          Effect.provideService(through(exchange(url)), ResponseCache.ResponseCache, cache)
        yield* by(one, thing)
        yield* by(other, thing)
        yield* by(other, `${thing}/2`)
        yield* by(one, `${thing}/2`)
        expect(requests).toHaveLength(2)
      }).pipe(Effect.scoped, use)
  )

  it.effect.skipIf(skip)(
    "does not keep a failure (a 500 with a JSON body was kept, and its retry answered with it as 200)",
    () =>
      Effect.gen(function* () {
        const { exchange, requests } = api((_, index) => (index === 0 ? statusError(500) : { body: "{}" }))
        expect((yield* Effect.flip(through(exchange(thing))))._tag).toBe("ServerError")
        expect(text(yield* through(exchange(thing)))).toBe("{}")
        expect(requests).toHaveLength(2)
      }).pipe(use)
  )

  it.effect.skipIf(skip)(
    "gives the status and headers of the answer (200 `cached`, with the headers of the request)",
    () =>
      Effect.gen(function* () {
        const { exchange } = api(() => ({ status: 203, headers: { "x-answer": "1" } }))
        const ask = through(exchange(thing, { headers: { "x-request": "1" } }))
        yield* ask
        expect(yield* ask).toEqual({ status: 203, headers: { "x-answer": "1", age: "0" }, body: Uint8Array.of() })
      }).pipe(use)
  )

  it.effect.skipIf(skip)(
    "past neither reads nor writes (persist=False only did not write, use_cache=False only did not read)",
    () =>
      Effect.gen(function* () {
        const { exchange } = numbered()
        const ask = (mode: ResponseCache.Mode) => Effect.map(through(exchange(thing, { mode })), text)
        expect(yield* ask("bypass")).toBe("0")
        expect(yield* ask("use")).toBe("1")
        expect(yield* ask("bypass")).toBe("2")
        expect(yield* ask("use")).toBe("1")
      }).pipe(use)
  )

  it.effect.skipIf(skip)("purges what has expired and no more (the live rows were deleted, and the expired kept)", () =>
    Effect.gen(function* () {
      const { count, purge } = yield* ResponseCache.ResponseCache
      const { exchange } = numbered()
      yield* through(exchange(thing))
      yield* TestClock.adjust("23 hours")
      yield* through(exchange(`${thing}/2`))
      yield* TestClock.adjust("1 hour")
      expect(yield* purge).toBe(1)
      expect([yield* count(), yield* count({ expired: true })]).toEqual([1, 1])
      expect(text(yield* through(exchange(`${thing}/2`)))).toBe("1")
    }).pipe(use)
  )

  it.effect.skipIf(skip)("is asked by five at once, and the server once (5 identical GETs were 5 requests)", () =>
    Effect.gen(function* () {
      const { exchange, requests } = api((_, index) =>
        Effect.as(settle, { status: 200, headers: {}, body: `${index}` })
      )
      const calls = yield* Effect.replicateEffect(Effect.fork(through(exchange(thing))), 5)
      expect((yield* Fiber.join(Fiber.all(calls))).map(text)).toEqual(["0", "0", "0", "0", "0"])
      expect(requests).toHaveLength(1)
    }).pipe(Effect.provide(HttpCache.layer({ share: true }).pipe(Layer.provide(layer))))
  )

  it.effect.skipIf(skip)("does not mix up bodies of any kind: empty, text, bytes", () =>
    Effect.gen(function* () {
      const bodies = ["", "text", "é\u2028\uD83D\uDE00", Uint8Array.of(), Uint8Array.of(0xff, 0xfe, 0)]
      const { exchange } = api((_, index) => ({ body: bodies[index]! }))
      for (const index of bodies.keys()) yield* through(exchange(`${thing}/${index}`))
      for (const [index, body] of bodies.entries()) {
        expect(Answer.bytesOf(yield* through(exchange(`${thing}/${index}`)))).toEqual(Answer.bytesOf({ body }))
      }
    }).pipe(use)
  )
})

describe("time", () => {
  it.effect("counts from when the request was sent, not from when its answer came (RFC 9111, 4.2.3)", () =>
    Effect.gen(function* () {
      const { exchange, requests } = api(() =>
        Effect.delay(Effect.succeed({ status: 200, headers: { "cache-control": "max-age=10" }, body: "" }), "6 seconds")
      )
      const first = yield* Effect.fork(through(exchange(thing)))
      yield* settle
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.join(first)
      yield* TestClock.adjust("3 seconds")
      expect((yield* through(exchange(thing))).headers["age"]).toBe("9")
      expect(requests).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      yield* Effect.fork(through(exchange(thing)))
      yield* settle
      expect(requests).toHaveLength(2)
    }).pipe(Effect.provide(HttpCache.layerMemory()))
  )
})

describe("a revalidation aside", () => {
  it.effect("is one, however many are given what is stale, and ends with the layer", () =>
    Effect.gen(function* () {
      let cancelled = 0
      const { exchange, requests } = api((_, index) =>
        index === 0
          ? { headers: { "cache-control": "max-age=1, stale-while-revalidate=100" }, body: "stale" }
          : Effect.onInterrupt(Effect.never, () => Effect.sync(() => (cancelled += 1)))
      )
      yield* Effect.gen(function* () {
        yield* through(exchange(thing))
        yield* TestClock.adjust("2 seconds")
        for (let time = 0; time < 5; time += 1) {
          expect(text(yield* through(exchange(thing)))).toBe("stale")
          yield* settle
        }
        expect(requests.map(({ how }) => how)).toEqual(["own", "aside"])
        expect(cancelled).toBe(0)
      }).pipe(Effect.provide(HttpCache.layerMemory()))
      expect(cancelled).toBe(1)
    })
  )
})

describe("a 304 that speaks of something else", () => {
  it.effect("is not believed: it is fetched whole", () =>
    Effect.gen(function* () {
      const { exchange, requests } = api(({ headers }, index) =>
        headers["if-none-match"] === undefined
          ? { headers: { etag: `"${index}"` }, body: `${index}` }
          : { status: 304, headers: { etag: `"other"` } }
      )
      expect(text(yield* through(exchange(thing)))).toBe("0")
      expect(text(yield* through(exchange(thing)))).toBe("2")
      expect(requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, `"0"`, undefined])
    }).pipe(Effect.provide(HttpCache.layerMemory()))
  )
})
