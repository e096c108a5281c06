import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { CacheStore } from "effect-herald"
import { stores } from "../../../support/cache.js"
import { forAll } from "../../../support/kit.js"

const makeValue = (
  metadata: string,
  bytes: ReadonlyArray<number> = [1, 2, 3],
  dropAt = 1e9
): CacheStore.StoredValue => ({ metadata, bytes: Uint8Array.from(bytes), dropAt })

/** A value for comparisons. Stores return bytes of different classes. */
const comparable = (value: CacheStore.StoredValue | undefined) => value && { ...value, bytes: [...value.bytes] }

const metadataOf = (values: ReadonlyArray<CacheStore.StoredValue | undefined>) => values.map((value) => value?.metadata)

const listSorted = ({ list }: typeof CacheStore.CacheStore.Service) =>
  Effect.map(Stream.runCollect(list), (all) => Chunk.toArray(all).sort((one, other) => (one.key < other.key ? -1 : 1)))

describe.each(stores)("a store in $name", ({ layer, name, skip }) => {
  const provideStore = Effect.provide(layer)

  it.effect.skipIf(skip)("returns any value as it was set", () =>
    forAll(
      fc.tuple(
        fc.fullUnicodeString({ minLength: 1, maxLength: 300 }),
        fc.fullUnicodeString({ maxLength: 6000 }),
        fc.uint8Array({ maxLength: 3000 })
      ),
      ([key, metadata, bytes]) =>
        Effect.gen(function* () {
          const store = yield* CacheStore.CacheStore
          yield* store.set(key, { metadata, bytes, dropAt: 1e9 })
          const [found] = yield* store.get([key])
          expect(comparable(found)).toEqual({ metadata, bytes: [...bytes], dropAt: 1e9 })
          expect(
            yield* store.list.pipe(
              Stream.filter((value) => value.key === key),
              Stream.runCollect
            )
          ).toEqual(Chunk.of({ key, metadata }))
          yield* store.remove([key])
        }),
      { numRuns: name === "memory" ? 200 : 30 }
    ).pipe(provideStore)
  )

  it.effect.skipIf(skip)("returns values in the order of the keys, and undefined for a missing one", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* store.set("a", makeValue("1"))
      yield* store.set("b", makeValue("2", []))
      expect(metadataOf(yield* store.get(["b", "missing", "a", "b"]))).toEqual(["2", undefined, "1", "2"])
      expect(yield* store.get([])).toEqual([])
    }).pipe(provideStore)
  )

  it.effect.skipIf(skip)("returns the last value of a key, and no removed one", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      for (let round = 0; round < 40; round += 1) yield* store.set("a", makeValue(`${round}`, [round]))
      expect(comparable((yield* store.get(["a"]))[0])).toEqual({ metadata: "39", bytes: [39], dropAt: 1e9 })
      expect(yield* listSorted(store)).toEqual([{ key: "a", metadata: "39" }])
      yield* store.set("b", makeValue("b"))
      yield* store.remove(["a", "missing"])
      expect(metadataOf(yield* store.get(["a", "b"]))).toEqual([undefined, "b"])
      yield* store.set("a", makeValue("again"))
      expect(metadataOf(yield* store.get(["a"]))).toEqual(["again"])
    }).pipe(provideStore)
  )

  it.effect.skipIf(skip)("returns no value from its dropAt on", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* store.set("soon", makeValue("1", [1], 600_000))
      yield* store.set("late", makeValue("2", [2], 1_200_000))
      yield* TestClock.setTime(599_999)
      expect(metadataOf(yield* store.get(["soon", "late"]))).toEqual(["1", "2"])
      yield* TestClock.setTime(600_000)
      expect((yield* listSorted(store)).filter(({ metadata }) => metadata !== "")).toEqual([
        { key: "late", metadata: "2" }
      ])
      expect(metadataOf(yield* store.get(["soon", "late"]))).toEqual([undefined, "2"])
    }).pipe(provideStore)
  )

  it.effect.skipIf(skip)("lists a value past its dropAt with empty metadata until it is removed", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* store.set("soon", makeValue("1", [1], 600_000))
      yield* store.set("late", makeValue("2", [2], 1_200_000))
      yield* TestClock.setTime(600_000)
      expect(yield* listSorted(store)).toEqual([
        { key: "late", metadata: "2" },
        { key: "soon", metadata: "" }
      ])
      yield* store.remove(["soon"])
      expect(yield* listSorted(store)).toEqual([{ key: "late", metadata: "2" }])
    }).pipe(provideStore)
  )

  it.effect.skipIf(skip)("lists, removes and clears any number of values", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      const keys = Array.from({ length: 1200 }, (_, index) => `key ${index}`).sort()
      yield* Effect.forEach(keys, (key) => store.set(key, makeValue(`metadata of ${key}`)), { concurrency: 16 })
      expect(yield* listSorted(store)).toEqual(keys.map((key) => ({ key, metadata: `metadata of ${key}` })))
      yield* store.remove(keys.slice(0, 1100))
      expect(yield* listSorted(store)).toHaveLength(100)
      yield* store.clear
      expect(yield* listSorted(store)).toEqual([])
      yield* store.clear
      yield* store.set("a", makeValue("a"))
      expect(metadataOf(yield* store.get(["a"]))).toEqual(["a"])
    }).pipe(provideStore)
  )
})
