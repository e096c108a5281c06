import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Log from "effect-herald/log"
import { SqliteLogStore } from "effect-herald/sqlite"
import { bundleScript, forkBundle } from "../support/child.js"

const script = new URL("../support/logShipperProcess.ts", import.meta.url)

/** A server that has all records, in order of their arrival. `onRequest` is called before a request is answered, and after. */
const serve = Effect.acquireRelease(
  Effect.promise(async () => {
    const state = {
      arrived: [] as Array<number>,
      requests: 0,
      isDown: false,
      before: (_request: number) => {},
      after: (_request: number) => {},
      baseUrl: ""
    }
    const server: Server = createServer((request, response) => {
      let body = ""
      request.on("data", (data: Buffer) => (body += data.toString()))
      request.on("end", () => {
        state.requests += 1
        const own = state.requests
        if (state.isDown) {
          response.writeHead(503).end()
          state.after(own)
          return
        }
        // The process sends these bodies only.
        state.arrived.push(...(JSON.parse(body) as ReadonlyArray<string>).map(Number))
        state.before(own)
        response.on("finish", () => state.after(own))
        response.writeHead(204).end()
      })
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    state.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return { server, state }
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
).pipe(Effect.map(({ state }) => state))

interface Run {
  readonly end: string
  readonly count: number
  readonly from?: number
  readonly size?: number
  readonly file?: string
}

const suite = Effect.runSync(Scope.make())
let bundle = ""
beforeAll(async () => {
  bundle = await Effect.runPromise(Scope.extend(bundleScript(script), suite))
})
afterAll(() => Effect.runPromise(Scope.close(suite, Exit.void)))

/** Processes start slowly on a busy machine. The limit, in milliseconds, is only for tests that hang. */
const longest = 600_000

const setup = Effect.gen(function* () {
  const state = yield* serve
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-herald-logs-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  /** Runs the process, and returns how it ended and the records whose log calls returned. */
  const run = (
    { count, end, file = "", from = 0, size = 1 }: Run,
    onStart: (kill: (signal: NodeJS.Signals) => void) => void = () => {},
    onLogged: (count: number) => void = () => {}
  ) =>
    Effect.scoped(
      Effect.gen(function* () {
        const child = yield* forkBundle(bundle, [state.baseUrl, file, end, `${count}`, `${from}`, `${size}`], {
          stdio: ["ignore", "pipe", "pipe", "ipc"]
        })
        let output = ""
        let errors = ""
        child.stderr?.on("data", (data: Buffer) => (errors += data.toString()))
        child.stdout?.on("data", (data: Buffer) => {
          output += data.toString()
          onLogged(output.split("\n").length - 1)
        })
        onStart((signal) => child.kill(signal))
        const [code, signal] = (yield* Effect.promise(() => once(child, "close"))) as [number | null, string | null]
        return { code, signal, errors, logged: output.split("\n").slice(0, -1).map(Number) }
      })
    )
  return { state, run, file: join(directory, "logs.db") }
})

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

/** The records without those that came before. */
const firstOf = (arrived: ReadonlyArray<number>) => [...new Set(arrived)]

/** Numbers from a seed, between 0 and 1. */
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
  return seed / 0x7fffffff
}

const storedIn = (file: string) =>
  Effect.map(Log.Store, (store) =>
    store.read(-1, 1_000_000).map(({ text }) => Number((JSON.parse(text) as { readonly message: string }).message))
  ).pipe(Effect.provide(SqliteLogStore.layer({ file })))

describe("the log shipper in a process that ends", { timeout: longest }, () => {
  it.scopedLive.each([
    { size: 1, count: 50, seed: 3 },
    { size: 40, count: 600, seed: 5 }
  ])(
    "loses no accepted record by SIGKILL, and doubles at most what was in flight: batches of $size",
    ({ count, seed, size }) =>
      Effect.gen(function* () {
        const { file, run, state } = yield* setup
        const next = random(seed)
        const kills = 5
        const doubled: Array<number> = []
        const accepted: Array<number> = []
        let from = 0
        for (let kill = 0; kill < kills; kill += 1) {
          const at = state.requests + 1 + Math.floor(next() * (size === 1 ? 30 : 12))
          const moment = next() < 0.5 ? "before" : "after"
          const begun = state.arrived.length
          const known = new Set(state.arrived)
          const { logged, signal } = yield* run({ end: "waits", count, from, size, file }, (end) => {
            state[moment] = (request) => {
              if (request >= at) end("SIGKILL")
            }
          })
          state.before = () => {}
          state.after = () => {}
          expect(signal).toBe("SIGKILL")
          doubled.push(state.arrived.slice(begun).filter((index) => known.has(index)).length)
          accepted.push(...logged)
          // The last record may be accepted without its line, so it is logged by no later process.
          from += logged.length + 1
        }
        const known = new Set(state.arrived)
        const begun = state.arrived.length
        const last = yield* run({ end: "main", count: 10, from, size, file })
        expect(last).toMatchObject({ code: 0, signal: null, errors: "" })
        doubled.push(state.arrived.slice(begun).filter((index) => known.has(index)).length)

        const arrived = firstOf(state.arrived)
        expect(arrived).toEqual(arrived.toSorted((a, b) => a - b))
        expect(accepted.filter((index) => !arrived.includes(index))).toEqual([])
        expect(Math.max(...doubled)).toBeLessThanOrEqual(size)
        expect(yield* storedIn(file)).toEqual([])
      })
  )

  it.scopedLive.each([
    { end: "main", code: 0 },
    { end: "promise", code: 0 },
    { end: "fails", code: 1 }
  ])("sends a record logged in the last line of a program: $end", ({ code, end }) =>
    Effect.gen(function* () {
      const { run, state } = yield* setup
      for (const size of [1, 100]) {
        state.arrived.length = 0
        expect(yield* run({ end, count: 3, size })).toMatchObject({ code, errors: "" })
        expect(state.arrived).toEqual([0, 1, 2])
      }
    })
  )

  it.scopedLive.each(["SIGTERM", "SIGINT"] as const)("sends all that was logged before a %s amid a burst", (signal) =>
    Effect.gen(function* () {
      const { run, state } = yield* setup
      for (const size of [1, 100]) {
        state.arrived.length = 0
        let end = () => {}
        const result = yield* run(
          { end: "waits", count: 100_000, size },
          (kill) => (end = () => kill(signal)),
          (logged) => {
            if (logged < 500) return
            end()
            // A second one ends the process at once.
            end = () => {}
          }
        )
        expect(result).toMatchObject({ code: 0, signal: null, errors: "" })
        expect(result.logged.length).toBeLessThan(100_000)
        expect(state.arrived).toEqual(upTo(state.arrived.length))
        expect(state.arrived.length - result.logged.length).toBeOneOf([0, 1])
      }
    })
  )

  /** A burst that is logged while the server is down, and a SIGTERM after it. */
  const terminated = (run: Effect.Effect.Success<typeof setup>["run"], options: Partial<Run>, times = 1) => {
    let end = () => {}
    return run(
      { end: "deadline", count: 300, size: 100, ...options },
      (kill) => (end = () => kill("SIGTERM")),
      (logged) => logged === 300 && upTo(times).forEach(() => end())
    )
  }

  it.scopedLive("ends within its deadline after a SIGTERM while the server is down, and tells what is lost", () =>
    Effect.gen(function* () {
      const { run, state } = yield* setup
      state.isDown = true
      const { code, errors } = yield* terminated(run, {})
      expect(code).toBe(0)
      expect(errors).toContain("300 log records")
      expect(errors.trim().split("\n")).toHaveLength(1)
    })
  )

  it.scopedLive("keeps in the queue on disk what it could not send before a SIGTERM", () =>
    Effect.gen(function* () {
      const { file, run, state } = yield* setup
      state.isDown = true
      const { code, errors } = yield* terminated(run, { file })
      expect(code).toBe(0)
      expect(errors).toContain("300 log records")
      expect(errors).toContain("the next process")
      expect(errors.trim().split("\n")).toHaveLength(1)
      expect(yield* storedIn(file)).toEqual(upTo(300))
      state.isDown = false
      expect(yield* run({ end: "main", count: 1, from: 300, file, size: 100 })).toMatchObject({ code: 0, errors: "" })
      expect(state.arrived).toEqual(upTo(301))
    })
  )

  it.scopedLive("is ended at once by a second SIGTERM, with its records in the queue on disk", () =>
    Effect.gen(function* () {
      const { file, run, state } = yield* setup
      state.isDown = true
      let end = () => {}
      let isTerminated = false
      state.after = () => isTerminated && end()
      const { signal } = yield* run(
        { end: "waits", count: 300, size: 100, file },
        (kill) => (end = () => kill("SIGTERM")),
        (logged) => {
          if (logged !== 300) return
          isTerminated = true
          end()
        }
      )
      expect(signal).toBe("SIGTERM")
      expect(yield* storedIn(file)).toEqual(upTo(300))
    })
  )

  it.scopedLive.each([
    { end: "throws", code: 1 },
    { end: "exits", code: 7 }
  ])("has its records in the queue on disk after an end without a scope: $end", ({ code, end }) =>
    Effect.gen(function* () {
      const { file, run, state } = yield* setup
      state.isDown = true
      const result = yield* run({ end, count: 300, size: 100, file })
      expect(result.code).toBe(code)
      expect(yield* storedIn(file)).toEqual(upTo(300))
    })
  )
})
