import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { type Attempt, type Credentials, Deadline, OriginState, RetryBudget, RetryPolicy } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { at, broken, elapsingAtOnce, status, stub, thing } from "../support/kit.js"
import { crowded } from "../support/crowded.js"
import { settle } from "../support/settle.js"

const baseUrl = new URL("https://api.test")
const ok = status(200)

/** Retries every failure three times, without waits. */
const eagerPolicy = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
)

const verdicts = (attempts: ReadonlyArray<Attempt.Attempt>) => attempts.map(({ verdict }) => verdict)

describe("a retry budget", () => {
  const { make, standard } = RetryBudget
  /** Takes all tokens, and returns their number. */
  const drain = (budget: RetryBudget.RetryBudget, now: number) => {
    let count = 0
    while (budget.take(now)) count += 1
    return count
  }
  const succeed = (budget: RetryBudget.RetryBudget, count: number, now: number) => {
    for (let success = 0; success < count; success += 1) budget.succeeded(now)
  }

  it("starts with its reserve, and each take removes one token until none is left", () => {
    const budget = make({ capacity: 10, reserve: 3, perSuccess: 0, perSecond: 0 })
    expect(budget.available(0)).toBe(3)
    expect([1, 2, 3, 4, 5].map((now) => budget.take(now))).toEqual([true, true, true, false, false])
    expect(budget.available(0)).toBe(0)
  })

  it("is refilled by successes and by time, up to its size", () => {
    const budget = make({ capacity: 2, reserve: 2, perSuccess: 0.5, perSecond: 0.1 })
    expect(drain(budget, 0)).toBe(2)
    budget.succeeded(0)
    expect(drain(budget, 0)).toBe(0)
    budget.succeeded(0)
    expect(drain(budget, 0)).toBe(1)
    expect(drain(budget, 9999)).toBe(0)
    expect(drain(budget, 10_000)).toBe(1)
    succeed(budget, 100, 10_000)
    expect(drain(budget, 10_000)).toBe(2)
    expect(drain(budget, 86_400_000)).toBe(2)
  })

  it("is as large as the tokens of recent successes, at least its reserve and at most its capacity", () => {
    const budget = make(standard)
    expect(budget.available(0)).toBe(3)
    succeed(budget, 50, 0)
    expect(budget.available(0)).toBeCloseTo(10)
    succeed(budget, 5000, 0)
    expect(budget.available(0)).toBe(100)
    // 5050 successes, of which 37 % count after each ten seconds.
    expect(budget.available(30_000)).toBeCloseTo(0.2 * 5050 * Math.exp(-3))
    expect(budget.available(60_000)).toBe(3)
  })

  it.each([1, 5, 50, 200])("at %i successes a second is of the size of ten seconds", (rate) => {
    const budget = make(standard)
    for (let success = 0; success < rate * 120; success += 1) budget.succeeded((success * 1000) / rate)
    const size = Math.min(100, Math.max(3, 0.2 * rate * 10))
    expect(budget.available(120_000)).toBeGreaterThan(size * 0.9)
    expect(budget.available(120_000)).toBeLessThan(size * 1.1)
  })

  it("has room for a retry of each tenth request, where as many fail", () => {
    for (const rate of [5, 50, 200]) {
      const budget = make(standard)
      let failed = 0
      for (let request = 0; request < rate * 60; request += 1) {
        const now = (request * 1000) / rate
        if (request < 20 || request % 10 > 0) budget.succeeded(now)
        else if (!budget.take(now)) failed += 1
      }
      expect(failed).toBe(0)
    }
  })

  it("is not changed by a clock that is set back", () => {
    const budget = make({ capacity: 5, reserve: 5, perSuccess: 0, perSecond: 1 })
    expect([0, 0, 0].map((now) => budget.take(now + 1_000_000))).toEqual([true, true, true])
    expect(budget.take(0)).toBe(true)
    expect(budget.available(0)).toBe(1)
    expect([budget.take(0), budget.take(0)]).toEqual([true, false])
  })

  it.each([0, 0.9, -1])("allows no retry with a capacity of %s", (capacity) => {
    const budget = make({ capacity, reserve: 3, perSuccess: 1, perSecond: 1 })
    budget.began(0)
    budget.succeeded(0)
    expect([0, 1e12].map((now) => budget.take(now))).toEqual([false, false])
  })

  it("does not limit a call that is alone, whatever its tokens, and limits it once others begin", () => {
    const budget = make(standard)
    const takes = (count: number, from: number, interval: number) =>
      Array.from({ length: count }, (_, index) => budget.take(from + index * interval))
    budget.began(0)
    expect(takes(20, 0, 100)).not.toContain(false)
    budget.began(2000)
    expect(takes(1, 2100, 0)).toEqual([false])
    budget.began(120_000)
    expect(takes(20, 120_000, 100)).not.toContain(false)
    expect(takes(2, 122_000, 0)).toEqual([true, false])
  })

  it("is limited by its capacity even if it is refilled at once", () => {
    const budget = make({ capacity: 1, reserve: 1, perSuccess: 0, perSecond: Infinity })
    expect([budget.take(0), budget.take(0), budget.take(1)]).toEqual([true, false, true])
    expect(budget.available(0)).toBe(0)
  })

  it("never gives more tokens than its reserve and its refills", () => {
    const settings = fc.record({
      capacity: fc.integer({ min: 0, max: 20 }),
      reserve: fc.integer({ min: 0, max: 20 }),
      perSuccess: fc.double({ min: 0, max: 2, noNaN: true }),
      perSecond: fc.double({ min: 0, max: 5, noNaN: true })
    })
    const steps = fc.array(fc.oneof(fc.constant("take"), fc.constant("succeed"), fc.integer({ min: 0, max: 5000 })), {
      maxLength: 200
    })
    fc.assert(
      fc.property(settings, steps, (settings, steps) => {
        const budget = make(settings)
        let now = 0
        let taken = 0
        let max = settings.reserve
        for (const step of steps) {
          if (typeof step === "number") {
            now += step
            max += (step / 1000) * settings.perSecond
          } else if (step === "succeed") {
            budget.succeeded(now)
            max += settings.perSuccess
          } else if (budget.take(now)) taken += 1
          expect(taken).toBeLessThanOrEqual(max + 1e-6)
          expect(budget.available(0)).toBeGreaterThanOrEqual(0)
          expect(budget.available(0)).toBeLessThanOrEqual(settings.capacity)
        }
      })
    )
  })
})

describe("the default budget in an outage", () => {
  const rates = [1, 5, 50]
  const cases = rates.flatMap((rate) =>
    (rate === 1 ? [10, 11, 12, 13, 14, 30, 60] : [10, 30, 60]).flatMap((seconds) =>
      [0, 60].map((before) => [rate, seconds, before] as const)
    )
  )
  it.effect.each(cases)("at %i calls a second for %i s, after %i s without", ([rate, seconds, before]) =>
    Effect.gen(function* () {
      const budget = RetryBudget.make(RetryBudget.standard)
      for (let call = 0; call < before * rate; call += 1) budget.succeeded((call * 1000) / rate)
      const [begins, ends] = [before * 1000, (before + seconds) * 1000]
      yield* TestClock.setTime(begins)
      const arrivals: Array<number> = []
      const client = stub([
        () =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            arrivals.push(now)
            return (now < ends ? status(503) : ok)()
          })
      ])
      const call = Effect.flatMap(Clock.currentTimeMillis, (start) =>
        Effect.map(Effect.either(thing()), ({ _tag }) => ({ start, _tag }))
      )
      // Calls of a second begin together, as each wait is a step of the test clock.
      const results = yield* Effect.replicateEffect(call, rate, { concurrency: "unbounded" }).pipe(
        Effect.fork,
        Effect.zipLeft(Effect.sleep("1 second")),
        Effect.replicateEffect(seconds + 2),
        Effect.flatMap(Fiber.joinAll),
        Effect.provide(Layer.merge(at(baseUrl, { origin: { budget } }), client.layer)),
        elapsingAtOnce
      )
      const during = arrivals.filter((time) => time < ends).length
      expect(during / (seconds * rate)).toBeLessThanOrEqual(1.3)
      expect(during).toBeGreaterThan(seconds * rate)
      // It recovers at once.
      for (const { _tag, start } of results.flat()) if (start >= ends) expect(_tag).toBe("Right")
    })
  )

  it.effect("leaves a lone call its three retries", () =>
    Effect.gen(function* () {
      const client = stub([status(503)])
      const error = yield* elapsingAtOnce(Effect.flip(Effect.provide(thing(), Layer.merge(at(baseUrl), client.layer))))
      expect(verdicts(error.attempts)).toEqual(["retried", "retried", "retried", "exhausted"])
    })
  )
})

describe("a retry budget during an outage", () => {
  const calls = (count: number, url: URL) =>
    Effect.flip(thing()).pipe(
      Effect.replicateEffect(count, { concurrency: 20 }),
      Effect.provide(Layer.mergeAll(at(url), eagerPolicy, client)),
      // Without a refill by time, the numbers do not depend on the speed of the machine.
      Effect.provide(OriginState.layer({ budget: { capacity: 10, reserve: 10, perSuccess: 0.2, perSecond: 0 } }))
    )

  it.scopedLive("limits requests to the number of calls and its capacity, and each call fails with its own error", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.respond({ status: 503 })])
      const errors = yield* calls(200, url)
      expect(requests).toHaveLength(210)
      for (const { _tag, attempts, status } of errors) {
        expect([_tag, status]).toEqual(["ServerError", 503])
        expect(
          verdicts(attempts)
            .slice(0, -1)
            .every((verdict) => verdict === "retried")
        ).toBe(true)
      }
      const last = errors.map(({ attempts }) => verdicts(attempts).at(-1))
      expect(last.filter((verdict) => verdict === "over budget").length).toBeGreaterThan(195)
      expect(last.every((verdict) => verdict === "over budget" || verdict === "exhausted")).toBe(true)
    })
  )

  it.scopedLive("limits attempts to connect to a closed port", () =>
    Effect.gen(function* () {
      const errors = yield* calls(100, yield* Scripted.closedPort)
      expect(errors.flatMap(({ attempts }) => attempts)).toHaveLength(110)
      for (const error of errors) expect(error).toMatchObject({ _tag: "TransportError", reason: "ECONNREFUSED" })
    })
  )
})

describe("calls that share a retry budget", () => {
  const shared = (
    settings: Partial<RetryBudget.Settings> | "unlimited",
    responses: Parameters<typeof stub>[0],
    credentials: Partial<Credentials.Credentials> = {}
  ) =>
    Effect.gen(function* () {
      const client = stub(responses)
      const states = yield* OriginState.make({
        // Of a constant size.
        budget:
          settings === "unlimited"
            ? settings
            : { capacity: 3, reserve: settings.capacity ?? 3, perSuccess: 0, perSecond: 0, ...settings }
      })
      const { budget } = states.forOrigin(baseUrl.origin)
      const caller = at(baseUrl, { credentials, origin: { budget: budget && crowded(budget) } })
      const environment = Layer.mergeAll(caller, eagerPolicy, client.layer)
      return { client, environment, available: () => budget?.available(0) }
    })

  it.effect("never take more tokens than it has, even when concurrent", () =>
    Effect.gen(function* () {
      const slow = () => Effect.delay(Effect.sync(status(503)), "1 second")
      const { available, client, environment } = yield* shared({ capacity: 7 }, [slow])
      yield* Effect.flip(thing()).pipe(
        Effect.replicateEffect(200, { concurrency: "unbounded" }),
        Effect.provide(environment),
        elapsingAtOnce
      )
      expect(client.requests).toHaveLength(207)
      expect(available()).toBe(0)
    })
  )

  it.effect("fail with the error of their attempt when it is empty", () =>
    Effect.gen(function* () {
      const failures = [
        [status(503), { _tag: "ServerError", status: 503 }],
        [status(503, { "retry-after": "7" }), { _tag: "ServerError", retryAfter: Duration.seconds(7) }],
        [status(429, { "retry-after": "7" }), { _tag: "RateLimited", retryAfter: Duration.seconds(7) }],
        [broken("ECONNRESET"), { _tag: "TransportError", reason: "ECONNRESET" }]
      ] as const
      for (const [failure, error] of failures) {
        const { client, environment } = yield* shared({ capacity: 0 }, [failure])
        expect(yield* Effect.flip(Effect.provide(thing(), environment))).toMatchObject({
          ...error,
          attempts: [{ number: 1, verdict: "over budget" }]
        })
        expect(client.requests).toHaveLength(1)
      }
    })
  )

  it.effect("are all sent once when it is empty", () =>
    Effect.gen(function* () {
      const { client, environment } = yield* shared({ capacity: 0 }, [ok])
      yield* Effect.provide(Effect.replicateEffect(thing(), 50), environment)
      expect(client.requests).toHaveLength(50)
    })
  )

  it.effect("refill it by successes: one retry for five successes by default", () =>
    Effect.gen(function* () {
      const { perSuccess } = RetryBudget.standard
      const responses = [status(503), status(503), ...Array.from({ length: 5 }, () => ok), status(503), ok, status(503)]
      const { client, environment } = yield* shared({ capacity: 1, perSuccess }, responses)
      yield* Effect.gen(function* () {
        expect(verdicts((yield* Effect.flip(thing())).attempts)).toEqual(["retried", "over budget"])
        yield* Effect.replicateEffect(thing(), 5)
        expect(yield* thing()).toEqual({ ok: true })
        expect(verdicts((yield* Effect.flip(thing())).attempts)).toEqual(["over budget"])
      }).pipe(Effect.provide(environment), elapsingAtOnce)
      expect(client.requests).toHaveLength(responses.length)
    })
  )

  it.effect("have one retry in 13.3 seconds by default", () =>
    Effect.gen(function* () {
      const { perSecond } = RetryBudget.standard
      const { client, environment } = yield* shared({ capacity: 2, perSecond }, [status(503)])
      const call = Effect.provide(Effect.flip(thing()), environment)
      const sent = Effect.fn(function* (wait: Duration.DurationInput) {
        const before = client.requests.length
        yield* TestClock.adjust(wait)
        yield* call
        return client.requests.length - before
      })
      expect(yield* sent(0)).toBe(3)
      expect(yield* sent("13333 millis")).toBe(1)
      expect(yield* sent("1 millis")).toBe(2)
      expect(yield* sent("1 hour")).toBe(3)
    })
  )

  it.effect("have no limit when it is unlimited", () =>
    Effect.gen(function* () {
      const { available, client, environment } = yield* shared("unlimited", [status(503)])
      yield* elapsingAtOnce(Effect.provide(Effect.replicateEffect(Effect.flip(thing()), 100), environment))
      expect(client.requests).toHaveLength(400)
      expect(available()).toBeUndefined()
    })
  )

  it.effect("take no token for a failure that is not retried", () =>
    Effect.gen(function* () {
      const impatient = Effect.provideService(Deadline.Current, "1 second")
      const notRetried = [
        [thing(), [status(404)]],
        [thing("POST"), [broken("ECONNRESET")]],
        [thing("GET", { neverRetried: true }), [status(503)]],
        [thing(), [status(429, { "retry-after": "61" })]],
        [impatient(thing()), [status(429, { "retry-after": "2" })]],
        [Effect.provideService(thing(), RetryPolicy.Current, RetryPolicy.none), [status(503)]]
      ] as const
      for (const [call, responses] of notRetried) {
        const { available, environment } = yield* shared({}, responses)
        yield* Effect.flip(Effect.provide(call, environment))
        expect(available()).toBe(3)
      }
    })
  )

  it.effect("take no token for a redirect, or for a replay after a 401", () =>
    Effect.gen(function* () {
      const responses = [status(307, { location: "/there" }), status(401), ok]
      const credentials = { rejected: () => Effect.succeed(true) }
      const { available, environment } = yield* shared({}, responses, credentials)
      yield* Effect.provide(thing("POST"), environment)
      expect(available()).toBe(3)
    })
  )

  it.effect("take a token for an attempt that exceeds its deadline", () =>
    Effect.gen(function* () {
      const { available, environment } = yield* shared({ capacity: 1 }, [() => Effect.never])
      const error = yield* thing().pipe(
        Effect.provideService(Deadline.PerAttempt, "1 second"),
        Effect.provide(environment),
        Effect.flip,
        elapsingAtOnce
      )
      expect(error._tag).toBe("TimeoutError")
      expect(verdicts(error.attempts)).toEqual(["retried", "over budget"])
      expect(available()).toBe(0)
    })
  )

  it.effect("lose no tokens by interruption, except for retries that wait", () =>
    Effect.gen(function* () {
      const { available, client, environment } = yield* shared({ capacity: 100 }, [
        ...Array.from({ length: 30 }, () => status(429, { "retry-after": "10" })),
        () => Effect.never
      ])
      yield* Effect.gen(function* () {
        const waiting = yield* Effect.forEach(Array.from({ length: 30 }), () => Effect.fork(thing()))
        yield* settle
        expect(available()).toBe(70)
        yield* Fiber.interruptAll(waiting)
        yield* TestClock.adjust("10 seconds")
        const inFlight = yield* Effect.forEach(Array.from({ length: 30 }), () => Effect.fork(thing()))
        yield* settle
        expect(client.requests).toHaveLength(60)
        yield* Fiber.interruptAll(inFlight)
        expect(available()).toBe(70)
      }).pipe(Effect.provide(environment))
    })
  )

  it.effect("have three retries at first by default", () =>
    Effect.gen(function* () {
      const client = stub([status(503)])
      yield* Effect.flip(thing()).pipe(
        Effect.replicateEffect(200),
        Effect.provide(Layer.mergeAll(at(baseUrl), eagerPolicy, client.layer))
      )
      expect(client.requests).toHaveLength(203)
    })
  )
})
