/**
 * A process that Log.processes.test.ts starts. It ships numbered records to the server of the first argument. The number of each record is
 * written to the standard output once its log call has returned.
 *
 * Arguments: the base URL, the file of the queue on disk (or nothing), one of the ends below, the number of records, the first number, and
 * the size of a batch.
 */
import { runMain } from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import { Authoriser, Verbs } from "effect-herald"
import * as Log from "effect-herald/log"
import { Transport } from "effect-herald/node"
import { SqliteLogStore } from "effect-herald/sqlite"
import { writeSync } from "node:fs"

const [baseUrl = "", file = "", end = "", count = "0", from = "0", size = "1"] = process.argv.slice(2)

class Logs extends Authoriser.Tag("test/Logs")<Logs>() {}

const { post } = Verbs.make(Logs)

const shipper = Log.layer({
  send: (records) => post("/logs", { json: records.map(({ message }) => message) }),
  batch: size === "1" ? undefined : { size: Number(size), within: "50 millis" },
  retry: Schedule.spaced("10 millis"),
  flushWithin: end === "deadline" ? "300 millis" : "10 minutes",
  queue: { capacity: 1_000_000 }
})

const live = (file === "" ? shipper : Layer.provide(shipper, SqliteLogStore.layer({ file }))).pipe(
  Layer.provide(Logs.layer({ baseUrl })),
  Layer.provide(Transport.layer()),
  Layer.merge(Logger.remove(Logger.defaultLogger))
)

/** Writes to a file descriptor. A pipe that is full is written to again: the other process has to read. */
const write = (descriptor: number, text: string): void => {
  while (true) {
    try {
      writeSync(descriptor, text)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error
    }
  }
}

const log = (index: number) =>
  Effect.zipRight(
    Effect.log(index),
    Effect.sync(() => write(1, `${index}\n`))
  )

/** Lets requests go out and responses come in. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

const burst = Effect.gen(function* () {
  for (let index = 0; index < Number(count); index += 1) {
    yield* log(Number(from) + index)
    if (index % 20 === 19) yield* turn
  }
})

/** Runs a program as a main one, without other lines on the standard output. */
const main = (program: Effect.Effect<unknown, unknown>) =>
  runMain(
    Effect.tapDefect(program, (cause) => Effect.sync(() => write(2, Cause.pretty(cause)))),
    { disablePrettyLogger: true, disableErrorReporting: true }
  )

const throwUncaught = () => {
  process.nextTick(() => {
    throw new Error("not caught")
  })
}

const ends: Readonly<Record<string, () => unknown>> = {
  // The program ends with its last record.
  main: () => main(Effect.provide(burst, live)),
  promise: () => Effect.runPromise(Effect.provide(burst, live)),
  fails: () => main(Effect.provide(Effect.zipRight(burst, Effect.fail("the end")), live)),
  // The program ends by a signal.
  waits: () => main(Effect.provide(Effect.zipRight(burst, Effect.never), live)),
  deadline: () => main(Effect.provide(Effect.zipRight(burst, Effect.never), live)),
  // Its scope does not end.
  exits: () =>
    main(
      Effect.provide(
        Effect.zipRight(
          burst,
          Effect.sync(() => process.exit(7))
        ),
        live
      )
    ),
  throws: () =>
    main(Effect.provide(burst.pipe(Effect.zipRight(Effect.sync(throwUncaught)), Effect.zipRight(Effect.never)), live))
}
ends[end]?.()
