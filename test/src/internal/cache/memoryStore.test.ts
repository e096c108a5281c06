import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { CacheStore } from "effect-herald"
import * as HttpCache from "effect-herald/cache"

describe("a store in memory", () => {
  const provideStore = Effect.provide(HttpCache.storeMemory({ maxBytes: 10_000 }))
  const makeValue = (metadata: string, length = 900) => ({ metadata, bytes: new Uint8Array(length), dropAt: 1e9 })

  it.effect("limits the size of all bodies, metadata and keys", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      const count = Stream.runCount(store.list)
      for (let index = 0; index < 50; index += 1) yield* store.set(`body ${index}`, makeValue(""))
      expect(yield* count).toBeLessThanOrEqual(11)
      expect(yield* count).toBeGreaterThan(8)
      for (let index = 0; index < 50; index += 1) yield* store.set(`metadata ${index}`, makeValue("x".repeat(450), 0))
      expect(yield* count).toBeLessThanOrEqual(11)
      for (let index = 0; index < 50; index += 1) yield* store.set(`${index}`.padEnd(450), makeValue("", 0))
      expect(yield* count).toBeLessThanOrEqual(11)
    }).pipe(provideStore)
  )

  it.effect("evicts the least recently used values first", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      for (let index = 0; index < 5; index += 1) yield* store.set(`${index}`, makeValue(""))
      for (let index = 5; index < 50; index += 1) {
        yield* store.get(["0"])
        yield* store.set(`${index}`, makeValue(""))
      }
      expect((yield* store.get(["0", "1", "49"])).map((value) => value !== undefined)).toEqual([true, false, true])
    }).pipe(provideStore)
  )

  it.effect("does not store a value that exceeds the limit, and removes the one that it would have replaced", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* store.set("a", makeValue("small"))
      yield* store.set("b", makeValue("small"))
      yield* store.set("a", makeValue("large", 20_000))
      expect((yield* store.get(["a", "b"])).map((value) => value?.metadata)).toEqual([undefined, "small"])
    }).pipe(provideStore)
  )
})
