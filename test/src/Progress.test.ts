import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Progress } from "effect-herald"

const at = (done: number): Progress.Progress => ({
  unit: "items",
  done,
  total: undefined,
  rate: 0,
  elapsed: Duration.zero,
  remaining: undefined
})

const summary = (event: Progress.Advanced | Progress.Completed<unknown>) =>
  event._tag === "Advanced" ? event.progress.done : event.value

const summaries = <A, E, R>(stream: Stream.Stream<Progress.Advanced | Progress.Completed<A>, E, R>) =>
  stream.pipe(Stream.map(summary), Stream.runCollect, Effect.map(Chunk.toReadonlyArray))

describe("toStream", () => {
  it.effect("ends with the result, after the last progress", () =>
    Effect.gen(function* () {
      const work = (report: Progress.Report) =>
        Effect.as(
          Effect.forEach([1, 2, 3], (done) => report(at(done))),
          "result"
        )
      expect(yield* summaries(Progress.toStream(work))).toEqual([3, "result"])
    })
  )

  it.effect("has an event for each report that a fast reader is there for", () =>
    Effect.gen(function* () {
      const work = (report: Progress.Report) =>
        Effect.as(
          Effect.forEach([1, 2, 3], (done) => Effect.delay(report(at(done)), "1 second")),
          "result"
        )
      const fiber = yield* Effect.fork(summaries(Progress.toStream(work)))
      yield* TestClock.adjust("3 seconds")
      expect(yield* Fiber.join(fiber)).toEqual([1, 2, 3, "result"])
    })
  )

  it.effect("does not slow the work down for a slow reader, which gets the latest progress", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const work = (report: Progress.Report) =>
        Effect.forEach([1, 2, 3, 4, 5, 6], (done) => Effect.delay(report(at(done)), "1 second")).pipe(
          Effect.zipRight(Deferred.succeed(ended, undefined)),
          Effect.as("result")
        )
      const fiber = yield* Progress.toStream(work).pipe(
        Stream.tap(() => Effect.sleep("2500 millis")),
        summaries,
        Effect.fork
      )
      yield* TestClock.adjust("6 seconds")
      expect(yield* Deferred.isDone(ended)).toBe(true)
      yield* TestClock.adjust("1 minute")
      // Read at 1, 3.5 and 6 seconds.
      expect(yield* Fiber.join(fiber)).toEqual([1, 3, 6, "result"])
    })
  )

  it.effect("fails as the work does, after the last progress", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const run = (end: Effect.Effect<never, string>) =>
        Progress.toStream((report) => Effect.zipRight(report(at(1)), end)).pipe(
          Stream.runForEach((event) => Effect.sync(() => seen.push(summary(event)))),
          Effect.exit
        )
      expect(yield* run(Effect.fail("no"))).toEqual(Exit.fail("no"))
      expect(yield* run(Effect.die("defect"))).toEqual(Exit.die("defect"))
      expect(Exit.isInterrupted(yield* run(Effect.interrupt))).toBe(true)
      expect(seen).toEqual([1, 1, 1])
    })
  )

  it.effect("fails with a defect of the function that makes the work", () =>
    Effect.gen(function* () {
      const exit = yield* Progress.toStream((): Effect.Effect<never> => {
        throw new Error("no work")
      }).pipe(Stream.runDrain, Effect.exit)
      expect(exit).toEqual(Exit.die(new Error("no work")))
    })
  )

  it.effect("interrupts the work when it is ended early, and when it is interrupted", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const work = (report: Progress.Report) =>
        Effect.zipRight(report(at(1)), Effect.never).pipe(
          Effect.onInterrupt(() => Effect.sync(() => void interrupted++))
        )
      expect(yield* summaries(Stream.take(Progress.toStream(work), 1))).toEqual([1])
      expect(interrupted).toBe(1)
      const fiber = yield* Effect.fork(Stream.runDrain(Progress.toStream(work)))
      yield* Effect.yieldNow().pipe(Effect.repeatN(20))
      yield* Fiber.interrupt(fiber)
      expect(interrupted).toBe(2)
    })
  )
})

describe("ofStream", () => {
  const recorded = () => {
    const reports: Array<readonly [done: number, total: number | undefined]> = []
    const report: Progress.Report = ({ done, total }) => Effect.sync(() => reports.push([done, total]))
    return { report, reports }
  }

  it.effect("counts the elements, at most ten times a second, and the last", () =>
    Effect.gen(function* () {
      const { report, reports } = recorded()
      const fiber = yield* Stream.range(1, 12).pipe(
        Stream.rechunk(1),
        Stream.schedule(Schedule.spaced("50 millis")),
        Progress.ofStream(report, { total: 12 }),
        Stream.runCount,
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(fiber)).toBe(12)
      expect(reports).toEqual([1, 3, 5, 7, 9, 11, 12].map((done) => [done, 12]))
    })
  )

  it.effect("takes the Stream first, too, and keeps its elements and chunks", () =>
    Effect.gen(function* () {
      const { report, reports } = recorded()
      const stream = Stream.fromChunks(Chunk.make(1, 2), Chunk.make(3))
      const sizes = yield* Progress.ofStream(stream, report).pipe(
        Stream.chunks,
        Stream.map(Chunk.size),
        Stream.runCollect
      )
      expect(Chunk.toReadonlyArray(sizes)).toEqual([2, 1])
      expect(reports).toEqual([
        [2, undefined],
        [3, 3]
      ])
    })
  )

  it.effect("reports the end of a Stream that is empty, that fails, or that is ended early", () =>
    Effect.gen(function* () {
      const { report, reports } = recorded()
      yield* Stream.runDrain(Progress.ofStream(Stream.empty, report))
      yield* Stream.make(1, 2).pipe(
        Stream.rechunk(1),
        Stream.concat(Stream.fail("no")),
        Progress.ofStream(report, { total: 9 }),
        Stream.runDrain,
        Effect.exit
      )
      yield* Stream.range(1, 9).pipe(Stream.rechunk(2), Progress.ofStream(report), Stream.take(4), Stream.runDrain)
      expect(reports).toEqual([
        [0, 0],
        [1, 9],
        [2, 9],
        [2, undefined],
        [4, undefined]
      ])
    })
  )

  it.effect("reports nothing more when it is interrupted", () =>
    Effect.gen(function* () {
      const { report, reports } = recorded()
      const fiber = yield* Stream.concat(Stream.make(1), Stream.never).pipe(
        Progress.ofStream(report),
        Stream.runDrain,
        Effect.fork
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      expect(reports).toEqual([[1, undefined]])
    })
  )

  it.effect("counts anew each time that the Stream runs", () =>
    Effect.gen(function* () {
      const { report, reports } = recorded()
      const stream = Progress.ofStream(Stream.make(1, 2), report)
      yield* Stream.runDrain(stream)
      yield* Stream.runDrain(stream)
      expect(reports.map(([done]) => done)).toEqual([2, 2, 2, 2])
    })
  )
})
