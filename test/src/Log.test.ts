import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Log from "effect-herald/log"

/** A `send` that records its batches. */
const recording = () => {
  const batches: Array<ReadonlyArray<Log.LogRecord>> = []
  return {
    batches,
    messages: () => batches.flat().map(({ message }) => message),
    send: (records: ReadonlyArray<Log.LogRecord>) =>
      Effect.sync(() => {
        batches.push(records)
      })
  }
}

describe("Log.layer", () => {
  it.effect("ships each record by itself, in order, by the end of the scope", () =>
    Effect.gen(function* () {
      const { batches, messages, send } = recording()
      yield* Effect.gen(function* () {
        for (let index = 0; index < 5; index += 1) yield* Effect.log(`record ${index}`)
      }).pipe(Effect.provide(Log.layer({ send })))
      expect(messages()).toEqual(["record 0", "record 1", "record 2", "record 3", "record 4"])
      expect(batches).toHaveLength(5)
    })
  )

  it.effect("sends a batch once it is full, or its first record has waited", () =>
    Effect.gen(function* () {
      const { batches, send } = recording()
      yield* Effect.gen(function* () {
        for (let index = 0; index < 5; index += 1) yield* Effect.log(`record ${index}`)
        yield* TestClock.adjust(Duration.zero)
        expect(batches.map(({ length }) => length)).toEqual([2, 2])
        yield* TestClock.adjust("1 second")
        expect(batches.map(({ length }) => length)).toEqual([2, 2, 1])
      }).pipe(Effect.provide(Log.layer({ send, batch: { size: 2 } })))
    })
  )

  it.effect("keeps the records that are logged while the layers of the sending are built", () =>
    Effect.gen(function* () {
      const { messages, send } = recording()
      const api = Layer.effectDiscard(Effect.log("signing in"))
      const logs = Log.ship({ send }).pipe(Layer.provide(api), Layer.provide(Log.queue()))
      yield* Effect.log("running").pipe(Effect.provide(logs))
      expect(messages()).toEqual(["signing in", "running"])
    })
  )

  it.effect("holds a fiber that logs into a full queue, until there is room", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const send = ([record]: ReadonlyArray<Log.LogRecord>) =>
        Effect.sync(() => sent.push(record!.message)).pipe(Effect.delay("1 second"))
      let logged = 0
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(
          Effect.repeatN(
            Effect.suspend(() =>
              Effect.zipRight(
                Effect.log(`record ${logged}`),
                Effect.sync(() => (logged += 1))
              )
            ),
            19
          )
        )
        yield* TestClock.adjust("3 seconds")
        expect(logged).toBeLessThan(10)
        expect(sent).toHaveLength(3)
        yield* TestClock.adjust("40 seconds")
        yield* Fiber.join(fiber)
        expect(sent).toEqual(Array.from({ length: 20 }, (_, index) => `record ${index}`))
      }).pipe(Effect.provide(Log.layer({ send, queue: { capacity: 3, whenFull: "wait" } })))
    })
  )
})
