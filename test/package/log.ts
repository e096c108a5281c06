// A program whose logs are shipped. It runs against the packed package, so that it imports public entry points.
import { Effect, Layer, Logger } from "effect"
import * as Log from "effect-herald/log"

const arrived: Array<string> = []

const live = Log.layer({
  send: (records) => Effect.sync(() => arrived.push(...records.map(({ level, message }) => `${level} ${message}`))),
  batch: {}
}).pipe(Layer.merge(Logger.remove(Logger.defaultLogger)))

await Effect.logInfo("started").pipe(
  Effect.zipRight(Effect.logWarning("and done")),
  Effect.provide(live),
  Effect.runPromise
)
if (arrived.join() !== "Info started,Warning and done") throw new Error(`expected two records: ${arrived.join()}`)
