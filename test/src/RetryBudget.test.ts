import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { type Attempt, type Authoriser, Deadline, RetryBudget, RetryPolicy, Traffic } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { at, broken, clients, elapsing, status, stub, thing } from "./kit.js"
import { settle } from "./settle.js"

const home = new URL("https://api.test")
const ok = status(200)

/** Repeats everything that may be, three times and at once. */
const greedy = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: () => true })
)

const verdicts = (attempts: ReadonlyArray<Attempt.Attempt>) => attempts.map(({ verdict }) => verdict)

describe("a retry budget", () => {
  it("is full to begin with, and gives a token at a time until it has none", () => {
    const budget = RetryBudget.make({ capacity: 3, perSuccess: 0, perSecond: 0 })
    expect(budget.available(0)).toBe(3)
    expect([1, 2, 3, 4, 5].map((now) => budget.take(now))).toEqual([true, true, true, false, false])
    expect(budget.available(0)).toBe(0)
  })

  it("gets back what a success gives, and what time gives, and no more than it holds", () => {
    const budget = RetryBudget.make({ capacity: 2, perSuccess: 0.5, perSecond: 0.1 })
    const drain = (now: number) => {
      let taken = 0
      while (budget.take(now)) taken += 1
      return taken
    }
    expect(drain(0)).toBe(2)
    budget.succeeded()
    expect(drain(0)).toBe(0)
    budget.succeeded()
    expect(drain(0)).toBe(1)
    expect(drain(9999)).toBe(0)
    expect(drain(10_000)).toBe(1)
    for (let success = 0; success < 100; success += 1) budget.succeeded()
    expect(drain(10_000)).toBe(2)
    expect(drain(86_400_000)).toBe(2)
  })

  it("neither gains nor loses by a clock that is set back", () => {
    const budget = RetryBudget.make({ capacity: 5, perSuccess: 0, perSecond: 1 })
    expect([0, 0, 0].map((now) => budget.take(now + 1_000_000))).toEqual([true, true, true])
    expect(budget.take(0)).toBe(true)
    expect(budget.available(0)).toBe(1)
    expect([budget.take(0), budget.take(0)]).toEqual([true, false])
  })

  it.each([0, 0.9, -1])("of %s tokens gives none", (capacity) => {
    const budget = RetryBudget.make({ capacity, perSuccess: 1, perSecond: 1 })
    budget.succeeded()
    expect([0, 1e12].map((now) => budget.take(now))).toEqual([false, false])
  })

  it("that fills up at once counts still", () => {
    const budget = RetryBudget.make({ capacity: 1, perSuccess: 0, perSecond: Infinity })
    expect([budget.take(0), budget.take(0), budget.take(1)]).toEqual([true, false, true])
    expect(budget.available(0)).toBe(0)
  })

  it("never gives more than it holds, what succeeded and what passed", () => {
    const settings = fc.record({
      capacity: fc.integer({ min: 0, max: 20 }),
      perSuccess: fc.double({ min: 0, max: 2, noNaN: true }),
      perSecond: fc.double({ min: 0, max: 5, noNaN: true })
    })
    const steps = fc.array(fc.oneof(fc.constant("take"), fc.constant("succeed"), fc.integer({ min: 0, max: 5000 })), {
      maxLength: 200
    })
    fc.assert(
      fc.property(settings, steps, (settings, steps) => {
        const budget = RetryBudget.make(settings)
        let now = 0
        let taken = 0
        let most = settings.capacity
        for (const step of steps) {
          if (typeof step === "number") {
            now += step
            most += (step / 1000) * settings.perSecond
          } else if (step === "succeed") {
            budget.succeeded()
            most += settings.perSuccess
          } else if (budget.take(now)) taken += 1
          expect(taken).toBeLessThanOrEqual(most + 1e-6)
          expect(budget.available(0)).toBeGreaterThanOrEqual(0)
          expect(budget.available(0)).toBeLessThanOrEqual(settings.capacity)
        }
      })
    )
  })
})

describe.each(clients)("an outage, by %s", (_, client) => {
  const calls = (count: number, url: URL) =>
    Effect.flip(thing()).pipe(
      Effect.replicateEffect(count, { concurrency: 20 }),
      Effect.provide(Layer.mergeAll(at(url), greedy, client)),
      // The budget of this test fills up by no time.
      Effect.provide(Traffic.layer({ budget: { capacity: 10, perSuccess: 0.2, perSecond: 0 } }))
    )

  it.scopedLive("is met with hardly more requests than there are calls, each of which ends with its own failure", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.answer({ status: 503 })])
      const errors = yield* calls(200, url)
      expect(requests).toHaveLength(210)
      for (const { _tag, attempts, status } of errors) {
        expect([_tag, status]).toEqual(["ServerError", 503])
        expect(
          verdicts(attempts)
            .slice(0, -1)
            .every((verdict) => verdict === "repeated")
        ).toBe(true)
      }
      const last = errors.map(({ attempts }) => verdicts(attempts).at(-1))
      expect(last.filter((verdict) => verdict === "over budget").length).toBeGreaterThan(195)
      expect(last.every((verdict) => verdict === "over budget" || verdict === "exhausted")).toBe(true)
    })
  )

  it.scopedLive("in which nobody is there counts as one, too", () =>
    Effect.gen(function* () {
      const errors = yield* calls(100, yield* Scripted.closedPort)
      expect(errors.flatMap(({ attempts }) => attempts)).toHaveLength(110)
      for (const error of errors) expect(error).toMatchObject({ _tag: "TransportError", reason: "ECONNREFUSED" })
    })
  )
})

describe("calls that share a budget", () => {
  const sharing = (
    settings: Partial<RetryBudget.Settings> | "unlimited",
    turns: Parameters<typeof stub>[0],
    parts: Partial<Authoriser.Authoriser> = {}
  ) =>
    Effect.gen(function* () {
      const client = stub(turns)
      const lane = (yield* Traffic.make({
        budget: settings === "unlimited" ? settings : { capacity: 3, perSuccess: 0, perSecond: 0, ...settings }
      })).to(home.origin)
      const environment = Layer.mergeAll(at(home, { traffic: lane, ...parts }), greedy, client.layer)
      return { client, environment, available: () => lane.budget?.available(0) }
    })

  it.effect("never overdraw it, however many there are at once", () =>
    Effect.gen(function* () {
      const slow = () => Effect.delay(Effect.sync(status(503)), "1 second")
      const { available, client, environment } = yield* sharing({ capacity: 7 }, [slow])
      yield* Effect.flip(thing()).pipe(
        Effect.replicateEffect(200, { concurrency: "unbounded" }),
        Effect.provide(environment),
        elapsing
      )
      expect(client.requests).toHaveLength(207)
      expect(available()).toBe(0)
    })
  )

  it.effect("end with what failed them, where there is nothing left", () =>
    Effect.gen(function* () {
      const failures = [
        [status(503), { _tag: "ServerError", status: 503 }],
        [status(503, { "retry-after": "7" }), { _tag: "ServerError", retryAfter: Duration.seconds(7) }],
        [status(429, { "retry-after": "7" }), { _tag: "RateLimited", retryAfter: Duration.seconds(7) }],
        [broken("ECONNRESET"), { _tag: "TransportError", reason: "ECONNRESET" }]
      ] as const
      for (const [turn, error] of failures) {
        const { client, environment } = yield* sharing({ capacity: 0 }, [turn])
        expect(yield* Effect.flip(Effect.provide(thing(), environment))).toMatchObject({
          ...error,
          attempts: [{ number: 1, verdict: "over budget" }]
        })
        expect(client.requests).toHaveLength(1)
      }
    })
  )

  it.effect("are sent, every one, however empty it is", () =>
    Effect.gen(function* () {
      const { client, environment } = yield* sharing({ capacity: 0 }, [ok])
      yield* Effect.provide(Effect.replicateEffect(thing(), 50), environment)
      expect(client.requests).toHaveLength(50)
    })
  )

  it.effect("fill it again by succeeding: five for a retry, as it is by default", () =>
    Effect.gen(function* () {
      const { perSuccess } = RetryBudget.standard
      const turns = [status(503), status(503), ...Array.from({ length: 5 }, () => ok), status(503), ok, status(503)]
      const { client, environment } = yield* sharing({ capacity: 1, perSuccess }, turns)
      yield* Effect.gen(function* () {
        expect(verdicts((yield* Effect.flip(thing())).attempts)).toEqual(["repeated", "over budget"])
        yield* Effect.replicateEffect(thing(), 5)
        expect(yield* thing()).toEqual({ ok: true })
        expect(verdicts((yield* Effect.flip(thing())).attempts)).toEqual(["over budget"])
      }).pipe(Effect.provide(environment), elapsing)
      expect(client.requests).toHaveLength(turns.length)
    })
  )

  it.effect("have one a second besides, as it is by default", () =>
    Effect.gen(function* () {
      const { perSecond } = RetryBudget.standard
      const { client, environment } = yield* sharing({ capacity: 2, perSecond }, [status(503)])
      const call = Effect.provide(Effect.flip(thing()), environment)
      const sent = Effect.fn(function* (wait: Duration.DurationInput) {
        const before = client.requests.length
        yield* TestClock.adjust(wait)
        yield* call
        return client.requests.length - before
      })
      expect(yield* sent(0)).toBe(3)
      expect(yield* sent("999 millis")).toBe(1)
      expect(yield* sent("1 millis")).toBe(2)
      expect(yield* sent("1 hour")).toBe(3)
    })
  )

  it.effect("have no bound where it is unlimited", () =>
    Effect.gen(function* () {
      const { available, client, environment } = yield* sharing("unlimited", [status(503)])
      yield* elapsing(Effect.provide(Effect.replicateEffect(Effect.flip(thing()), 100), environment))
      expect(client.requests).toHaveLength(400)
      expect(available()).toBeUndefined()
    })
  )

  it.effect("take nothing of it for what is not repeated", () =>
    Effect.gen(function* () {
      const impatient = Effect.provideService(Deadline.Current, "1 second")
      const untouched = [
        [thing(), [status(404)]],
        [thing("POST"), [broken("ECONNRESET")]],
        [thing("GET", { unrepeatable: true }), [status(503)]],
        [thing(), [status(429, { "retry-after": "61" })]],
        [impatient(thing()), [status(429, { "retry-after": "2" })]],
        [Effect.provideService(thing(), RetryPolicy.Current, RetryPolicy.none), [status(503)]]
      ] as const
      for (const [call, turns] of untouched) {
        const { available, environment } = yield* sharing({}, turns)
        yield* Effect.flip(Effect.provide(call, environment))
        expect(available()).toBe(3)
      }
    })
  )

  it.effect("take nothing of it for a redirect, nor for fresh credentials after a 401", () =>
    Effect.gen(function* () {
      const turns = [status(307, { location: "/there" }), status(401), ok]
      const { available, environment } = yield* sharing({}, turns, { rejected: () => Effect.succeed(true) })
      yield* Effect.provide(thing("POST"), environment)
      expect(available()).toBe(3)
    })
  )

  it.effect("take of it for an attempt that was too long, as for any other", () =>
    Effect.gen(function* () {
      const { available, environment } = yield* sharing({ capacity: 1 }, [() => Effect.never])
      const error = yield* thing().pipe(
        Effect.provideService(Deadline.PerAttempt, "1 second"),
        Effect.provide(environment),
        Effect.flip,
        elapsing
      )
      expect(error._tag).toBe("TimeoutError")
      expect(verdicts(error.attempts)).toEqual(["repeated", "over budget"])
      expect(available()).toBe(0)
    })
  )

  it.effect("lose no more by those that are interrupted than the retries these had begun to wait for", () =>
    Effect.gen(function* () {
      const { available, client, environment } = yield* sharing({ capacity: 100 }, [
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

  it.effect("by default have a hundred retries for a start, and four attempts each", () =>
    Effect.gen(function* () {
      const client = stub([status(503)])
      yield* Effect.flip(thing()).pipe(
        Effect.replicateEffect(200),
        Effect.provide(Layer.mergeAll(at(home), greedy, client.layer))
      )
      expect(client.requests).toHaveLength(300)
    })
  )
})
