import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { CacheStore, ResponseCache } from "effect-herald"
import { fork } from "node:child_process"
import { once } from "node:events"
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as CacheDisk from "effect-herald/cache-disk"
import * as HttpCache from "effect-herald/cache"
import { isWhole, make, type Said } from "./diskKit.js"
import { api, folder, text, through, until } from "./kit.js"

const page = "https://api.test/page"
const fresh = { "cache-control": "max-age=1000" }

const cache = (directory: string) => HttpCache.layer().pipe(Layer.provideMerge(CacheDisk.store({ directory })))

/** All files beneath, as paths. */
const filesIn = (directory: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(async () => {
    const all = await readdir(directory, { recursive: true, withFileTypes: true })
    return all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  })

const listening = () => {
  const logged: Array<string> = []
  const layer = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ logLevel, message }) => {
      logged.push(`${logLevel.label} ${String(message)}`)
    })
  )
  return { logged, layer }
}

/** A process that writes there; it is killed when the scope closes. */
const writer = (directory: string, name: string) =>
  Effect.gen(function* () {
    const script = fileURLToPath(new URL("diskProcess.ts", import.meta.url))
    let written = -1
    let torn: number | undefined
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(script, [directory, name], { execArgv: ["--import", "tsx"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const exited = once(child, "exit")
    const heard = (said: Said) => {
      if ("written" in said) written = said.written
      if ("torn" in said) torn = said.torn
    }
    // The script is ours.
    child.on("message", (said) => heard(said as Said))
    const isAlive = () => child.exitCode === null && child.signalCode === null
    const reached = (count: number) =>
      Effect.zipRight(
        until(() => written >= count || !isAlive()),
        Effect.sync(() => expect(isAlive()).toBe(true))
      )
    return {
      reached,
      written: () => written,
      kill: Effect.promise(async () => {
        child.kill("SIGKILL")
        await exited
      }),
      stop: Effect.promise(async () => {
        child.send("stop")
        await exited
        return torn
      })
    }
  })

describe("a cache on disk", () => {
  it.scopedLive("outlives who wrote it, with nothing to be closed or committed", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "deep", "down")
      const server = api((_, index) => ({ headers: { ...fresh, "x-a": "é" }, body: Uint8Array.of(index, 0, 255) }))
      const ask = through(server.exchange(page, { partition: "me" }))
      yield* Effect.provide(ask, CacheDisk.layer({ directory }))
      const kept = yield* Effect.provide(ask, CacheDisk.layer({ directory }))
      expect(kept).toMatchObject({ status: 200, headers: { "x-a": "é" }, body: Uint8Array.of(0, 0, 255) })
      expect(server.requests).toHaveLength(1)
    })
  )

  it.scopedLive("makes its folder for its owner alone, when it first keeps something", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "cache")
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        expect(yield* store.get(["a"])).toEqual([undefined])
        expect(yield* Stream.runCount(store.list)).toBe(0)
        yield* store.clear
        expect(yield* Effect.promise(() => stat(directory).catch(() => "none"))).toBe("none")
        yield* store.set("a", make("a", 1))
        expect((yield* Effect.promise(() => stat(directory))).mode & 0o777).toBe(0o700)
      }).pipe(Effect.provide(CacheDisk.store({ directory })))
    })
  )

  it.scopedLive("does not grow by what is written over, or removed", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        // The same bytes under another key are another's.
        yield* store.set("same", make("a", 1))
        const one = Effect.suspend(() => store.set("a", make("a", 1)))
        yield* Effect.replicateEffect(one, 30)
        yield* Effect.replicateEffect(one, 30, { concurrency: "unbounded" })
        const files = yield* filesIn(directory)
        expect(files.filter((path) => path.includes("content-"))).toHaveLength(2)
        for (const path of files.filter((path) => path.includes("index-"))) {
          const lines = (yield* Effect.promise(() => readFile(path, "utf8"))).trim().split("\n")
          expect(lines.length).toBeLessThanOrEqual(17)
        }
        yield* store.remove(["a"])
        expect(isWhole((yield* store.get(["same"]))[0]!)).toBe(true)
        yield* store.remove(["same"])
        expect(yield* filesIn(directory)).toEqual([])
      }).pipe(Effect.provide(CacheDisk.store({ directory })))
    })
  )

  it.scoped("has no file left of what is long of no use, once it was purged, though nobody asked for it again", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.gen(function* () {
        const { count, purge } = yield* ResponseCache.ResponseCache
        const { exchange } = api(() => ({ headers: fresh, body: "a" }))
        for (let index = 0; index < 5; index += 1) yield* through(exchange(`${page}/${index}`))
        // Of each an answer and what guards it, both an index and content.
        expect(yield* filesIn(directory)).toHaveLength(20)
        yield* TestClock.adjust("1000 days")
        yield* through(exchange(page))
        expect(yield* count({ expired: true })).toBe(1)
        yield* purge
        expect(yield* filesIn(directory)).toHaveLength(4)
        expect(yield* count()).toBe(1)
      }).pipe(Effect.provide(cache(directory)))
    })
  )

  it.scopedLive("has all that was written, and whole, after its process was killed amid writing", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      for (const round of [1, 2, 3]) {
        const process = yield* writer(directory, `round ${round}`)
        yield* process.reached(20 * round)
        yield* process.kill
        const { layer, logged } = listening()
        yield* Effect.gen(function* () {
          const store = yield* CacheStore.CacheStore
          for (let index = 0; index <= process.written(); index += 1) {
            const key = `round ${round} ${index}`
            const [found] = yield* store.get([key])
            expect(found && { ...found, bytes: [...found.bytes] }).toEqual({
              ...make(key, index),
              bytes: [...make(key, index).bytes]
            })
          }
          const [shared] = yield* store.get(["shared"])
          expect(shared !== undefined && isWhole(shared)).toBe(true)
          yield* store.set("shared", make("after", round))
          expect((yield* store.get(["shared"]))[0]?.about).toBe(make("after", round).about)
        }).pipe(Effect.provide(Layer.merge(CacheDisk.store({ directory }), layer)))
        expect(logged).toEqual([])
      }
    })
  )

  it.scopedLive("is read and written by two processes at once", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const processes = yield* Effect.all([writer(directory, "one"), writer(directory, "other")])
      yield* Effect.forEach(processes, ({ reached }) => reached(60))
      // Each has read what the other writes, too.
      for (const { stop } of processes) expect(yield* stop).toBe(0)
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        for (const [index, name] of ["one", "other"].entries()) {
          for (let at = 0; at <= processes[index]!.written(); at += 1) {
            const [found] = yield* store.get([`${name} ${at}`])
            expect(found?.about).toBe(make(`${name} ${at}`, at).about)
            expect(isWhole(found!)).toBe(true)
          }
        }
      }).pipe(Effect.provide(CacheDisk.store({ directory })))
    })
  )

  const damages: ReadonlyArray<readonly [string, "content-" | "index-", (path: string) => Promise<void>]> = [
    ["content that was cut short", "content-", (path) => truncate(path, 3)],
    ["content that was emptied", "content-", (path) => truncate(path, 0)],
    [
      "content with a flipped bit",
      "content-",
      async (path) => {
        const bytes = await readFile(path)
        bytes[bytes.length - 1]! ^= 1
        await writeFile(path, bytes)
      }
    ],
    ["content that was deleted", "content-", (path) => rm(path)],
    ["an index of nonsense", "index-", (path) => writeFile(path, "\u0000nonsense\n{}\t{}\n")],
    ["an index that was cut short", "index-", async (path) => truncate(path, (await stat(path)).size - 5)],
    [
      "an index with a flipped bit",
      "index-",
      async (path) => {
        const bytes = await readFile(path)
        bytes[bytes.length - 9]! ^= 1
        await writeFile(path, bytes)
      }
    ]
  ]

  it.scopedLive.each(damages)("drops %s, and logs that, and the call works", ([, part, damage]) =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { layer, logged } = listening()
      const server = api((_, index) => ({ headers: fresh, body: `answer ${index}` }))
      const ask = Effect.map(through(server.exchange(page)), text)
      yield* Effect.gen(function* () {
        expect(yield* ask).toBe("answer 0")
        const files = (yield* filesIn(directory)).filter((path) => path.includes(part))
        expect(files).toHaveLength(2)
        yield* Effect.promise(() => Promise.all(files.map(damage)))
        expect([yield* ask, yield* ask]).toEqual(["answer 1", "answer 1"])
        // The content of what marks a generation is nothing, and is not read.
        expect(logged).toHaveLength(part === "content-" ? 1 : 2)
        for (const line of logged) expect(line).toMatch(/^WARN An entry of the response cache on disk is dropped: /)
        expect(yield* (yield* ResponseCache.ResponseCache).count()).toBe(1)
      }).pipe(Effect.provide(Layer.merge(cache(directory), layer)))
    })
  )

  it.scopedLive("goes on when its folder was deleted", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "cache")
      const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
      const ask = Effect.map(through(server.exchange(page)), text)
      yield* Effect.gen(function* () {
        yield* ask
        yield* Effect.promise(() => rm(directory, { recursive: true }))
        expect([yield* ask, yield* ask]).toEqual(["1", "1"])
      }).pipe(Effect.provide(cache(directory)))
    })
  )

  it.scopedLive("that can't be used is left out", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "file")
      yield* Effect.promise(() => writeFile(directory, "no folder"))
      const { layer, logged } = listening()
      const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
      const ask = Effect.map(through(server.exchange(page)), text)
      yield* Effect.gen(function* () {
        expect([yield* ask, yield* ask]).toEqual(["0", "1"])
        expect(logged).toHaveLength(1)
        const store = yield* CacheStore.CacheStore
        expect((yield* Effect.flip(store.set("a", make("a", 1))))._tag).toBe("CacheFailure")
        expect((yield* Effect.flip(store.clear))._tag).toBe("CacheFailure")
      }).pipe(Effect.provide(Layer.merge(cache(directory), layer)))
    })
  )
})
