import { SystemError } from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { TokenStore } from "effect-herald"
import { join } from "node:path"
import { elapsing, forAll } from "../support/kit.js"
import { fileStoreLayer, names, type Store, storeOf, temporaryDirectory } from "../support/tokenStore.js"
import { yieldingAt } from "../support/yieldingAt.js"

const stores: Record<string, Effect.Effect<Store, never, Scope.Scope>> = {
  "in memory": storeOf(TokenStore.layerMemory),
  "in a KeyValueStore": storeOf(TokenStore.layerKeyValueStore.pipe(Layer.provide(KeyValueStore.layerMemory))),
  "in files": Effect.flatMap(temporaryDirectory, (path) => storeOf(fileStoreLayer(join(path, "tokens"))))
}

const promise = <A>(run: () => Promise<A>) => Effect.promise(run)

/** Lets operations on files proceed, in real time. */
const pause = promise(() => new Promise((resolve) => setTimeout(resolve, 20)))

for (const [where, make] of Object.entries(stores)) {
  /** A test in virtual time. */
  const test = <E>(name: string, body: (store: Store) => Effect.Effect<void, E, Scope.Scope>) =>
    it.scoped(name, () => Effect.flatMap(make, (store) => elapsing(body(store))))

  describe(`a token store ${where}`, () => {
    test("returns the text that was saved last, and none after it was removed", (store) =>
      Effect.gen(function* () {
        expect(yield* store.load("a")).toEqual(Option.none())
        yield* store.save("a", "one")
        expect(yield* store.load("a")).toEqual(Option.some("one"))
        yield* store.save("a", "two")
        expect(yield* store.load("a")).toEqual(Option.some("two"))
        yield* store.remove("a")
        expect(yield* store.load("a")).toEqual(Option.none())
        yield* store.remove("a")
      }))

    test("keeps texts of different names apart, whatever the names", (store) =>
      Effect.gen(function* () {
        for (const name of names) yield* store.save(name, `of ${name}`)
        for (const name of names) expect(yield* store.load(name)).toEqual(Option.some(`of ${name}`))
        for (const name of names) yield* Effect.scoped(store.lock(name))
        for (const [index, name] of names.entries()) {
          yield* store.remove(name)
          expect(yield* store.load(name)).toEqual(Option.none())
          for (const other of names.slice(index + 1)) expect(Option.isSome(yield* store.load(other))).toBe(true)
        }
      }))

    test("accepts any name, and returns any text unchanged", (store) =>
      forAll(
        fc.tuple(fc.string({ unit: "binary", maxLength: 15 }), fc.string({ unit: "grapheme", maxLength: 3000 })),
        ([name, text]) =>
          Effect.zipRight(
            store.save(name, text),
            Effect.map(store.load(name), (found) => expect(found).toEqual(Option.some(text)))
          ),
        { numRuns: 50 }
      ))

    test("has locks that one fiber at a time holds", (store) =>
      Effect.gen(function* () {
        let [holders, most, total] = [0, 0, 0]
        const hold = Effect.scoped(
          Effect.gen(function* () {
            yield* store.lock("a")
            most = Math.max(most, (holders += 1))
            yield* Effect.sleep("70 millis")
            holders -= 1
            total += 1
          })
        )
        yield* Effect.replicateEffect(hold, 10, { concurrency: "unbounded" })
        expect([holders, most, total]).toEqual([0, 1, 10])
      }))

    test("has a lock for each name", (store) =>
      Effect.scoped(Effect.forEach(names, (name) => store.lock(name), { discard: true })))

    test("releases a lock when its holder fails, dies or is interrupted", (store) =>
      Effect.gen(function* () {
        yield* Effect.exit(Effect.scoped(Effect.zipRight(store.lock("a"), Effect.fail("failed"))))
        yield* Effect.exit(Effect.scoped(Effect.zipRight(store.lock("a"), Effect.dieMessage("died"))))
        const holder = yield* Effect.fork(Effect.scoped(Effect.zipRight(store.lock("a"), Effect.never)))
        yield* pause
        yield* Fiber.interrupt(holder)
        yield* Effect.scoped(store.lock("a"))
      }))

    test("passes an interrupted fiber over, and lets the next one have the lock", (store) =>
      Effect.gen(function* () {
        const latch = yield* Effect.makeLatch(false)
        const holder = yield* Effect.fork(Effect.scoped(Effect.zipRight(store.lock("a"), latch.await)))
        yield* pause
        const waiters = yield* Effect.forEach([1, 2, 3], (name) =>
          Effect.fork(Effect.scoped(Effect.as(store.lock("a"), name)))
        )
        yield* pause
        yield* Fiber.interrupt(waiters[0]!)
        yield* latch.open
        yield* Fiber.join(holder)
        expect([yield* Fiber.join(waiters[1]!), yield* Fiber.join(waiters[2]!)]).toEqual([2, 3])
      }))

    test("has a free lock after any interruptions", (store) =>
      Effect.gen(function* () {
        for (let round = 0; round < 20; round += 1) {
          const fibers = yield* Effect.replicateEffect(
            Effect.fork(Effect.scoped(Effect.zipRight(store.lock("a"), pause))),
            4
          )
          for (let tick = 0; tick < round; tick += 1) yield* promise(() => new Promise(setImmediate))
          yield* Effect.forEach(fibers, (fiber) => Fiber.interrupt(fiber), { concurrency: "unbounded" })
        }
        yield* Clock.currentTimeMillis.pipe(
          Effect.flatMap((before) =>
            Effect.scoped(store.lock("a")).pipe(
              Effect.zipRight(Clock.currentTimeMillis),
              // An abandoned lock would be released only after ten seconds.
              Effect.map((after) => expect(after - before).toBeLessThan(9000))
            )
          )
        )
      }))
  })
}

describe("a lock in memory", () => {
  it("is free again if a fiber is interrupted at any step of taking it", () => {
    let mostSteps = 0
    // More steps than it takes.
    for (let step = 1; step <= 150; step += 1) {
      const stepping = yieldingAt(step)
      const { lock } = Effect.runSync(TokenStore.makeMemory)
      const [latch, holding] = [Effect.unsafeMakeLatch(false), yieldingAt(-1)]
      Effect.runFork(Effect.scoped(Effect.zipRight(lock("a"), latch.await)), holding)
      const waiter = Effect.runFork(Effect.scoped(Effect.zipRight(lock("a"), Effect.never)), stepping)
      Effect.runSync(latch.open)
      for (let time = 0; time < 50; time += 1) holding.next()
      // Runs the waiter up to the step at which it yields.
      for (let time = 0; time < 20 && stepping.steps() < step; time += 1) stepping.next()
      waiter.unsafeInterruptAsFork(FiberId.none)
      for (let time = 0; time < 50; time += 1) stepping.next()
      expect(waiter.unsafePoll()).not.toBe(null)
      Effect.runSync(Effect.scoped(lock("a")))
      mostSteps = Math.max(mostSteps, stepping.steps())
    }
    expect(mostSteps).toBeLessThan(150)
  })
})

describe("a token store in a KeyValueStore that fails", () => {
  it.scoped("fails without showing the text", () =>
    Effect.gen(function* () {
      const failing = new SystemError({
        module: "KeyValueStore",
        method: "get",
        reason: "Unknown",
        description: "it is unavailable"
      })
      const keyValues = KeyValueStore.make({
        get: () => Effect.fail(failing),
        getUint8Array: () => Effect.fail(failing),
        set: () => Effect.fail(failing),
        remove: () => Effect.fail(failing),
        clear: Effect.fail(failing),
        size: Effect.fail(failing)
      })
      const store = yield* storeOf(
        TokenStore.layerKeyValueStore.pipe(Layer.provide(Layer.succeed(KeyValueStore.KeyValueStore, keyValues)))
      )
      for (const access of [store.load("a"), store.save("a", "hunter2"), store.remove("a")]) {
        const exit = yield* Effect.exit(access as Effect.Effect<unknown, TokenStore.TokenStoreFailure>)
        expect(Exit.isFailure(exit)).toBe(true)
        expect(String(exit)).toContain("it is unavailable")
        expect(String(exit)).not.toContain("hunter2")
      }
    })
  )
})
