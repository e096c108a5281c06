import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Civis from "effect-herald/civis"
import * as Scripted from "../../servers/scripted.js"
import { elapsing } from "../../support/kit.js"
import { start } from "./support/server.js"

const requestsOf = (requests: ReadonlyArray<Scripted.Received>) =>
  requests.map(({ method, target }) => `${method} ${target}`)

/** Runs a job, and returns the states that it reports with their times, in seconds. */
const watched = (jobId: number, options: Civis.JobOptions = {}) =>
  Effect.gen(function* () {
    const states: Array<readonly [state: string, at: number]> = []
    const begun = yield* Clock.currentTimeMillis
    const result = yield* Effect.either(
      Civis.runJob(jobId, {
        ...options,
        onRun: ({ state }) =>
          Effect.map(Clock.currentTimeMillis, (now) => void states.push([state, (now - begun) / 1000]))
      })
    )
    return { result, states }
  })

describe("runJob", () => {
  it.scoped("polls a run with growing intervals until it has succeeded", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ jobs: { 7: { states: ["queued", "queued", "running", "succeeded"] } } })
      const { result, states } = yield* elapsing(Effect.provide(watched(7), live))
      expect(result).toMatchObject({ _tag: "Right", right: { id: 101, state: "succeeded" } })
      expect(states).toEqual([
        ["queued", 0],
        ["queued", 1],
        ["running", 2.2],
        ["succeeded", 3.64]
      ])
      expect(requestsOf(server.requests)).toEqual([
        "POST /jobs/7/runs",
        "GET /jobs/7/runs/101",
        "GET /jobs/7/runs/101",
        "GET /jobs/7/runs/101"
      ])
      expect(server.requests.map(({ body }) => body)).toEqual(["", "", "", ""])
    })
  )

  it.scoped("waits at most 15 seconds between two requests", () =>
    Effect.gen(function* () {
      const states = [...Array.from({ length: 30 }, () => "running"), "succeeded"]
      const { live } = yield* start({ jobs: { 7: { states } } })
      const { states: seen } = yield* elapsing(Effect.provide(watched(7), live))
      const waits = seen.slice(1).map(([, at], index) => at - seen[index]![1])
      expect(Math.max(...waits)).toBeCloseTo(15)
      expect(waits.filter((wait) => wait > 14.99).length).toBeGreaterThan(10)
    })
  )

  it.scoped("polls at an interval of the user's own", () =>
    Effect.gen(function* () {
      const { live } = yield* start({ jobs: { 7: { states: ["queued", "running", "running", "succeeded"] } } })
      const { states } = yield* elapsing(Effect.provide(watched(7, { pollingInterval: "10 seconds" }), live))
      expect(states.map(([, at]) => at)).toEqual([0, 10, 20, 30])
    })
  )

  it.scoped("fails with the job, the run, its error and the last lines of its log", () =>
    Effect.gen(function* () {
      const logs = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`)
      const jobs = { 7: { states: ["running", "failed"], error: "Exit code 1", logs } }
      const { live } = yield* start({ jobs })
      const { result, states } = yield* elapsing(Effect.provide(watched(7), live))
      expect(states.map(([state]) => state)).toEqual(["running", "failed"])
      expect(result).toMatchObject({
        _tag: "Left",
        left: { _tag: "JobFailed", jobId: 7, runId: 101, run: { state: "failed", error: "Exit code 1" } }
      })
      const error = result._tag === "Left" && result.left._tag === "JobFailed" ? result.left : undefined
      expect(error?.logs.map(({ message }) => message)).toEqual(logs.slice(5))
      expect(error?.message.split("\n")).toEqual(["(From job 7 / run 101) Exit code 1", ...logs.slice(5)])
    })
  )

  it.scoped("fails where a response is not a run, and not where it is no log", () =>
    Effect.gen(function* () {
      const jobs = { 7: { states: ["running", "failed"], error: "Exit code 1" } }
      const instead =
        (pattern: RegExp, body: string) =>
        ({ method, target }: Scripted.Received) =>
          pattern.test(`${method} ${target}`)
            ? Scripted.respond({ body, headers: { "content-type": "application/json" } })
            : undefined
      const run = (pattern: RegExp, body: string) =>
        Effect.flatMap(start({ jobs, instead: instead(pattern, body) }), ({ live }) =>
          Effect.map(elapsing(Effect.provide(watched(7), live)), ({ result }) => result)
        )
      for (const body of ["", "null", "[]", "<html>", '{"id":"x"}']) {
        expect(yield* run(/^POST/, body)).toMatchObject({ left: { _tag: "DecodeError" } })
        expect(yield* run(/^GET .*101$/, body)).toMatchObject({ left: { _tag: "DecodeError" } })
      }
      expect(yield* run(/logs/, "")).toMatchObject({ left: { _tag: "JobFailed", logs: [] } })
    })
  )

  it.scoped("waits for the last lines of the log, which are late, for 15 seconds", () =>
    Effect.gen(function* () {
      const instead = ({ target }: Scripted.Received) =>
        target.includes("/logs") ? Scripted.json([], { headers: { "civis-cache-control": "no-store" } }) : undefined
      const { live, server } = yield* start({ jobs: { 7: { states: ["failed"] } }, instead })
      const began = yield* Clock.currentTimeMillis
      const { result } = yield* elapsing(Effect.provide(watched(7), live))
      expect(result).toMatchObject({ left: { message: "(From job 7 / run 101) The run failed.", logs: [] } })
      expect(requestsOf(server.requests).filter((request) => request.includes("/logs"))).toHaveLength(4)
      expect((yield* Clock.currentTimeMillis) - began).toBe(15_000)
    })
  )

  it.scoped("reports a failed run even if its log can't be read", () =>
    Effect.gen(function* () {
      const instead = ({ target }: Scripted.Received) =>
        target.includes("/logs") ? Scripted.respond({ status: 404 }) : undefined
      const { live } = yield* start({ jobs: { 7: { states: ["failed"], error: "no" } }, instead })
      const { result } = yield* elapsing(Effect.provide(watched(7), live))
      expect(result).toMatchObject({ left: { _tag: "JobFailed", message: "(From job 7 / run 101) no", logs: [] } })
    })
  )

  it.scoped("tolerates five polls in a row that fail for a temporary reason", () =>
    Effect.gen(function* () {
      const failing = (count: number) => (_: Scripted.Received, index: number) =>
        index >= 1 && index <= count ? Scripted.hangUp : undefined
      const jobs = { 7: { states: ["running", "succeeded"] } }
      const five = yield* start({ jobs, instead: failing(5) })
      expect((yield* elapsing(Effect.provide(watched(7), five.live))).result._tag).toBe("Right")
      const six = yield* start({ jobs, instead: failing(6) })
      expect((yield* elapsing(Effect.provide(watched(7), six.live))).result).toMatchObject({
        left: { _tag: "TransportError" }
      })
    })
  )

  it.scoped("fails at once if the job does not exist, or if a poll fails for good", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({
        jobs: { 7: { states: ["running"] } },
        instead: ({ method, target }) =>
          method === "GET" && target.startsWith("/jobs/7") ? Scripted.respond({ status: 403 }) : undefined
      })
      expect((yield* elapsing(Effect.provide(watched(8), live))).result).toMatchObject({ left: { _tag: "NotFound" } })
      expect((yield* elapsing(Effect.provide(watched(7), live))).result).toMatchObject({ left: { _tag: "Forbidden" } })
      expect(server.requests).toHaveLength(3)
    })
  )

  it.scopedLive("cancels the run when it is interrupted", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ jobs: { 7: { states: ["running"] } } })
      const seen = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        Effect.provide(Civis.runJob(7, { onRun: () => Effect.asVoid(Deferred.succeed(seen, undefined)) }), live)
      )
      yield* Deferred.await(seen)
      yield* Fiber.interrupt(fiber)
      expect(requestsOf(server.requests)).toEqual(["POST /jobs/7/runs", "DELETE /jobs/7/runs/101"])
    })
  )

  it.scopedLive("cancels a run whose start is under way when it is interrupted", () =>
    Effect.gen(function* () {
      let release = () => {}
      const instead = ({ method }: Scripted.Received): Scripted.Behaviour | undefined =>
        method === "POST"
          ? (response, received) => {
              release = () => Scripted.json({ id: 55, state: "queued" }, { status: 201 })(response, received)
            }
          : undefined
      const { live, server } = yield* start({ jobs: { 7: { states: ["running"] } }, instead })
      const fiber = yield* Effect.fork(Effect.provide(Civis.runJob(7), live))
      yield* server.next
      const interruption = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* Effect.yieldNow()
      release()
      yield* Fiber.join(interruption)
      expect(requestsOf(server.requests)).toEqual(["POST /jobs/7/runs", "DELETE /jobs/7/runs/55"])
    })
  )

  it.scoped("does not wait longer than 30 seconds for a start when it is interrupted", () =>
    Effect.gen(function* () {
      const instead = ({ method }: Scripted.Received) => (method === "POST" ? Scripted.silence : undefined)
      const { live, server } = yield* start({ instead })
      const fiber = yield* Effect.fork(Effect.provide(Civis.runJob(7), live))
      yield* server.next
      const began = yield* Clock.currentTimeMillis
      yield* elapsing(Fiber.interrupt(fiber))
      expect((yield* Clock.currentTimeMillis) - began).toBe(30_000)
      yield* server.abandoned
    })
  )
})

describe("waitForRun", () => {
  it.scopedLive("waits for a run, and leaves it running when it is interrupted", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ jobs: { 7: { states: ["running"] } } })
      const seen = yield* Deferred.make<void>()
      // The run begins by another request.
      const { url } = server
      yield* Effect.promise(() =>
        fetch(new URL("/jobs/7/runs", url), {
          method: "POST",
          headers: { authorization: server.authorization }
        })
      )
      const fiber = yield* Effect.fork(
        Effect.provide(
          Civis.waitForRun(7, 101, { onRun: () => Effect.asVoid(Deferred.succeed(seen, undefined)) }),
          live
        )
      )
      yield* Deferred.await(seen)
      yield* Fiber.interrupt(fiber)
      expect(requestsOf(server.requests)).toEqual(["POST /jobs/7/runs", "GET /jobs/7/runs/101"])
    })
  )
})

describe("jobLogs", () => {
  const message = (id: number, second = id) => ({
    id,
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
    message: `message ${id}`,
    level: "info"
  })

  /** A log that has these messages at each request, of which the last one is complete. */
  const logOf =
    (steps: ReadonlyArray<ReadonlyArray<ReturnType<typeof message>>>, targets: Array<string> = []) =>
    ({ target }: Scripted.Received): Scripted.Behaviour | undefined => {
      if (!target.includes("/logs")) return undefined
      const search = new URL(target, "http://civis.test").searchParams
      targets.push(search.toString())
      const step = Math.min(targets.length, steps.length) - 1
      const all = steps[step] ?? []
      const page = all
        .filter(({ id }) => id > Number(search.get("last_id")))
        .sort((one, other) => one.id - other.id)
        .slice(0, Number(search.get("limit")))
      return Scripted.json(page, {
        headers: {
          "civis-cache-control": step === steps.length - 1 ? "private" : "no-store",
          ...(all.length > 0 && { "civis-max-id": String(Math.max(...all.map(({ id }) => id))) })
        }
      })
    }

  const collect = (stream: ReturnType<typeof Civis.jobLogs>) =>
    Effect.map(Stream.runCollect(stream), (messages) => [...messages].map(({ id }) => id))

  it.scoped("delivers each message once, late ones too, until the log is complete", () =>
    Effect.gen(function* () {
      const targets: Array<string> = []
      const steps = [[], [message(2), message(3)], [message(2), message(3)], [1, 2, 3, 4].map((id) => message(id))]
      const { live } = yield* start({ instead: logOf(steps, targets) })
      const began = yield* Clock.currentTimeMillis
      expect(yield* elapsing(Effect.provide(collect(Civis.jobLogs(7, 1)), live))).toEqual([2, 3, 1, 4])
      expect((yield* Clock.currentTimeMillis) - began).toBe(15_000)
      expect(targets).toEqual(Array.from({ length: 4 }, () => "last_id=0&limit=250"))
    })
  )

  it.scoped("reads a long log without waiting, and then the last hundred messages again", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 600 }, (_, index) => message(index + 1))
      const targets: Array<string> = []
      const late = { ...message(555), message: "late" }
      const without = all.filter(({ id }) => id !== 555)
      const { live } = yield* start({
        instead: logOf([without, without, without, [...without, late]], targets)
      })
      const ids = yield* elapsing(Effect.provide(collect(Civis.jobLogs(7, 1)), live))
      expect(ids).toHaveLength(600)
      expect(ids.at(-1)).toBe(555)
      expect(targets.map((target) => new URLSearchParams(target).get("last_id"))).toEqual(["0", "250", "500", "500"])
    })
  )

  it.scoped("delivers the messages of a response in the order of their time", () =>
    Effect.gen(function* () {
      const { live } = yield* start({ instead: logOf([[message(1, 5), message(2, 3), message(3, 5)]]) })
      expect(yield* elapsing(Effect.provide(collect(Civis.jobLogs(7, 1)), live))).toEqual([2, 1, 3])
    })
  )

  it.scoped("is that of the newest run by default, and empty without runs", () =>
    Effect.gen(function* () {
      const { live, server } = yield* start({ jobs: { 7: { states: ["succeeded"], logs: ["a", "b"] } } })
      expect(yield* elapsing(Effect.provide(collect(Civis.jobLogs(7)), live))).toEqual([])
      yield* elapsing(Effect.provide(Civis.runJob(7), live))
      expect(yield* elapsing(Effect.provide(collect(Civis.jobLogs(7)), live))).toEqual([1, 2])
      expect(requestsOf(server.requests)).toContain("GET /jobs/7/runs?limit=1&order=id&order_dir=desc")
      expect(requestsOf(server.requests)).toContain("GET /jobs/7/runs/101/logs?last_id=0&limit=250")
    })
  )

  it.scoped("ends if the server says that it has more messages, and sends none", () =>
    Effect.gen(function* () {
      const instead = ({ target }: Scripted.Received) =>
        target.includes("/logs")
          ? Scripted.json([], { headers: { "civis-max-id": "5", "civis-cache-control": "private" } })
          : undefined
      const { live } = yield* start({ instead })
      expect(yield* elapsing(Effect.provide(collect(Civis.jobLogs(7, 1)), live))).toEqual([])
    })
  )
})
