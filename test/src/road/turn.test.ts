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
import { type Authoriser, Deadline, Limiter, RetryPolicy, Traffic } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, clients, elapsing, status, stub, thing as anyThing } from "../kit.js"
import { settle } from "../settle.js"

const home = new URL("https://api.test")
const ok = status(200)
const within = (duration: Duration.DurationInput) => Effect.provideService(Deadline.Current, duration)
const under = (policy: RetryPolicy.RetryPolicy) => Effect.provideService(RetryPolicy.Current, policy)
const once = under(RetryPolicy.none)
const accepting = (maxWait: Duration.DurationInput) =>
  under(RetryPolicy.make({ schedule: Schedule.stop, repeats: () => false, maxWait }))

const after = (seconds: number | string) => ({ "retry-after": `${seconds}` })
const waitingFor = (seconds: number) => Scripted.answer({ status: 429, headers: after(seconds) })

/** Waits until so many fibers sleep on the test's clock, whatever their sockets take. */
const asleep = (count: number): Effect.Effect<void> =>
  Effect.promise(() => new Promise(setImmediate)).pipe(
    Effect.zipRight(TestClock.sleeps()),
    Effect.repeat({ until: (sleeps) => Chunk.size(sleeps) >= count }),
    Effect.asVoid
  )

/** Lets this much time pass, and everything happen that it brings about. */
const pass = (time: Duration.DurationInput) => Effect.zipRight(TestClock.adjust(time), settle)

/** When a call ends, and how, in milliseconds since the test's clock began. */
const timed = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.either(call), (result) => Effect.map(Clock.currentTimeMillis, (ended) => ({ result, ended })))

/** A caller whose lane is at hand. */
/** Nobody is spread over the time after a pause, so that times are exact. */
const thing = (...parameters: Parameters<typeof anyThing>) =>
  Effect.withRandom(anyThing(...parameters), Random.fixed([0]))

const paused = (parts: Partial<Authoriser.Authoriser> = {}, options?: Traffic.Options) =>
  Effect.gen(function* () {
    const client = stub([ok])
    const lane = (yield* Traffic.make(options)).to(home.origin)
    const environment = Layer.merge(at(home, { traffic: lane, ...parts }), client.layer)
    const pauseFor = (duration: Duration.DurationInput) =>
      Effect.map(Clock.currentTimeMillis, (now) => lane.pause?.begin(now, now + Duration.toMillis(duration), undefined))
    return { client, environment, lane, pauseFor, sentAt: () => client.requests.map(({ at }) => at) }
  })

describe.each(clients)("a pause that the server asked for, by %s", (_, client) => {
  it.scoped.each([429, 503])("after a %i, holds back what is not yet sent, until it is over", (code) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) =>
        index === 0 ? Scripted.answer({ status: code, headers: after(5) }) : Scripted.json({ ok: true })
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

  it.scoped("leaves alone what is in flight", () =>
    Effect.gen(function* () {
      const held: Array<() => void> = []
      const answer = Scripted.json({ ok: true })
      const server = yield* Scripted.make((_, index) =>
        index < 3
          ? (response, received) => void held.push(() => answer(response, received))
          : index === 3
            ? waitingFor(30)
            : answer
      )
      yield* Effect.gen(function* () {
        const inFlight = yield* Effect.fork(Effect.replicateEffect(thing(), 3, { concurrency: "unbounded" }))
        yield* Effect.replicateEffect(server.next, 3)
        const limited = yield* Effect.fork(thing())
        yield* asleep(1)
        for (const release of held) release()
        expect(yield* Fiber.join(inFlight)).toHaveLength(3)
        expect(server.requests).toHaveLength(4)
        yield* TestClock.adjust("30 seconds")
        yield* Fiber.join(limited)
      }).pipe(Effect.provide(Layer.merge(at(server.url), client)))
    })
  )

  it.scoped("does not concern another origin", () =>
    Effect.gen(function* () {
      const limited = yield* Scripted.make([waitingFor(30)])
      const other = yield* Scripted.make([Scripted.json({ ok: true })])
      yield* Effect.gen(function* () {
        yield* thing().pipe(once, Effect.flip, Effect.provide(at(limited.url)))
        expect(yield* thing().pipe(Effect.provide(at(other.url)))).toEqual({ ok: true })
        const error = yield* thing().pipe(within("1 second"), Effect.flip, Effect.provide(at(limited.url)))
        expect(error._tag).toBe("NotSent")
      }).pipe(Effect.provide(Layer.merge(Traffic.layer(), client)))
    })
  )

  it.scoped("is not begun by another origin, to which a redirect led", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([waitingFor(30)])
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
  /** Whether an answer like this holds back the next call, of another kind. */
  const pauses = (turn: Parameters<typeof stub>[0][number], options?: Traffic.Options) =>
    Effect.gen(function* () {
      const client = stub([turn, ok])
      return yield* Effect.gen(function* () {
        yield* Effect.flip(once(thing()))
        const result = yield* Effect.either(accepting("10 seconds")(within("10 seconds")(thing("POST"))))
        return Either.isLeft(result) ? result.left : undefined
      }).pipe(Effect.provide(Layer.merge(at(home), client.layer).pipe(Layer.provide(Traffic.layer(options)))))
    })

  it.effect.each([
    ["429", status(429, after(60))],
    ["503", status(503, after(60))],
    ["429 with a date", status(429, after("Thu, 01 Jan 1970 00:01:00 GMT"))]
  ] as const)("is begun by a Retry-After: %s", ([, turn]) =>
    Effect.gen(function* () {
      expect(yield* pauses(turn)).toMatchObject({
        _tag: "NotSent",
        retryAfter: Duration.minutes(1),
        attempts: [],
        operation: "thing",
        method: "POST"
      })
    })
  )

  it.effect.each([
    ["429 that does not say when", status(429)],
    ["503 that does not say when", status(503)],
    ["no wait at all", status(429, after(0))],
    ["nonsense", status(429, after("soon"))],
    ["less than nothing", status(429, after(-60))],
    ["a fraction", status(503, after("60.5"))],
    ["a date gone by", status(429, after("Wed, 31 Dec 1969 23:59:00 GMT"))],
    ["another status", status(500, after(60))],
    ["a refusal", status(403, after(60))],
    ["a body that is too large", status(413, after(60))],
    ["a redirect", status(308, after(60))]
  ] as const)("is not begun by %s", ([, turn]) =>
    Effect.gen(function* () {
      expect(yield* pauses(turn)).toBeUndefined()
    })
  )

  it.effect("is not begun where it is switched off", () =>
    Effect.gen(function* () {
      expect(yield* pauses(status(429, after(60)), { pause: false })).toBeUndefined()
      expect(yield* pauses(status(503, after(60)), { pause: false })).toBeUndefined()
      expect(yield* pauses(status(503, after(60)), { budget: "unlimited" })).toMatchObject({ _tag: "NotSent" })
    })
  )

  it.effect("is begun by a call that is never repeated itself", () =>
    Effect.gen(function* () {
      const client = stub([status(429, after(60)), ok])
      yield* Effect.gen(function* () {
        yield* Effect.flip(thing("POST", { unrepeatable: true }))
        expect((yield* Effect.flip(within("1 second")(thing())))._tag).toBe("NotSent")
      }).pipe(Effect.provide(Layer.merge(at(home), client.layer)))
    })
  )

  it.effect("lasts no longer than a day, whatever the server says", () =>
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
        }).pipe(Effect.provide(Layer.merge(at(home), client.layer)))
      }
    })
  )

  it.effect("does not end sooner for one that begins later", () =>
    Effect.gen(function* () {
      const { environment, pauseFor, sentAt } = yield* paused()
      yield* pauseFor("10 seconds")
      yield* TestClock.adjust("1 second")
      yield* pauseFor("2 seconds")
      yield* elapsing(Effect.provide(thing(), environment))
      expect(sentAt()).toEqual([10_000])
    })
  )

  it.effect("costs the call that met it no second wait, and has it wait on where others were told to wait longer", () =>
    Effect.gen(function* () {
      const limited = (seconds: number) => status(429, after(seconds))
      const client = stub([limited(2), limited(10), ok])
      const both = Effect.replicateEffect(thing(), 2, { concurrency: "unbounded" })
      yield* elapsing(Effect.provide(both, Layer.merge(at(home), client.layer)))
      expect(client.requests.map(({ at }) => at)).toEqual([0, 0, 10_000, 10_000])
    })
  )

  it.effect("that a call does not accept ends it at once, and one that it just accepts is waited for", () =>
    Effect.gen(function* () {
      const { client, environment, pauseFor } = yield* paused()
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

  it.effect("that takes all that is left of a deadline is not waited for", () =>
    Effect.gen(function* () {
      const { environment, pauseFor } = yield* paused()
      yield* pauseFor("5 seconds")
      const { ended, result } = yield* elapsing(timed(Effect.provide(within("5 seconds")(thing()), environment)))
      expect(ended).toBe(0)
      expect(result).toMatchObject({ left: { _tag: "NotSent", retryAfter: Duration.seconds(5) } })
    })
  )

  it.effect("that the API's own defaults do not accept ends a call, unless the program accepts it", () =>
    Effect.gen(function* () {
      for (const defaults of [
        { deadline: "1 second" },
        { retryPolicy: RetryPolicy.make({ schedule: Schedule.stop, repeats: () => false, maxWait: "1 second" }) }
      ] as const) {
        const { client, environment, pauseFor } = yield* paused(defaults)
        yield* pauseFor("5 seconds")
        const call = Effect.provide(thing(), environment)
        expect((yield* Effect.flip(call))._tag).toBe("NotSent")
        yield* elapsing(within("10 seconds")(accepting("10 seconds")(call)))
        expect(client.requests).toHaveLength(1)
      }
    })
  )

  it.effect("that stops a call amid its attempts is RateLimited, and says for how long", () =>
    Effect.gen(function* () {
      const policy = under(RetryPolicy.make({ schedule: Schedule.spaced("1 second"), repeats: () => true }))
      const client = stub([status(503), ok])
      const lane = (yield* Traffic.make()).to(home.origin)
      const fiber = yield* thing().pipe(
        policy,
        Effect.provide(Layer.merge(at(home, { traffic: lane }), client.layer)),
        Effect.flip,
        Effect.fork
      )
      yield* asleep(1)
      lane.pause?.begin(0, 120_000, undefined)
      yield* pass("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({
        _tag: "RateLimited",
        retryAfter: Duration.seconds(119),
        attempts: [{ number: 1, reason: "503", verdict: "repeated", waited: Duration.seconds(1) }]
      })
      expect(client.requests).toHaveLength(1)
    })
  )

  it.effect("that is extended again and again is waited for no longer than the policy accepts", () =>
    Effect.gen(function* () {
      // At 0, 3, 6 and 9 seconds a call in flight is told to come back in 4.
      const told = (at: number) => () => Effect.delay(Effect.sync(status(429, after(4))), Duration.seconds(at))
      const client = stub([told(3), told(6), told(9), told(0), ok])
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
      }).pipe(Effect.provide(Layer.merge(at(home), client.layer)))
    })
  )

  it.effect("that is extended past the deadline ends a call before it, and at the latest then", () =>
    Effect.gen(function* () {
      const { client, environment, pauseFor } = yield* paused()
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

  it.effect("lets go of those who are interrupted, wherever they are in it, and sends nothing for them", () =>
    Effect.gen(function* () {
      const { client, environment, pauseFor } = yield* paused()
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

  it.effect("in a region that can't be interrupted ends with the deadline, too", () =>
    Effect.gen(function* () {
      const { environment, pauseFor } = yield* paused()
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

  it.effect("is followed by those whom it held back one after another, and not by all at once", () =>
    Effect.gen(function* () {
      const { environment, pauseFor, sentAt } = yield* paused()
      yield* pauseFor("50 seconds")
      yield* elapsing(Effect.provide(Effect.replicateEffect(anyThing(), 50, { concurrency: "unbounded" }), environment))
      const times = sentAt().map((time) => time - 50_000)
      expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...times)).toBeLessThanOrEqual(5000)
      // Of fifty draws, some are in each half.
      expect(times.some((time) => time < 2500) && times.some((time) => time > 2500)).toBe(true)
    })
  )

  it.effect("is not begun for everyone by a limit that one caller has used up", () =>
    Effect.gen(function* () {
      const usedUp = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600" }
      const client = stub([status(503, usedUp), ok])
      const lane = (yield* Traffic.make()).to(home.origin)
      const as = (identity: string) => Effect.provide(Layer.merge(at(home, { traffic: lane, identity }), client.layer))
      expect(yield* Effect.flip(as("one")(thing()))).toMatchObject({ _tag: "RateLimited", status: 503 })
      expect(yield* as("other")(thing())).toEqual({ ok: true })
      expect(yield* as("one")(thing())).toEqual({ ok: true })
    })
  )

  it.effect("that begins while an attempt is under way ends its call at once where it takes too long", () =>
    Effect.gen(function* () {
      const { lane, pauseFor } = yield* paused()
      const failing = stub([() => Effect.delay(Effect.succeed(status(503)()), "2 seconds"), ok])
      const fiber = yield* Effect.fork(
        Effect.provide(timed(thing()), Layer.merge(at(home, { traffic: lane }), failing.layer))
      )
      yield* asleep(1)
      yield* pauseFor("1 hour")
      const before = lane.budget?.available(0)
      const { ended, result } = yield* elapsing(Fiber.join(fiber))
      expect(ended).toBe(2000)
      expect(result).toMatchObject({ left: { _tag: "RateLimited", attempts: [{ verdict: "wait too long" }] } })
      expect(lane.budget?.available(0)).toBe(before)
    })
  )

  it.effect("spends nothing of the retry budget on those whom it turns away", () =>
    Effect.gen(function* () {
      const { environment, lane, pauseFor } = yield* paused()
      const before = lane.budget?.available(0)
      yield* pauseFor("1 hour")
      yield* Effect.replicateEffect(Effect.flip(Effect.provide(thing(), environment)), 200)
      expect(lane.budget?.available(0)).toBe(before)
    })
  )

  it.effect("holds back what the authoriser was still at when it began", () =>
    Effect.gen(function* () {
      const slow: Partial<Authoriser.Authoriser> = {
        authorise: (request) => Effect.delay(Effect.succeed({ request, generation: 0 }), "2 seconds")
      }
      const { environment, pauseFor, sentAt } = yield* paused(slow)
      const fiber = yield* Effect.fork(Effect.provide(thing(), environment))
      yield* asleep(1)
      yield* pauseFor("30 seconds")
      yield* elapsing(Fiber.join(fiber))
      expect(sentAt()[0]).toBeGreaterThanOrEqual(30_000)
    })
  )

  it.effect("holds back the replay after a 401", () =>
    Effect.gen(function* () {
      const client = stub([status(401), ok])
      const lane = (yield* Traffic.make()).to(home.origin)
      const refreshing = at(home, { traffic: lane, rejected: () => Effect.delay(Effect.succeed(true), "2 seconds") })
      const fiber = yield* Effect.fork(Effect.provide(thing(), Layer.merge(refreshing, client.layer)))
      yield* asleep(1)
      lane.pause?.begin(0, 30_000, undefined)
      yield* elapsing(Fiber.join(fiber))
      expect(client.requests[1]?.at).toBeGreaterThanOrEqual(30_000)
    })
  )
})

describe("a limiter and a pause", () => {
  /** A limiter that lets through after so long, and notes when it was asked and how long it may take. */
  const limiting = (wait: Duration.DurationInput) => {
    const asked: Array<readonly [at: number, most: number]> = []
    const limiter: NonNullable<Authoriser.Authoriser["limiter"]> = {
      acquire: (_, most) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          asked.push([now, Duration.toMillis(most)])
          return Effect.sleep(wait)
        })
    }
    return { asked, limiter }
  }

  it.effect("are waited for one after the other: a limiter is asked when there is no pause", () =>
    Effect.gen(function* () {
      const { asked, limiter } = limiting("2 seconds")
      const { environment, pauseFor, sentAt } = yield* paused({ limiter })
      yield* pauseFor("5 seconds")
      yield* elapsing(Effect.provide(within("20 seconds")(thing()), environment))
      expect(sentAt()).toEqual([7000])
      expect(asked).toEqual([[5000, 14_999]])
    })
  )

  it.effect("share what the policy accepts: a limiter is told what the pause has left of it", () =>
    Effect.gen(function* () {
      const { asked, limiter } = limiting(0)
      const { environment, pauseFor } = yield* paused({ limiter })
      yield* pauseFor("5 seconds")
      yield* elapsing(Effect.provide(accepting("8 seconds")(thing()), environment))
      expect(asked).toEqual([[5000, 3000]])
    })
  )

  it.effect("a pause that began while the limiter held the call back holds it back, too", () =>
    Effect.gen(function* () {
      const { limiter } = limiting("2 seconds")
      const { environment, pauseFor, sentAt } = yield* paused({ limiter })
      const fiber = yield* Effect.fork(Effect.provide(thing(), environment))
      yield* asleep(1)
      yield* pauseFor("30 seconds")
      yield* elapsing(Fiber.join(fiber))
      expect(sentAt()[0]).toBeGreaterThanOrEqual(30_000)
    })
  )

  it.effect("a limiter's refusal is NotSent, after an attempt, too, with its own words", () =>
    Effect.gen(function* () {
      const refusal = new Limiter.LimiterFailure({ message: "the bucket is empty", retryAfter: Duration.seconds(9) })
      const letting = (some: number): Partial<Authoriser.Authoriser> => {
        let left = some
        return { limiter: { acquire: () => (left-- > 0 ? Effect.void : Effect.fail(refusal)) } }
      }
      for (const some of [0, 1]) {
        const client = stub([status(503), ok])
        const call = Effect.provide(thing(), Layer.merge(at(home, letting(some)), client.layer))
        const error = yield* elapsing(Effect.flip(call))
        expect(error).toMatchObject({ _tag: "NotSent", retryAfter: Duration.seconds(9) })
        expect(error.message).toContain("the bucket is empty")
        expect(error.attempts).toHaveLength(some)
        expect(client.requests).toHaveLength(some)
      }
    })
  )
})
