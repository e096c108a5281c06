import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { CacheStore, type RawResponse, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { type Exchange, makeApi, noClient, stores, text, through, written } from "../../../support/cache.js"

const origin = "https://api.test"

/** An API whose responses are fresh for as many seconds as the query says. */
const timedApi = () =>
  makeApi(({ url }) => ({ headers: { "cache-control": `max-age=${new URL(url).search.slice(1)}` }, body: "four" }))

describe.each(stores)("maintenance of a cache in $name:", ({ layer, skip }) => {
  const provideCache = Effect.provide(HttpCache.layer().pipe(Layer.provideMerge(layer), Layer.provide(noClient)))

  /** The keys of all values in the store. */
  const keys = Effect.flatMap(CacheStore.CacheStore, ({ list }) =>
    Effect.map(Stream.runCollect(list), (all) => Chunk.toArray(all).map(({ key }) => key))
  )

  /** The cache, with four stored responses. */
  const filled = Effect.gen(function* () {
    const { exchange, requests } = timedApi()
    yield* TestClock.setTime(1000)
    yield* through(exchange(`${origin}/a?10`, { operation: "getA" }))
    yield* through(exchange(`${origin}/a?100`, { partition: "me" }))
    yield* through(exchange(`${origin}/b?100`, { method: "HEAD" }))
    yield* through(exchange(`${origin}/c?100`))
    return { exchange, requests, ...(yield* ResponseCache.ResponseCache) }
  })

  it.effect.skipIf(skip)("entries describes the stored responses", () =>
    Effect.gen(function* () {
      const { entries } = yield* filled
      const all = Chunk.toArray(yield* Stream.runCollect(entries)).sort((one, other) => one.expiresAt - other.expiresAt)
      expect(all).toHaveLength(4)
      expect(all[0]).toEqual({
        method: "GET",
        url: `${origin}/a?10`,
        partition: "",
        operation: "getA",
        status: 200,
        bytes: 4,
        storedAt: 1000,
        expiresAt: 11_000
      })
      expect(all.map(({ method, partition, url }) => [method, partition, url])).toContainEqual([
        "GET",
        "me",
        `${origin}/a?100`
      ])
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)(
    "count, has and purge take a response for stale that a call does not use: the clock was set back",
    () =>
      Effect.gen(function* () {
        const { exchange, requests } = makeApi(() =>
          Effect.as(TestClock.setTime(1000), { status: 200, headers: { "cache-control": "max-age=100" }, body: "" })
        )
        yield* TestClock.setTime(50_000)
        yield* through(exchange(`${origin}/a`))
        const { count, has, purge } = yield* ResponseCache.ResponseCache
        expect([yield* count(), yield* has(`${origin}/a`)]).toEqual([0, false])
        yield* through(exchange(`${origin}/a`))
        expect(requests).toHaveLength(2)
        yield* TestClock.setTime(500)
        expect(yield* purge).toBe(1)
      }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("count and has consider fresh responses, and count optionally expired ones", () =>
    Effect.gen(function* () {
      const { count, has, remove } = yield* filled
      expect([yield* count(), yield* count({ expired: true })]).toEqual([4, 4])
      yield* TestClock.adjust("10 seconds")
      expect([yield* count(), yield* count({ expired: true })]).toEqual([3, 4])
      expect(yield* has(`${origin}/a?10`)).toBe(false)
      expect(yield* has(new URL(`${origin}/a?100`))).toBe(true)
      expect(yield* has(`${origin}/a`)).toBe(false)
      // The cache may hold responses of several APIs.
      for (const access of [has("/a"), remove("/a"), has("no URL")]) {
        expect(yield* Effect.flip<unknown, ResponseCache.CacheFailure, never>(access)).toMatchObject({
          _tag: "CacheFailure",
          message: "The URL must be absolute, such as https://api.example/users/1"
        })
      }
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("purge removes expired responses, and nothing else", () =>
    Effect.gen(function* () {
      const { count, exchange, purge, requests } = yield* filled
      yield* TestClock.adjust("10 seconds")
      expect(yield* purge).toBe(1)
      expect(yield* purge).toBe(0)
      expect(yield* count({ expired: true })).toBe(3)
      yield* through(exchange(`${origin}/a?100`, { partition: "me" }))
      expect(requests).toHaveLength(4)
      yield* TestClock.adjust("100 seconds")
      expect(yield* purge).toBe(3)
      // Generations are removed as well.
      expect(yield* keys).toEqual([])
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("purge removes values that the store no longer returns, without counting them", () =>
    Effect.gen(function* () {
      const { count, entries, has, purge } = yield* filled
      const before = (yield* keys).length
      yield* TestClock.adjust("1000 days")
      // A store returns no value that is past its `dropAt`, but still lists it.
      expect((yield* keys).length).toBe(before)
      expect([yield* count({ expired: true }), yield* Stream.runCount(entries)]).toEqual([0, 0])
      expect(yield* has(`${origin}/a?10`)).toBe(false)
      expect(yield* purge).toBe(0)
      expect(yield* keys).toEqual([])
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("remove takes a URL or a predicate, and returns the number of removed responses", () =>
    Effect.gen(function* () {
      const { count, exchange, remove, requests } = yield* filled
      yield* through(exchange(`${origin}/c?100`, { partition: "me" }))
      expect(yield* remove(`${origin}/c?100`)).toBe(2)
      expect(yield* remove(new URL(`${origin}/c?100`))).toBe(0)
      expect(yield* remove(({ method }) => method === "HEAD")).toBe(1)
      expect(yield* count()).toBe(2)
      yield* through(exchange(`${origin}/a?10`))
      expect(requests).toHaveLength(5)
      yield* through(exchange(`${origin}/c?100`))
      expect(requests).toHaveLength(6)
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("invalidated responses are not counted, and purge removes them", () =>
    Effect.gen(function* () {
      const { count, has, invalidating, purge } = yield* filled
      yield* invalidating(`${origin}/a`, written)
      expect(yield* count({ expired: true })).toBe(2)
      expect(yield* has(`${origin}/a?10`)).toBe(false)
      const before = (yield* keys).length
      expect(yield* purge).toBe(0)
      expect((yield* keys).length).toBe(before - 2)
      expect(yield* count()).toBe(2)
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("clear removes everything", () =>
    Effect.gen(function* () {
      const { clear, count, exchange, requests } = yield* filled
      yield* clear
      expect(yield* count({ expired: true })).toBe(0)
      expect(yield* keys).toEqual([])
      yield* through(exchange(`${origin}/c?100`))
      expect(requests).toHaveLength(5)
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)(
    "variants are counted one by one, and purge removes the Vary record with the last of them",
    () =>
      Effect.gen(function* () {
        const { count, purge, remove } = yield* ResponseCache.ResponseCache
        const { exchange } = makeApi(() => ({ headers: { "cache-control": "max-age=10", vary: "a" } }))
        yield* through(exchange(origin, { headers: { a: "secret-1" } }))
        yield* through(exchange(origin, { headers: { a: "secret-2" } }))
        expect(yield* count()).toBe(2)
        // The header values may be private.
        expect((yield* keys).join()).not.toContain("secret")
        yield* TestClock.adjust("5 seconds")
        yield* through(exchange(origin, { headers: { a: "3" } }))
        yield* TestClock.adjust("6 seconds")
        expect(yield* purge).toBe(2)
        yield* through(exchange(origin, { headers: { a: "3" } }))
        expect(yield* count()).toBe(1)
        expect(yield* remove(origin)).toBe(1)
        yield* purge
        expect(yield* keys).toEqual([])
      }).pipe(provideCache)
  )
})

describe.each(stores)("direct access to a cache in $name:", ({ layer, skip }) => {
  const provideCache = Effect.provide(HttpCache.layer().pipe(Layer.provide(layer), Layer.provide(noClient)))
  const fresh = { status: 200, headers: { "cache-control": "max-age=10" }, body: "stored" }

  it.effect.skipIf(skip)("storing stores a response by the rules for calls", () =>
    Effect.gen(function* () {
      const { count, storing } = yield* ResponseCache.ResponseCache
      const store = (request: Exchange, response: RawResponse.RawResponse) =>
        Effect.flatMap(storing(request), (store) => store(response))
      const { exchange, requests } = makeApi(() => ({}))
      yield* store(exchange(origin), fresh)
      yield* store(exchange(`${origin}/2`), { ...fresh, status: 429 })
      yield* store(exchange(`${origin}/3`), { ...fresh, headers: { "cache-control": "no-store" } })
      yield* store(exchange(`${origin}/4`, { method: "POST" }), fresh)
      expect(yield* count()).toBe(1)
      expect(text(yield* through(exchange(origin)))).toBe("stored")
      expect(requests).toEqual([])
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("storing stores nothing usable if a write invalidated the resource in between", () =>
    Effect.gen(function* () {
      const { count, invalidating, storing } = yield* ResponseCache.ResponseCache
      const { exchange } = makeApi(() => ({}))
      const store = yield* storing(exchange(origin))
      yield* invalidating(origin, written)
      yield* store(fresh)
      expect(yield* count({ expired: true })).toBe(0)
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("lookup returns a fresh response, and sends nothing", () =>
    Effect.gen(function* () {
      const { lookup } = yield* ResponseCache.ResponseCache
      const { exchange, requests } = timedApi()
      const request = exchange(`${origin}/a?10`)
      expect(yield* lookup(request)).toBeUndefined()
      yield* through(request)
      yield* TestClock.adjust("9 seconds")
      const found = yield* lookup(request)
      expect([found && text(found), found?.headers["age"], found?.cached?._tag]).toEqual(["four", "9", "Hit"])
      yield* TestClock.adjust("1 second")
      expect(yield* lookup(request)).toBeUndefined()
      expect(requests).toHaveLength(1)
    }).pipe(provideCache)
  )
})
