import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { OriginState, type RetryBudget, RetryPolicy } from "effect-herald"
import { at, broken, elapsingAtOnce, status, stub, thing, type Step, untilAsleep } from "../../../support/kit.js"
import { type Circumstances, run } from "../../../support/run.js"

const caller = at(new URL("https://api.test"))

const idempotentMethods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]
const otherMethods: ReadonlyArray<HttpMethod> = ["POST", "PATCH"]
const after = { "retry-after": "1" }

/** The number of requests for a failure, of an idempotent method and of others. */
type Row = readonly [what: string, step: () => Step, idempotent: number, other: number]

const counts = (rows: ReadonlyArray<Row>, policy?: RetryPolicy.RetryPolicy) =>
  it.effect.each(rows)("%s", ([, step, idempotent, other]) =>
    Effect.gen(function* () {
      for (const [methods, expected] of [
        [idempotentMethods, idempotent],
        [otherMethods, other]
      ] as const) {
        for (const method of methods) {
          const { error, sent } = yield* run(thing(method), [step], policy)
          expect([method, sent]).toEqual([method, expected])
          expect(error?.attempts).toHaveLength(sent)
        }
      }
    })
  )

describe("the number of requests under the standard policy, after", () => {
  counts([
    ["400", status(400), 1, 1],
    ["404", status(404), 1, 1],
    ["404 with Retry-After", status(404, after), 1, 1],
    ["408", status(408), 4, 4],
    ["413 with Retry-After", status(413, after), 1, 1],
    ["425", status(425), 1, 1],
    ["429", status(429), 4, 4],
    ["429 with Retry-After", status(429, after), 4, 4],
    ["500", status(500), 1, 1],
    ["502", status(502), 4, 1],
    ["502 with Retry-After", status(502, after), 4, 1],
    ["503", status(503), 4, 1],
    ["503 with Retry-After", status(503, after), 4, 4],
    ["503 with an invalid Retry-After", status(503, { "retry-after": "soon" }), 4, 1],
    ["504", status(504), 4, 1],
    ["ECONNREFUSED", broken("ECONNREFUSED"), 4, 4],
    ["ECONNRESET", broken("ECONNRESET"), 4, 1],
    ["an unknown error", () => new TypeError("Failed to fetch"), 4, 1]
  ])
})

describe("the number of requests under a policy that retries every failure, after", () => {
  const retryAll = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
  counts(
    [
      ["400", status(400), 1, 1],
      ["403", status(403), 1, 1],
      ["401", status(401), 4, 4],
      ["408", status(408), 4, 4],
      ["413", status(413), 1, 1],
      ["413 with Retry-After", status(413, after), 4, 4],
      ["425", status(425), 4, 4],
      ["500", status(500), 4, 1],
      ["500 with Retry-After", status(500, after), 4, 1],
      ["501", status(501), 1, 1],
      ["507", status(507), 4, 1],
      ["520", status(520), 4, 1],
      ["529 with Retry-After", status(529, after), 4, 1],
      ["530", status(530), 4, 1],
      ["420", status(420), 1, 1],
      ["503", status(503), 4, 1],
      ["ECONNREFUSED", broken("ECONNREFUSED"), 4, 4],
      ["ECONNRESET", broken("ECONNRESET"), 4, 1]
    ],
    retryAll
  )

  it.effect("an ambiguous failure of a POST that is declared idempotent is that of an idempotent method", () =>
    Effect.gen(function* () {
      for (const step of [status(500), broken("ECONNRESET")]) {
        expect((yield* run(thing("POST", { idempotent: true }), [step], retryAll)).sent).toBe(4)
      }
    })
  )

  it.effect("any failure of a never-retried endpoint is 1", () =>
    Effect.gen(function* () {
      for (const step of [status(429, after), status(503), status(408), broken("ECONNREFUSED")]) {
        for (const idempotent of [false, true]) {
          const { error, sent } = yield* run(thing("GET", { neverRetried: true, idempotent }), [step], retryAll)
          expect(sent).toBe(1)
          expect(error?.attempts).toMatchObject([{ verdict: "never retried" }])
        }
      }
    })
  )

  it.effect("a 429 under RetryPolicy.none is 1", () =>
    Effect.gen(function* () {
      const { error, sent } = yield* run(thing(), [status(429, after)], RetryPolicy.none)
      expect(sent).toBe(1)
      expect(error?.attempts).toMatchObject([{ verdict: "not retried by policy" }])
    })
  )
})

describe("the wait before a retry", () => {
  it.effect("is random under the standard policy, up to 0.5, 1 and 2 seconds", () =>
    Effect.gen(function* () {
      const all = yield* Effect.replicateEffect(run(thing(), [status(503)]), 40)
      for (const [index, longest] of [500, 1000, 2000].entries()) {
        const waits = all.map(({ waits }) => waits[index] ?? Number.NaN)
        expect(waits.every((wait) => wait >= 0 && wait <= longest)).toBe(true)
        // Among forty draws, some are in each half.
        expect(waits.some((wait) => wait < longest / 2) && waits.some((wait) => wait > longest / 2)).toBe(true)
      }
    })
  )

  it.effect("is never shorter than Retry-After, in seconds or as a date", () =>
    Effect.gen(function* () {
      const { error, waits } = yield* run(thing("POST"), [
        status(429, { "retry-after": "7" }),
        () =>
          Effect.map(Clock.currentTimeMillis, (now) =>
            status(503, { "retry-after": new Date(now + 30_000).toUTCString() })()
          ),
        status(429, { "retry-after": "3" }),
        status(200)
      ])
      expect(error).toBeUndefined()
      expect(waits[0]).toBe(7000)
      expect(waits[1]).toBe(30_000)
      expect(waits[2]).toBe(3000)
    })
  )

  it.effect("is never shorter than Retry-After, for any composition of schedules", () =>
    Effect.gen(function* () {
      const short = Schedule.spaced("200 millis")
      const schedules = [
        short,
        Schedule.union(short, Schedule.spaced("1 hour")),
        Schedule.jittered(short),
        Schedule.modifyDelay(short, () => Duration.zero),
        Schedule.recurs(5)
      ]
      for (const schedule of schedules) {
        const policy = RetryPolicy.make({ schedule, retries: () => true })
        const { waits } = yield* run(thing(), [status(429, { "retry-after": "5" }), status(200)], policy)
        expect(waits).toEqual([5000])
      }
    })
  )

  it.effect("is that of the schedule where the server asks for less", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ schedule: Schedule.exponential("2 seconds"), retries: () => true })
      const { waits } = yield* run(
        thing(),
        [status(429, after), status(429, after), status(429, after), status(200)],
        policy
      )
      expect(waits).toEqual([2000, 4000, 8000])
    })
  )

  it.effect("is at most maxWait, even if the server asks for more", () =>
    Effect.gen(function* () {
      expect((yield* run(thing(), [status(429, { "retry-after": "60" }), status(200)])).waits).toEqual([60_000])

      const before = yield* Clock.currentTimeMillis
      const { error, sent } = yield* run(thing(), [status(429, { "retry-after": "61" })])
      expect(yield* Clock.currentTimeMillis).toBe(before)
      expect(sent).toBe(1)
      expect(error).toMatchObject({
        _tag: "RateLimited",
        status: 429,
        retryAfter: Duration.seconds(61),
        attempts: [{ verdict: "wait too long", retryAfter: Duration.seconds(61) }]
      })
    })
  )

  it.effect("that is too long after a 503 makes a RateLimited error with that wait", () =>
    Effect.gen(function* () {
      const { error, sent } = yield* run(thing("POST"), [status(503, { "retry-after": "3600", "x-request-id": "r1" })])
      expect(sent).toBe(1)
      expect(error).toMatchObject({
        _tag: "RateLimited",
        status: 503,
        retryAfter: Duration.hours(1),
        requestId: "r1",
        body: expect.any(String)
      })
      expect(error?.message).toContain("1 hour")
    })
  )

  it.effect("of a schedule that is longer than maxWait fails the call with the error of the attempt", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ schedule: Schedule.spaced("2 minutes"), retries: () => true })
      const { error, sent } = yield* run(thing(), [status(503, after)], policy)
      expect(sent).toBe(1)
      expect(error).toMatchObject({ _tag: "ServerError", attempts: [{ verdict: "wait too long" }] })
    })
  )

  it.effect("ends at once when it is interrupted, and nothing more is sent", () =>
    Effect.gen(function* () {
      const client = stub([status(429, { "retry-after": "30" }), status(200)])
      const fiber = yield* Effect.fork(Effect.provide(thing(), Layer.merge(caller, client.layer)))
      yield* untilAsleep
      yield* TestClock.adjust("29 seconds")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      expect(client.requests).toHaveLength(1)
    })
  )
})

describe("the attempts of an error", () => {
  it.effect("have the reason, the class, the verdict and the wait of each", () =>
    Effect.gen(function* () {
      const { error, waits } = yield* run(thing("POST"), [
        broken("ECONNREFUSED"),
        status(429, after),
        status(503, { "retry-after": "2" }),
        status(500)
      ])
      expect(error).toMatchObject({ _tag: "ServerError", status: 500 })
      const attempts = error?.attempts ?? []
      expect(attempts.every(({ idempotent, method }) => method === "POST" && !idempotent)).toBe(true)
      expect(attempts.map(({ number, reason, status, verdict }) => [number, reason, status, verdict])).toEqual([
        [1, "ECONNREFUSED", undefined, "retried"],
        [2, "429", 429, "retried"],
        [3, "503", 503, "retried"],
        [4, "500", 500, "unsafe"]
      ])
      expect(attempts.map((attempt) => attempt.class)).toEqual(["NotSent", "Rejected", "Rejected", "Ambiguous"])
      expect(attempts.map(({ retryAfter }) => retryAfter && Duration.toSeconds(retryAfter))).toEqual([
        undefined,
        1,
        2,
        undefined
      ])
      for (const [index, { waited }] of attempts.entries()) {
        if (index === 3) expect(waited).toBeUndefined()
        else expect(waited && Duration.toMillis(waited)).toBeCloseTo(waits[index] ?? Number.NaN, 3)
      }
      expect(error?.message).toContain("4 attempts")
    })
  )

  it.effect("end with the verdict for which the call was not retried", () =>
    Effect.gen(function* () {
      const last = (call: ReturnType<typeof thing>, step: () => Step) =>
        Effect.map(run(call, [step]), ({ error }) => error?.attempts.at(-1)?.verdict)
      expect(yield* last(thing(), status(503))).toBe("exhausted")
      expect(yield* last(thing(), status(404))).toBe("final")
      expect(yield* last(thing("PATCH"), broken("ECONNRESET"))).toBe("unsafe")
      expect(yield* last(thing(), status(500))).toBe("not retried by policy")
      expect(yield* last(thing("POST"), status(500))).toBe("unsafe")
      expect(yield* last(thing("GET", { neverRetried: true }), status(503))).toBe("never retried")
      expect(yield* last(thing(), status(429, { "retry-after": "9999" }))).toBe("wait too long")
    })
  )

  it.effect("are counted in the message, with the last verdict where the error does not imply it", () =>
    Effect.gen(function* () {
      const message = (call: ReturnType<typeof thing>, step: () => Step, given?: Circumstances) =>
        Effect.map(run(call, [step], undefined, { draw: 1, ...given }), ({ error }) => error?.message)
      expect(yield* message(thing(), status(404))).toMatch(/\/thing\)$/)
      expect(yield* message(thing(), status(503))).toMatch(/, 4 attempts\)$/)
      expect(yield* message(thing("POST"), status(500))).toMatch(/, 1 attempt: unsafe\)$/)
      expect(yield* message(thing(), status(503), { deadline: "1 second" })).toMatch(/, 2 attempts: past deadline\)$/)
    })
  )
})

describe("a deadline", () => {
  const policy = RetryPolicy.make({ schedule: Schedule.spaced("3 seconds"), retries: () => true })

  it.effect("that a wait would pass fails the call at once with the error of the attempt", () =>
    Effect.gen(function* () {
      const { ended, error, times } = yield* run(thing(), [status(503)], policy, { deadline: "8 seconds" })
      expect([times, ended]).toEqual([[0, 3000, 6000], 6000])
      expect(error).toMatchObject({ _tag: "ServerError", status: 503 })
      expect(error?.attempts.at(-1)?.verdict).toBe("past deadline")
    })
  )

  it.effect("that a wait of the server would pass fails the call with RateLimited", () =>
    Effect.gen(function* () {
      const steps = [status(503, { "retry-after": "5" })]
      const { ended, error, sent } = yield* run(thing(), steps, policy, { deadline: "4 seconds" })
      expect([sent, ended]).toEqual([1, 0])
      expect(error).toMatchObject({ _tag: "RateLimited", status: 503, retryAfter: Duration.seconds(5) })
      expect(error?.attempts).toMatchObject([{ verdict: "past deadline" }])
    })
  )

  it.effect("of an attempt is a failure that the policy can retry", () =>
    Effect.gen(function* () {
      const slow = () => Effect.delay(Effect.sync(status(200)), "1 minute")
      const limited = { attemptDeadline: "1 second" } as const
      expect(yield* run(thing(), [slow, slow, status(200)], policy, limited)).toMatchObject({
        error: undefined,
        times: [0, 4000, 8000]
      })
      const { error, sent } = yield* run(thing("POST"), [slow, status(200)], policy, limited)
      expect(sent).toBe(1)
      expect(error).toMatchObject({
        _tag: "TimeoutError",
        reason: "attempt deadline",
        attempts: [{ class: "Ambiguous", reason: "attempt deadline", verdict: "unsafe" }]
      })
    })
  )
})

describe("the retry budget", () => {
  const policy = RetryPolicy.make({ schedule: Schedule.recurs(9), retries: () => true })

  /** The number of requests of each of several calls of one layer, one after another, and its last verdict. */
  const sent = (
    budget: RetryBudget.Settings | "unlimited",
    steps: ReadonlyArray<() => Step>,
    count: number,
    between: Duration.DurationInput = 0
  ) =>
    Effect.gen(function* () {
      const client = stub(steps)
      const call = thing()
      const caller = at(new URL("https://api.test")).pipe(Layer.provide(OriginState.layer({ budget })))
      const one = Effect.gen(function* () {
        const before = client.requests.length
        const result = yield* Effect.either(call)
        yield* Effect.sleep(between)
        const verdict = result._tag === "Left" ? result.left.attempts.at(-1)?.verdict : "success"
        return [client.requests.length - before, verdict]
      })
      return yield* Effect.replicateEffect(one, count).pipe(
        Effect.provide(Layer.merge(caller, client.layer)),
        Effect.provideService(RetryPolicy.Current, policy),
        elapsingAtOnce
      )
    })

  it.effect(
    "is shared by the retries of all calls; a call that finds it empty fails with the error of the attempt",
    () =>
      Effect.gen(function* () {
        expect(yield* sent({ capacity: 12, reserve: 12, perSuccess: 0, perSecond: 0 }, [status(503)], 3)).toEqual([
          [10, "exhausted"],
          [4, "over budget"],
          [1, "over budget"]
        ])
        expect(yield* sent("unlimited", [status(503)], 20)).toEqual(Array.from({ length: 20 }, () => [10, "exhausted"]))
      })
  )

  it.effect("is refilled by calls that succeed", () =>
    Effect.gen(function* () {
      const steps = [status(503), status(200), status(200), status(503), status(200), status(503), status(503)]
      expect(yield* sent({ capacity: 1, reserve: 1, perSuccess: 0.5, perSecond: 0 }, steps, 5)).toEqual([
        [2, "success"],
        [1, "success"],
        [2, "success"],
        [1, "over budget"],
        [1, "over budget"]
      ])
    })
  )

  it.effect("is refilled by time", () =>
    Effect.gen(function* () {
      expect(
        yield* sent({ capacity: 5, reserve: 5, perSuccess: 0, perSecond: 1 }, [status(503)], 3, "2 seconds")
      ).toEqual([
        [6, "over budget"],
        [3, "over budget"],
        [3, "over budget"]
      ])
    })
  )
})

describe("the policy of a call", () => {
  const times = (count: number) => RetryPolicy.make({ schedule: Schedule.recurs(count), retries: () => true })
  const sent = (program: RetryPolicy.RetryPolicy | undefined, api: RetryPolicy.RetryPolicy | undefined) =>
    Effect.gen(function* () {
      const client = stub([status(503)])
      yield* thing().pipe(
        Effect.provide(Layer.merge(at(new URL("https://api.test"), { defaults: { retryPolicy: api } }), client.layer)),
        (call) => (program === undefined ? call : Effect.provideService(call, RetryPolicy.Current, program)),
        Effect.ignore,
        elapsingAtOnce
      )
      return client.requests.length
    })

  it.effect("is the program's, or else the API's default, or else the standard one", () =>
    Effect.gen(function* () {
      expect(yield* sent(times(1), times(2))).toBe(2)
      expect(yield* sent(undefined, times(2))).toBe(3)
      expect(yield* sent(undefined, undefined)).toBe(4)
      expect(yield* sent(RetryPolicy.none, undefined)).toBe(1)
    })
  )

  it.effect("is the innermost of those that are provided", () =>
    Effect.gen(function* () {
      const client = stub([status(503)])
      yield* thing().pipe(
        Effect.provideService(RetryPolicy.Current, times(1)),
        Effect.ignore,
        Effect.provideService(RetryPolicy.Current, times(5)),
        Effect.provide(Layer.merge(caller, client.layer)),
        elapsingAtOnce
      )
      expect(client.requests).toHaveLength(2)
    })
  )
})
