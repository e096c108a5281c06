/**
 * A process that SqliteLogStore.processes.test.ts starts. It uses the queue in the file of the first argument, tells that it does, or why it
 * can't, and then does what it is told.
 *
 * - `fill`: appends numbered records, and tells each number after the append. It ends by a kill.
 * - `limit`: appends until that fails, tries to remove half of the records, and tells the sizes before and after
 * - `remove`: removes the first record, and tells the size
 * - `append`: appends a record, and tells the size
 * - `end`: ends
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import * as Log from "effect-herald/log"
import { SqliteLogStore } from "effect-herald/sqlite"
import { once } from "node:events"
import { writeSync } from "node:fs"

const [file = ""] = process.argv.slice(2)

const tell = (message: object) => void process.send?.(message)

const text = (index: number) => JSON.stringify({ index, message: "x".repeat(300) })

const appendUntilRefused = (store: Log.LogStore) => {
  let last = 0
  for (let index = 0; ; index += 1) {
    try {
      last = store.append(text(index))
    } catch (error) {
      return { last, refused: error instanceof Error ? error.message : String(error), size: store.size() }
    }
  }
}

const main = Effect.gen(function* () {
  const store = yield* Log.Store
  tell({ used: store.size() })
  while (true) {
    const [word] = (yield* Effect.promise(() => once(process, "message"))) as [string]
    if (word === "append") {
      store.append(text(0))
      tell({ size: store.size() })
    }
    if (word === "fill") for (let index = 0; ; index += 1) writeSync(1, `${store.append(text(index))}\n`)
    if (word === "limit") {
      const { last, refused, size } = appendUntilRefused(store)
      store.removeThrough(Math.floor(last / 2))
      tell({ last, refused, size, left: store.size() })
    }
    if (word === "remove") {
      store.removeThrough(1)
      tell({ size: store.size() })
    }
    if (word === "end") return
  }
})

const refused = (error: SqliteLogStore.LogStoreFailure) => Effect.sync(() => tell({ refused: error.reason }))

// A file in use is waited for by the clock of the test.
const used = Effect.gen(function* () {
  const fiber = yield* Effect.fork(main.pipe(Effect.provide(SqliteLogStore.layer({ file })), Effect.catchAll(refused)))
  yield* TestClock.adjust("11 seconds")
  yield* Fiber.join(fiber)
})

await Effect.runPromise(Effect.provide(used, TestContext.TestContext))
process.disconnect()
