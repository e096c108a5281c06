import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as Log from "effect-herald/log"
import { SqliteLogStore } from "effect-herald/sqlite"
import Database from "libsql"
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { recordedConsole } from "../../support/log.js"

const directory = mkdtempSync(join(tmpdir(), "herald-log-store-"))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0
const newFile = () => join(directory, `${(files += 1)}`, "logs.db")

const using = <A>(options: SqliteLogStore.Options, use: (store: Log.LogStore) => A) =>
  Effect.map(Log.Store, use).pipe(Effect.provide(SqliteLogStore.layer(options)))

const texts = (store: Log.LogStore) => store.read(-1, 1_000_000).map(({ text }) => text)

const appendAll =
  (...all: ReadonlyArray<string>) =>
  (store: Log.LogStore) =>
    all.map((text) => store.append(text))

describe("a queue of logs in a file of SQLite", () => {
  it.effect("returns records in order, after a position, and removes those through one", () =>
    using({ file: newFile() }, (store) => {
      const positions = appendAll("a", "b", "c", "d")(store)
      expect(positions).toEqual(positions.toSorted((a, b) => a - b))
      expect(store.size()).toBe(4)
      expect(store.read(positions[0]!, 2)).toEqual([
        { position: positions[1], text: "b" },
        { position: positions[2], text: "c" }
      ])
      store.removeThrough(positions[1]!)
      store.remove(positions[2]!)
      expect(texts(store)).toEqual(["d"])
    })
  )

  it.effect("keeps texts of any characters and lengths", () => {
    const all = ["", JSON.stringify("\0"), "ﬀ𝔘🂡", "x".repeat(1_000_000), '{"a":"\\ud800"}']
    return using({ file: newFile() }, (store) => {
      appendAll(...all)(store)
      expect(texts(store)).toEqual(all)
    })
  })

  it.effect("has the records of a former layer, and positions that are greater", () =>
    Effect.gen(function* () {
      const file = newFile()
      const [first, second] = yield* using({ file }, appendAll("a", "b"))
      yield* using({ file }, (store) => store.removeThrough(second!))
      const [third] = yield* using({ file }, appendAll("c"))
      expect(third).toBeGreaterThan(Math.max(first!, second!))
      expect(yield* using({ file, sync: true }, texts)).toEqual(["c"])
    })
  )

  it.effect("is private, and makes its directory", () =>
    Effect.gen(function* () {
      const file = newFile()
      yield* using({ file }, (store) => {
        store.append("a")
        for (const name of readdirSync(join(file, ".."))) expect(statSync(join(file, "..", name)).mode & 0o077).toBe(0)
      })
      expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700)
      expect(readdirSync(join(file, ".."))).toEqual(["logs.db"])
    })
  )

  it.effect("is used by one layer at a time: another one waits for ten seconds, and fails", () =>
    Effect.gen(function* () {
      const file = newFile()
      const failure = yield* Effect.gen(function* () {
        const waiting = yield* Effect.fork(Effect.flip(using({ file }, texts)))
        yield* TestClock.adjust("9 seconds")
        expect(yield* Fiber.poll(waiting)).toMatchObject({ _tag: "None" })
        yield* TestClock.adjust("2 seconds")
        return yield* Fiber.join(waiting)
      }).pipe(Effect.provide(SqliteLogStore.layer({ file })))
      expect(failure).toMatchObject({ _tag: "LogStoreFailure", reason: "InUse" })
      expect(failure.message).toContain(file)
    })
  )

  it.effect("is taken over once the former layer has ended", () =>
    Effect.gen(function* () {
      const file = newFile()
      const waiting = yield* Effect.gen(function* () {
        const waiting = yield* Effect.fork(using({ file }, texts))
        yield* TestClock.adjust("1 second")
        ;(yield* Log.Store).append("a")
        return waiting
      }).pipe(Effect.provide(SqliteLogStore.layer({ file })))
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(waiting)).toEqual(["a"])
    })
  )

  const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    "is cut off": (bytes) => bytes.subarray(0, 5000),
    "misses its last page": (bytes) => bytes.subarray(0, bytes.length - 4096),
    "has other bytes in it": (bytes) => bytes.fill(0xff, 4096, 12_288),
    "is no file of SQLite": () => Buffer.from("hello ".repeat(1000)),
    "is shorter than a header": () => Buffer.from("{}")
  }
  it.effect.each(Object.keys(damages))("begins anew if the file %s, keeps that one, and warns", (damage) =>
    Effect.gen(function* () {
      const file = newFile()
      yield* using({ file }, appendAll(...Array.from({ length: 200 }, () => "x".repeat(500))))
      const damaged = damages[damage]!(readFileSync(file))
      writeFileSync(file, damaged)
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => {
        warnings.push(logLevel.label, String(message))
      })
      const read = yield* using({ file }, (store) => {
        store.append("new")
        return texts(store)
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      expect(read).toEqual(["new"])
      // SQLite counts its changes in the header.
      expect(readFileSync(`${file}.unreadable`).subarray(100)).toEqual(damaged.subarray(100))
      expect(warnings).toEqual(["WARN", expect.stringContaining(`${file}.unreadable`)])
    })
  )

  it.effect("begins anew if the file is the database of another program", () =>
    Effect.gen(function* () {
      const file = newFile()
      yield* using({ file }, () => {})
      rmSync(file)
      const other = new Database(file)
      other.exec("CREATE TABLE people (name TEXT)")
      other.pragma("user_version = 1")
      other.close()
      expect(yield* using({ file }, texts)).toEqual([])
      expect(existsSync(`${file}.unreadable`)).toBe(true)
    })
  )

  it.effect("fails if its path can't be used", () =>
    Effect.gen(function* () {
      const file = newFile()
      yield* using({ file }, () => {})
      for (const path of [join(file, "logs.db"), join(file, ".."), "/proc/logs.db"]) {
        const failure = yield* Effect.flip(using({ file: path }, texts))
        expect(failure).toMatchObject({ _tag: "LogStoreFailure", reason: "Unusable" })
        expect(failure.message).toContain(path)
      }
    })
  )

  it.effect("follows a symbolic link to its file", () =>
    Effect.gen(function* () {
      const file = newFile()
      yield* using({ file }, appendAll("a"))
      const link = join(file, "..", "link.db")
      symlinkSync(file, link)
      expect(yield* using({ file: link }, texts)).toEqual(["a"])
    })
  )

  it.effect("throws if it is full, and takes records again once some are removed", () =>
    using({ file: newFile(), maxBytes: 100_000 }, (store) => {
      let last = 0
      const fill = () => {
        for (let count = 0; count < 1000; count += 1) last = store.append("x".repeat(1000))
      }
      expect(fill).toThrow(/full/)
      expect(last).toBeGreaterThan(40)
      store.removeThrough(40)
      expect(store.append("y")).toBe(last + 1)
      expect(store.size()).toBe(last - 40 + 1)
    })
  )

  it.effect("keeps what a shipper can't send, and the next shipper sends it first", () =>
    Effect.gen(function* () {
      const file = newFile()
      const shipper = (send: (message: string) => Effect.Effect<void, string>) =>
        Log.layer({
          send: ([record]) => send(record.message),
          retry: Schedule.forever,
          retryWhile: () => true,
          flushWithin: 0
        }).pipe(Layer.provide(SqliteLogStore.layer({ file })))
      const { layer: silent, lines } = recordedConsole()
      yield* Effect.log("one").pipe(
        Effect.zipRight(Effect.log("two")),
        Effect.provide(shipper(() => Effect.never)),
        Effect.provide(silent)
      )
      const arrived: Array<string> = []
      const exit = yield* Effect.log("three").pipe(
        Effect.zipRight(Effect.flatMap(Log.Shipper, ({ flush }) => flush)),
        Effect.provide(shipper((message) => Effect.sync(() => void arrived.push(message)))),
        Effect.provide(silent),
        Effect.exit
      )
      expect(Exit.isSuccess(exit)).toBe(true)
      expect(arrived).toEqual(["one", "two", "three"])
      expect(yield* using({ file }, texts)).toEqual([])
      // The first shipper does not use the file after its end, which would fail.
      expect(lines).toEqual([expect.stringContaining("2 of them are in the store")])
    })
  )
})
