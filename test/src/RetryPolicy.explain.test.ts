import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Backoff, RetryPolicy } from "effect-herald"
import * as Civis from "effect-herald/civis"

const always = (schedule: RetryPolicy.Rule["schedule"], maxWait: Duration.DurationInput = "1 minute") =>
  RetryPolicy.make({ schedule, retries: () => true, maxWait })

const seconds = ([min, max]: readonly [Duration.Duration, Duration.Duration]) => [
  Duration.toSeconds(min),
  Duration.toSeconds(max)
]

/** Explains in short: the verdicts and the range of the wait of each row, and of the success. Times are in seconds. */
const brief = (...parameters: Parameters<typeof RetryPolicy.explain>) =>
  Effect.map(RetryPolicy.explain(...parameters), ({ rows, success }) => ({
    rows: rows.map(({ verdicts, wait }) => (wait === undefined ? verdicts : [...verdicts, ...seconds(wait)])),
    success: success && [success.number, ...seconds(success.at)]
  }))

const jittered = (maxWait: Duration.DurationInput) =>
  Schedule.jitteredWith(Schedule.spaced(maxWait), { min: 0, max: 1 })

describe("text of an explanation", () => {
  const table = (lines: ReadonlyArray<string>) => lines.join("\n")

  it.effect("has a row for each failure, bars for the waits, and the success that follows", () =>
    Effect.gen(function* () {
      const failures = ["ECONNREFUSED", { status: 429, retryAfter: "3 seconds" }, 503] as const
      const { text } = yield* RetryPolicy.explain(RetryPolicy.standard, failures)
      expect(text).toBe(
        table([
          "#  GET                  class      at          verdict  wait        0                                   5.5s",
          "1  ECONNREFUSED         NotSent    0           retried  0 to 500ms  ░░░░",
          "2  429, Retry-After 3s  Rejected   0 to 500ms  retried  3s              █████████████████████",
          "3  503                  Ambiguous  3s to 3.5s  retried  0 to 2s                              ░░░░░░░░░░░░░░░",
          "4  success                         3s to 5.5s"
        ])
      )
    })
  )

  it.effect("ends with the failure that ends the call, if one does", () =>
    Effect.gen(function* () {
      const { text } = yield* RetryPolicy.explain(RetryPolicy.standard, ["ECONNREFUSED", 503, 503], { method: "POST" })
      expect(text).toBe(
        table([
          "#  POST          class      at          verdict  wait        0                                  500ms",
          "1  ECONNREFUSED  NotSent    0           retried  0 to 500ms  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░",
          "2  503           Ambiguous  0 to 500ms  unsafe"
        ])
      )
    })
  )

  it.effect("has columns as wide as their content, and rounded times", () =>
    Effect.gen(function* () {
      const schedule = Schedule.delayedSchedule(
        Schedule.map(Schedule.forever, (index) => Duration.millis([0.2, 7, 1234.5, 59_999, 5_025_000][index] ?? 0))
      )
      const { text } = yield* RetryPolicy.explain(always(schedule, "1 day"), [408, 408, 408, 408, 408], {
        method: "OPTIONS"
      })
      expect(text).toBe(
        table([
          "#  OPTIONS  class     at          verdict  wait        0                             1h 24m 46s",
          "1  408      Rejected  0           retried  0           █",
          "2  408      Rejected  0           retried  7ms         █",
          "3  408      Rejected  7ms         retried  1.23s       █",
          "4  408      Rejected  1.24s       retried  1m          █",
          "5  408      Rejected  1m 1s       retried  1h 23m 45s  ████████████████████████████████████████",
          "6  success            1h 24m 46s"
        ])
      )
    })
  )

  it.effect("has printable lines of limited length for any outcomes, policy and deadline", () =>
    Effect.gen(function* () {
      const unlimited = always(Schedule.forever, Duration.infinity)
      const outcomes: ReadonlyArray<RetryPolicy.Outcome> = [
        "",
        "a\nnew\tline",
        "\u001b[31m red",
        "日本語 🎺",
        "x".repeat(1000),
        { status: 429, retryAfter: -5 },
        { status: 503, retryAfter: 0 },
        { status: 503, retryAfter: 1e300 },
        { status: 503, retryAfter: Duration.infinity },
        503
      ]
      for (const policy of [
        unlimited,
        RetryPolicy.standard,
        RetryPolicy.none,
        Civis.retryPolicy,
        RetryPolicy.exponential()
      ]) {
        for (const deadline of [undefined, 0, "1 second", Duration.infinity] as const) {
          for (let from = 0; from <= outcomes.length; from += 1) {
            const { rows, text } = yield* RetryPolicy.explain(policy, outcomes.slice(from), { deadline })
            const lines = text.split("\n")
            expect(lines.length).toBeLessThanOrEqual(rows.length + 2)
            for (const line of lines) {
              expect(line).toMatch(/^[ -~█░]*[!-~█░]$/)
              expect(line.length).toBeLessThan(250)
            }
            expect(text).not.toMatch(/NaN|undefined|Infinity/)
          }
        }
      }
      for (const status of [Number.NaN, -1, 0, 1.5, 99]) {
        expect((yield* brief(unlimited, [status])).rows).toEqual([["final"]])
      }
    })
  )

  it.effect("has no scale if the total time is zero or infinite", () =>
    Effect.gen(function* () {
      const heading = "#  GET"
      const scaleOf = (policy: RetryPolicy.RetryPolicy, failures: ReadonlyArray<RetryPolicy.Outcome>) =>
        Effect.map(RetryPolicy.explain(policy, failures), ({ text }) => text.split("\n")[0]?.slice(heading.length))
      expect(yield* scaleOf(RetryPolicy.none, [503])).toMatch(/wait$/)
      expect(yield* scaleOf(always(Schedule.forever), [])).toMatch(/wait$/)
      expect(
        yield* scaleOf(always(Schedule.forever, Duration.infinity), [{ status: 429, retryAfter: Duration.infinity }])
      ).toMatch(/wait$/)
    })
  )
})

describe("explain", () => {
  it.effect("returns the rows and the success as data", () =>
    Effect.gen(function* () {
      const { rows, success } = yield* RetryPolicy.explain(Civis.retryPolicy, [
        { status: 413, retryAfter: "1 minute" },
        503
      ])
      expect(rows).toEqual([
        {
          number: 1,
          class: "Rejected",
          reason: "413",
          status: 413,
          retryAfter: Duration.minutes(1),
          at: [Duration.zero, Duration.zero],
          verdicts: ["retried"],
          wait: [Duration.minutes(1), Duration.minutes(1)]
        },
        {
          number: 2,
          class: "Ambiguous",
          reason: "503",
          status: 503,
          retryAfter: undefined,
          at: [Duration.minutes(1), Duration.minutes(1)],
          verdicts: ["retried"],
          wait: [Duration.zero, Duration.seconds(4)]
        }
      ])
      expect(success).toEqual({ number: 3, at: [Duration.seconds(60), Duration.seconds(64)] })
    })
  )

  it.effect("returns each verdict that does not depend on other calls", () =>
    Effect.gen(function* () {
      const { standard } = RetryPolicy
      expect((yield* brief(standard, [404])).rows).toEqual([["final"]])
      expect((yield* brief(standard, [500])).rows).toEqual([["not retried by policy"]])
      expect((yield* brief(standard, [502], { method: "POST" })).rows).toEqual([["unsafe"]])
      expect((yield* brief(standard, [{ status: 429, retryAfter: 60_001 }])).rows).toEqual([["wait too long"]])
      expect(
        (yield* brief(
          Civis.retryPolicy,
          Array.from({ length: 20 }, () => 503)
        )).rows.at(-1)
      ).toEqual(["exhausted"])
      expect((yield* brief(standard, [{ status: 429, retryAfter: 7000 }], { deadline: 6000 })).rows).toEqual([
        ["past deadline"]
      ])
    })
  )

  it.effect("depends on the method and on `idempotent`", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] as const) {
        expect((yield* brief(RetryPolicy.standard, [502], { method })).rows[0]).toContain("retried")
        expect((yield* brief(RetryPolicy.standard, [502], { method, idempotent: false })).rows[0]).toContain("unsafe")
      }
      for (const method of ["POST", "PATCH"] as const) {
        expect((yield* brief(RetryPolicy.standard, [502], { method })).rows[0]).toContain("unsafe")
        expect((yield* brief(RetryPolicy.standard, [502], { method, idempotent: true })).rows[0]).toContain("retried")
      }
    })
  )

  it.effect("returns the class that the policy's `rejected` gives a response", () =>
    Effect.gen(function* () {
      const classes = Effect.map(RetryPolicy.explain(Civis.retryPolicy, [503, 502], { method: "POST" }), ({ rows }) =>
        rows.map((row) => row.class)
      )
      expect(yield* classes).toEqual(["Rejected", "Ambiguous"])
    })
  )

  it.effect("ends at the first success", () =>
    Effect.gen(function* () {
      const policy = always(Schedule.spaced("1 second"))
      expect(yield* brief(policy, [503, 200, 503])).toEqual({ rows: [["retried", 1, 1]], success: [2, 1, 1] })
      expect(yield* brief(policy, [204])).toEqual({ rows: [], success: [1, 0, 0] })
      expect(yield* brief(policy, [])).toEqual({ rows: [], success: [1, 0, 0] })
      expect((yield* brief(RetryPolicy.none, [503])).success).toBeUndefined()
    })
  )

  it.effect("does not accept an infinite wait for any policy", () =>
    Effect.gen(function* () {
      const policy = always(Schedule.forever, Duration.infinity)
      const failures = [503, { status: 429, retryAfter: Duration.infinity }, 503]
      expect(yield* brief(policy, failures)).toEqual({
        rows: [["retried", 0, 0], ["wait too long"]],
        success: undefined
      })
    })
  )

  it.effect("returns every verdict that a random wait may lead to, and the range of the accepted waits", () =>
    Effect.gen(function* () {
      // The schedule asks for up to two minutes. The policy accepts up to one.
      expect((yield* brief(always(jittered("2 minutes")), [503])).rows).toEqual([["retried", "wait too long", 0, 60]])
      // The first wait may leave no time for the second. The deadline limits the rest.
      expect(yield* brief(always(jittered("4 seconds")), [503, 503, 503], { deadline: "6 seconds" })).toEqual({
        rows: [
          ["retried", 0, 4],
          ["retried", "past deadline", 0, 4],
          ["retried", "past deadline", 0, 4]
        ],
        success: [4, 0, 6]
      })
      // A schedule with a time limit may have ended or not.
      const timed = Schedule.intersect(jittered("4 seconds"), Backoff.elapsed("3 seconds"))
      expect((yield* brief(always(timed), [503, 503])).rows).toEqual([
        ["retried", 0, 4],
        ["retried", "exhausted", 0, 4]
      ])
    })
  )

  it.effect("uses the rule that decides, in a policy of several rules", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.orElse(
        RetryPolicy.make({ schedule: Schedule.spaced("1 second"), retries: RetryPolicy.onTransportFailure }),
        RetryPolicy.make({ schedule: jittered("8 seconds"), retries: RetryPolicy.onStatus(503), maxWait: "4 seconds" })
      )
      expect((yield* brief(policy, ["ECONNRESET", 503, 500])).rows).toEqual([
        ["retried", 1, 1],
        ["retried", "wait too long", 0, 4],
        ["not retried by policy"]
      ])
    })
  )

  it.effect("starts at the current time, for a schedule that depends on the clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2030, 0, 1, 12, 59, 30))
      const policy = always(Schedule.secondOfMinute(0), "1 hour")
      expect((yield* brief(policy, [503])).rows).toEqual([["retried", 30, 30]])
    })
  )

  it.effect("does not change the state of the policy", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.exponential({ attempts: 3 })
      const first = yield* RetryPolicy.explain(policy, [503, 503, 503, 503])
      expect(yield* RetryPolicy.explain(policy, [503, 503, 503, 503])).toEqual(first)
    })
  )
})
