import * as FileSystem from "@effect/platform/FileSystem"
import { SystemError } from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { TokenStore } from "effect-herald"
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { elapsing, forAll } from "./kit.js"
import { yieldingAt } from "./yieldingAt.js"

const temporary = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "herald-store-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const inFiles = (directory: string) => TokenStore.layerFile({ directory }).pipe(Layer.provide(NodeFileSystem.layer))

type Store = typeof TokenStore.TokenStore.Service

const storeOf = (layer: Layer.Layer<TokenStore.TokenStore>): Effect.Effect<Store, never, Scope.Scope> =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, TokenStore.TokenStore))

const stores: Record<string, Effect.Effect<Store, never, Scope.Scope>> = {
  "in memory": storeOf(TokenStore.layerMemory),
  "in a KeyValueStore": storeOf(TokenStore.layerKeyValueStore.pipe(Layer.provide(KeyValueStore.layerMemory))),
  "in files": Effect.flatMap(temporary, (path) => storeOf(inFiles(join(path, "tokens"))))
}

const promise = <A>(run: () => Promise<A>) => Effect.promise(run)

/** Lets what goes on in files go on. */
const aWhile = promise(() => new Promise((resolve) => setTimeout(resolve, 20)))

const names = [
  "",
  "a",
  "my.token.v1",
  "../x",
  ".",
  "..",
  "a/b",
  "/",
  "\\",
  "a.json",
  ".json",
  "%2E",
  "日本語 🦊",
  "\0",
  "*?<>|:"
]

for (const [where, make] of Object.entries(stores)) {
  /** Time is the test's own. */
  const law = <E>(name: string, body: (store: Store) => Effect.Effect<void, E, Scope.Scope>) =>
    it.scoped(name, () => Effect.flatMap(make, (store) => elapsing(body(store))))

  describe(`a store of tokens ${where}`, () => {
    law("gives what was saved last, and nothing once it was removed", (store) =>
      Effect.gen(function* () {
        expect(yield* store.load("a")).toEqual(Option.none())
        yield* store.save("a", "one")
        expect(yield* store.load("a")).toEqual(Option.some("one"))
        yield* store.save("a", "two")
        expect(yield* store.load("a")).toEqual(Option.some("two"))
        yield* store.remove("a")
        expect(yield* store.load("a")).toEqual(Option.none())
        yield* store.remove("a")
      })
    )

    law("keeps what has one name from what has another, whatever the names are", (store) =>
      Effect.gen(function* () {
        for (const name of names) yield* store.save(name, `of ${name}`)
        for (const name of names) expect(yield* store.load(name)).toEqual(Option.some(`of ${name}`))
        for (const name of names) yield* Effect.scoped(store.lock(name))
        for (const [index, name] of names.entries()) {
          yield* store.remove(name)
          expect(yield* store.load(name)).toEqual(Option.none())
          for (const other of names.slice(index + 1)) expect(Option.isSome(yield* store.load(other))).toBe(true)
        }
      })
    )

    law("takes any name and gives any text as it was", (store) =>
      forAll(
        fc.tuple(fc.string({ unit: "binary", maxLength: 15 }), fc.string({ unit: "grapheme", maxLength: 3000 })),
        ([name, text]) =>
          Effect.zipRight(
            store.save(name, text),
            Effect.map(store.load(name), (found) => expect(found).toEqual(Option.some(text)))
          ),
        { numRuns: 50 }
      )
    )

    law("has a lock that one holds at a time", (store) =>
      Effect.gen(function* () {
        let [held, most, times] = [0, 0, 0]
        const hold = Effect.scoped(
          Effect.gen(function* () {
            yield* store.lock("a")
            most = Math.max(most, (held += 1))
            yield* Effect.sleep("70 millis")
            held -= 1
            times += 1
          })
        )
        yield* Effect.replicateEffect(hold, 10, { concurrency: "unbounded" })
        expect([held, most, times]).toEqual([0, 1, 10])
      })
    )

    law("has a lock for each name", (store) =>
      Effect.scoped(Effect.forEach(names, (name) => store.lock(name), { discard: true }))
    )

    law("gives the lock back, however its holder ends", (store) =>
      Effect.gen(function* () {
        yield* Effect.exit(Effect.scoped(Effect.zipRight(store.lock("a"), Effect.fail("failed"))))
        yield* Effect.exit(Effect.scoped(Effect.zipRight(store.lock("a"), Effect.dieMessage("died"))))
        const holder = yield* Effect.fork(Effect.scoped(Effect.zipRight(store.lock("a"), Effect.never)))
        yield* aWhile
        yield* Fiber.interrupt(holder)
        yield* Effect.scoped(store.lock("a"))
      })
    )

    law("lets one who waits be interrupted, and the next have its turn", (store) =>
      Effect.gen(function* () {
        const latch = yield* Effect.makeLatch(false)
        const holder = yield* Effect.fork(Effect.scoped(Effect.zipRight(store.lock("a"), latch.await)))
        yield* aWhile
        const waiters = yield* Effect.forEach([1, 2, 3], (name) =>
          Effect.fork(Effect.scoped(Effect.as(store.lock("a"), name)))
        )
        yield* aWhile
        yield* Fiber.interrupt(waiters[0]!)
        yield* latch.open
        yield* Fiber.join(holder)
        expect([yield* Fiber.join(waiters[1]!), yield* Fiber.join(waiters[2]!)]).toEqual([2, 3])
      })
    )

    law("has a free lock after whatever interruptions", (store) =>
      Effect.gen(function* () {
        for (let round = 0; round < 20; round += 1) {
          const fibers = yield* Effect.replicateEffect(
            Effect.fork(Effect.scoped(Effect.zipRight(store.lock("a"), aWhile))),
            4
          )
          for (let tick = 0; tick < round; tick += 1) yield* promise(() => new Promise(setImmediate))
          yield* Effect.forEach(fibers, (fiber) => Fiber.interrupt(fiber), { concurrency: "unbounded" })
        }
        yield* Clock.currentTimeMillis.pipe(
          Effect.flatMap((before) =>
            Effect.scoped(store.lock("a")).pipe(
              Effect.zipRight(Clock.currentTimeMillis),
              // It was not a lock of one who is gone.
              Effect.map((after) => expect(after - before).toBeLessThan(1000))
            )
          )
        )
      })
    )
  })
}

describe("a lock in this process", () => {
  it("is free again, at whatever step one is interrupted that has its turn", () => {
    let passed = 0
    // More than it takes.
    for (let step = 1; step <= 150; step += 1) {
      const stepping = yieldingAt(step)
      const { lock } = Effect.runSync(TokenStore.makeMemory)
      const [latch, holding] = [Effect.unsafeMakeLatch(false), yieldingAt(-1)]
      Effect.runFork(Effect.scoped(Effect.zipRight(lock("a"), latch.await)), holding)
      const waiter = Effect.runFork(Effect.scoped(Effect.zipRight(lock("a"), Effect.never)), stepping)
      Effect.runSync(latch.open)
      for (let time = 0; time < 50; time += 1) holding.next()
      // It goes on to the step where it yields.
      for (let time = 0; time < 20 && stepping.steps() < step; time += 1) stepping.next()
      waiter.unsafeInterruptAsFork(FiberId.none)
      for (let time = 0; time < 50; time += 1) stepping.next()
      expect(waiter.unsafePoll()).not.toBe(null)
      Effect.runSync(Effect.scoped(lock("a")))
      passed = Math.max(passed, stepping.steps())
    }
    expect(passed).toBeLessThan(150)
  })
})

describe("a store of tokens in files", () => {
  const test = <E>(name: string, body: (directory: string) => Effect.Effect<void, E, Scope.Scope>) =>
    it.scoped(name, () => Effect.flatMap(temporary, (path) => elapsing(body(join(path, "some", "tokens")))))

  const modeOf = (path: string) => promise(async () => ((await stat(path)).mode & 0o777).toString(8))
  const filesIn = (directory: string) => promise(async () => (await readdir(directory)).sort())

  /** A process that does this in this directory; it is killed when the scope closes. It has said something by then. */
  const child = (what: "lock" | "write", directory: string) =>
    Effect.gen(function* () {
      const script = fileURLToPath(new URL("tokenProcess.ts", import.meta.url))
      const child = yield* Effect.acquireRelease(
        Effect.sync(() => fork(script, [what, directory], { execArgv: ["--import", "tsx"] })),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      yield* promise(() => once(child, "message"))
      return {
        kill: promise(async () => {
          const exit = once(child, "exit")
          child.kill("SIGKILL")
          await exit
        })
      }
    })

  test("is its owner's alone, whatever the umask, with the folders that it makes", (directory) =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => process.umask(0)),
        (umask) => Effect.sync(() => process.umask(umask))
      )
      const store = yield* storeOf(inFiles(directory))
      yield* store.lock("a")
      yield* store.save("a", "one")
      yield* store.save("a", "two")
      expect([yield* modeOf(directory), yield* modeOf(join(directory, ".."))]).toEqual(["700", "700"])
      expect(yield* filesIn(directory)).toEqual(["a.json", "a.json.lock"])
      expect([yield* modeOf(join(directory, "a.json")), yield* modeOf(join(directory, "a.json.lock"))]).toEqual([
        "600",
        "600"
      ])
    }))

  test("leaves no file behind but those of tokens, all in its directory", (directory) =>
    Effect.gen(function* () {
      const store = yield* storeOf(inFiles(directory))
      for (const name of names) {
        yield* Effect.scoped(Effect.zipRight(store.lock(name), store.save(name, "text")))
      }
      const found = yield* filesIn(directory)
      expect(found).toHaveLength(names.length)
      expect(found.filter((name) => !/^[^./]*(?:[.][^/]*)?[.]json$/.test(name) && name !== ".json")).toEqual([])
      expect(found).toContain("my.token.v1.json")
      expect(yield* filesIn(join(directory, ".."))).toEqual(["tokens"])
      for (const name of names) yield* store.remove(name)
      expect(yield* filesIn(directory)).toEqual([])
    }))

  test("is whole for whoever reads it while others save", (directory) =>
    Effect.gen(function* () {
      const store = yield* storeOf(inFiles(directory))
      const texts = ["a".repeat(300_000), "b".repeat(10), "c".repeat(100_000)]
      yield* store.save("test", texts[0]!)
      let done = false
      const saving = yield* Effect.fork(
        Effect.ensuring(
          Effect.forEach([...texts, ...texts, ...texts], (text) => store.save("test", text), { concurrency: 3 }),
          Effect.sync(() => (done = true))
        )
      )
      let reads = 0
      while (!done) {
        const text = yield* promise(() => readFile(join(directory, "test.json"), "utf8"))
        expect(texts).toContain(text)
        reads += 1
      }
      yield* Fiber.join(saving)
      expect(reads).toBeGreaterThan(0)
      expect(yield* filesIn(directory)).toEqual(["test.json"])
    }))

  test("is whole after its writer was killed, and what that left goes with time", (directory) =>
    Effect.gen(function* () {
      for (let round = 0; round < 2; round += 1) {
        const writer = yield* child("write", directory)
        for (let tick = 0; tick < 7 * round; tick += 1) yield* promise(() => new Promise(setImmediate))
        yield* writer.kill
        const [number = "", ...rest] = (yield* promise(() => readFile(join(directory, "test.json"), "utf8"))).split(" ")
        expect(number).toMatch(/^\d+$/)
        expect(rest.filter((other) => other !== number)).toEqual([""])
        expect(rest).toHaveLength(20_000)
      }
      // What a writer leaves that is killed, old and not so old; and what is none of that.
      const others = ["test.json.0123456789abcdef", "other.json.0123456789abcdef", "test.json.backup"]
      const young = "test.json.00000000000000aa"
      yield* promise(async () => {
        for (const name of [...others, young]) await writeFile(join(directory, name), "left")
        for (const name of others) await utimes(join(directory, name), 1, 1)
        await utimes(join(directory, young), 1_000_000, 1_000_000)
      })
      yield* TestClock.setTime(1_000_000_000)
      const store = yield* storeOf(inFiles(directory))
      yield* store.save("test", "new")
      const found = yield* filesIn(directory)
      expect(found.filter((name) => /[.](?:0123456789abcdef|00000000000000aa|backup)$/.test(name))).toEqual(
        ["other.json.0123456789abcdef", "test.json.00000000000000aa", "test.json.backup"].sort()
      )
    }))

  test("that can't be written says so, and leaves nothing", (directory) =>
    Effect.gen(function* () {
      const store = yield* storeOf(inFiles(directory))
      yield* promise(() => mkdir(join(directory, "test.json", "in the way"), { recursive: true }))
      const failures = [yield* Effect.flip(store.save("test", "hunter2")), yield* Effect.flip(store.load("test"))]
      for (const failure of failures) {
        expect(failure).toBeInstanceOf(TokenStore.TokenStoreFailure)
        expect(failure.message).not.toContain("hunter2")
      }
      expect(yield* filesIn(directory)).toEqual(["test.json"])
      yield* promise(() => writeFile(join(directory, "file"), ""))
      const nowhere = yield* storeOf(inFiles(join(directory, "file", "tokens")))
      expect(yield* Effect.flip(Effect.scoped(nowhere.lock("test")))).toBeInstanceOf(TokenStore.TokenStoreFailure)
      expect(yield* Effect.flip(nowhere.save("test", "hunter2"))).toBeInstanceOf(TokenStore.TokenStoreFailure)
    }))

  test("has its lock taken over, from a process that was killed, by one at a time", (directory) =>
    Effect.gen(function* () {
      const holder = yield* child("lock", directory)
      yield* holder.kill
      expect(yield* filesIn(directory)).toEqual(["test.json.lock"])
      const store = yield* storeOf(inFiles(directory))
      const begun = yield* Clock.currentTimeMillis
      let [held, most] = [0, 0]
      const ends = yield* Effect.replicateEffect(
        Effect.scoped(
          Effect.gen(function* () {
            yield* store.lock("test")
            const at = yield* Clock.currentTimeMillis
            most = Math.max(most, (held += 1))
            yield* Effect.sleep("3 seconds")
            held -= 1
            return at - begun
          })
        ),
        4,
        { concurrency: "unbounded" }
      )
      expect(most).toBe(1)
      expect(Math.min(...ends)).toBeGreaterThanOrEqual(10_000)
      expect(yield* filesIn(directory)).toEqual([])
    }))

  test("has its lock taken over where one who was to take it away was killed, too", (directory) =>
    Effect.gen(function* () {
      yield* promise(async () => {
        await mkdir(directory, { recursive: true })
        await writeFile(join(directory, "test.json.lock"), "gone")
        await writeFile(join(directory, "test.json.lock.removal"), "")
      })
      const store = yield* storeOf(inFiles(directory))
      yield* Effect.scoped(store.lock("test"))
      expect(yield* filesIn(directory)).toEqual([])
    }))

  test("keeps its lock for one who is there, however often another looks", (directory) =>
    Effect.gen(function* () {
      const [holds, seenOften] = [yield* Deferred.make<void>(), yield* Effect.makeLatch(false)]
      let [looks, released] = [0, false]
      const looking = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (files) => ({
          ...files,
          stat: (path: string) =>
            Effect.zipRight(
              Effect.suspend(() => ((looks += 1) === 400 ? seenOften.open : Effect.void)),
              files.stat(path)
            )
        }))
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const store = yield* storeOf(inFiles(directory))
      const other = yield* storeOf(TokenStore.layerFile({ directory }).pipe(Layer.provide(looking)))
      const holder = yield* Effect.fork(
        Effect.scoped(
          store
            .lock("test")
            .pipe(
              Effect.zipRight(Deferred.succeed(holds, undefined)),
              Effect.zipRight(seenOften.await),
              Effect.zipRight(Effect.sync(() => (released = true)))
            )
        )
      )
      yield* Deferred.await(holds)
      expect(yield* Effect.scoped(Effect.map(other.lock("test"), () => released))).toBe(true)
      yield* Fiber.join(holder)
    }))

  test("does not give back a lock that another has by now", (directory) =>
    Effect.gen(function* () {
      const store = yield* storeOf(inFiles(directory))
      const path = join(directory, "test.json.lock")
      yield* Effect.scoped(
        Effect.zipRight(
          store.lock("test"),
          promise(() => writeFile(path, "another"))
        )
      )
      expect(yield* promise(() => readFile(path, "utf8"))).toBe("another")
    }))

  it.scopedLive("has its lock taken over in some ten seconds, by the clock", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const holder = yield* child("lock", directory)
      const store = yield* storeOf(inFiles(directory))
      const waiting = yield* Effect.fork(Effect.scoped(Effect.timed(store.lock("test"))))
      // It is alive, and says so.
      yield* Effect.sleep("3 seconds")
      expect(Option.isNone(yield* Fiber.poll(waiting))).toBe(true)
      yield* holder.kill
      yield* Fiber.join(waiting)
      expect(yield* promise(() => readdir(directory))).toEqual([])
    })
  )
})

describe("a KeyValueStore that fails", () => {
  it.scoped("is a store that fails", () =>
    Effect.gen(function* () {
      const failing = new SystemError({
        module: "KeyValueStore",
        method: "get",
        reason: "Unknown",
        description: "it is away"
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
      for (const failed of [store.load("a"), store.save("a", "hunter2"), store.remove("a")]) {
        const exit = yield* Effect.exit(failed as Effect.Effect<unknown, TokenStore.TokenStoreFailure>)
        expect(Exit.isFailure(exit)).toBe(true)
        expect(String(exit)).toContain("it is away")
        expect(String(exit)).not.toContain("hunter2")
      }
    })
  )
})
