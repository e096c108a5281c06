import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Log from "effect-herald/log"
import { SqliteLogStore } from "effect-herald/sqlite"
import { type ChildProcess, execFileSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bundleScript, forkBundle } from "../../support/child.js"

const script = new URL("../../support/logStoreProcess.ts", import.meta.url)

const setup = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-herald-queue-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const bundle = yield* bundleScript(script)
  const file = join(directory, "logs.db")
  /** Starts a process with the file, and returns it with its first message. */
  const start = Effect.gen(function* () {
    const child = yield* forkBundle(bundle, [file], { stdio: ["ignore", "pipe", "inherit", "ipc"] })
    return { child, first: yield* message(child) }
  })
  return { directory, file, start }
})

const message = (child: ChildProcess) =>
  Effect.promise(async () => {
    const [received] = (await once(child, "message")) as [Readonly<Record<string, unknown>>]
    return received
  })

const ask = (child: ChildProcess, word: string) =>
  Effect.suspend(() => {
    const reply = message(child)
    return Effect.zipLeft(
      reply,
      Effect.sync(() => child.send(word)),
      { concurrent: true }
    )
  })

const kill = (child: ChildProcess) =>
  Effect.promise(() => {
    const exited = once(child, "exit")
    child.kill("SIGKILL")
    return exited
  })

const using = <A>(file: string, use: (store: Log.LogStore) => A) =>
  Effect.map(Log.Store, use).pipe(Effect.provide(SqliteLogStore.layer({ file })))

/** Opens a file that is in use, and returns how that fails. */
const refusal = (file: string) =>
  Effect.gen(function* () {
    const waiting = yield* Effect.fork(Effect.flip(using(file, ({ size }) => size())))
    yield* TestClock.adjust("11 seconds")
    return (yield* Fiber.join(waiting)).reason
  })

const indices = (store: Log.LogStore) =>
  store.read(-1, 1_000_000).map(({ text }) => (JSON.parse(text) as { readonly index: number }).index)

describe("the file of a queue of logs, and processes", () => {
  it.scoped("is refused to other processes, also after a second layer of the owner was refused", () =>
    Effect.gen(function* () {
      const { file, start } = yield* setup
      yield* Effect.gen(function* () {
        expect((yield* start).first).toEqual({ refused: "InUse" })
        expect(yield* refusal(file)).toBe("InUse")
        expect((yield* start).first).toEqual({ refused: "InUse" })
        expect(yield* refusal(file)).toBe("InUse")
        expect((yield* start).first).toEqual({ refused: "InUse" })
      }).pipe(Effect.provide(SqliteLogStore.layer({ file })))
      expect((yield* start).first).toEqual({ used: 0 })
    })
  )

  it.scoped("is free right after SIGKILL, and not while its process is stopped", () =>
    Effect.gen(function* () {
      const { file, start } = yield* setup
      const { child } = yield* start
      yield* ask(child, "append")
      child.kill("SIGSTOP")
      expect(yield* refusal(file)).toBe("InUse")
      child.kill("SIGCONT")
      expect(yield* ask(child, "append")).toEqual({ size: 2 })
      child.kill("SIGSTOP")
      yield* kill(child)
      expect(yield* using(file, indices)).toEqual([0, 0])
    })
  )

  it.scoped("has each record whose append had returned before SIGKILL, in order", () =>
    Effect.gen(function* () {
      const { file, start } = yield* setup
      let expected = 0
      for (const until of [1, 70, 1300]) {
        const { child } = yield* start
        let output = ""
        child.stdout?.on("data", (data: Buffer) => {
          output += data.toString()
          if (output.split("\n").length > until) child.kill("SIGKILL")
        })
        child.send("fill")
        yield* Effect.promise(() => once(child, "close"))
        const lines = output.split("\n").slice(0, -1)
        const found = yield* using(file, indices)
        const own = found.slice(expected)
        // The last record may be in the file without its line.
        expect(own.length - lines.length).toBeOneOf([0, 1])
        expect(own).toEqual(own.map((_, index) => index))
        expected = found.length
      }
    })
  )

  it.scoped("loses nothing where it can't grow: an append throws, and a removal that fails is made up for", () =>
    Effect.gen(function* () {
      const { file, start } = yield* setup
      const { child } = yield* start
      const limit = (bytes: string) => execFileSync("prlimit", ["--pid", `${child.pid}`, `--fsize=${bytes}:unlimited`])
      limit("1048576")
      const { last, left, refused, size } = yield* ask(child, "limit")
      expect(refused).toMatch(/full|disk I\/O/)
      expect(last).toBeGreaterThan(50)
      expect(size).toBe(last)
      // The removal needs room, too.
      expect(left).toBe(last)
      limit("unlimited")
      const rest = Number(last) - Math.floor(Number(last) / 2)
      expect(yield* ask(child, "remove")).toEqual({ size: rest })
      expect(yield* ask(child, "append")).toEqual({ size: rest + 1 })
      yield* kill(child)
      expect(yield* using(file, ({ size }) => size())).toBe(rest + 1)
    })
  )

  // The mode of a directory does not bind root.
  it.scoped.skipIf(process.getuid?.() === 0)("fails in a directory that is read-only", () =>
    Effect.gen(function* () {
      const { directory, file } = yield* setup
      yield* using(file, (store) => store.append("a"))
      chmodSync(directory, 0o500)
      const failure = yield* Effect.flip(using(file, ({ size }) => size()))
      chmodSync(directory, 0o700)
      expect(failure.reason).toBe("Unusable")
      expect(yield* using(file, ({ size }) => size())).toBe(1)
    })
  )
})
