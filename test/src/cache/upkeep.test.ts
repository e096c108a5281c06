import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type Answer, CacheStore, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { api, stores, text, through } from "./kit.js"

const origin = "https://api.test"

/** Answers are fresh for as many seconds as the URL's query says. */
const server = () =>
  api(({ url }) => ({ headers: { "cache-control": `max-age=${new URL(url).search.slice(1)}` }, body: "four" }))

const written = Effect.succeed({ status: 204, headers: {}, body: "" })

describe.each(stores)("the upkeep of a cache in $name", ({ layer, skip }) => {
  const use = Effect.provide(HttpCache.layer().pipe(Layer.provideMerge(layer)))
  const keys = Effect.flatMap(CacheStore.CacheStore, ({ list }) =>
    Effect.map(Stream.runCollect(list), (all) => Chunk.toArray(all).map(({ key }) => key))
  )

  const filled = Effect.gen(function* () {
    const { exchange, requests } = server()
    yield* TestClock.setTime(1000)
    yield* through(exchange(`${origin}/a?10`, { operation: "getA" }))
    yield* through(exchange(`${origin}/a?100`, { partition: "me" }))
    yield* through(exchange(`${origin}/b?100`, { method: "HEAD" }))
    yield* through(exchange(`${origin}/c?100`))
    return { exchange, requests, ...(yield* ResponseCache.ResponseCache) }
  })

  it.effect.skipIf(skip)("lists what is kept, and what it is", () =>
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
    }).pipe(use)
  )

  it.effect.skipIf(skip)("counts those that are fresh, or with those that have expired", () =>
    Effect.gen(function* () {
      const { count, has, remove } = yield* filled
      expect([yield* count(), yield* count({ expired: true })]).toEqual([4, 4])
      yield* TestClock.adjust("10 seconds")
      expect([yield* count(), yield* count({ expired: true })]).toEqual([3, 4])
      expect(yield* has(`${origin}/a?10`)).toBe(false)
      expect(yield* has(new URL(`${origin}/a?100`))).toBe(true)
      expect(yield* has(`${origin}/a`)).toBe(false)
      // A path is none: there may be several APIs.
      for (const call of [has("/a"), remove("/a"), has("no URL")]) {
        expect((yield* Effect.flip<unknown, ResponseCache.CacheFailure, never>(call))._tag).toBe("CacheFailure")
      }
    }).pipe(use)
  )

  it.effect.skipIf(skip)(
    "purges what has expired, and keeps the rest (clear(expired_only=True) deleted the live rows)",
    () =>
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
        // Nothing is left, of what guards them either.
        expect(yield* keys).toEqual([])
      }).pipe(use)
  )

  it.effect.skipIf(skip)("purges what is long of no use, and counts it no more", () =>
    Effect.gen(function* () {
      const { count, entries, has, purge } = yield* filled
      const before = (yield* keys).length
      yield* TestClock.adjust("1000 days")
      // A store gives back nothing of it, but has it still.
      expect((yield* keys).length).toBe(before)
      expect([yield* count({ expired: true }), yield* Stream.runCount(entries)]).toEqual([0, 0])
      expect(yield* has(`${origin}/a?10`)).toBe(false)
      expect(yield* purge).toBe(0)
      expect(yield* keys).toEqual([])
    }).pipe(use)
  )

  it.effect.skipIf(skip)("removes what is of a URL, or what one chooses, and says how many that were", () =>
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
    }).pipe(use)
  )

  it.effect.skipIf(skip)("does not know what a write ended, and purges that besides", () =>
    Effect.gen(function* () {
      const { count, has, invalidating, purge } = yield* filled
      yield* invalidating(`${origin}/a`, written)
      expect(yield* count({ expired: true })).toBe(2)
      expect(yield* has(`${origin}/a?10`)).toBe(false)
      const before = (yield* keys).length
      expect(yield* purge).toBe(0)
      expect((yield* keys).length).toBe(before - 2)
      expect(yield* count()).toBe(2)
    }).pipe(use)
  )

  it.effect.skipIf(skip)("clears everything", () =>
    Effect.gen(function* () {
      const { clear, count, exchange, requests } = yield* filled
      yield* clear
      expect(yield* count({ expired: true })).toBe(0)
      expect(yield* keys).toEqual([])
      yield* through(exchange(`${origin}/c?100`))
      expect(requests).toHaveLength(5)
    }).pipe(use)
  )

  it.effect.skipIf(skip)("knows variants, and purges with the last of them what leads to them", () =>
    Effect.gen(function* () {
      const { count, purge, remove } = yield* ResponseCache.ResponseCache
      const { exchange } = api(() => ({ headers: { "cache-control": "max-age=10", vary: "a" } }))
      yield* through(exchange(origin, { headers: { a: "secret-1" } }))
      yield* through(exchange(origin, { headers: { a: "secret-2" } }))
      expect(yield* count()).toBe(2)
      // What they vary with is nobody's business.
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
    }).pipe(use)
  )

  it.effect.skipIf(skip)("keeps what came in another way, as if it had been asked for", () =>
    Effect.gen(function* () {
      const { count, keeping } = yield* ResponseCache.ResponseCache
      const keep = (asked: ResponseCache.Exchange, answer: Answer.Answer) =>
        Effect.flatMap(keeping(asked), (keeper) => keeper(answer))
      const { exchange, requests } = api(() => ({}))
      const fresh = { status: 200, headers: { "cache-control": "max-age=10" }, body: "kept" }
      yield* keep(exchange(origin), fresh)
      yield* keep(exchange(`${origin}/2`), { ...fresh, status: 404 })
      yield* keep(exchange(`${origin}/3`), { ...fresh, headers: { "cache-control": "no-store" } })
      yield* keep(exchange(`${origin}/4`, { method: "POST" }), fresh)
      expect(yield* count()).toBe(1)
      expect(text(yield* through(exchange(origin)))).toBe("kept")
      expect(requests).toEqual([])
    }).pipe(use)
  )
})
