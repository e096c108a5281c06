import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { CacheStore, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { api, statusError, text, through } from "./kit.js"

const page = "https://api.test/page"
const fresh = { "cache-control": "max-age=1000" }
const written = Effect.succeed({ status: 204, headers: {}, body: "" })

/** A store in memory that can be taken away, and what is logged meanwhile. */
const rig = (share: boolean) =>
  Effect.gen(function* () {
    let away = false
    let asked = 0
    const logged: Array<readonly [level: string, message: string]> = []
    const failing = Layer.effect(
      CacheStore.CacheStore,
      Effect.map(CacheStore.CacheStore, (real) => {
        const unless = <A>(run: Effect.Effect<A, ResponseCache.CacheFailure>) =>
          Effect.suspend(() => {
            asked += 1
            return away ? new ResponseCache.CacheFailure({ message: "away" }) : run
          })
        return {
          get: (keys) => unless(real.get(keys)),
          set: (key, stored) => unless(real.set(key, stored)),
          remove: (keys) => unless(real.remove(keys)),
          list: Stream.unwrap(unless(Effect.succeed(real.list))),
          clear: unless(real.clear)
        }
      })
    ).pipe(Layer.provideMerge(HttpCache.storeMemory()))
    const layer = HttpCache.layer({ share }).pipe(
      Layer.provideMerge(failing),
      Layer.provideMerge(
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ logLevel, message }) => {
            logged.push([logLevel.label, `${String(message)}`])
          })
        )
      )
    )
    const set = (on: boolean) =>
      Effect.sync(() => {
        away = on
      })
    return { layer, logged, away: set(true), back: set(false), asked: () => asked }
  })

describe.each([false, true])("a store that fails (share: %s)", (share) => {
  it.effect("is as if there were none, and said to be away once, and back once", () =>
    Effect.gen(function* () {
      const { away, back, layer, logged } = yield* rig(share)
      const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
      const ask = Effect.map(through(server.exchange(page)), text)
      yield* Effect.gen(function* () {
        const cache = yield* ResponseCache.ResponseCache
        expect([yield* ask, yield* ask]).toEqual(["0", "0"])
        yield* away
        expect([yield* ask, yield* ask]).toEqual(["1", "2"])
        yield* (yield* cache.keeping(server.exchange(page)))({ status: 200, headers: fresh, body: "x" })
        yield* cache.invalidating("https://api.test/other", written)
        expect(logged.map(([level]) => level)).toEqual(["WARN"])
        yield* back
        expect([yield* ask, yield* ask]).toEqual(["0", "0"])
        expect(logged.map(([level]) => level)).toEqual(["WARN", "INFO"])
        yield* away
        yield* ask
        expect(logged.map(([level]) => level)).toEqual(["WARN", "INFO", "WARN"])
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("has only-if-cached find nothing, and errors of the call stay its own", () =>
    Effect.gen(function* () {
      const { away, layer } = yield* rig(share)
      const server = api(() => statusError(500))
      yield* Effect.gen(function* () {
        yield* away
        const none = yield* Effect.flip(through(server.exchange(page, { mode: "only-if-cached" })))
        expect(none._tag).toBe("NotCached")
        expect((yield* Effect.flip(through(server.exchange(page))))._tag).toBe("ServerError")
        expect((yield* Effect.flip(through(server.exchange(page, { mode: "refresh" }))))._tag).toBe("ServerError")
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("fails the upkeep", () =>
    Effect.gen(function* () {
      const { away, layer } = yield* rig(share)
      yield* Effect.gen(function* () {
        yield* away
        const cache = yield* ResponseCache.ResponseCache
        const all: ReadonlyArray<Effect.Effect<unknown, ResponseCache.CacheFailure>> = [
          cache.count(),
          cache.has(page),
          cache.remove(page),
          cache.purge,
          cache.clear,
          Stream.runCollect(cache.entries)
        ]
        for (const one of all) expect((yield* Effect.flip(one))._tag).toBe("CacheFailure")
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("does not bring back what a write ended while it was away", () =>
    Effect.gen(function* () {
      const { away, back, layer } = yield* rig(share)
      const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
      const ask = Effect.map(through(server.exchange(page)), text)
      yield* Effect.gen(function* () {
        const cache = yield* ResponseCache.ResponseCache
        expect(yield* ask).toBe("0")
        yield* away
        yield* cache.invalidating(page, written)
        yield* back
        expect(yield* cache.has(page)).toBe(false)
        expect(yield* cache.count({ expired: true })).toBe(0)
        expect([yield* ask, yield* ask]).toEqual(["1", "1"])
        expect(yield* cache.count()).toBe(1)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("nor what more writes ended than it can tell apart", () =>
    Effect.gen(function* () {
      const { away, back, layer } = yield* rig(share)
      const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
      const ask = Effect.map(through(server.exchange(page)), text)
      yield* Effect.gen(function* () {
        const cache = yield* ResponseCache.ResponseCache
        expect(yield* ask).toBe("0")
        yield* away
        yield* Effect.forEach(Array(10_000).keys(), (index) => cache.invalidating(`${page}/${index}`, written), {
          discard: true
        })
        yield* cache.invalidating(page, written)
        expect(yield* ask).toBe("1")
        yield* back
        expect([yield* ask, yield* ask]).toEqual(["2", "2"])
      }).pipe(Effect.provide(layer))
    })
  )
})

describe("what can't be read in a store", () => {
  it.effect.each(["", "{", "null", "{}", `{"_tag":"Answer"}`, `{"_tag":"Vary","url":"x","names":[1]}`])(
    "is a miss, is logged, and goes: %s",
    (about) =>
      Effect.gen(function* () {
        const { layer, logged } = yield* rig(false)
        const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
        const ask = Effect.map(through(server.exchange(page)), text)
        yield* Effect.gen(function* () {
          const store = yield* CacheStore.CacheStore
          const cache = yield* ResponseCache.ResponseCache
          expect(yield* ask).toBe("0")
          const keys = yield* store.list.pipe(
            Stream.map(({ key }) => key),
            Stream.runCollect
          )
          for (const key of keys) yield* store.set(key, { about, bytes: new Uint8Array(), dropAt: 1e12 })
          expect(yield* cache.count({ expired: true })).toBe(0)
          expect([yield* ask, yield* ask]).toEqual(["1", "1"])
          expect(logged.map(([level]) => level)).toEqual(["WARN"])
          expect(Either.isRight(yield* Effect.either(cache.purge))).toBe(true)
          expect(yield* ask).toBe("1")
        }).pipe(Effect.provide(layer))
      })
  )

  it.effect("is a body of another length than was kept", () =>
    Effect.gen(function* () {
      const { layer, logged } = yield* rig(false)
      const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
      const ask = Effect.map(through(server.exchange(page)), text)
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        yield* ask
        const keys = yield* store.list.pipe(
          Stream.map(({ key }) => key),
          Stream.filter((key) => key.startsWith("GET")),
          Stream.runCollect
        )
        for (const key of keys) {
          const [stored] = yield* store.get([key])
          yield* store.set(key, { ...stored!, bytes: new Uint8Array(9) })
        }
        expect(yield* ask).toBe("1")
        expect(logged.map(([level]) => level)).toEqual(["WARN"])
      }).pipe(Effect.provide(layer))
    })
  )
})

describe("a store that can be read and not written, as a disk can", () => {
  it.effect("is said to fail once, however many calls find it so", () =>
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
      const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
      const ask = (index: number) => through(server.exchange(`${page}/${index}`))
      yield* Effect.forEach([0, 1, 2, 3], ask).pipe(
        Effect.provide(HttpCache.layer().pipe(Layer.provide(full))),
        Effect.provide(logger)
      )
      expect(server.requests).toHaveLength(4)
      expect(logged).toEqual(["WARN"])
    })
  )
})
