// Programs that ship logs by a queue on disk, one after the other. They run against the packed package, in a directory that is deleted.
import { Effect, Layer, Logger } from "effect"
import * as Log from "effect-herald/log"
import { SqliteLogStore } from "effect-herald/sqlite"

/** Logs a message, and ends within this time. */
const run = (message: string, seconds: number, send: Log.Options<Error, never>["send"]) =>
  Effect.log(message).pipe(
    Effect.provide(
      Log.layer({ send, batch: {}, flushWithin: `${seconds} seconds` }).pipe(
        Layer.provide(SqliteLogStore.layer({ file: "logs.db" })),
        Layer.merge(Logger.remove(Logger.defaultLogger))
      )
    ),
    Effect.runPromise
  )

const arrived: Array<string> = []
await run("first", 0, () => Effect.never)
await run("second", 60, (records) => Effect.sync(() => arrived.push(...records.map(({ message }) => message))))
if (arrived.join() !== "first,second") throw new Error(`expected the records of both programs: ${arrived.join()}`)
