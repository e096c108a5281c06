import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { TokenStore } from "effect-herald"
import { FileTokenStore } from "effect-herald/node"
import { once } from "node:events"
import { mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { forkScript } from "../../support/child.js"
import { elapsing } from "../../support/kit.js"
import { fileStoreLayer, names, storeOf, temporaryDirectory } from "../../support/tokenStore.js"

const promise = <A>(run: () => Promise<A>) => Effect.promise(run)

describe("a token store in files", () => {
  const test = <E>(name: string, body: (directory: string) => Effect.Effect<void, E, Scope.Scope>) =>
    it.scoped(name, () => Effect.flatMap(temporaryDirectory, (path) => elapsing(body(join(path, "some", "tokens")))))

  const modeOf = (path: string) => promise(async () => ((await stat(path)).mode & 0o777).toString(8))
  const filesIn = (directory: string) => promise(async () => (await readdir(directory)).sort())

  /** Starts a process that locks or writes in a directory, and waits until it has begun. It is killed when the scope closes. */
  const startProcess = (task: "lock" | "write", directory: string) =>
    Effect.gen(function* () {
      const script = new URL("../../support/tokenProcess.ts", import.meta.url)
      const child = yield* forkScript(script, [task, directory])
      yield* promise(() => once(child, "message"))
      return {
        kill: promise(async () => {
          const exit = once(child, "exit")
          child.kill("SIGKILL")
          await exit
        })
      }
    })

  test("creates files and directories that only their owner can access, whatever the umask", (directory) =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => process.umask(0)),
        (umask) => Effect.sync(() => process.umask(umask))
      )
      const store = yield* storeOf(fileStoreLayer(directory))
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

  test("has one file for each text, and no other files", (directory) =>
    Effect.gen(function* () {
      const store = yield* storeOf(fileStoreLayer(directory))
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

  test("replaces files as a whole, so that readers see complete texts", (directory) =>
    Effect.gen(function* () {
      const store = yield* storeOf(fileStoreLayer(directory))
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

  test("has complete texts after a writer was killed, and removes old temporary files", (directory) =>
    Effect.gen(function* () {
      for (let round = 0; round < 2; round += 1) {
        const writer = yield* startProcess("write", directory)
        for (let tick = 0; tick < 7 * round; tick += 1) yield* promise(() => new Promise(setImmediate))
        yield* writer.kill
        const [number = "", ...rest] = (yield* promise(() => readFile(join(directory, "test.json"), "utf8"))).split(" ")
        expect(number).toMatch(/^\d+$/)
        expect(rest.filter((other) => other !== number)).toEqual([""])
        expect(rest).toHaveLength(20_000)
      }
      // Temporary files of this name and of another, and a file of the user.
      const old = ["test.json.0123456789abcdef", "other.json.0123456789abcdef", "test.json.backup"]
      const recent = "test.json.00000000000000aa"
      yield* promise(async () => {
        for (const name of [...old, recent]) await writeFile(join(directory, name), "left over")
        for (const name of old) await utimes(join(directory, name), 1, 1)
        await utimes(join(directory, recent), 1_000_000, 1_000_000)
      })
      yield* TestClock.setTime(1_000_000_000)
      const store = yield* storeOf(fileStoreLayer(directory))
      yield* store.save("test", "new")
      const found = yield* filesIn(directory)
      expect(found.filter((name) => /[.](?:0123456789abcdef|00000000000000aa|backup)$/.test(name))).toEqual(
        ["other.json.0123456789abcdef", "test.json.00000000000000aa", "test.json.backup"].sort()
      )
    }))

  test("fails where it can't write, and leaves no temporary files", (directory) =>
    Effect.gen(function* () {
      const store = yield* storeOf(fileStoreLayer(directory))
      yield* promise(() => mkdir(join(directory, "test.json", "a directory"), { recursive: true }))
      const failures = [yield* Effect.flip(store.save("test", "hunter2")), yield* Effect.flip(store.load("test"))]
      for (const failure of failures) {
        expect(failure).toBeInstanceOf(TokenStore.TokenStoreFailure)
        expect(failure.message).not.toContain("hunter2")
      }
      expect(yield* filesIn(directory)).toEqual(["test.json"])
      yield* promise(() => writeFile(join(directory, "file"), ""))
      const impossible = yield* storeOf(fileStoreLayer(join(directory, "file", "tokens")))
      expect(yield* Effect.flip(Effect.scoped(impossible.lock("test")))).toBeInstanceOf(TokenStore.TokenStoreFailure)
      expect(yield* Effect.flip(impossible.save("test", "hunter2"))).toBeInstanceOf(TokenStore.TokenStoreFailure)
    }))

  test("lets one fiber at a time take the lock of a killed process over", (directory) =>
    Effect.gen(function* () {
      const holder = yield* startProcess("lock", directory)
      yield* holder.kill
      expect(yield* filesIn(directory)).toEqual(["test.json.lock"])
      const store = yield* storeOf(fileStoreLayer(directory))
      const startedAt = yield* Clock.currentTimeMillis
      let [holders, most] = [0, 0]
      const waits = yield* Effect.replicateEffect(
        Effect.scoped(
          Effect.gen(function* () {
            yield* store.lock("test")
            const takenAt = yield* Clock.currentTimeMillis
            most = Math.max(most, (holders += 1))
            yield* Effect.sleep("3 seconds")
            holders -= 1
            return takenAt - startedAt
          })
        ),
        4,
        { concurrency: "unbounded" }
      )
      expect(most).toBe(1)
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(10_000)
      expect(yield* filesIn(directory)).toEqual([])
    }))

  test("lets a lock be taken over even if a process was killed while it removed it", (directory) =>
    Effect.gen(function* () {
      yield* promise(async () => {
        await mkdir(directory, { recursive: true })
        await writeFile(join(directory, "test.json.lock"), "a killed process")
        await writeFile(join(directory, "test.json.lock.removal"), "")
      })
      const store = yield* storeOf(fileStoreLayer(directory))
      yield* Effect.scoped(store.lock("test"))
      expect(yield* filesIn(directory)).toEqual([])
    }))

  test("keeps a lock that its holder updates, however long another fiber waits", (directory) =>
    Effect.gen(function* () {
      const [locked, checkedOften] = [yield* Deferred.make<void>(), yield* Effect.makeLatch(false)]
      let [checks, released] = [0, false]
      const countingFiles = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (files) => ({
          ...files,
          stat: (path: string) =>
            Effect.zipRight(
              Effect.suspend(() => ((checks += 1) === 400 ? checkedOften.open : Effect.void)),
              files.stat(path)
            )
        }))
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const store = yield* storeOf(fileStoreLayer(directory))
      const other = yield* storeOf(FileTokenStore.layer({ directory }).pipe(Layer.provide(countingFiles), Layer.orDie))
      const holder = yield* Effect.fork(
        Effect.scoped(
          store
            .lock("test")
            .pipe(
              Effect.zipRight(Deferred.succeed(locked, undefined)),
              Effect.zipRight(checkedOften.await),
              Effect.zipRight(Effect.sync(() => (released = true)))
            )
        )
      )
      yield* Deferred.await(locked)
      expect(yield* Effect.scoped(Effect.map(other.lock("test"), () => released))).toBe(true)
      yield* Fiber.join(holder)
    }))

  test("does not release a lock that another process has taken since", (directory) =>
    Effect.gen(function* () {
      const store = yield* storeOf(fileStoreLayer(directory))
      const path = join(directory, "test.json.lock")
      yield* Effect.scoped(
        Effect.zipRight(
          store.lock("test"),
          promise(() => writeFile(path, "another"))
        )
      )
      expect(yield* promise(() => readFile(path, "utf8"))).toBe("another")
    }))

  it.scopedLive("lets the lock of a killed process be taken over, in real time", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const holder = yield* startProcess("lock", directory)
      const store = yield* storeOf(fileStoreLayer(directory))
      const waiter = yield* Effect.fork(Effect.scoped(Effect.timed(store.lock("test"))))
      // The holder updates the lock every second.
      yield* Effect.sleep("3 seconds")
      expect(Option.isNone(yield* Fiber.poll(waiter))).toBe(true)
      yield* holder.kill
      yield* Fiber.join(waiter)
      expect(yield* promise(() => readdir(directory))).toEqual([])
    })
  )
})
