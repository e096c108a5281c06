import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Backoff, RetryPolicy } from "effect-herald"

const always = (schedule: RetryPolicy.Rule["schedule"], maxWait: Duration.DurationInput = "1 minute") =>
  RetryPolicy.make({ schedule, repeats: () => true, maxWait })

const seconds = ([least, most]: readonly [Duration.Duration, Duration.Duration]) => [
  Duration.toSeconds(least),
  Duration.toSeconds(most)
]

/** Of each row its verdicts, and the range of its wait in seconds. */
const told = (...parameters: Parameters<typeof RetryPolicy.explain>) =>
  Effect.map(RetryPolicy.explain(...parameters), ({ answered, rows }) => ({
    rows: rows.map(({ verdicts, wait }) => (wait === undefined ? verdicts : [...verdicts, ...seconds(wait)])),
    answered: answered && [answered.number, ...seconds(answered.at)]
  }))

const jittered = (longest: Duration.DurationInput) =>
  Schedule.jitteredWith(Schedule.spaced(longest), { min: 0, max: 1 })

describe("the drawing", () => {
  const drawn = (lines: ReadonlyArray<string>) => lines.join("\n")

  it.effect("has a row for each failure, the waits on a scale, and the answer that follows", () =>
    Effect.gen(function* () {
      const failures = ["ECONNREFUSED", { status: 429, retryAfter: "3 seconds" }, 503] as const
      const { text } = yield* RetryPolicy.explain(RetryPolicy.standard, failures)
      expect(text).toBe(
        drawn([
          "#  GET                  class      at          then      wait        0                                   5.5s",
          "1  ECONNREFUSED         NotSent    0           repeated  0 to 500ms  ░░░░",
          "2  429, Retry-After 3s  Rejected   0 to 500ms  repeated  3s              █████████████████████",
          "3  503                  Ambiguous  3s to 3.5s  repeated  0 to 2s                              ░░░░░░░░░░░░░░░",
          "4  answered                        3s to 5.5s"
        ])
      )
    })
  )

  it.effect("ends with the failure that the call ends with, if it does", () =>
    Effect.gen(function* () {
      const { text } = yield* RetryPolicy.explain(RetryPolicy.standard, ["ECONNREFUSED", 503, 503], { method: "POST" })
      expect(text).toBe(
        drawn([
          "#  POST          class      at          then      wait        0                                  500ms",
          "1  ECONNREFUSED  NotSent    0           repeated  0 to 500ms  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░",
          "2  503           Ambiguous  0 to 500ms  unsafe"
        ])
      )
    })
  )

  it.effect("has columns as wide as what is in them, and times as exact as a person reads them", () =>
    Effect.gen(function* () {
      const schedule = Schedule.delayedSchedule(
        Schedule.map(Schedule.forever, (index) => Duration.millis([0.2, 7, 1234.5, 59_999, 5_025_000][index] ?? 0))
      )
      const { text } = yield* RetryPolicy.explain(always(schedule, "1 day"), [408, 408, 408, 408, 408], {
        method: "OPTIONS"
      })
      expect(text).toBe(
        drawn([
          "#  OPTIONS   class     at          then      wait        0                             1h 24m 46s",
          "1  408       Rejected  0           repeated  0           █",
          "2  408       Rejected  0           repeated  7ms         █",
          "3  408       Rejected  7ms         repeated  1.23s       █",
          "4  408       Rejected  1.24s       repeated  1m          █",
          "5  408       Rejected  1m 1s       repeated  1h 23m 45s  ████████████████████████████████████████",
          "6  answered            1h 24m 46s"
        ])
      )
    })
  )

  it.effect("is one of plain lines, whatever it is given", () =>
    Effect.gen(function* () {
      const forever = always(Schedule.forever, Duration.infinity)
      const failures: ReadonlyArray<RetryPolicy.Occurrence> = [
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
        forever,
        RetryPolicy.standard,
        RetryPolicy.none,
        RetryPolicy.civis,
        RetryPolicy.backoff()
      ]) {
        for (const deadline of [undefined, 0, "1 second", Duration.infinity] as const) {
          for (let from = 0; from <= failures.length; from += 1) {
            const { rows, text } = yield* RetryPolicy.explain(policy, failures.slice(from), { deadline })
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
      for (const status of [Number.NaN, Infinity, -1, 0, 1.5, 99, 600, 1e21]) {
        expect((yield* told(forever, [status])).rows).toEqual([["final"]])
      }
    })
  )

  it.effect("has no scale where no time passes, or all of it", () =>
    Effect.gen(function* () {
      const heading = "#  GET"
      const scaleOf = (policy: RetryPolicy.RetryPolicy, failures: ReadonlyArray<RetryPolicy.Occurrence>) =>
        Effect.map(RetryPolicy.explain(policy, failures), ({ text }) => text.split("\n")[0]?.slice(heading.length))
      expect(yield* scaleOf(RetryPolicy.none, [503])).toMatch(/wait$/)
      expect(yield* scaleOf(always(Schedule.forever), [])).toMatch(/wait$/)
      expect(
        yield* scaleOf(always(Schedule.forever, Duration.infinity), [{ status: 429, retryAfter: Duration.infinity }])
      ).toMatch(/wait$/)
    })
  )
})

describe("what is told", () => {
  it.effect("is data, too", () =>
    Effect.gen(function* () {
      const { answered, rows } = yield* RetryPolicy.explain(RetryPolicy.civis, [
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
          verdicts: ["repeated"],
          wait: [Duration.minutes(1), Duration.minutes(1)]
        },
        {
          number: 2,
          class: "Ambiguous",
          reason: "503",
          status: 503,
          retryAfter: undefined,
          at: [Duration.minutes(1), Duration.minutes(1)],
          verdicts: ["repeated"],
          wait: [Duration.zero, Duration.seconds(4)]
        }
      ])
      expect(answered).toEqual({ number: 3, at: [Duration.seconds(60), Duration.seconds(64)] })
    })
  )

  it.effect("is each verdict that there can be, of a call alone", () =>
    Effect.gen(function* () {
      const { civis, standard } = RetryPolicy
      expect((yield* told(standard, [404])).rows).toEqual([["final"]])
      expect((yield* told(standard, [500])).rows).toEqual([["declined"]])
      expect((yield* told(standard, [502], { method: "POST" })).rows).toEqual([["unsafe"]])
      expect((yield* told(standard, [{ status: 429, retryAfter: 60_001 }])).rows).toEqual([["wait too long"]])
      expect(
        (yield* told(
          civis,
          Array.from({ length: 20 }, () => 503)
        )).rows.at(-1)
      ).toEqual(["exhausted"])
      expect((yield* told(standard, [{ status: 429, retryAfter: 7000 }], { deadline: 6000 })).rows).toEqual([
        ["past deadline"]
      ])
    })
  )

  it.effect("depends on the method, and on what is declared idempotent", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] as const) {
        expect((yield* told(RetryPolicy.standard, [502], { method })).rows[0]).toContain("repeated")
        expect((yield* told(RetryPolicy.standard, [502], { method, idempotent: false })).rows[0]).toContain("unsafe")
      }
      for (const method of ["POST", "PATCH"] as const) {
        expect((yield* told(RetryPolicy.standard, [502], { method })).rows[0]).toContain("unsafe")
        expect((yield* told(RetryPolicy.standard, [502], { method, idempotent: true })).rows[0]).toContain("repeated")
      }
    })
  )

  it.effect("has the class that the policy gives a failure", () =>
    Effect.gen(function* () {
      const classes = Effect.map(RetryPolicy.explain(RetryPolicy.civis, [503, 502], { method: "POST" }), ({ rows }) =>
        rows.map((row) => row.class)
      )
      expect(yield* classes).toEqual(["Rejected", "Ambiguous"])
    })
  )

  it.effect("ends where the call does: at its first success", () =>
    Effect.gen(function* () {
      const policy = always(Schedule.spaced("1 second"))
      expect(yield* told(policy, [503, 200, 503])).toEqual({ rows: [["repeated", 1, 1]], answered: [2, 1, 1] })
      expect(yield* told(policy, [204])).toEqual({ rows: [], answered: [1, 0, 0] })
      expect(yield* told(policy, [])).toEqual({ rows: [], answered: [1, 0, 0] })
      expect((yield* told(RetryPolicy.none, [503])).answered).toBeUndefined()
    })
  )

  it.effect("is that no policy accepts a wait for ever", () =>
    Effect.gen(function* () {
      const policy = always(Schedule.forever, Duration.infinity)
      const failures = [503, { status: 429, retryAfter: Duration.infinity }, 503]
      expect(yield* told(policy, failures)).toEqual({
        rows: [["repeated", 0, 0], ["wait too long"]],
        answered: undefined
      })
    })
  )

  it.effect("is every verdict that a random wait may lead to, and the waits of those that go on", () =>
    Effect.gen(function* () {
      // Up to two minutes are asked for, up to one is accepted.
      expect((yield* told(always(jittered("2 minutes")), [503])).rows).toEqual([["repeated", "wait too long", 0, 60]])
      // The first wait may use up the time for the second; the deadline cuts what remains.
      expect(yield* told(always(jittered("4 seconds")), [503, 503, 503], { deadline: "6 seconds" })).toEqual({
        rows: [
          ["repeated", 0, 4],
          ["repeated", "past deadline", 0, 4],
          ["repeated", "past deadline", 0, 4]
        ],
        answered: [4, 0, 6]
      })
      // A schedule that ends by time may be at its end or not.
      const timed = Schedule.intersect(jittered("4 seconds"), Backoff.elapsed("3 seconds"))
      expect((yield* told(always(timed), [503, 503])).rows).toEqual([
        ["repeated", 0, 4],
        ["repeated", "exhausted", 0, 4]
      ])
    })
  )

  it.effect("is of the rule that decides, in a policy of several", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.orElse(
        RetryPolicy.make({ schedule: Schedule.spaced("1 second"), repeats: RetryPolicy.onTransportFailure }),
        RetryPolicy.make({ schedule: jittered("8 seconds"), repeats: RetryPolicy.onStatus(503), maxWait: "4 seconds" })
      )
      expect((yield* told(policy, ["ECONNRESET", 503, 500])).rows).toEqual([
        ["repeated", 1, 1],
        ["repeated", "wait too long", 0, 4],
        ["declined"]
      ])
    })
  )

  it.effect("is as of now, for a schedule that goes by the clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2030, 0, 1, 12, 59, 30))
      const policy = always(Schedule.secondOfMinute(0), "1 hour")
      expect((yield* told(policy, [503])).rows).toEqual([["repeated", 30, 30]])
    })
  )

  it.effect("leaves a policy as it was, for each explanation and each call", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.backoff({ attempts: 3 })
      const first = yield* RetryPolicy.explain(policy, [503, 503, 503, 503])
      expect(yield* RetryPolicy.explain(policy, [503, 503, 503, 503])).toEqual(first)
    })
  )
})
