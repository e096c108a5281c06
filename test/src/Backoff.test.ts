import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import { type Attempt, Authoriser, Backoff, RetryPolicy } from "effect-herald"

/** Inputs of a schedule: a number of failures. `elapsed` is the time of each after the start of the call. */
const failures = (count: number, elapsed = (_: number): Duration.DurationInput => 0) =>
  Array.from({ length: count }, (_, index): Attempt.FailedAttempt => ({
    number: index + 1,
    method: "GET",
    class: "Rejected",
    idempotent: true,
    reason: "429",
    elapsed: Duration.decode(elapsed(index))
  }))

/** Steps a schedule until it ends, and returns its waits in seconds. `draws` are the random numbers. */
const waits = (
  schedule: Schedule.Schedule<unknown, Attempt.FailedAttempt>,
  inputs: number | ReadonlyArray<Attempt.FailedAttempt> = 7,
  draws: readonly [number, ...Array<number>] = [0.5]
) =>
  Effect.gen(function* () {
    const delays: Array<number> = []
    let state = schedule.initial
    for (const failed of typeof inputs === "number" ? failures(inputs) : inputs) {
      const [next, , decision] = yield* schedule.step(0, failed, state)
      if (ScheduleDecision.isDone(decision)) break
      delays.push(ScheduleIntervals.start(decision.intervals) / 1000)
      state = next
    }
    return delays
  }).pipe(Effect.withRandom(Random.fixed([...draws])))

/** Checks that the layer of an API with a policy fails with a `ConfigError`. */
const expectInvalidPolicy = (retryPolicy: RetryPolicy.RetryPolicy) =>
  Effect.map(Effect.flip(Authoriser.make({ baseUrl: "https://api.test", retryPolicy })), (error) =>
    expect(error).toMatchObject({ _op: "InvalidData", path: ["retryPolicy"] })
  )

/** Checks that a schedule can't be part of the policy of an API. */
const expectInvalid = (schedule: Schedule.Schedule<unknown, Attempt.FailedAttempt>) =>
  expectInvalidPolicy(RetryPolicy.make({ schedule, retries: () => true }))

/** Checks that a schedule has no waits, either. */
const expectEnded = (schedule: Schedule.Schedule<unknown, Attempt.FailedAttempt>) =>
  Effect.zipRight(
    Effect.map(waits(schedule), (all) => expect(all).toEqual([])),
    expectInvalid(schedule)
  )

describe("an invalid option", () => {
  /** JavaScript permits other values than the types do. */
  const notDurations: ReadonlyArray<unknown> = [Number.NaN, -1, "a while", {}]
  const untyped = (value: unknown) => value as never

  it.effect.each<[name: string, schedule: (value: never) => Schedule.Schedule<unknown, Attempt.FailedAttempt>]>([
    ["exponential start", (start) => Backoff.exponential({ start })],
    ["exponential cap", (cap) => Backoff.exponential({ start: 1000, cap })],
    ["linear start", (start) => Backoff.linear({ start })],
    ["linear step", (step) => Backoff.linear({ start: 1000, step })],
    ["elapsed", Backoff.elapsed]
  ])("that should be a duration ends the schedule, and fails the layer of an API: %s", ([, make]) =>
    Effect.forEach(notDurations, (value) => expectEnded(make(untyped(value))), { discard: true })
  )

  it.effect("that should be a number, or a kind of jitter, ends the schedule, and fails the layer of an API", () =>
    Effect.gen(function* () {
      for (const factor of [0, -2, Number.NaN, Infinity, "2"]) {
        yield* expectEnded(Backoff.exponential({ start: 1000, factor: untyped(factor) }))
      }
      for (const max of [0, -1, 0.5, 2.5, Number.NaN, "3"]) yield* expectEnded(Backoff.attempts(untyped(max)))
      for (const jitter of ["some", "toString", 1]) {
        yield* expectEnded(Backoff.exponential({ start: 1000, jitter: untyped(jitter) }))
      }
    })
  )

  it.effect("is found in a combined schedule and in a policy", () =>
    Effect.gen(function* () {
      const invalid = Backoff.exponential({ start: 1000, factor: -1 })
      yield* expectInvalid(Schedule.intersect(Schedule.forever, Schedule.union(Backoff.attempts(3), invalid)))
      yield* expectInvalid(Schedule.andThen(Schedule.recurs(2), invalid))
      for (const options of [{ factor: -1 }, { start: -1 }, { attempts: -1 }, { attempts: 0.5 }, { timeout: -1 }]) {
        yield* expectInvalidPolicy(RetryPolicy.exponential(options))
      }
      const policy = RetryPolicy.make({ schedule: Schedule.stop, retries: () => true, maxWait: Number.NaN })
      yield* expectInvalidPolicy(RetryPolicy.orElse(RetryPolicy.standard, policy))
    })
  )
})

describe("exponential", () => {
  it.effect("doubles each wait", () =>
    Effect.gen(function* () {
      expect(yield* waits(Backoff.exponential({ start: "1 second" }))).toEqual([1, 2, 4, 8, 16, 32, 64])
    })
  )

  it.effect("multiplies each wait by a factor", () =>
    Effect.gen(function* () {
      expect(yield* waits(Backoff.exponential({ start: "4 seconds", factor: 1.5 }), 4)).toEqual([4, 6, 9, 13.5])
      expect(yield* waits(Backoff.exponential({ start: "4 seconds", factor: 1 }), 3)).toEqual([4, 4, 4])
      expect(yield* waits(Backoff.exponential({ start: "4 seconds", factor: 0.5 }), 3)).toEqual([4, 2, 1])
    })
  )

  it.effect("caps waits, as musify's request handler does: 1, 2, 4, 8, 16, 32, 50", () =>
    Effect.gen(function* () {
      expect(yield* waits(Backoff.exponential({ start: "1 second", cap: "50 seconds" }), 9)).toEqual([
        1, 2, 4, 8, 16, 32, 50, 50, 50
      ])
    })
  )

  it.effect("stays at the cap when the uncapped wait exceeds the range of numbers", () =>
    Effect.gen(function* () {
      const delays = yield* waits(Backoff.exponential({ start: "1 second", cap: "1 minute" }), 2000)
      expect(delays).toHaveLength(2000)
      expect(new Set(delays.slice(6))).toEqual(new Set([60]))
    })
  )

  it.effect("has waits with fractions of a millisecond", () =>
    Effect.gen(function* () {
      expect(yield* waits(Backoff.exponential({ start: Duration.micros(1500n), factor: 1.5 }), 3)).toEqual([
        0.0015, 0.00225, 0.003375
      ])
    })
  )
})

describe("linear", () => {
  it.effect("adds the first wait by default", () =>
    Effect.gen(function* () {
      expect(yield* waits(Backoff.linear({ start: "2 seconds" }), 4)).toEqual([2, 4, 6, 8])
    })
  )

  it.effect("adds a step", () =>
    Effect.gen(function* () {
      const steps = yield* waits(Backoff.linear({ start: "2 seconds", step: "3 seconds" }), 6)
      expect(steps).toEqual([2, 5, 8, 11, 14, 17])
      // musify's timer (2, +3, 5) has a final wait of 17 and a total of 57.
      expect(steps.reduce((sum, wait) => sum + wait)).toBe(57)
    })
  )

  it.effect("caps waits, as musify's request handler does: 1, 3, 5, 7, 9, 9.5", () =>
    Effect.gen(function* () {
      const schedule = Backoff.linear({ start: "1 second", step: "2 seconds", cap: "9.5 seconds" })
      expect(yield* waits(schedule)).toEqual([1, 3, 5, 7, 9, 9.5, 9.5])
    })
  )
})

it.effect("Schedule.unfold makes the third timer of musify's request handler, with powers: 2, 4, 16, 50", () =>
  Effect.gen(function* () {
    const power = Schedule.unfold(2, (wait) => wait ** 2).pipe(
      Schedule.addDelay(Duration.seconds),
      Schedule.modifyDelay((_, wait) => Duration.min(wait, "50 seconds"))
    )
    expect(yield* waits(power, 5)).toEqual([2, 4, 16, 50, 50])
  })
)

describe("jitter", () => {
  const backoffs: ReadonlyArray<
    readonly [string, (options: Backoff.Options) => Schedule.Schedule<unknown, Attempt.FailedAttempt>]
  > = [
    ["exponential", Backoff.exponential],
    ["linear", Backoff.linear]
  ]
  const options = { start: "8 seconds", cap: "10 seconds" } as const

  describe.each(backoffs)("%s", (_, backoff) => {
    it.effect("`none` does not change waits, and is the default", () =>
      Effect.gen(function* () {
        for (const schedule of [backoff(options), backoff({ ...options, jitter: "none" })]) {
          expect(yield* waits(schedule, 4, [0, 0.25, 1])).toEqual([8, 10, 10, 10])
        }
      })
    )

    it.effect("`equal` varies a wait between half of it and all of it", () =>
      Effect.gen(function* () {
        expect(yield* waits(backoff({ ...options, jitter: "equal" }), 4, [0, 0, 0.5, 1])).toEqual([4, 5, 7.5, 10])
      })
    )

    it.effect("`full` varies a wait between zero and all of it", () =>
      Effect.gen(function* () {
        expect(yield* waits(backoff({ ...options, jitter: "full" }), 5, [0, 1, 0, 0.5, 1])).toEqual([0, 10, 0, 5, 10])
      })
    )
  })
})

describe("attempts", () => {
  it.effect("limits the number of attempts, the first included", () =>
    Effect.gen(function* () {
      for (const max of [1, 2, 5]) expect(yield* waits(Backoff.attempts(max), 9)).toHaveLength(max - 1)
      expect(yield* waits(Backoff.attempts(0), 9)).toEqual([])
      expect(yield* waits(Backoff.attempts(Infinity), 9)).toHaveLength(9)
    })
  )

  it.effect("counts all attempts of the call, not its own inputs", () =>
    Effect.gen(function* () {
      expect(yield* waits(Backoff.attempts(5), failures(9).slice(3))).toHaveLength(1)
    })
  )

  it.effect("adds no waits", () =>
    Effect.gen(function* () {
      expect(yield* waits(Backoff.attempts(4), 9)).toEqual([0, 0, 0])
      const schedule = Schedule.intersect(Backoff.linear({ start: "1 second" }), Backoff.attempts(4))
      expect(yield* waits(schedule, 9)).toEqual([1, 2, 3])
    })
  )
})

describe("elapsed", () => {
  it.effect("ends at a failure after the limit, and adds no waits", () =>
    Effect.gen(function* () {
      const everySecond = failures(9, (index) => Duration.seconds(index))
      expect(yield* waits(Backoff.elapsed("3 seconds"), everySecond)).toEqual([0, 0, 0])
      expect(yield* waits(Backoff.elapsed(Duration.millis(2001)), everySecond)).toEqual([0, 0, 0])
      expect(yield* waits(Backoff.elapsed(0), everySecond)).toEqual([])
      expect(yield* waits(Backoff.elapsed(Duration.infinity), everySecond)).toHaveLength(9)
    })
  )
})
