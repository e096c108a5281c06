/**
 * Starts a job, polls it until it is done, with its progress, and gives another one up, which cancels it at the server. Then two
 * programs change one resource at the same time, and no change is lost. Run it with `npx tsx examples/job.ts`.
 */
import { Console, Effect, Layer, Option, Schedule, Schema } from "effect"
import { Authoriser, Conditional, Endpoint, Location, Operation, Poll } from "effect-herald"
import { Transport } from "effect-herald/node"
import { deepStrictEqual, ok } from "node:assert"
import { serve } from "./support/jobServer.js"

class Reports extends Authoriser.Tag("example/Reports")<Reports>() {}

const Report = Schema.Struct({ state: Schema.Literal("running", "done", "cancelled"), percent: Schema.Number })

const createReport = Operation.make(Reports, () =>
  Endpoint.post("/reports", { success: { 202: Schema.Struct({ id: Schema.Number }) } })
)
const getReport = Operation.make(Reports, () => Endpoint.get("/reports/{id}", { success: Report }))
const cancelReport = Operation.make(Reports, () => Endpoint.delete("/reports/{id}"))

const report = Poll.run({
  start: createReport.withResponse(),
  poll: (created) => Location.follow(getReport, created),
  done: ({ state }) => state !== "running",
  cancel: ({ value }) => cancelReport({ id: value.id }),
  schedule: Schedule.spaced("50 millis"),
  progress: {
    of: ({ percent }) => ({ done: percent }),
    unit: "percent",
    report: ({ done }) => Console.log(`the report is at ${done} percent`)
  }
})

const Visits = Schema.Struct({ count: Schema.Number })
const getVisits = Operation.make(Reports, () => Endpoint.get("/visits", { success: Visits }))
const putVisits = Operation.make(Reports, () => Endpoint.put("/visits", { body: Visits, success: Visits }))

const countVisit = Conditional.update({
  read: getVisits.withResponse(),
  change: ({ count }) => Effect.succeedSome({ count: count + 1 }),
  write: (visits, current) => Conditional.ifMatch(putVisits, current)({ body: visits })
})

const program = Effect.gen(function* () {
  const done = yield* report
  deepStrictEqual(done.value, { state: "done", percent: 100 })

  const result = yield* Effect.timeoutOption(report, "120 millis")
  ok(Option.isNone(result))
  const given = yield* getReport({ id: 2 })
  yield* Console.log(`the report that was given up is ${given.state}`)
  deepStrictEqual(given.state, "cancelled")

  const updates = yield* Effect.all([countVisit, countVisit, countVisit], { concurrency: "unbounded" })
  const tries = updates.reduce((sum, update) => sum + update.tries, 0)
  const visits = yield* getVisits()
  yield* Console.log(`${visits.count} visits were counted with ${tries} writes`)
  deepStrictEqual(visits, { count: 3 })
})

const live = (baseUrl: string) => Layer.provideMerge(Reports.layer({ baseUrl }), Transport.layer())

await Effect.runPromise(Effect.scoped(Effect.flatMap(serve, (baseUrl) => Effect.provide(program, live(baseUrl)))))
