import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Log from "effect-herald/log"
import { logNumbered, numbered, recordedConsole, recording, sum } from "../support/log.js"

const waiting = { capacity: 3, whenFull: "wait" } as const

describe("a full queue that lets fibers wait", () => {
  it.live("loses nothing, and has no more records than it has room for, and one of each fiber", () =>
    Effect.gen(function* () {
      const { messages, send } = recording(() => Effect.yieldNow())
      let most = 0
      const stats = yield* Effect.gen(function* () {
        const { flush, stats } = yield* Log.Shipper
        yield* Effect.forEach(
          Array.from({ length: 20 }, (_, fiber) => fiber),
          (fiber) =>
            Effect.forEach(
              Array.from({ length: 50 }, (_, index) => index),
              (index) =>
                Effect.gen(function* () {
                  yield* Effect.log(`${fiber}:${index}`)
                  most = Math.max(most, (yield* stats).queued)
                })
            ),
          { concurrency: "unbounded" }
        )
        yield* flush
        return yield* stats
      }).pipe(Effect.provide(Log.layer({ send, queue: waiting })), Effect.provide(recordedConsole().layer))
      expect(most).toBeLessThanOrEqual(3 + 20 + 1)
      expect(stats).toEqual({ accepted: 1000, shipped: 1000, dropped: 0, failed: 0, queued: 0 })
      for (let fiber = 0; fiber < 20; fiber += 1) {
        expect(messages().filter((text) => text.startsWith(`${fiber}:`))).toEqual(
          Array.from({ length: 50 }, (_, index) => `${fiber}:${index}`)
        )
      }
    })
  )

  it.live("lets interruptions in", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { messages, send } = recording(() => Deferred.await(gate))
      let reached = 0
      yield* Effect.gen(function* () {
        const { stats } = yield* Log.Shipper
        const fiber = yield* Effect.fork(
          Effect.forEach(numbered(0, 100), (text) =>
            Effect.zipRight(
              Effect.log(text),
              Effect.sync(() => (reached += 1))
            )
          )
        )
        yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => Effect.map(stats, ({ queued }) => queued >= 4) })
        yield* Effect.sleep("150 millis")
        expect(reached).toBeLessThan(6)
        const exit = yield* Fiber.interrupt(fiber)
        expect(Exit.isInterrupted(exit)).toBe(true)
        yield* Deferred.succeed(gate, undefined)
      }).pipe(Effect.provide(Log.layer({ send, queue: waiting })), Effect.provide(recordedConsole().layer))
      expect(messages()).toEqual(numbered(0, messages().length))
    })
  )

  it.effect("lets them go on while one send takes long, since it may need what they hold", () =>
    Effect.gen(function* () {
      const lock = yield* Effect.makeSemaphore(1)
      const { layer } = recordedConsole()
      const { messages, send } = recording(() => lock.withPermits(1)(Effect.void))
      const stats = yield* Effect.gen(function* () {
        const { flush, stats } = yield* Log.Shipper
        const fiber = yield* Effect.fork(lock.withPermits(1)(logNumbered(0, 20)))
        yield* TestClock.adjust(Duration.zero)
        yield* TestClock.adjust("1 second")
        expect(fiber.unsafePoll()).toBeNull()
        yield* TestClock.adjust("30 seconds")
        yield* Fiber.join(fiber)
        yield* flush
        return yield* stats
      }).pipe(Effect.provide(Log.layer({ send, queue: waiting })), Effect.provide(layer))
      expect(messages().slice(0, 4)).toEqual(numbered(0, 4))
      expect(stats.dropped).toBeGreaterThan(0)
      expect(stats.accepted).toBe(sum(stats))
    })
  )

  it.effect("drops the record of a fiber that can't wait", () =>
    Effect.gen(function* () {
      const { layer } = recordedConsole()
      const { send } = recording(() => Effect.never)
      yield* Effect.gen(function* () {
        const { stats } = yield* Log.Shipper
        const runtime = yield* Effect.runtime()
        const { runSync } = yield* Effect.promise(() => import("effect/Runtime"))
        runSync(runtime)(logNumbered(0, 10))
        const counts = yield* stats
        expect(counts.queued).toBeLessThanOrEqual(4)
        expect(counts.dropped).toBeGreaterThanOrEqual(6)
        expect(counts.accepted).toBe(sum(counts))
      }).pipe(Effect.provide(Log.layer({ send, queue: waiting, flushWithin: 0 })), Effect.provide(layer))
    })
  )

  it.effect("does not hold a fiber that the end of the scope waits for", () =>
    Effect.gen(function* () {
      const { layer, lines } = recordedConsole()
      const { send } = recording(() => Effect.never)
      const fiber = yield* Effect.addFinalizer(() => logNumbered(0, 10)).pipe(
        Effect.zipRight(Effect.never),
        Effect.scoped,
        Effect.provide(Log.layer({ send, queue: waiting, flushWithin: "1 second" })),
        Effect.provide(layer),
        Effect.fork
      )
      yield* TestClock.adjust(Duration.zero)
      yield* Fiber.interruptFork(fiber)
      yield* TestClock.adjust("1 second")
      yield* Fiber.await(fiber)
      expect(lines.at(-1)).toContain("are not shipped")
    })
  )
})
