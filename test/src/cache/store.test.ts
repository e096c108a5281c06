import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { CacheStore } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { forAll } from "../kit.js"
import { stores } from "./kit.js"

const stored = (about: string, bytes: ReadonlyArray<number> = [1, 2, 3], dropAt = 1e9): CacheStore.Stored => ({
  about,
  bytes: Uint8Array.from(bytes),
  dropAt
})

/** A store's own kind of bytes are as good as any. */
const plain = (found: CacheStore.Stored | undefined) => found && { ...found, bytes: [...found.bytes] }

const listed = ({ list }: typeof CacheStore.CacheStore.Service) =>
  Effect.map(Stream.runCollect(list), (all) => Chunk.toArray(all).sort((one, other) => (one.key < other.key ? -1 : 1)))

describe.each(stores)("a store in $name", ({ layer, name, skip }) => {
  const use = Effect.provide(layer)

  it.effect.skipIf(skip)("gives back what it was given, whatever that is", () =>
    forAll(
      fc.tuple(
        fc.fullUnicodeString({ minLength: 1, maxLength: 300 }),
        fc.fullUnicodeString({ maxLength: 6000 }),
        fc.uint8Array({ maxLength: 3000 })
      ),
      ([key, about, bytes]) =>
        Effect.gen(function* () {
          const store = yield* CacheStore.CacheStore
          yield* store.set(key, { about, bytes, dropAt: 1e9 })
          const [found] = yield* store.get([key])
          expect(plain(found)).toEqual({ about, bytes: [...bytes], dropAt: 1e9 })
          expect(
            yield* store.list.pipe(
              Stream.filter((one) => one.key === key),
              Stream.runCollect
            )
          ).toEqual(Chunk.of({ key, about }))
          yield* store.remove([key])
        }),
      { numRuns: name === "memory" ? 200 : 30 }
    ).pipe(use)
  )

  it.effect.skipIf(skip)("gives many, in the order of their keys, and what is not there is undefined", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* store.set("a", stored("1"))
      yield* store.set("b", stored("2", []))
      expect((yield* store.get(["b", "nothing", "a", "b"])).map((one) => one?.about)).toEqual([
        "2",
        undefined,
        "1",
        "2"
      ])
      expect(yield* store.get([])).toEqual([])
    }).pipe(use)
  )

  it.effect.skipIf(skip)("has the last of what was set, and nothing of what was removed", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      for (let time = 0; time < 40; time += 1) yield* store.set("a", stored(`${time}`, [time]))
      expect(plain((yield* store.get(["a"]))[0])).toEqual({ about: "39", bytes: [39], dropAt: 1e9 })
      expect(yield* listed(store)).toEqual([{ key: "a", about: "39" }])
      yield* store.set("b", stored("b"))
      yield* store.remove(["a", "nothing"])
      expect((yield* store.get(["a", "b"])).map((one) => one?.about)).toEqual([undefined, "b"])
      yield* store.set("a", stored("again"))
      expect((yield* store.get(["a"]))[0]?.about).toBe("again")
    }).pipe(use)
  )

  it.effect.skipIf(skip)("drops what is of no use to anybody", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* store.set("soon", stored("1", [1], 600_000))
      yield* store.set("late", stored("2", [2], 1_200_000))
      yield* TestClock.setTime(599_999)
      expect((yield* store.get(["soon", "late"])).map((one) => one?.about)).toEqual(["1", "2"])
      yield* TestClock.setTime(600_000)
      expect((yield* listed(store)).filter(({ about }) => about !== "")).toEqual([{ key: "late", about: "2" }])
      expect((yield* store.get(["soon", "late"])).map((one) => one?.about)).toEqual([undefined, "2"])
    }).pipe(use)
  )

  it.effect.skipIf(skip)("lists what is of no use to anybody while it is there, so that it can be removed", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* store.set("soon", stored("1", [1], 600_000))
      yield* store.set("late", stored("2", [2], 1_200_000))
      yield* TestClock.setTime(600_000)
      expect(yield* listed(store)).toEqual([
        { key: "late", about: "2" },
        { key: "soon", about: "" }
      ])
      yield* store.remove(["soon"])
      expect(yield* listed(store)).toEqual([{ key: "late", about: "2" }])
    }).pipe(use)
  )

  it.effect.skipIf(skip)("lists everything, however much, and clears it", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      const keys = Array.from({ length: 1200 }, (_, index) => `key ${index}`).sort()
      yield* Effect.forEach(keys, (key) => store.set(key, stored(`about ${key}`)), { concurrency: 16 })
      expect(yield* listed(store)).toEqual(keys.map((key) => ({ key, about: `about ${key}` })))
      yield* store.remove(keys.slice(0, 1100))
      expect(yield* listed(store)).toHaveLength(100)
      yield* store.clear
      expect(yield* listed(store)).toEqual([])
      yield* store.clear
      yield* store.set("a", stored("a"))
      expect((yield* store.get(["a"]))[0]?.about).toBe("a")
    }).pipe(use)
  )
})

describe("a store in memory", () => {
  const use = Effect.provide(HttpCache.storeMemory({ maxBytes: 10_000 }))
  const big = (about: string, length = 900) => ({ about, bytes: new Uint8Array(length), dropAt: 1e9 })

  it.effect("holds no more bytes than it may: of bodies, of what is known of them, and of keys", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      for (let index = 0; index < 50; index += 1) yield* store.set(`body ${index}`, big(""))
      expect((yield* listed(store)).length).toBeLessThanOrEqual(11)
      expect((yield* listed(store)).length).toBeGreaterThan(8)
      for (let index = 0; index < 50; index += 1) yield* store.set(`about ${index}`, big("x".repeat(450), 0))
      expect((yield* listed(store)).length).toBeLessThanOrEqual(11)
      for (let index = 0; index < 50; index += 1) yield* store.set(`${index}`.padEnd(450), big("", 0))
      expect((yield* listed(store)).length).toBeLessThanOrEqual(11)
    }).pipe(use)
  )

  it.effect("lets go of what was not used for longest", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      for (let index = 0; index < 5; index += 1) yield* store.set(`${index}`, big(""))
      for (let index = 5; index < 50; index += 1) {
        yield* store.get(["0"])
        yield* store.set(`${index}`, big(""))
      }
      expect((yield* store.get(["0", "1", "49"])).map((one) => one !== undefined)).toEqual([true, false, true])
    }).pipe(use)
  )

  it.effect("does not keep what is larger than all of it, nor what that replaces", () =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* store.set("a", big("small"))
      yield* store.set("b", big("small"))
      yield* store.set("a", big("large", 20_000))
      expect((yield* store.get(["a", "b"])).map((one) => one?.about)).toEqual([undefined, "small"])
    }).pipe(use)
  )
})
