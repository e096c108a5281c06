import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as TestClock from "effect/TestClock"
import type { Progress } from "effect-herald"
import { makeReporter } from "../../../../src/internal/progress/reporter.js"

/** Advances by steps of an amount and a time, and returns the reports with the times at which they were made. */
const reportsOf = (steps: ReadonlyArray<readonly [amount: number, millis: number]>, total?: number) => {
  const reports: Array<{ readonly at: number; readonly progress: Progress.Progress }> = []
  let now = 0
  const clock: Clock.Clock = { ...Clock.make(), currentTimeMillis: Effect.sync(() => now) }
  const report: Progress.Report = (progress) => Effect.sync(() => reports.push({ at: now, progress }))
  return Effect.gen(function* () {
    const { advance, finish } = yield* makeReporter(report, "bytes", total)
    let done = 0
    for (const [amount, millis] of steps) {
      done += amount
      yield* advance(done)
      now += millis
    }
    yield* finish(done)
    return { done, reports }
  }).pipe(Effect.withClock(clock))
}

it.effect("a reporter reports at once, every tenth of a second, and the end", () =>
  Effect.gen(function* () {
    const { reports } = yield* reportsOf(Array.from({ length: 25 }, () => [1, 10] as const))
    expect(reports.map(({ at, progress }) => [at, progress.done])).toEqual([
      [0, 1],
      [100, 11],
      [200, 21],
      [250, 25]
    ])
  })
)

it.effect("a reporter is not silent when the clock went back", () =>
  Effect.gen(function* () {
    const reports: Array<number> = []
    const { advance } = yield* makeReporter(({ done }) => Effect.sync(() => reports.push(done)), "bytes", undefined)
    yield* TestClock.setTime(3_600_000)
    yield* advance(1)
    yield* TestClock.setTime(0)
    yield* advance(2)
    yield* advance(3)
    yield* TestClock.setTime(100)
    yield* advance(4)
    expect(reports).toEqual([1, 2, 4])
  })
)

it("a reporter makes at most ten reports a second and always the last, and what is done never shrinks", () => {
  const steps = fc.array(fc.tuple(fc.nat(1000), fc.nat(300)), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (all) => {
      const { done, reports } = Effect.runSync(reportsOf(all, 5000))
      expect(reports.at(-1)!.progress.done).toBe(done)
      const beforeEnd = reports.slice(0, -1)
      for (const [index, { at, progress }] of beforeEnd.entries()) {
        if (index === 0) continue
        expect(at - beforeEnd[index - 1]!.at).toBeGreaterThanOrEqual(100)
        expect(progress.done).toBeGreaterThanOrEqual(beforeEnd[index - 1]!.progress.done)
      }
    })
  )
})
