import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { CacheStore, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { DiskCache } from "effect-herald/node"
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import {
  appendFile,
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile
} from "node:fs/promises"
import { join } from "node:path"
import { forkScript } from "../../support/child.js"
import { makeApi, noClient, temporaryDirectory, text, through, until, written } from "../../support/cache.js"
import { isComplete, makeValue, type Message } from "../../support/diskCache.js"

const url = "https://api.test/page"
const fresh = { "cache-control": "max-age=1000" }

/** A cache in a directory, with its store. In its tests no time passes, so that a slow disk is not given up. */
const cacheIn = (directory: string) =>
  HttpCache.layer().pipe(Layer.provideMerge(DiskCache.store({ directory })), Layer.provide(noClient))

/** An API whose responses are fresh and numbered, and the body of a GET through the cache. */
const numberedApi = () => {
  const { exchange } = makeApi((_, index) => ({ headers: fresh, body: `response ${index}` }))
  return Effect.map(through(exchange(url)), text)
}

/** The paths of all files in a directory and its subdirectories. */
const filesIn = (directory: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(async () => {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  })

/** A logger that records messages with their levels. */
const recordingLogger = () => {
  const logged: Array<string> = []
  const layer = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ logLevel, message }) => {
      logged.push(`${logLevel.label} ${String(message)}`)
    })
  )
  return { logged, layer }
}

/** Starts a process that writes to the store in a directory. It is killed when the scope closes. */
const startWriter = (directory: string, name: string) =>
  Effect.gen(function* () {
    const script = new URL("../../support/diskCacheProcess.ts", import.meta.url)
    let written = -1
    let incomplete: number | undefined
    const child = yield* forkScript(script, [directory, name])
    // Other than `exit`, `close` comes after the last message.
    const exited = once(child, "close")
    child.on("message", (received) => {
      // The script sends these messages only.
      const message = received as Message
      if ("written" in message) written = message.written
      if ("incomplete" in message) incomplete = message.incomplete
    })
    const isAlive = () => child.exitCode === null && child.signalCode === null
    return {
      written: () => written,
      /** Waits until the process has written this many keys. */
      reached: (count: number) =>
        Effect.zipRight(
          until(() => written >= count || !isAlive()),
          Effect.sync(() => expect(isAlive()).toBe(true))
        ),
      kill: Effect.promise(async () => {
        child.kill("SIGKILL")
        await exited
      }),
      /** Stops the process, and returns the number of incomplete values that it has read. */
      stop: Effect.promise(async () => {
        child.send("stop")
        await exited
        return incomplete
      })
    }
  })

describe("a cache on disk", () => {
  it.scoped("is read by a later process, without being closed", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "deep", "down")
      const { exchange, requests } = makeApi((_, index) => ({
        headers: { ...fresh, "x-a": "é" },
        body: Uint8Array.of(index, 0, 255)
      }))
      const get = through(exchange(url, { partition: "me" }))
      yield* Effect.provide(get, Layer.provide(DiskCache.layer({ directory }), noClient))
      const stored = yield* Effect.provide(get, Layer.provide(DiskCache.layer({ directory }), noClient))
      expect(stored).toMatchObject({ status: 200, headers: { "x-a": "é" }, body: Uint8Array.of(0, 0, 255) })
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive("creates its directory with the first value, for its owner only", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "cache")
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        expect(yield* store.get(["a"])).toEqual([undefined])
        expect(yield* Stream.runCount(store.list)).toBe(0)
        yield* store.clear
        expect(yield* Effect.promise(() => stat(directory).catch(() => "missing"))).toBe("missing")
        yield* store.set("a", makeValue("a", 1))
        expect((yield* Effect.promise(() => stat(directory))).mode & 0o777).toBe(0o700)
      }).pipe(Effect.provide(DiskCache.store({ directory })))
    })
  )

  it.scopedLive("does not grow by values that are overwritten or removed", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        // Removing a value must leave equal bytes of another key in place.
        yield* store.set("same", makeValue("a", 1))
        const overwrite = Effect.suspend(() => store.set("a", makeValue("a", 1)))
        yield* Effect.replicateEffect(overwrite, 30)
        yield* Effect.replicateEffect(overwrite, 30, { concurrency: "unbounded" })
        expect(yield* filesIn(directory)).toHaveLength(2)
        yield* store.remove(["a"])
        expect(isComplete((yield* store.get(["same"]))[0]!)).toBe(true)
        yield* store.remove(["same"])
        expect(yield* filesIn(directory)).toEqual([])
      }).pipe(Effect.provide(DiskCache.store({ directory })))
    })
  )

  it.scoped("has no files of long expired responses after a purge, even if nobody requested them again", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.gen(function* () {
        const { count, purge } = yield* ResponseCache.ResponseCache
        const { exchange } = makeApi(() => ({ headers: fresh, body: "a" }))
        for (let index = 0; index < 5; index += 1) yield* through(exchange(`${url}/${index}`))
        // A response and a generation each, and the epoch.
        expect(yield* filesIn(directory)).toHaveLength(11)
        yield* TestClock.adjust("1000 days")
        yield* through(exchange(url))
        expect(yield* count({ expired: true })).toBe(1)
        yield* purge
        expect(yield* filesIn(directory)).toHaveLength(3)
        expect(yield* count()).toBe(1)
      }).pipe(Effect.provide(cacheIn(directory)))
    })
  )

  it.scopedLive("has all written values, complete, after its process was killed during a write", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      for (const round of [1, 2, 3]) {
        const writer = yield* startWriter(directory, `round ${round}`)
        yield* writer.reached(20 * round)
        yield* writer.kill
        const { layer, logged } = recordingLogger()
        yield* Effect.gen(function* () {
          const store = yield* CacheStore.CacheStore
          for (let index = 0; index <= writer.written(); index += 1) {
            const key = `round ${round} ${index}`
            const [found] = yield* store.get([key])
            expect(found && { ...found, bytes: [...found.bytes] }).toEqual({
              ...makeValue(key, index),
              bytes: [...makeValue(key, index).bytes]
            })
          }
          const [shared] = yield* store.get(["shared"])
          expect(shared !== undefined && isComplete(shared)).toBe(true)
          yield* store.set("shared", makeValue("after", round))
          expect((yield* store.get(["shared"]))[0]?.metadata).toBe(makeValue("after", round).metadata)
        }).pipe(Effect.provide(Layer.merge(DiskCache.store({ directory }), layer)))
        expect(logged).toEqual([])
      }
    })
  )

  it.scopedLive("can be read and written by two processes at the same time", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const writers = yield* Effect.all([startWriter(directory, "first"), startWriter(directory, "second")])
      yield* Effect.forEach(writers, ({ reached }) => reached(60))
      // Each process has also read a key that the other one writes.
      for (const { stop } of writers) expect(yield* stop).toBe(0)
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        for (const [index, name] of ["first", "second"].entries()) {
          for (let number = 0; number <= writers[index]!.written(); number += 1) {
            const key = `${name} ${number}`
            const [found] = yield* store.get([key])
            expect(found?.metadata).toBe(makeValue(key, number).metadata)
            expect(isComplete(found!)).toBe(true)
          }
        }
      }).pipe(Effect.provide(DiskCache.store({ directory })))
    })
  )

  /** Flips the lowest bit of a byte, counted from the end of a file. */
  const flipBit = async (path: string, fromEnd: number) => {
    const bytes = await readFile(path)
    bytes[bytes.length - fromEnd]! ^= 1
    await writeFile(path, bytes)
  }

  const damages: ReadonlyArray<readonly [string, (path: string) => Promise<void>]> = [
    ["no content", (path) => truncate(path, 0)],
    ["content that ends in the head", (path) => truncate(path, 30)],
    ["content that ends early", async (path) => truncate(path, (await stat(path)).size - 1)],
    ["additional content", (path) => appendFile(path, "x")],
    ["a flipped bit at its end", (path) => flipBit(path, 1)],
    ["a flipped bit at its start", async (path) => flipBit(path, (await stat(path)).size)],
    ["a flipped bit in a length", async (path) => flipBit(path, (await stat(path)).size - 35)],
    ["a flipped bit in its key", async (path) => flipBit(path, (await stat(path)).size - 50)],
    ["content of another program", (path) => writeFile(path, "\u0000nonsense\n".repeat(100))]
  ]

  it.scoped.each(damages)("removes an entry with %s, logs a warning, and sends the request", ([, damage]) =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const { layer, logged } = recordingLogger()
      const get = numberedApi()
      yield* Effect.gen(function* () {
        expect(yield* get).toBe("response 0")
        yield* Effect.promise(async () => {
          for (const path of await Effect.runPromise(filesIn(directory))) await damage(path)
        })
        expect([yield* get, yield* get]).toEqual(["response 1", "response 1"])
        expect(logged).toEqual([
          "WARN Removing damaged entries from the response cache on disk: 2",
          // The epoch is read when a request has to be sent.
          "WARN Removing damaged entries from the response cache on disk: 1"
        ])
        expect(yield* (yield* ResponseCache.ResponseCache).count()).toBe(1)
      }).pipe(Effect.provide(Layer.merge(cacheIn(directory), layer)))
    })
  )

  it.scoped("creates its directory again after it was deleted", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "cache")
      const get = numberedApi()
      yield* Effect.gen(function* () {
        yield* get
        yield* Effect.promise(() => rm(directory, { recursive: true }))
        expect([yield* get, yield* get]).toEqual(["response 1", "response 1"])
      }).pipe(Effect.provide(cacheIn(directory)))
    })
  )

  it.scoped("is not used, with one warning, where its directory is a file", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "file")
      yield* Effect.promise(() => writeFile(directory, "no directory"))
      const { layer, logged } = recordingLogger()
      const get = numberedApi()
      yield* Effect.gen(function* () {
        expect([yield* get, yield* get]).toEqual(["response 0", "response 1"])
        expect(logged).toHaveLength(1)
        const store = yield* CacheStore.CacheStore
        expect((yield* Effect.flip(store.set("a", makeValue("a", 1))))._tag).toBe("CacheFailure")
        expect((yield* Effect.flip(store.clear))._tag).toBe("CacheFailure")
      }).pipe(Effect.provide(Layer.merge(cacheIn(directory), layer)))
    })
  )

  describe("in a directory that others can access", () => {
    const modes: ReadonlyArray<readonly [string, number, RegExp]> = [
      ["all can read", 0o755, /its mode is 0755/],
      ["all can write", 0o777, /its mode is 0777/],
      ["all can enter", 0o711, /its mode is 0711/],
      ["its group can write", 0o770, /its mode is 0770/]
    ]
    it.scoped.each(modes)("where %s: logs one warning, and its files are private", ([, mode, reason]) =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        yield* Effect.promise(() => chmod(directory, mode))
        const { layer, logged } = recordingLogger()
        const get = numberedApi()
        yield* Effect.gen(function* () {
          expect([yield* get, yield* get]).toEqual(["response 0", "response 0"])
        }).pipe(Effect.provide(Layer.merge(cacheIn(directory), layer)))
        expect(logged).toHaveLength(1)
        expect(logged[0]).toMatch(/^WARN Other users may access the directory/)
        expect(logged[0]).toMatch(reason)
        const files = yield* filesIn(directory)
        expect(files.length).toBeGreaterThan(1)
        for (const path of files) expect((yield* Effect.promise(() => stat(path))).mode & 0o777).toBe(0o600)
        expect((yield* Effect.promise(() => stat(directory))).mode & 0o777).toBe(mode)
      })
    )

    it.scoped("that is a symbolic link: logs one warning", () =>
      Effect.gen(function* () {
        const parent = yield* temporaryDirectory
        const directory = join(parent, "link")
        yield* Effect.promise(async () => {
          await mkdir(join(parent, "target"), { mode: 0o700 })
          await symlink(join(parent, "target"), directory)
        })
        const { layer, logged } = recordingLogger()
        const get = numberedApi()
        yield* Effect.provide(
          Effect.zip(get, get).pipe(Effect.tap((bodies) => expect(bodies).toEqual(["response 0", "response 0"]))),
          Layer.merge(cacheIn(directory), layer)
        )
        expect(logged).toHaveLength(1)
        expect(logged[0]).toMatch(/symbolic link/)
      })
    )

    it.scoped("logs nothing where only its owner can", () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const { layer, logged } = recordingLogger()
        yield* Effect.provide(numberedApi(), Layer.merge(cacheIn(directory), layer))
        expect(logged).toEqual([])
      })
    )

    it.scoped("reads no links and pipes that were put in place of its files", () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        yield* Effect.promise(() => chmod(directory, 0o777))
        const get = numberedApi()
        yield* Effect.gen(function* () {
          expect(yield* get).toBe("response 0")
          for (const [index, path] of (yield* filesIn(directory)).entries()) {
            if (index === 0) {
              yield* Effect.promise(() => rm(path))
              execFileSync("mkfifo", [path])
            } else {
              yield* Effect.promise(async () => {
                await rename(path, `${path}.moved`)
                await symlink(`${path}.moved`, path)
              })
            }
          }
          expect([yield* get, yield* get]).toEqual(["response 1", "response 1"])
        }).pipe(Effect.provide(Layer.merge(cacheIn(directory), recordingLogger().layer)))
      })
    )

    it.scoped.skipIf(process.geteuid?.() !== 0)("reads no files of other users where these can write", () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        yield* Effect.promise(() => chmod(directory, 0o777))
        const get = numberedApi()
        yield* Effect.gen(function* () {
          expect(yield* get).toBe("response 0")
          for (const path of yield* filesIn(directory)) yield* Effect.promise(() => chown(path, 1234, 1234))
          expect([yield* get, yield* get]).toEqual(["response 1", "response 1"])
        }).pipe(Effect.provide(Layer.merge(cacheIn(directory), recordingLogger().layer)))
      })
    )
  })

  /** The size of all files in a directory. */
  const sizeOf = (directory: string) =>
    Effect.flatMap(filesIn(directory), (files) =>
      Effect.promise(async () => {
        let size = 0
        // The store deletes files in the background, too.
        for (const path of files) size += (await stat(path).catch(() => ({ size: 0 }))).size
        return size
      })
    )
  const large = (index: number): CacheStore.StoredValue => ({
    metadata: `${index}`,
    bytes: new Uint8Array(10_000),
    dropAt: 1e15
  })

  it.scopedLive("does not exceed its size, whatever the values, and however many are written at once", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "cache")
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        for (const length of [0, 100, 3000, 10_000, 60_000]) {
          yield* Effect.forEach(
            Array(150).keys(),
            (index) => store.set(`${length} ${index}`, { ...large(index), bytes: new Uint8Array(length) }),
            { concurrency: 64 }
          )
          expect(yield* sizeOf(directory)).toBeLessThanOrEqual(100_000)
        }
        yield* store.set("too large", { ...large(0), bytes: new Uint8Array(200_000) })
        expect(yield* store.get(["too large"])).toEqual([undefined])
        expect(yield* sizeOf(directory)).toBeGreaterThan(50_000)
      }).pipe(Effect.provide(DiskCache.store({ directory, maxBytes: 100_000 })))
    })
  )

  it.scopedLive("deletes the least recently used values first, also those of earlier processes", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "cache")
      const inStore = <A, E>(use: (store: typeof CacheStore.CacheStore.Service) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(CacheStore.CacheStore, use), DiskCache.store({ directory, maxBytes: 100_000 }))
      yield* inStore((store) => Effect.forEach(Array(9).keys(), (index) => store.set(`old ${index}`, large(index))))
      yield* inStore((store) =>
        Effect.gen(function* () {
          yield* store.get(["old 0"])
          // The store looks for the files of other processes in the background, and deletes one then, since ten files have no room.
          yield* store.set("new 0", large(0))
          yield* Effect.repeat(Effect.delay(filesIn(directory), "5 millis"), { until: ({ length }) => length < 10 })
          for (let index = 1; index < 6; index += 1) yield* store.set(`new ${index}`, large(index))
          const found = yield* store.get(["old 0", "old 1", "new 0", "new 5"])
          expect(found.map((value) => value !== undefined)).toEqual([true, false, true, true])
        })
      )
      expect(yield* sizeOf(directory)).toBeLessThanOrEqual(100_000)
    })
  )

  it.scopedLive("leaves files of other programs alone, and deletes those of killed writes", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const name = "a".repeat(64)
      const leftover = join(directory, `${name}.0123456789abcdef`)
      const recent = join(directory, `${name}.0123456789abcdee`)
      yield* Effect.promise(async () => {
        for (const path of [join(directory, "notes.txt"), leftover, recent]) await writeFile(path, "x")
        await utimes(leftover, 1, 1)
      })
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        yield* store.set("a", large(1))
        yield* Effect.repeat(Effect.delay(filesIn(directory), "5 millis"), {
          until: (files) => !files.includes(leftover)
        })
        expect(yield* filesIn(directory)).toContain(recent)
        yield* store.clear
        expect(yield* filesIn(directory)).toEqual([join(directory, "notes.txt")])
      }).pipe(Effect.provide(DiskCache.store({ directory })))
    })
  )

  it.scoped.skipIf(process.geteuid?.() !== 0)(
    "that can't be written serves no response from before a write to a later process",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const { exchange } = makeApi((_, index) => ({ headers: fresh, body: `response ${index}` }))
        const get = Effect.map(through(exchange(url)), text)
        const unwritable = Effect.acquireRelease(
          Effect.sync(() => process.seteuid!(1234)),
          () => Effect.sync(() => process.seteuid!(0))
        )
        yield* Effect.promise(async () => {
          await chown(directory, 1234, 1234)
          await chmod(directory, 0o700)
        })
        yield* Effect.scoped(Effect.zipRight(unwritable, Effect.provide(get, cacheIn(directory))))
        yield* Effect.promise(() => chmod(directory, 0o500))
        yield* Effect.gen(function* () {
          yield* unwritable
          const write = Effect.flatMap(ResponseCache.ResponseCache, ({ invalidating }) => invalidating(url, written))
          yield* Effect.provide(write, cacheIn(directory))
          expect(yield* Effect.provide(get, cacheIn(directory))).toBe("response 1")
        }).pipe(Effect.scoped, Effect.provide(recordingLogger().layer))
      })
  )
})
