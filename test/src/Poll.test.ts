import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Ref, Schedule, Schema, TestClock } from "effect"
import { Endpoint, Location, Operation, Poll, type Progress } from "effect-herald"
import { at, broken, Caller, elapsingAtOnce, once, status, stub } from "../support/kit.js"

const State = Schema.Struct({
  state: Schema.Literal("running", "done", "failed"),
  percent: Schema.optional(Schema.Number)
})

const getJob = Operation.make(Caller, () => Endpoint.get("/jobs/{id}", { success: State }))
const startJob = Operation.make(Caller, () =>
  Endpoint.post("/jobs", { success: { 202: Schema.Struct({ id: Schema.String }) } })
)
const cancelJob = Operation.make(Caller, () => Endpoint.delete("/jobs/{id}"))

const state = (name: string, headers: Record<string, string> = {}, percent?: number) =>
  status(200, headers, JSON.stringify({ state: name, percent }))

const running = state("running")
const done = state("done")
const accepted = (headers: Record<string, string> = {}) => status(202, headers, `{"id":"7"}`)

const isDone = (job: typeof State.Type) => job.state !== "running"

/** Runs a program with a client that takes these steps. Returns its exit, and the requests with their times in milliseconds. */
const using = <A, E>(
  steps: Parameters<typeof stub>[0],
  program: Effect.Effect<
    A,
    E,
    Layer.Layer.Success<ReturnType<typeof at>> | Layer.Layer.Success<ReturnType<typeof stub>["layer"]>
  >
) =>
  Effect.gen(function* () {
    const client = stub(steps)
    const exit = yield* elapsingAtOnce(
      Effect.exit(program.pipe(Effect.provide(Layer.mergeAll(at(new URL("https://api.test/v1/")), once, client.layer))))
    )
    const requests = client.requests.map(({ request }) => `${request.method} ${new URL(request.url).pathname}`)
    return { exit, requests, times: client.requests.map(({ at }) => at) }
  })

const failureOf = <A, E>(exit: Exit.Exit<A, E>) =>
  Exit.match(exit, { onFailure: (cause) => (cause._tag === "Fail" ? cause.error : cause), onSuccess: () => undefined })

describe("Poll.until", () => {
  it.effect("polls until the job is done, at the default intervals", () =>
    Effect.gen(function* () {
      const { exit, times } = yield* using(
        [running, running, running, done],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone })
      )
      expect(exit).toMatchObject({ _tag: "Success", value: { status: 200, value: { state: "done" } } })
      expect(times).toEqual([0, 1000, 2200, 3640])
    })
  )

  it.effect("waits up to 15 seconds between two polls by default", () =>
    Effect.gen(function* () {
      const { times } = yield* using(
        [...Array.from({ length: 30 }, () => running), done],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone })
      )
      const waits = times.slice(1).map((time, index) => time - times[index]!)
      expect(waits.at(-1)).toBe(15_000)
      expect(Math.max(...waits)).toBe(15_000)
    })
  )

  it.effect("asks once if the job is done", () =>
    Effect.gen(function* () {
      const { requests } = yield* using([done], Poll.until(getJob.withResponse({ id: "7" }), { done: isDone }))
      expect(requests).toEqual(["GET /v1/jobs/7"])
    })
  )

  it.effect("waits as long as a Retry-After asks, of a response or an error, and no shorter than its schedule", () =>
    Effect.gen(function* () {
      const { exit, times } = yield* using(
        [
          state("running", { "retry-after": "30" }),
          status(503, { "retry-after": "7" }),
          state("running", { "retry-after": "1" }),
          done
        ],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone, schedule: Schedule.spaced("5 seconds") })
      )
      expect(exit._tag).toBe("Success")
      // Pauses after a 503 are spread over a tenth of their length.
      expect(times.map((time) => Math.floor(time / 1000))).toEqual([0, 30, 37, 42])
    })
  )

  it.effect("fails with NotDone if the server asks for a longer wait than is accepted", () =>
    Effect.gen(function* () {
      const { exit, requests } = yield* using(
        [state("running", { "retry-after": "3600" })],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone })
      )
      expect(failureOf(exit)).toMatchObject({
        _tag: "NotDone",
        reason: "wait too long",
        last: { state: "running" },
        polls: 1,
        message: expect.stringContaining("1 hour")
      })
      expect(requests).toHaveLength(1)
    })
  )

  it.effect("fails with NotDone at the end of its schedule", () =>
    Effect.gen(function* () {
      const { exit, requests } = yield* using(
        [running],
        Poll.until(getJob.withResponse({ id: "7" }), {
          done: isDone,
          schedule: Schedule.intersect(Schedule.spaced("1 second"), Schedule.recurs(2))
        })
      )
      expect(failureOf(exit)).toMatchObject({
        _tag: "NotDone",
        reason: "schedule",
        polls: 3,
        elapsed: Duration.seconds(2)
      })
      expect(requests).toHaveLength(3)
    })
  )

  it.effect("fails with NotDone once no other poll is before the deadline", () =>
    Effect.gen(function* () {
      const { exit, requests, times } = yield* using(
        [running],
        Poll.until(getJob.withResponse({ id: "7" }), {
          done: isDone,
          schedule: Schedule.spaced("4 seconds"),
          deadline: "10 seconds",
          cancel: cancelJob({ id: "7" })
        })
      )
      expect(failureOf(exit)).toMatchObject({
        _tag: "NotDone",
        reason: "deadline",
        last: { state: "running" },
        polls: 3
      })
      expect(requests).toEqual([...Array.from({ length: 3 }, () => "GET /v1/jobs/7"), "DELETE /v1/jobs/7"])
      expect(times).toEqual([0, 4000, 8000, 8000])
    })
  )

  it.effect("fails with NotDone, and cancels the job, if a poll takes until the deadline", () =>
    Effect.gen(function* () {
      const { exit, requests, times } = yield* using(
        [running, () => Effect.never, status(204)],
        Poll.until(getJob.withResponse({ id: "7" }), {
          done: isDone,
          deadline: "10 seconds",
          cancel: cancelJob({ id: "7" })
        })
      )
      expect(failureOf(exit)).toMatchObject({ _tag: "NotDone", reason: "deadline", polls: 2 })
      expect(requests.at(-1)).toBe("DELETE /v1/jobs/7")
      expect(times.at(-1)).toBe(10_000)
    })
  )

  it.effect("tolerates polls that fail for a temporary reason, five in a row", () =>
    Effect.gen(function* () {
      const failures = (count: number) => Array.from({ length: count }, () => broken("ECONNRESET"))
      const tolerated = yield* using(
        [...failures(5), running, ...failures(5), done],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone })
      )
      expect(tolerated.exit._tag).toBe("Success")
      const ended = yield* using(
        [running, ...failures(6)],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone })
      )
      expect(failureOf(ended.exit)).toMatchObject({ _tag: "TransportError", reason: "ECONNRESET" })
      const none = yield* using(
        [running, ...failures(1)],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone, toleratedFailures: 0 })
      )
      expect(none.requests).toHaveLength(2)
    })
  )

  it.effect("ends at once with an error that stays", () =>
    Effect.gen(function* () {
      const { exit, requests } = yield* using(
        [running, status(404)],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone, cancel: cancelJob({ id: "7" }) })
      )
      expect(failureOf(exit)).toMatchObject({ _tag: "NotFound" })
      expect(requests).toHaveLength(2)
    })
  )

  it.effect("reports the progress of each state, and the end", () =>
    Effect.gen(function* () {
      const reports = yield* Ref.make<ReadonlyArray<Progress.Progress>>([])
      yield* using(
        [state("running", {}, 10), state("running", {}, 60), state("done", {}, 100)],
        Poll.until(getJob.withResponse({ id: "7" }), {
          done: isDone,
          schedule: Schedule.spaced("10 seconds"),
          progress: {
            of: ({ percent = 0 }) => ({ done: percent }),
            unit: "percent",
            report: (progress) => Ref.update(reports, (before) => [...before, progress])
          }
        })
      )
      expect(yield* Ref.get(reports)).toMatchObject([
        { unit: "percent", done: 10, total: 100 },
        { done: 60, total: 100, rate: 5, remaining: Duration.seconds(8) },
        { done: 100, remaining: Duration.zero }
      ])
    })
  )

  it.effect("cancels the job when it is interrupted, in a poll or in a wait, and not after it is done", () =>
    Effect.gen(function* () {
      for (const [steps, after] of [
        [[running], "500 millis"],
        [[running, () => Effect.never], "1500 millis"]
      ] as const) {
        const client = stub([...steps, status(204)])
        const fiber = yield* Effect.fork(
          Poll.until(getJob.withResponse({ id: "7" }), { done: isDone, cancel: cancelJob({ id: "7" }) }).pipe(
            Effect.provide(Layer.mergeAll(at(new URL("https://api.test")), once, client.layer))
          )
        )
        yield* TestClock.adjust(after)
        expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
        expect(client.requests.at(-1)?.request.method).toBe("DELETE")
      }
      const { requests } = yield* using(
        [done],
        Poll.until(getJob.withResponse({ id: "7" }), { done: isDone, cancel: cancelJob({ id: "7" }) })
      )
      expect(requests).toEqual(["GET /v1/jobs/7"])
    })
  )

  it.effect("ends 30 seconds after its interruption if the cancellation hangs, or at once if it fails", () =>
    Effect.gen(function* () {
      for (const [cancelled, time] of [
        [() => Effect.never, "30 seconds"],
        [status(500), "1 millis"]
      ] as const) {
        const client = stub([running, cancelled])
        const fiber = yield* Effect.fork(
          Poll.until(getJob.withResponse({ id: "7" }), { done: isDone, cancel: cancelJob({ id: "7" }) }).pipe(
            Effect.provide(Layer.mergeAll(at(new URL("https://api.test")), once, client.layer))
          )
        )
        yield* TestClock.adjust("500 millis")
        const interrupted = yield* Effect.fork(Fiber.interrupt(fiber))
        yield* TestClock.adjust(time)
        expect(Exit.isInterrupted(yield* Fiber.join(interrupted))).toBe(true)
      }
    })
  )
})

describe("Poll.run", () => {
  const job = {
    start: startJob.withResponse(),
    poll: (started: Operation.Response<unknown>) => Location.follow(getJob, started),
    done: isDone,
    cancel: () => cancelJob({ id: "7" })
  }

  it.effect("starts a job and polls it at its Location, after the wait that its response asks for", () =>
    Effect.gen(function* () {
      const { exit, requests, times } = yield* using(
        [accepted({ location: "jobs/7?view=short", "retry-after": "3" }), running, done],
        Poll.run(job)
      )
      expect(exit).toMatchObject({ value: { value: { state: "done" } } })
      expect(requests).toEqual(["POST /v1/jobs", "GET /v1/jobs/7", "GET /v1/jobs/7"])
      expect(times).toEqual([0, 3000, 4200])
    })
  )

  it.effect("does not poll a job that is done at its start", () =>
    Effect.gen(function* () {
      const begun = { ...job, state: () => ({ state: "done" as const }) }
      const { exit, requests } = yield* using([accepted()], Poll.run(begun))
      expect(exit).toMatchObject({ value: { status: 202, value: { state: "done" } } })
      expect(requests).toEqual(["POST /v1/jobs"])
    })
  )

  it.effect("polls nothing at another origin", () =>
    Effect.gen(function* () {
      const { exit, requests } = yield* using([accepted({ location: "https://evil.test/jobs/7" })], Poll.run(job))
      expect(failureOf(exit)).toMatchObject({ _tag: "EncodeError" })
      expect(requests).toEqual(["POST /v1/jobs"])
    })
  )

  it.effect("cancels a job whose start was interrupted, once it has its response", () =>
    Effect.gen(function* () {
      const client = stub([
        () => Effect.delay(Effect.succeed(new Response(`{"id":"7"}`, { status: 202 })), "5 seconds"),
        status(204)
      ])
      const fiber = yield* Effect.fork(
        Poll.run(job).pipe(Effect.provide(Layer.mergeAll(at(new URL("https://api.test")), once, client.layer)))
      )
      yield* TestClock.adjust("1 second")
      const interrupted = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust("3 seconds")
      expect(client.requests).toHaveLength(1)
      yield* TestClock.adjust("2 seconds")
      expect(Exit.isInterrupted(yield* Fiber.join(interrupted))).toBe(true)
      expect(client.requests.map(({ request }) => request.method)).toEqual(["POST", "DELETE"])
    })
  )

  it.effect("counts the start within the deadline", () =>
    Effect.gen(function* () {
      const { exit, times } = yield* using(
        [
          () =>
            Effect.delay(
              Effect.succeed(new Response(`{"id":"7"}`, { status: 202, headers: { location: "jobs/7" } })),
              "5 seconds"
            ),
          running
        ],
        Poll.run({ ...job, cancel: undefined, deadline: "8 seconds" })
      )
      expect(failureOf(exit)).toMatchObject({ _tag: "NotDone", reason: "deadline" })
      expect(times).toEqual([0, 6000, 7200])
    })
  )

  const slowStart = (started: number) =>
    stub([
      () =>
        Effect.delay(
          Effect.sync(() => new Response(`{"id":"7"}`, { status: 202 })),
          started
        ),
      status(204)
    ])
  const at7 = (client: ReturnType<typeof slowStart>) =>
    Layer.mergeAll(at(new URL("https://api.test")), once, client.layer)

  it.effect(
    "fails with NotDone if the start takes longer than the deadline, and cancels the job once it is there",
    () =>
      Effect.gen(function* () {
        const client = slowStart(5000)
        const error = yield* elapsingAtOnce(
          Effect.flip(Poll.run({ ...job, deadline: "2 seconds" })).pipe(Effect.provide(at7(client)))
        )
        expect(error).toMatchObject({ _tag: "NotDone", reason: "deadline", polls: 0, last: undefined })
        expect(client.requests.map(({ at, request }) => [request.method, at])).toEqual([
          ["POST", 0],
          ["DELETE", 5000]
        ])
      })
  )

  it.effect("fails at the deadline of a start that hangs, at once if nothing cancels the job", () =>
    Effect.gen(function* () {
      const hanging = stub([() => Effect.never])
      const after = (cancel: typeof job.cancel | undefined) =>
        elapsingAtOnce(
          Effect.timed(Effect.flip(Poll.run({ ...job, cancel, deadline: "2 seconds" }))).pipe(
            Effect.provide(at7(hanging))
          )
        )
      const [soon, error] = yield* after(undefined)
      expect(error).toMatchObject({ _tag: "NotDone", reason: "deadline" })
      expect(Duration.toMillis(soon)).toBe(2000)
      const [late] = yield* after(job.cancel)
      expect(Duration.toMillis(late)).toBe(32_000)
    })
  )

  it.effect("does not cancel a job that was done at its start", () =>
    Effect.gen(function* () {
      const client = slowStart(5000)
      yield* elapsingAtOnce(
        Effect.flip(Poll.run({ ...job, state: () => ({ state: "done" as const }), deadline: "2 seconds" })).pipe(
          Effect.provide(at7(client))
        )
      )
      expect(client.requests.map(({ request }) => request.method)).toEqual(["POST"])
    })
  )

  it.effect("does not cancel a job that is done, while the end of its progress is reported", () =>
    Effect.gen(function* () {
      const client = stub([accepted({ location: "/jobs/7" }), done])
      const fiber = yield* Effect.fork(
        Poll.run({ ...job, progress: { of: () => ({ done: 1 }), report: () => Effect.never } }).pipe(
          Effect.provide(at7(client))
        )
      )
      yield* TestClock.adjust("5 seconds")
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      expect(client.requests.map(({ request }) => request.method)).toEqual(["POST", "GET"])
    })
  )

  it.effect("is cancelled once, and never after its end, whenever it is interrupted", () =>
    Effect.forEach([0, 1, 999, 1000, 1500, 2000, 2199, 2200, 2500, 3000, 3639, 3640, 5000, 9000], (time) =>
      Effect.gen(function* () {
        const slow = (response: () => Response) => () => Effect.delay(Effect.sync(response), "1 second")
        const bodies = [`{"state":"running"}`, `{"state":"done"}`]
        const client = stub([
          slow(() => new Response(`{"id":"7"}`, { status: 202, headers: { location: "/jobs/7" } })),
          ...bodies.map((body) => slow(() => new Response(body))),
          status(204)
        ])
        let canceled = 0
        const counted = { ...job, cancel: () => Effect.sync(() => (canceled += 1)) }
        const fiber = yield* Effect.fork(Poll.run(counted).pipe(Effect.provide(at7(client))))
        yield* Effect.yieldNow()
        const passing = yield* Effect.fork(TestClock.adjust(time))
        yield* Fiber.join(passing)
        const exit = yield* elapsingAtOnce(Fiber.interrupt(fiber))
        // A job that the server has begun is cancelled, unless it is done.
        expect([time, canceled]).toEqual([time, Exit.isInterrupted(exit) && client.requests.length > 0 ? 1 : 0])
      })
    )
  )
})
