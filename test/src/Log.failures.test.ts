import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as Log from "effect-herald/log"
import { logNumbered, numbered, recordedConsole, recording, sum } from "../support/log.js"

class Down extends Data.TaggedError("Down")<{ readonly text: string }> {
  override get message() {
    return this.text
  }
}
const down = new Down({ text: "the server is down" })

/** An error of this status, as `detailsOf` reads it. */
const refused = (status: number) =>
  Object.assign(new Error(`refused by ${status}`), {
    [Symbol.for("effect-herald/ErrorDetails")]: { status, attempts: [] }
  })

describe("failures of a shipper", () => {
  it.effect("are retried, and the records stay in order", () =>
    Effect.gen(function* () {
      const { messages, send } = recording((_, index) => (index < 3 ? Effect.fail(down) : Effect.void))
      const { layer, lines } = recordedConsole()
      const stats = yield* Effect.gen(function* () {
        yield* logNumbered(0, 3)
        yield* TestClock.adjust("10 seconds")
        return yield* Effect.flatMap(Log.Shipper, ({ stats }) => stats)
      }).pipe(Effect.provide(Log.layer({ send, retryWhile: () => true })), Effect.provide(layer))
      expect(messages()).toEqual([...Array(4).fill("record 0"), "record 1", "record 2"])
      expect(stats).toEqual({ accepted: 3, shipped: 3, dropped: 0, failed: 0, queued: 0 })
      expect(lines).toEqual([])
    })
  )

  it.effect("are written to the console once, after the retries", () =>
    Effect.gen(function* () {
      const { batches, send } = recording(() => Effect.fail(down))
      const { layer, lines } = recordedConsole()
      const stats = yield* Effect.gen(function* () {
        yield* logNumbered(0, 50)
        yield* TestClock.adjust("10 seconds")
        expect(lines).toHaveLength(1)
        return yield* Effect.flatMap(Log.Shipper, ({ stats }) => stats)
      }).pipe(
        Effect.provide(Log.layer({ send, retry: Schedule.recurs(1), retryWhile: () => true })),
        Effect.provide(layer)
      )
      expect(batches).toHaveLength(100)
      expect(stats).toEqual({ accepted: 50, shipped: 0, dropped: 0, failed: 50, queued: 0 })
      expect(lines[0]).toContain("1 log records could not be shipped")
      expect(lines[0]).toContain("the server is down")
      expect(lines[0]).toContain("record 0")
      expect(lines.slice(1)).toEqual(["effect-herald/log: 49 more log records were lost since the last such message."])
    })
  )

  it.effect("by refused records do not lose the others of the batch", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const { batches, send } = recording((records) =>
        records.some(({ message }) => message === "record 5")
          ? Effect.fail(refused(400))
          : Effect.sync(() => sent.push(...records.map(({ message }) => message)))
      )
      const { layer } = recordedConsole()
      const stats = yield* Effect.gen(function* () {
        yield* logNumbered(0, 16)
        const { flush, stats } = yield* Log.Shipper
        yield* flush
        return yield* stats
      }).pipe(Effect.provide(Log.layer({ send, batch: {} })), Effect.provide(layer))
      expect(sent).toEqual(numbered(0, 16).filter((text) => text !== "record 5"))
      expect(stats).toEqual({ accepted: 16, shipped: 15, dropped: 0, failed: 1, queued: 0 })
      expect(batches).toHaveLength(9)
    })
  )

  it.effect("by defects do not end the shipping", () =>
    Effect.gen(function* () {
      const { messages, send } = recording((_, index) => (index === 0 ? Effect.die("broken") : Effect.void))
      const { layer, lines } = recordedConsole()
      yield* logNumbered(0, 2).pipe(Effect.provide(Log.layer({ send })), Effect.provide(layer))
      expect(messages()).toEqual(numbered(0, 2))
      expect(lines).toHaveLength(1)
    })
  )

  it.effect("whose errors can't be read, and predicates that throw, do not end the shipping", () =>
    Effect.gen(function* () {
      const hostile = {
        toString: () => {
          throw new Error("no")
        },
        toJSON: () => {
          throw new Error("no")
        }
      }
      for (const retryWhile of [
        () => false,
        () => {
          throw new Error("no predicate")
        }
      ]) {
        const { messages, send } = recording((_, index) => (index === 0 ? Effect.fail(hostile) : Effect.void))
        const { layer, lines } = recordedConsole()
        yield* logNumbered(0, 2).pipe(Effect.provide(Log.layer({ send, retryWhile })), Effect.provide(layer))
        expect(messages()).toEqual(numbered(0, 2))
        expect(lines).toHaveLength(1)
      }
    })
  )

  it.effect("of a part of a batch are counted", () =>
    Effect.gen(function* () {
      const { send } = recording(() => new Log.RecordsRejected({ rejected: 2, reason: "too old" }))
      const { layer, lines } = recordedConsole()
      const stats = yield* Effect.gen(function* () {
        yield* logNumbered(0, 5)
        const { flush, stats } = yield* Log.Shipper
        yield* flush
        return yield* stats
      }).pipe(Effect.provide(Log.layer({ send, batch: {} })), Effect.provide(layer))
      expect(stats).toEqual({ accepted: 5, shipped: 3, dropped: 0, failed: 2, queued: 0 })
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain("2 log records were not accepted: too old")
    })
  )
})

describe("a full queue", () => {
  for (const whenFull of ["drop-oldest", "drop-newest"] as const) {
    it.effect(`of policy ${whenFull} counts what it drops, and logs the number in its place`, () =>
      Effect.gen(function* () {
        let isDown = true
        const sent: Array<string> = []
        const send = ([{ message }]: readonly [Log.LogRecord, ...ReadonlyArray<Log.LogRecord>]) =>
          Effect.suspend(() => (isDown ? Effect.fail(down) : Effect.sync(() => sent.push(message))))
        const { layer, lines } = recordedConsole()
        const stats = yield* Effect.gen(function* () {
          const { flush, stats } = yield* Log.Shipper
          // The first record is in flight, and five wait.
          yield* logNumbered(0, 1)
          yield* TestClock.adjust(Duration.zero)
          yield* logNumbered(1, 100)
          const between = yield* stats
          expect(between).toEqual({ accepted: 100, shipped: 0, dropped: 94, failed: 0, queued: 6 })
          isDown = false
          yield* TestClock.adjust("1 minute")
          yield* flush
          yield* logNumbered(100, 101)
          yield* flush
          return yield* stats
        }).pipe(
          Effect.provide(Log.layer({ send, queue: { capacity: 5, whenFull }, retryWhile: () => true })),
          Effect.provide(layer)
        )
        const report = "94 log records were dropped: the queue was full"
        expect(sent).toEqual(
          whenFull === "drop-oldest"
            ? ["record 0", report, ...numbered(95, 100), "record 100"]
            : [...numbered(0, 6), report, "record 100"]
        )
        expect(stats.accepted).toBe(102)
        expect(stats.accepted).toBe(sum(stats))
        expect(stats.dropped).toBe(94)
        expect(lines.filter((line) => line.includes("dropped"))).toHaveLength(1)
      })
    )
  }
})

describe("a batch", () => {
  it.effect("waits no longer than its limit, also if the record is of a clock that is ahead", () =>
    Effect.gen(function* () {
      const { messages, send } = recording()
      const ahead: Clock.Clock = Object.assign(Object.create(Clock.make()), {
        unsafeCurrentTimeMillis: () => 3_600_000
      })
      yield* Effect.gen(function* () {
        yield* Effect.withClock(logNumbered(0, 1), ahead)
        yield* TestClock.adjust("2 seconds")
        expect(messages()).toEqual(["record 0"])
      }).pipe(
        Effect.provide(Log.layer({ send, batch: { within: "1 second" } })),
        Effect.provide(recordedConsole().layer)
      )
    })
  )
})

describe("the options of a shipper", () => {
  for (const value of [Number.NaN, 0, -1]) {
    it.effect(`of ${value} records or bytes are refused when the layer is built`, () =>
      Effect.gen(function* () {
        const { send } = recording()
        for (const [name, options] of [
          ["queue.capacity", { queue: { capacity: value } }],
          ["batch.size", { batch: { size: value } }],
          ["batch.bytes", { batch: { bytes: value } }]
        ] as const) {
          const defect = yield* Layer.build(Log.layer({ send, ...options })).pipe(
            Effect.scoped,
            Effect.catchAllDefect(Effect.succeed)
          )
          expect(defect).toMatchObject({
            name: "RangeError",
            message: `effect-herald/log: ${name} is ${value}. It has to be a number of at least 1.`
          })
        }
      })
    )
  }

  it.effect("may be without limit", () =>
    Effect.gen(function* () {
      const { batches, send } = recording()
      const unlimited = Number.POSITIVE_INFINITY
      yield* logNumbered(0, 300).pipe(
        Effect.provide(
          Log.layer({
            send,
            batch: { size: unlimited, bytes: unlimited },
            queue: { capacity: unlimited },
            flushWithin: unlimited
          })
        ),
        Effect.provide(recordedConsole().layer)
      )
      expect(batches.map(({ length }) => length)).toEqual([300])
    })
  )
})

describe("the end of a shipper's scope", () => {
  it.effect("does not wait longer than its limit, and says what is left", () =>
    Effect.gen(function* () {
      const { layer, lines } = recordedConsole()
      const fiber = yield* logNumbered(0, 3).pipe(
        Effect.provide(Log.layer({ send: () => Effect.uninterruptible(Effect.never), flushWithin: "2 seconds" })),
        Effect.provide(layer),
        Effect.fork
      )
      yield* TestClock.adjust("1900 millis")
      expect(fiber.unsafePoll()).toBeNull()
      yield* TestClock.adjust("100 millis")
      yield* fiber.await
      expect(lines).toEqual(["effect-herald/log: 3 log records are not shipped: the shipper has ended."])
    })
  )

  it.effect("ends a flush that waits, and each later one", () =>
    Effect.gen(function* () {
      const { layer, lines } = recordedConsole()
      const fiber = yield* Effect.gen(function* () {
        const { flush } = yield* Log.Shipper
        yield* logNumbered(0, 3)
        return { flush, waiting: yield* Effect.forkDaemon(flush) }
      }).pipe(
        Effect.provide(Log.layer({ send: () => Effect.never, flushWithin: "2 seconds" })),
        Effect.provide(layer),
        Effect.fork
      )
      yield* TestClock.adjust("2 seconds")
      const { flush, waiting } = yield* Fiber.join(fiber)
      yield* Fiber.join(waiting)
      yield* flush
      expect(lines).toEqual(["effect-herald/log: 3 log records are not shipped: the shipper has ended."])
    })
  )

  it.effect("sends at once what waits for a retry", () =>
    Effect.gen(function* () {
      let isDown = true
      const { messages, send } = recording(() => Effect.suspend(() => (isDown ? Effect.fail(down) : Effect.void)))
      const { layer } = recordedConsole()
      const fiber = yield* Effect.gen(function* () {
        yield* logNumbered(0, 2)
        yield* TestClock.adjust(Duration.zero)
        isDown = false
      }).pipe(
        Effect.provide(Log.layer({ send, retry: Schedule.spaced("1 hour"), retryWhile: () => true })),
        Effect.provide(layer),
        Effect.fork
      )
      yield* fiber.await
      expect(messages()).toEqual(["record 0", "record 0", "record 1"])
    })
  )

  it.effect("ships what other finalizers log", () =>
    Effect.gen(function* () {
      const { messages, send } = recording()
      const other = Layer.scopedDiscard(Effect.addFinalizer(() => Effect.log("closed")))
      yield* Effect.log("running").pipe(Effect.provide(Layer.provideMerge(other, Log.layer({ send, batch: {} }))))
      expect(messages()).toEqual(["running", "closed"])
    })
  )

  it.effect("comes also when the program is interrupted", () =>
    Effect.gen(function* () {
      const { messages, send } = recording()
      const fiber = yield* Effect.zipRight(logNumbered(0, 3), Effect.never).pipe(
        Effect.provide(Log.layer({ send, batch: {} })),
        Effect.fork
      )
      yield* TestClock.adjust("1 millis")
      yield* fiber.interruptAsFork(fiber.id())
      yield* fiber.await
      expect(messages()).toEqual(numbered(0, 3))
    })
  )
})

describe("a store", () => {
  /** A store in an array. */
  const arrayStore = (texts: ReadonlyArray<string> = []) => {
    let records = texts.map((text, position) => ({ position, text }))
    let next = texts.length
    let isFull = false
    const store: Log.LogStore = {
      append: (text) => {
        if (isFull) throw new Error("disk full")
        records.push({ position: next, text })
        next += 1
        return next - 1
      },
      read: (after, limit) => records.filter(({ position }) => position > after).slice(0, limit),
      removeThrough: (last) => {
        records = records.filter(({ position }) => position > last)
      },
      remove: (gone) => {
        records = records.filter(({ position }) => position !== gone)
      },
      size: () => records.length
    }
    return {
      layer: Layer.succeed(Log.Store, store),
      texts: () => records.map(({ text }) => text),
      setFull: (value: boolean) => {
        isFull = value
      }
    }
  }

  it.effect("has batches that are sent once they have enough bytes, as without one", () =>
    Effect.gen(function* () {
      const sizes = (store: Layer.Layer<Log.Store> | Layer.Layer<never>) =>
        Effect.gen(function* () {
          const { batches, send } = recording()
          return yield* Effect.gen(function* () {
            for (let index = 0; index < 12; index += 1) {
              yield* Effect.log("x".repeat(500))
              yield* TestClock.adjust(Duration.zero)
            }
            // The end of the scope sends the others.
            return batches.map(({ length }) => length)
          }).pipe(
            Effect.provide(Layer.provide(Log.layer({ send, batch: { bytes: 3000, within: "1 hour" } }), store)),
            Effect.provide(recordedConsole().layer)
          )
        })
      const left = JSON.stringify({ time: 0, message: "of the last run" })
      expect(yield* sizes(Layer.empty)).toEqual([5, 5])
      expect(yield* sizes(arrayStore().layer)).toEqual([5, 5])
      expect(yield* sizes(arrayStore([left, left]).layer)).toEqual([6, 5])
    })
  )

  it.effect("ships what it holds first, and removes what is shipped", () =>
    Effect.gen(function* () {
      const record: Log.LogRecord = {
        time: 0,
        level: "Info",
        message: "of the last run",
        values: [],
        fiber: "#0",
        spans: {},
        annotations: {}
      }
      const store = arrayStore([JSON.stringify(record), "{no json"])
      const { messages, send } = recording()
      const { layer } = recordedConsole()
      const logs = Log.ship({ send }).pipe(
        Layer.provide(Layer.effectDiscard(Effect.log("opening"))),
        Layer.provide(store.layer),
        Layer.provide(Log.queue())
      )
      yield* logNumbered(0, 2).pipe(Effect.provide(logs), Effect.provide(layer))
      expect(messages()).toEqual(["of the last run", "opening", ...numbered(0, 2)])
      expect(store.texts()).toEqual([])
    })
  )

  it.effect("that is full for a while loses no order and no record", () =>
    Effect.gen(function* () {
      const store = arrayStore()
      const { messages, send } = recording()
      const { layer, lines } = recordedConsole()
      yield* Effect.gen(function* () {
        yield* logNumbered(0, 3)
        store.setFull(true)
        yield* logNumbered(3, 6)
        store.setFull(false)
        yield* logNumbered(6, 9)
      }).pipe(
        Effect.provide(Log.layer({ send, batch: { size: 2 } })),
        Effect.provide(store.layer),
        Effect.provide(layer)
      )
      expect(messages()).toEqual(numbered(0, 9))
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain("disk full")
    })
  )
})
