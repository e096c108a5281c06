import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Deadline, Limiter, OriginState, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, type CallerParts, elapsing, status, stub, thing as anyThing, untilSleeps } from "../../../support/kit.js"
import { settle } from "../../../support/settle.js"

const baseUrl = new URL("https://api.test")
const ok = status(200)
const within = (duration: Duration.DurationInput) => Effect.provideService(Deadline.Current, duration)
const under = (policy: RetryPolicy.RetryPolicy) => Effect.provideService(RetryPolicy.Current, policy)
const once = under(RetryPolicy.none)
const accepting = (maxWait: Duration.DurationInput) =>
  under(RetryPolicy.make({ schedule: Schedule.stop, retries: () => false, maxWait }))

const after = (seconds: number | string) => ({ "retry-after": `${seconds}` })
const limitedFor = (seconds: number) => Scripted.respond({ status: 429, headers: after(seconds) })

/** Waits until this many fibers sleep on the test's clock. */
const asleep = (count: number): Effect.Effect<void> => untilSleeps((ends) => Chunk.size(ends) >= count)

/** Lets this much time pass, and the work that is due by then finish. */
const pass = (time: Duration.DurationInput) => Effect.zipRight(TestClock.adjust(time), settle)

/** The result of a call, and the time at which it ended, in milliseconds since the start of the test's clock. */
const timed = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.either(call), (result) => Effect.map(Clock.currentTimeMillis, (ended) => ({ result, ended })))

/** A call that is not spread over the time after a pause, so that times are exact. */
const thing = (...parameters: Parameters<typeof anyThing>) =>
  Effect.withRandom(anyThing(...parameters), Random.fixed([0]))

const sharedState = Effect.map(OriginState.make(), (states) => states.forOrigin(baseUrl.origin))

/** A caller whose state is at hand, and a client that responds with a success. */
const pausable = (parts: CallerParts = {}) =>
  Effect.gen(function* () {
    const client = stub([ok])
    const origin = yield* sharedState
    const environment = Layer.merge(at(baseUrl, { ...parts, origin: { ...origin, ...parts.origin } }), client.layer)
    const pauseFor = (duration: Duration.DurationInput) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        origin.pause?.begin(now, now + Duration.toMillis(duration), undefined)
      )
    return { client, environment, origin, pauseFor, sentAt: () => client.requests.map(({ at }) => at) }
  })

describe("a pause that the server asks for", () => {
  it.scoped.each([429, 503])("by a %i delays calls that are not yet sent until its end", (code) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) =>
        index === 0 ? Scripted.respond({ status: code, headers: after(5) }) : Scripted.json({ ok: true })
      )
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(thing("POST"))
        yield* asleep(1)
        const others = yield* Effect.fork(Effect.replicateEffect(thing("POST"), 20, { concurrency: "unbounded" }))
        yield* asleep(21)
        yield* pass("4999 millis")
        expect(server.requests).toHaveLength(1)
        yield* TestClock.adjust("1 millis")
        expect(yield* Fiber.join(first)).toEqual({ ok: true })
        expect(yield* Fiber.join(others)).toHaveLength(20)
        expect(server.requests).toHaveLength(22)
      }).pipe(Effect.provide(Layer.merge(at(server.url), client)))
    })
  )

  it.scoped("does not delay requests that are already sent", () =>
    Effect.gen(function* () {
      const heldBack: Array<() => void> = []
      const respond = Scripted.json({ ok: true })
      const server = yield* Scripted.make((_, index) =>
        index < 3
          ? (response, received) => void heldBack.push(() => respond(response, received))
          : index === 3
            ? limitedFor(30)
            : respond
      )
      yield* Effect.gen(function* () {
        const inFlight = yield* Effect.fork(Effect.replicateEffect(thing(), 3, { concurrency: "unbounded" }))
        yield* Effect.replicateEffect(server.next, 3)
        const limited = yield* Effect.fork(thing())
        yield* asleep(1)
        for (const release of heldBack) release()
        expect(yield* Fiber.join(inFlight)).toHaveLength(3)
        expect(server.requests).toHaveLength(4)
        yield* TestClock.adjust("30 seconds")
        yield* Fiber.join(limited)
      }).pipe(Effect.provide(Layer.merge(at(server.url), client)))
    })
  )

  it.scoped("does not delay calls to another origin", () =>
    Effect.gen(function* () {
      const limited = yield* Scripted.make([limitedFor(30)])
      const other = yield* Scripted.make([Scripted.json({ ok: true })])
      yield* Effect.gen(function* () {
        yield* thing().pipe(once, Effect.flip, Effect.provide(at(limited.url)))
        expect(yield* thing().pipe(Effect.provide(at(other.url)))).toEqual({ ok: true })
        const error = yield* thing().pipe(within("1 second"), Effect.flip, Effect.provide(at(limited.url)))
        expect(error._tag).toBe("NotSent")
      }).pipe(Effect.provide(Layer.merge(OriginState.layer(), client)))
    })
  )

  it.scoped("is ignored if it comes from another origin, to which a redirect led", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([limitedFor(30)])
      const server = yield* Scripted.make([
        Scripted.redirect(new URL("/elsewhere", other.url)),
        Scripted.json({ ok: true })
      ])
      yield* Effect.gen(function* () {
        yield* Effect.flip(once(thing()))
        expect(yield* within("1 second")(thing())).toEqual({ ok: true })
      }).pipe(Effect.provide(Layer.merge(at(server.url), client)))
    })
  )
})

describe("a pause", () => {
  /** The error of a second call, of another method, after a first one with this response; undefined if it is not delayed. */
  const errorAfter = (step: Parameters<typeof stub>[0][number], options?: OriginState.Options) =>
    Effect.gen(function* () {
      const client = stub([step, ok])
      return yield* Effect.gen(function* () {
        yield* Effect.flip(once(thing()))
        const result = yield* Effect.either(accepting("10 seconds")(within("10 seconds")(thing("POST"))))
        return Either.isLeft(result) ? result.left : undefined
      }).pipe(Effect.provide(Layer.merge(at(baseUrl), client.layer).pipe(Layer.provide(OriginState.layer(options)))))
    })

  it.effect.each([
    ["429", status(429, after(60))],
    ["503", status(503, after(60))],
    ["429 with decimals", status(429, after("59.9991"))],
    ["429 with a date", status(429, after("Thu, 01 Jan 1970 00:01:00 GMT"))],
    ["429 with a date in UTC", status(429, after("1 Jan 1970 00:01:00 UTC"))]
  ] as const)("begins after a Retry-After on a %s", ([, step]) =>
    Effect.gen(function* () {
      expect(yield* errorAfter(step)).toMatchObject({
        _tag: "NotSent",
        retryAfter: Duration.minutes(1),
        attempts: [],
        operation: "thing",
        method: "POST"
      })
    })
  )

  it.effect.each([
    ["a 429 without Retry-After", status(429)],
    ["a 503 without Retry-After", status(503)],
    ["a Retry-After of 0", status(429, after(0))],
    ["an invalid Retry-After", status(429, after("soon"))],
    ["a negative Retry-After", status(429, after(-60))],
    ["a date in the past", status(429, after("Wed, 31 Dec 1969 23:59:00 GMT"))],
    ["a 500", status(500, after(60))],
    ["a 403", status(403, after(60))],
    ["a 413", status(413, after(60))],
    ["a redirect", status(308, after(60))]
  ] as const)("does not begin after %s", ([, step]) =>
    Effect.gen(function* () {
      expect(yield* errorAfter(step)).toBeUndefined()
    })
  )

  it.effect("does not begin where `pause` is false", () =>
    Effect.gen(function* () {
      expect(yield* errorAfter(status(429, after(60)), { pause: false })).toBeUndefined()
      expect(yield* errorAfter(status(503, after(60)), { pause: false })).toBeUndefined()
      expect(yield* errorAfter(status(503, after(60)), { budget: "unlimited" })).toMatchObject({ _tag: "NotSent" })
    })
  )

  it.effect("begins after a call that is itself never retried", () =>
    Effect.gen(function* () {
      const client = stub([status(429, after(60)), ok])
      yield* Effect.gen(function* () {
        yield* Effect.flip(thing("POST", { neverRetried: true }))
        expect((yield* Effect.flip(within("1 second")(thing())))._tag).toBe("NotSent")
      }).pipe(Effect.provide(Layer.merge(at(baseUrl), client.layer)))
    })
  )

  it.effect("lasts at most a day", () =>
    Effect.gen(function* () {
      for (const long of [86_401, 999_999_999, "9".repeat(400)]) {
        const client = stub([status(503, after(long)), ok])
        yield* Effect.gen(function* () {
          const first = yield* Effect.flip(thing())
          expect(first._tag).toBe("RateLimited")
          const second = yield* Effect.flip(thing())
          expect(second).toMatchObject({ _tag: "NotSent", retryAfter: Duration.days(1) })
          yield* TestClock.adjust("1 day")
          expect(yield* thing()).toEqual({ ok: true })
        }).pipe(Effect.provide(Layer.merge(at(baseUrl), client.layer)))
      }
    })
  )

  it.effect("is not shortened by a later one", () =>
    Effect.gen(function* () {
      const { environment, pauseFor, sentAt } = yield* pausable()
      yield* pauseFor("10 seconds")
      yield* TestClock.adjust("1 second")
      yield* pauseFor("2 seconds")
      yield* elapsing(Effect.provide(thing(), environment))
      expect(sentAt()).toEqual([10_000])
    })
  )

  it.effect(
    "is not added to the wait of the call that began it, and extends that wait if another call begins a longer one",
    () =>
      Effect.gen(function* () {
        const limited = (seconds: number) => status(429, after(seconds))
        const client = stub([limited(2), limited(10), ok])
        const both = Effect.replicateEffect(thing(), 2, { concurrency: "unbounded" })
        yield* elapsing(Effect.provide(both, Layer.merge(at(baseUrl), client.layer)))
        expect(client.requests.map(({ at }) => at)).toEqual([0, 0, 10_000, 10_000])
      })
  )

  it.effect("longer than a call accepts fails the call at once; one of just that length is waited for", () =>
    Effect.gen(function* () {
      const { client, environment, pauseFor } = yield* pausable()
      yield* pauseFor("5 seconds")
      const limits = [accepting("4999 millis"), within("4999 millis")]
      for (const limited of limits) {
        const { ended, result } = yield* timed(Effect.provide(limited(thing()), environment))
        expect(ended).toBe(0)
        expect(result).toMatchObject({
          left: { _tag: "NotSent", retryAfter: Duration.seconds(5), status: undefined, attempts: [] }
        })
      }
      expect(client.requests).toEqual([])
      yield* elapsing(Effect.provide(accepting("5 seconds")(thing()), environment))
      expect(client.requests).toMatchObject([{ at: 5000 }])
    })
  )

  it.effect("of exactly the time left until the deadline is not waited for", () =>
    Effect.gen(function* () {
      const { environment, pauseFor } = yield* pausable()
      yield* pauseFor("5 seconds")
      const { ended, result } = yield* elapsing(timed(Effect.provide(within("5 seconds")(thing()), environment)))
      expect(ended).toBe(0)
      expect(result).toMatchObject({ left: { _tag: "NotSent", retryAfter: Duration.seconds(5) } })
    })
  )

  it.effect("longer than the API's defaults accept fails a call, unless the program accepts it", () =>
    Effect.gen(function* () {
      for (const defaults of [
        { deadline: "1 second" },
        { retryPolicy: RetryPolicy.make({ schedule: Schedule.stop, retries: () => false, maxWait: "1 second" }) }
      ] as const) {
        const { client, environment, pauseFor } = yield* pausable({ defaults })
        yield* pauseFor("5 seconds")
        const call = Effect.provide(thing(), environment)
        expect((yield* Effect.flip(call))._tag).toBe("NotSent")
        yield* elapsing(within("10 seconds")(accepting("10 seconds")(call)))
        expect(client.requests).toHaveLength(1)
      }
    })
  )

  it.effect("that ends a call between its attempts fails it with RateLimited and the time left", () =>
    Effect.gen(function* () {
      const policy = under(RetryPolicy.make({ schedule: Schedule.spaced("1 second"), retries: () => true }))
      const client = stub([status(503), ok])
      const origin = yield* sharedState
      const fiber = yield* thing().pipe(
        policy,
        Effect.provide(Layer.merge(at(baseUrl, { origin }), client.layer)),
        Effect.flip,
        Effect.fork
      )
      yield* asleep(1)
      origin.pause?.begin(0, 120_000, undefined)
      yield* pass("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({
        _tag: "RateLimited",
        retryAfter: Duration.seconds(119),
        attempts: [{ number: 1, reason: "503", verdict: "retried", waited: Duration.seconds(1) }]
      })
      expect(client.requests).toHaveLength(1)
    })
  )

  it.effect("that is extended repeatedly is waited for no longer than the policy accepts", () =>
    Effect.gen(function* () {
      // At 0, 3, 6 and 9 seconds, the server asks a call that was sent to wait for 4.
      const limitedAt = (at: number) => () => Effect.delay(Effect.sync(status(429, after(4))), Duration.seconds(at))
      const client = stub([limitedAt(3), limitedAt(6), limitedAt(9), limitedAt(0), ok])
      yield* Effect.gen(function* () {
        yield* Effect.fork(Effect.replicateEffect(Effect.flip(once(thing())), 3, { concurrency: "unbounded" }))
        yield* settle
        yield* Effect.flip(once(thing()))
        const waiting = yield* Effect.fork(timed(accepting("10 seconds")(thing())))
        const patient = yield* Effect.fork(timed(accepting("13 seconds")(thing())))
        const { ended, result } = yield* elapsing(Fiber.join(waiting))
        expect(ended).toBe(10_000)
        expect(result).toMatchObject({ left: { _tag: "NotSent", retryAfter: Duration.seconds(3) } })
        expect((yield* elapsing(Fiber.join(patient))).ended).toBe(13_000)
        expect(client.requests).toHaveLength(5)
      }).pipe(Effect.provide(Layer.merge(at(baseUrl), client.layer)))
    })
  )

  it.effect("that is extended past the deadline fails a waiting call when its first end is reached", () =>
    Effect.gen(function* () {
      const { client, environment, pauseFor } = yield* pausable()
      yield* pauseFor("4 seconds")
      const fiber = yield* Effect.fork(timed(Effect.provide(within("5 seconds")(thing()), environment)))
      yield* asleep(2)
      yield* pass("3 seconds")
      yield* pauseFor("4 seconds")
      yield* pass("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({
        ended: 4000,
        result: { left: { _tag: "NotSent", retryAfter: Duration.seconds(3) } }
      })
      expect(client.requests).toEqual([])
    })
  )

  it.effect("does not hold calls that are interrupted, and sends nothing for them", () =>
    Effect.gen(function* () {
      const { client, environment, pauseFor } = yield* pausable()
      yield* pauseFor("5 seconds")
      yield* Effect.gen(function* () {
        const many = yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.fork(thing()))
        yield* asleep(50)
        const exits = yield* Effect.forEach(many.slice(0, 49), Fiber.interrupt)
        expect(exits.every(Exit.isInterrupted)).toBe(true)
        yield* pass("5 seconds")
        yield* Fiber.join(many[49]!)
        expect(client.requests).toHaveLength(1)
      }).pipe(Effect.provide(environment))
    })
  )

  it.effect("longer than the deadline fails an uninterruptible call at once, too", () =>
    Effect.gen(function* () {
      const { environment, pauseFor } = yield* pausable()
      yield* pauseFor("5 seconds")
      const { ended, result } = yield* thing().pipe(
        within("4 seconds"),
        Effect.provide(environment),
        Effect.uninterruptible,
        timed
      )
      expect([ended, Either.isLeft(result) && result.left._tag]).toEqual([0, "NotSent"])
    })
  )

  it.effect("spreads the calls that it delayed over the time after it", () =>
    Effect.gen(function* () {
      const { environment, pauseFor, sentAt } = yield* pausable()
      yield* pauseFor("50 seconds")
      yield* elapsing(Effect.provide(Effect.replicateEffect(anyThing(), 50, { concurrency: "unbounded" }), environment))
      const times = sentAt().map((time) => time - 50_000)
      expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...times)).toBeLessThanOrEqual(5000)
      // Among fifty draws, some are in each half.
      expect(times.some((time) => time < 2500) && times.some((time) => time > 2500)).toBe(true)
    })
  )

  it.effect("does not begin for all identities by the limit that one identity has used up", () =>
    Effect.gen(function* () {
      const usedUp = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600" }
      const client = stub([status(503, usedUp), ok])
      const origin = yield* sharedState
      const as = (identity: string) =>
        Effect.provide(Layer.merge(at(baseUrl, { origin, credentials: { identity } }), client.layer))
      expect(yield* Effect.flip(as("one")(thing()))).toMatchObject({ _tag: "RateLimited", status: 503 })
      expect(yield* as("other")(thing())).toEqual({ ok: true })
      expect(yield* as("one")(thing())).toEqual({ ok: true })
    })
  )

  it.effect("that begins during an attempt and is too long ends the call when the attempt fails", () =>
    Effect.gen(function* () {
      const { origin, pauseFor } = yield* pausable()
      const failing = stub([() => Effect.delay(Effect.succeed(status(503)()), "2 seconds"), ok])
      const fiber = yield* Effect.fork(
        Effect.provide(timed(thing()), Layer.merge(at(baseUrl, { origin }), failing.layer))
      )
      yield* asleep(1)
      yield* pauseFor("1 hour")
      const before = origin.budget?.available(0)
      const { ended, result } = yield* elapsing(Fiber.join(fiber))
      expect(ended).toBe(2000)
      expect(result).toMatchObject({ left: { _tag: "RateLimited", attempts: [{ verdict: "wait too long" }] } })
      expect(origin.budget?.available(0)).toBe(before)
    })
  )

  it.effect("costs no retry budget for calls that it ends", () =>
    Effect.gen(function* () {
      const { environment, origin, pauseFor } = yield* pausable()
      const before = origin.budget?.available(0)
      yield* pauseFor("1 hour")
      yield* Effect.replicateEffect(Effect.flip(Effect.provide(thing(), environment)), 200)
      expect(origin.budget?.available(0)).toBe(before)
    })
  )

  it.effect("delays a call that was obtaining credentials when it began", () =>
    Effect.gen(function* () {
      const slow: CallerParts["credentials"] = {
        authorize: (request) => Effect.delay(Effect.succeed({ request, generation: 0 }), "2 seconds")
      }
      const { environment, pauseFor, sentAt } = yield* pausable({ credentials: slow })
      const fiber = yield* Effect.fork(Effect.provide(thing(), environment))
      yield* asleep(1)
      yield* pauseFor("30 seconds")
      yield* elapsing(Fiber.join(fiber))
      expect(sentAt()[0]).toBeGreaterThanOrEqual(30_000)
    })
  )

  it.effect("delays the second request after a 401", () =>
    Effect.gen(function* () {
      const client = stub([status(401), ok])
      const origin = yield* sharedState
      const refreshing = at(baseUrl, {
        origin,
        credentials: { rejected: () => Effect.delay(Effect.succeed(true), "2 seconds") }
      })
      const fiber = yield* Effect.fork(Effect.provide(thing(), Layer.merge(refreshing, client.layer)))
      yield* asleep(1)
      origin.pause?.begin(0, 30_000, undefined)
      yield* elapsing(Fiber.join(fiber))
      expect(client.requests[1]?.at).toBeGreaterThanOrEqual(30_000)
    })
  )
})

describe("a pause and a limiter", () => {
  /** A limiter that admits after this wait, and records when it was asked and the longest wait that was accepted. */
  const limiting = (wait: Duration.DurationInput) => {
    const asked: Array<readonly [at: number, longest: number]> = []
    const limiter: NonNullable<OriginState.OriginState["limiter"]> = {
      acquire: (_, longest) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          asked.push([now, Duration.toMillis(longest)])
          return Effect.sleep(wait)
        })
    }
    return { asked, limiter }
  }

  it.effect("are waited for in turn: the limiter is asked after the pause", () =>
    Effect.gen(function* () {
      const { asked, limiter } = limiting("2 seconds")
      const { environment, pauseFor, sentAt } = yield* pausable({ origin: { limiter } })
      yield* pauseFor("5 seconds")
      yield* elapsing(Effect.provide(within("20 seconds")(thing()), environment))
      expect(sentAt()).toEqual([7000])
      expect(asked).toEqual([[5000, 14_999]])
    })
  )

  it.effect("share the longest wait of the policy: the limiter may take what the pause left of it", () =>
    Effect.gen(function* () {
      const { asked, limiter } = limiting(0)
      const { environment, pauseFor } = yield* pausable({ origin: { limiter } })
      yield* pauseFor("5 seconds")
      yield* elapsing(Effect.provide(accepting("8 seconds")(thing()), environment))
      expect(asked).toEqual([[5000, 3000]])
    })
  )

  it.effect("both delay a call where the pause begins during the wait for the limiter", () =>
    Effect.gen(function* () {
      const { limiter } = limiting("2 seconds")
      const { environment, pauseFor, sentAt } = yield* pausable({ origin: { limiter } })
      const fiber = yield* Effect.fork(Effect.provide(thing(), environment))
      yield* asleep(1)
      yield* pauseFor("30 seconds")
      yield* elapsing(Fiber.join(fiber))
      expect(sentAt()[0]).toBeGreaterThanOrEqual(30_000)
    })
  )

  it.effect("a failure of the limiter is NotSent with the limiter's message, after an attempt, too", () =>
    Effect.gen(function* () {
      const failure = new Limiter.LimiterFailure({ message: "the bucket is empty", retryAfter: Duration.seconds(9) })
      const admitting = (count: number): CallerParts => {
        let left = count
        return { origin: { limiter: { acquire: () => (left-- > 0 ? Effect.void : Effect.fail(failure)) } } }
      }
      for (const count of [0, 1]) {
        const client = stub([status(503), ok])
        const call = Effect.provide(thing(), Layer.merge(at(baseUrl, admitting(count)), client.layer))
        const error = yield* elapsing(Effect.flip(call))
        expect(error).toMatchObject({ _tag: "NotSent", retryAfter: Duration.seconds(9) })
        expect(error.message).toContain("the bucket is empty")
        expect(error.attempts).toHaveLength(count)
        expect(client.requests).toHaveLength(count)
      }
    })
  )
})
