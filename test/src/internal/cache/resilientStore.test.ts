import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { CacheStore, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { makeApi, noClient, statusError, text, through, written } from "../../../support/cache.js"

const url = "https://api.test/page"
const fresh = { "cache-control": "max-age=1000" }

/** An API whose responses are fresh and numbered, and the body of a GET through the cache. */
const numberedApi = () => {
  const api = makeApi((_, index) => ({ headers: fresh, body: `${index}` }))
  return { ...api, get: Effect.map(through(api.exchange(url)), text) }
}

/** A cache over a store in memory that can be made to fail, and its log messages. */
const makeCache = (share: boolean) => {
  let failing = false
  const logged: Array<readonly [level: string, message: string]> = []
  const store = Layer.effect(
    CacheStore.CacheStore,
    Effect.map(CacheStore.CacheStore, (memory) => {
      const unlessFailing = <A>(access: Effect.Effect<A, ResponseCache.CacheFailure>) =>
        Effect.suspend(() => (failing ? new ResponseCache.CacheFailure({ message: "unreachable" }) : access))
      return {
        get: (keys) => unlessFailing(memory.get(keys)),
        set: (key, value) => unlessFailing(memory.set(key, value)),
        remove: (keys) => unlessFailing(memory.remove(keys)),
        list: Stream.unwrap(unlessFailing(Effect.succeed(memory.list))),
        clear: unlessFailing(memory.clear)
      }
    })
  ).pipe(Layer.provideMerge(HttpCache.storeMemory()))
  const logger = Logger.make(({ logLevel, message }) => {
    logged.push([logLevel.label, `${String(message)}`])
  })
  const layer = HttpCache.layer({ share }).pipe(
    Layer.provide(noClient),
    Layer.provideMerge(store),
    Layer.provideMerge(Logger.replace(Logger.defaultLogger, logger))
  )
  const setFailing = (value: boolean) =>
    Effect.sync(() => {
      failing = value
    })
  return { layer, logged, fail: setFailing(true), recover: setFailing(false) }
}

describe.each([false, true])("a cache whose store fails (share: %s)", (share) => {
  it.effect("sends every request, and logs the failure and the recovery once", () =>
    Effect.gen(function* () {
      const { fail, layer, logged, recover } = makeCache(share)
      const { exchange, get } = numberedApi()
      yield* Effect.gen(function* () {
        const cache = yield* ResponseCache.ResponseCache
        expect([yield* get, yield* get]).toEqual(["0", "0"])
        yield* fail
        expect([yield* get, yield* get]).toEqual(["1", "2"])
        const store = yield* cache.storing(exchange(url))
        yield* store({ status: 200, headers: fresh, body: "x" })
        yield* cache.invalidating("https://api.test/other", written)
        const failed = "The store of the response cache failed. Calls continue without the cache: unreachable"
        expect(logged).toEqual([["WARN", failed]])
        yield* recover
        expect([yield* get, yield* get]).toEqual(["0", "0"])
        const recovered = "The store of the response cache works again"
        expect(logged).toEqual([["WARN", failed]])
        yield* TestClock.adjust("1 minute")
        yield* get
        yield* cache.invalidating("https://api.test/other", written)
        expect(logged).toEqual([
          ["WARN", failed],
          ["INFO", recovered]
        ])
        yield* fail
        yield* get
        expect(logged).toEqual([
          ["WARN", failed],
          ["INFO", recovered],
          ["WARN", failed]
        ])
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("fails calls with NotCached in mode only-if-cached, and otherwise with their own errors", () =>
    Effect.gen(function* () {
      const { fail, layer } = makeCache(share)
      const { exchange, requests } = makeApi(() => statusError(500))
      yield* Effect.gen(function* () {
        yield* fail
        const error = yield* Effect.flip(through(exchange(url, { mode: "only-if-cached" })))
        expect(error._tag).toBe("NotCached")
        expect((yield* Effect.flip(through(exchange(url))))._tag).toBe("ServerError")
        expect((yield* Effect.flip(through(exchange(url, { mode: "refresh" }))))._tag).toBe("ServerError")
        expect(requests).toHaveLength(2)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("fails maintenance with CacheFailure", () =>
    Effect.gen(function* () {
      const { fail, layer } = makeCache(share)
      yield* Effect.gen(function* () {
        yield* fail
        const cache = yield* ResponseCache.ResponseCache
        const all: ReadonlyArray<Effect.Effect<unknown, ResponseCache.CacheFailure>> = [
          cache.count(),
          cache.has(url),
          cache.remove(url),
          cache.purge,
          cache.clear,
          Stream.runCollect(cache.entries)
        ]
        for (const access of all) expect((yield* Effect.flip(access))._tag).toBe("CacheFailure")
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("does not use a response after the recovery that a write invalidated during the failure", () =>
    Effect.gen(function* () {
      const { fail, layer, recover } = makeCache(share)
      const { get } = numberedApi()
      yield* Effect.gen(function* () {
        const cache = yield* ResponseCache.ResponseCache
        expect(yield* get).toBe("0")
        yield* fail
        yield* cache.invalidating(url, written)
        yield* recover
        expect(yield* cache.has(url)).toBe(false)
        expect(yield* cache.count({ expired: true })).toBe(0)
        expect([yield* get, yield* get]).toEqual(["1", "1"])
        expect(yield* cache.count()).toBe(1)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("clears the store after the recovery if there were more writes than it remembers", () =>
    Effect.gen(function* () {
      const { fail, layer, recover } = makeCache(share)
      const { get } = numberedApi()
      yield* Effect.gen(function* () {
        const cache = yield* ResponseCache.ResponseCache
        expect(yield* get).toBe("0")
        yield* fail
        yield* Effect.forEach(Array(10_000).keys(), (index) => cache.invalidating(`${url}/${index}`, written), {
          discard: true
        })
        yield* cache.invalidating(url, written)
        expect(yield* get).toBe("1")
        yield* recover
        expect([yield* get, yield* get]).toEqual(["2", "2"])
      }).pipe(Effect.provide(layer))
    })
  )
})

describe("an unreadable entry", () => {
  it.effect.each(["", "{", "null", "{}", `{"_tag":"Response"}`, `{"_tag":"Vary","url":"x","names":[1]}`])(
    "is a miss, and is removed with a warning: metadata %s",
    (metadata) =>
      Effect.gen(function* () {
        const { layer, logged } = makeCache(false)
        const { get } = numberedApi()
        yield* Effect.gen(function* () {
          const store = yield* CacheStore.CacheStore
          const cache = yield* ResponseCache.ResponseCache
          expect(yield* get).toBe("0")
          const keys = yield* store.list.pipe(
            Stream.map(({ key }) => key),
            Stream.runCollect
          )
          for (const key of keys) yield* store.set(key, { metadata, bytes: new Uint8Array(), dropAt: 1e12 })
          expect(yield* cache.count({ expired: true })).toBe(0)
          expect([yield* get, yield* get]).toEqual(["1", "1"])
          expect(logged).toEqual([["WARN", "Removing unreadable entries from the response cache: 2"]])
          expect(Either.isRight(yield* Effect.either(cache.purge))).toBe(true)
          expect(yield* get).toBe("1")
        }).pipe(Effect.provide(layer))
      })
  )

  it.effect("is one whose body has another length than was stored", () =>
    Effect.gen(function* () {
      const { layer, logged } = makeCache(false)
      const { get } = numberedApi()
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        yield* get
        const keys = yield* store.list.pipe(
          Stream.map(({ key }) => key),
          Stream.filter((key) => key.startsWith("GET")),
          Stream.runCollect
        )
        for (const key of keys) {
          const [value] = yield* store.get([key])
          yield* store.set(key, { ...value!, bytes: new Uint8Array(9) })
        }
        expect(yield* get).toBe("1")
        expect(logged).toEqual([["WARN", "Removing unreadable entries from the response cache: 1"]])
      }).pipe(Effect.provide(layer))
    })
  )
})

describe("a store that can be read but not written, such as a full disk", () => {
  it.effect("is reported once, however many calls fail to write", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const full = Layer.map(HttpCache.storeMemory(), (context) =>
        Context.make(CacheStore.CacheStore, {
          ...Context.get(context, CacheStore.CacheStore),
          set: () => Effect.fail(new ResponseCache.CacheFailure({ message: "full" }))
        })
      )
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ logLevel }) => {
          logged.push(logLevel.label)
        })
      )
      const { exchange, requests } = numberedApi()
      yield* Effect.forEach([0, 1, 2, 3], (index) => through(exchange(`${url}/${index}`))).pipe(
        Effect.provide(HttpCache.layer().pipe(Layer.provide([full, noClient]))),
        Effect.provide(logger)
      )
      expect(requests).toHaveLength(4)
      expect(logged).toEqual(["WARN"])
    })
  )
})
