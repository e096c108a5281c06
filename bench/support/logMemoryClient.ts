/** Logs records while the server is down. Prints the heap, after a number of records and after ten times as many, as JSON. */
import { Effect, Layer, Logger, ManagedRuntime } from "effect"
import { Authoriser, Verbs } from "effect-herald"
import * as Log from "effect-herald/log"
import { Transport } from "effect-herald/node"
import { setTimeout } from "node:timers/promises"

// The arguments of bench/logShipper.ts: the base URL of a server that is down, and a number of records.
const [baseUrl, records] = process.argv.slice(2) as [string, string]

class Api extends Authoriser.Tag("bench/Logs")<Api>() {}

const { post } = Verbs.make(Api)

const live = Log.layer({ send: (records) => post("/logs", { json: records }), batch: {}, flushWithin: 0 }).pipe(
  Layer.provide(Api.layer({ baseUrl })),
  Layer.provide(Transport.layer()),
  Layer.merge(Logger.remove(Logger.defaultLogger)),
  Layer.orDie
)
const runtime = ManagedRuntime.make(live)

/** Logs records, with pauses in which the shipper tries to send them. */
const log = async (count: number) => {
  for (let logged = 0; logged < count; logged += 1000) {
    const some = Effect.forEach(
      Array.from({ length: 1000 }, (_, index) => index),
      (index) =>
        Effect.logInfo(`user ${logged + index} joined the guild`).pipe(Effect.annotateLogs({ userId: String(index) }))
    )
    await runtime.runPromise(some)
    await setTimeout(20)
  }
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

const before = await log(0)
const first = await log(Number(records))
const later = await log(Number(records) * 9)
const stats = await runtime.runPromise(Effect.flatMap(Log.Shipper, ({ stats }) => stats))
console.log(JSON.stringify({ before, first, later, stats }))
await runtime.dispose()
