import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Schema } from "effect"
import { Body, Conditional, Endpoint, Location, Operation, Poll } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { clients } from "../support/clients.js"
import { at, Caller } from "../support/kit.js"

const Job = Schema.Struct({ state: Schema.Literal("running", "done") })

const startJob = Operation.make(Caller, () => Endpoint.post("/jobs", { success: { 202: Body.empty() } }))
const getJob = Operation.make(Caller, () => Endpoint.get("/jobs/{id}", { success: Job }))
const cancelJob = Operation.make(Caller, () => Endpoint.delete("/jobs/{id}"))
const getQueue = Operation.make(Caller, () =>
  Endpoint.get("/queue/{id}", {
    success: { 200: Schema.Struct({ position: Schema.Number }), 303: Body.empty("ready") }
  })
)

const accepted = Scripted.respond({ status: 202, headers: { location: "jobs/7" } })
const sent = (server: Scripted.Scripted) => server.requests.map(({ method, target }) => `${method} ${target}`)

const job = Poll.run({
  start: startJob.withResponse(),
  poll: (started) => Location.follow(getJob, started),
  done: ({ state }) => state === "done",
  cancel: () => cancelJob({ id: "7" }),
  schedule: Schedule.spaced("5 millis")
})

describe.each(clients)("a job, over %s", (_, client) => {
  it.scopedLive("is started, and polled at its Location through failures, until it is done", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        accepted,
        Scripted.json({ state: "running" }),
        Scripted.reset,
        Scripted.cutShort({ body: `{"state":` }),
        Scripted.respond({ status: 503 }),
        Scripted.json({ state: "done" })
      ])
      const done = yield* job.pipe(Effect.provide([at(server.url), client]))
      expect(done.value).toEqual({ state: "done" })
      expect(sent(server)).toEqual(["POST /jobs", ...Array.from({ length: 5 }, () => "GET /jobs/7")])
    })
  )

  it.scopedLive("is cancelled when it is interrupted while a poll has no response", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ method }) =>
        method === "POST" ? accepted : method === "GET" ? Scripted.silence : Scripted.respond({ status: 204 })
      )
      const fiber = yield* Effect.fork(job.pipe(Effect.provide([at(server.url), client])))
      yield* server.next
      yield* server.next
      yield* Fiber.interrupt(fiber)
      expect(sent(server)).toEqual(["POST /jobs", "GET /jobs/7", "DELETE /jobs/7"])
    })
  )

  it.scopedLive("has its result at the Location of a 303", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ position: 1 }),
        Scripted.respond({ status: 303, headers: { location: "../jobs/7" } }),
        Scripted.json({ state: "done" })
      ])
      const result = yield* Poll.until(getQueue.withResponse({ id: "7" }), {
        done: (state) => state === "ready",
        schedule: Schedule.spaced("5 millis")
      }).pipe(
        Effect.flatMap((ready) => Location.follow(getJob, ready)),
        Effect.provide([at(server.url), client])
      )
      expect(result.value).toEqual({ state: "done" })
      expect(sent(server)).toEqual(["GET /queue/7", "GET /queue/7", "GET /jobs/7"])
    })
  )
})

describe.each(clients)("a conditional update, over %s", (_, client) => {
  it.scopedLive("loses no change of eight writers at once", () =>
    Effect.gen(function* () {
      const Counter = Schema.Struct({ count: Schema.Number })
      const get = Operation.make(Caller, () => Endpoint.get("/counter", { success: Counter }))
      const put = Operation.make(Caller, () => Endpoint.put("/counter", { body: Counter }))
      let counter = { count: 0 }
      const server = yield* Scripted.make(({ body, headers, method }) => {
        const etag = `"${counter.count}"`
        if (method === "GET") return Scripted.json(counter, { headers: { etag } })
        if (headers["if-match"] !== etag) return Scripted.respond({ status: 412 })
        counter = JSON.parse(body) as typeof counter
        return Scripted.respond({ status: 204 })
      })
      const increment = Conditional.update({
        read: get.withResponse(),
        change: ({ count }) => Effect.succeedSome({ count: count + 1 }),
        write: (body, current) => Conditional.ifMatch(put, current)({ body }),
        tries: 100
      })
      const updates = yield* Effect.all(
        Array.from({ length: 8 }, () => increment),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide([at(server.url), client]))
      expect(updates.map(({ _tag }) => _tag)).toEqual(Array.from({ length: 8 }, () => "Written"))
      expect(counter).toEqual({ count: 8 })
    })
  )
})
