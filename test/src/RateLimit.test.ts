import * as RateLimiter from "@effect/experimental/RateLimiter"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scheduler from "effect/Scheduler"
import { Deadline, Limiter, RetryPolicy, Traffic } from "effect-herald"
import * as RateLimit from "effect-herald/rate-limit"
import { at, elapsing, forAll, status, stub, thing } from "./kit.js"
import { yieldingAt } from "./yieldingAt.js"

const somebody = { origin: "https://api.test", identity: "A1" }
/** Longer than any test waits. */
const patient = Duration.days(10_000)

const acquire = (most: Duration.DurationInput = patient, caller = somebody) =>
  Effect.flatMap(Limiter.Limiter, (limiter) => limiter.acquire(caller, Duration.decode(most)))

/** How it ended, and when: in milliseconds from the beginning of the test, where the test's clock begins. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.either(effect), (result) =>
    Effect.map(Clock.currentTimeMillis, (at) => ({
      at,
      result: Either.isRight(result) ? ("let through" as const) : result.left
    }))
  )

/**
 * Runs in a world where nothing happens but this, one task after another, and where time passes when all are asleep. It is a
 * defect if nobody will ever wake, if it does not end, or if somebody is left asleep when it has.
 */
const inTime = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    let now = 0
    const tasks: Array<() => void> = []
    const sleepers = new Set<{ readonly until: number; readonly woken: Deferred.Deferred<void> }>()
    const clock: Clock.Clock = {
      ...Clock.make(),
      unsafeCurrentTimeMillis: () => now,
      currentTimeMillis: Effect.sync(() => now),
      sleep: (duration) =>
        // `Effect.async` would leave its sleeper behind if it were interrupted just after it began.
        Effect.acquireUseRelease(
          Effect.sync(() => {
            const sleeper = { until: now + Duration.toMillis(duration), woken: Deferred.unsafeMake<void>(FiberId.none) }
            sleepers.add(sleeper)
            return sleeper
          }),
          ({ woken }) => Deferred.await(woken),
          (sleeper) => Effect.sync(() => sleepers.delete(sleeper))
        )
    }
    const scheduler: Scheduler.Scheduler = {
      scheduleTask: (task) => {
        tasks.push(task)
      },
      shouldYield: () => false
    }
    const fiber = Effect.runFork(Effect.withClock(effect, clock), { scheduler })
    for (let instants = 0; instants < 100_000; instants += 1) {
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
      const exit = fiber.unsafePoll()
      if (exit !== null) return sleepers.size === 0 ? exit : Effect.dieMessage("somebody is left asleep")
      const next = Math.min(...Array.from(sleepers, ({ until }) => until))
      if (!Number.isFinite(next)) return Effect.dieMessage("all wait, for nothing")
      now = next
      for (const sleeper of sleepers) {
        if (sleeper.until > now) continue
        sleepers.delete(sleeper)
        Deferred.unsafeDone(sleeper.woken, Effect.void)
      }
    }
    return Effect.dieMessage("it does not end")
  })

const usedUp = (limit: string, retryAfter: Duration.DurationInput) =>
  new Limiter.LimiterFailure({
    message: `the limit of ${limit} is used up`,
    retryAfter: Duration.decode(retryAfter)
  })

/** A limiter whose store does as it is told. */
const over = (options: RateLimit.Options, consume: RateLimiter.RateLimiter["consume"]) =>
  RateLimit.layer(options).pipe(
    Layer.provide(Layer.succeed(RateLimiter.RateLimiter, { [RateLimiter.TypeId]: RateLimiter.TypeId, consume }))
  )

const storeError = new RateLimiter.RateLimitStoreError({
  message: "Failed at redis://:secret@redis.test",
  cause: new Error("AUTH secret")
})

const exceeded = (retryAfter: Duration.DurationInput) =>
  new RateLimiter.RateLimitExceeded({ key: "", limit: 1, remaining: 0, retryAfter: Duration.decode(retryAfter) })

/** The most that were let through in any window of this length. */
const mostIn = (window: number, times: ReadonlyArray<number>) =>
  Math.max(0, ...times.map((start) => times.filter((time) => time >= start && time < start + window).length))

describe("the limit", () => {
  const limits = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 150 }))
  const windows = fc.oneof(
    fc.constantFrom(1000, 60_000),
    fc.integer({ min: 1, max: 3000 }),
    fc.integer({ min: 1, max: 1e8 })
  )
  /** Gaps between arrivals, as parts of a window, and what to be off by: at once, close together, just about a window. */
  const gaps = fc.array(
    fc.tuple(
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        fc.constantFrom(0.01, 0.1, 0.2, 0.25, 0.5, 0.8, 1),
        fc.double({ min: 0, max: 1.5, noNaN: true })
      ),
      fc.integer({ min: -1, max: 1 })
    ),
    { minLength: 1, maxLength: 40 }
  )

  it.effect(
    "is kept in every window, wherever it begins, and in order, whatever comes when",
    () =>
      forAll(
        fc.record({ limit: limits, window: windows, gaps, crowd: fc.integer({ min: 1, max: 10 }) }),
        ({ crowd, gaps, limit, window }) => {
          let now = 0
          const arrivals = gaps.flatMap(([part, off]) => {
            now += Math.max(0, Math.round(part * window) + off)
            return Array.from({ length: crowd }, () => now)
          })
          const came: Array<number> = []
          const left: Array<number> = []
          const times: Array<number> = []
          const one = (index: number) =>
            Effect.sync(() => came.push(index)).pipe(
              Effect.zipRight(acquire()),
              Effect.zipRight(Clock.currentTimeMillis),
              Effect.map((at) => {
                left.push(index)
                times.push(at)
              })
            )
          return Effect.forEach(arrivals, (at, index) => Effect.delay(one(index), at), {
            concurrency: "unbounded",
            discard: true
          }).pipe(
            Effect.provide(RateLimit.layerMemory({ limit, window })),
            inTime,
            Effect.map(() => {
              expect(left).toEqual(came)
              expect(mostIn(window, times)).toBeLessThanOrEqual(limit)
            })
          )
        },
        { numRuns: 200 }
      ),
    120_000
  )

  /** How many leave in so many windows if there are always more who want to. */
  const leaving = (options: { readonly limit: number; readonly window: number }, windows: number) => {
    const times: Array<number> = []
    const demand = Effect.replicateEffect(
      Effect.zipRight(
        acquire(),
        Effect.map(Clock.currentTimeMillis, (at) => times.push(at))
      ),
      options.limit * (windows + 1),
      { concurrency: "unbounded", discard: true }
    )
    return demand.pipe(
      Effect.provide(RateLimit.layerMemory(options)),
      inTime,
      Effect.map(() => ({
        most: mostIn(options.window, times),
        share: times.filter((time) => time < options.window * windows).length / (options.limit * windows)
      }))
    )
  }

  it.effect(
    "is used to 80 % or more, by as many as one in 4 ms",
    () =>
      Effect.forEach(
        Array.from({ length: 100 }, (_, index) => ({ limit: index + 1, window: 1000 })).concat([
          { limit: 208, window: 1000 },
          { limit: 250, window: 1000 },
          { limit: 5, window: 86_400_000 },
          { limit: 9, window: 36 }
        ]),
        (options) =>
          Effect.map(leaving(options, 2), ({ most, share }) => {
            expect(most, JSON.stringify(options)).toBeLessThanOrEqual(options.limit)
            expect(share, JSON.stringify(options)).toBeGreaterThanOrEqual(0.8)
          })
      ),
    120_000
  )

  it.effect.each([
    [333, 0.75],
    [499, 0.66],
    [999, 0.5],
    [2000, 0.5]
  ] as const)("of %s a second is used less, since time has whole milliseconds", ([limit, least]) =>
    Effect.map(leaving({ limit, window: 1000 }, 1), ({ most, share }) => {
      expect(most).toBeLessThanOrEqual(limit)
      expect(share).toBeGreaterThanOrEqual(least)
    })
  )

  it.effect("is used by those who wait though most give up", () => {
    // Each 10 ms somebody comes, who would wait half a second: ten times the limit.
    const times: Array<number> = []
    const one = Effect.zipRight(
      acquire("500 millis"),
      Effect.map(Clock.currentTimeMillis, (at) => times.push(at))
    )
    return Effect.forEach(
      Array.from({ length: 2000 }, (_, index) => index * 10),
      (at) => Effect.delay(Effect.ignore(one), at),
      { concurrency: "unbounded", discard: true }
    ).pipe(
      Effect.provide(RateLimit.layerMemory({ limit: 10, window: "1 second" })),
      inTime,
      Effect.map(() => {
        expect(mostIn(1000, times)).toBeLessThanOrEqual(10)
        expect(times.length).toBeGreaterThanOrEqual(0.8 * 10 * 20)
      })
    )
  })

  it.effect("is each identity's own at its origin, unless it has a key", () => {
    const callers = [
      somebody,
      { ...somebody, identity: "A2" },
      { ...somebody, origin: "https://other.test" },
      { origin: "https://api.test", identity: "" }
    ]
    const all = (options: RateLimit.Options) =>
      Effect.forEach(callers, (caller) => timed(acquire("0 millis", caller))).pipe(
        Effect.provide(RateLimit.layerMemory(options)),
        Effect.map((ends) => ends.filter(({ result }) => result === "let through").length)
      )
    return Effect.gen(function* () {
      expect(yield* all({ limit: 1, window: "1 second" })).toBe(4)
      expect(yield* all({ limit: 1, window: "1 second", key: "all" })).toBe(1)
    })
  })

  it.effect("is that of the layer that is built, and begins anew with the next", () =>
    Effect.gen(function* () {
      const built = RateLimit.layerMemory({ limit: 1, window: "1 second" })
      for (let run = 0; run < 3; run += 1) yield* Effect.provide(acquire(0), built)
    })
  )
})

describe("a wait", () => {
  // Three at once, and each takes an eighth of a second.
  const limit = { limit: 10, window: "1 second" } as const
  const limiting = <A, E>(effect: Effect.Effect<A, E, Limiter.Limiter>) =>
    inTime(Effect.provide(effect, RateLimit.layerMemory(limit)))

  it.effect("that is longer than accepted is not begun", () =>
    Effect.gen(function* () {
      const first = yield* Effect.replicateEffect(timed(acquire(0)), 3)
      expect(first).toEqual([{ at: 0, result: "let through" }, ...first.slice(1)])
      expect(yield* timed(acquire("374 millis"))).toEqual({ at: 0, result: usedUp("10 in 1s", "375 millis") })
      expect(yield* timed(acquire("375 millis"))).toEqual({ at: 375, result: "let through" })
    }).pipe(limiting)
  )

  it.effect("is expected to be that of all who wait already", () =>
    Effect.gen(function* () {
      const waiting = yield* Effect.fork(Effect.replicateEffect(timed(acquire()), 10, { concurrency: "unbounded" }))
      yield* Effect.sleep("100 millis")
      // Seven wait: for the rest of the first burst, that of the second and a third.
      expect(yield* timed(acquire("1024 millis"))).toEqual({ at: 100, result: usedUp("10 in 1s", "1025 millis") })
      expect(yield* timed(acquire("1100 millis"))).toEqual({ at: 1125, result: "let through" })
      expect((yield* Fiber.join(waiting)).map(({ at }) => at)).toEqual([0, 0, 0, 375, 375, 375, 750, 750, 750, 1125])
    }).pipe(limiting)
  )

  it.effect("ends when it has been as long as accepted, if others were quicker", () => {
    // Another process takes whatever there is, and the store says so once a second.
    const starved = over({ limit: 1, window: "1 second" }, () => exceeded("1 second"))
    return Effect.gen(function* () {
      const waits = ["2500 millis", "3500 millis", "2700 millis", "3800 millis"]
      const ends = yield* Effect.forEach(waits, (most) => timed(acquire(most as Duration.DurationInput)), {
        concurrency: "unbounded"
      })
      expect(ends).toEqual([
        // At 2000 the store says 3000, and so on: it ends as soon as that is known to be too late.
        { at: 2000, result: usedUp("1 in 1s", "1 second") },
        { at: 3000, result: usedUp("1 in 1s", "1 second") },
        // Third in line, at once; fourth, and then third, once the store had said 2000.
        { at: 0, result: usedUp("1 in 1s", "3 seconds") },
        { at: 1000, result: usedUp("1 in 1s", "3 seconds") }
      ])
    }).pipe(Effect.provide(starved), inTime)
  })

  it.effect("of nothing is enough where nobody waits", () =>
    Effect.gen(function* () {
      expect(yield* timed(acquire(0))).toEqual({ at: 0, result: "let through" })
    }).pipe(limiting)
  )

  it.effect("for ever ends when its turn comes", () =>
    Effect.gen(function* () {
      yield* Effect.replicateEffect(acquire(0), 3)
      expect(yield* timed(acquire(Duration.infinity))).toEqual({ at: 375, result: "let through" })
    }).pipe(limiting)
  )

  it.effect("asks the store for one only, when there may be room", () => {
    const asked: Array<number> = []
    const counting = Layer.map(RateLimiter.layer, (context) => {
      const real = Context.get(context, RateLimiter.RateLimiter)
      return Context.make(RateLimiter.RateLimiter, {
        ...real,
        consume: (options) =>
          Effect.zipRight(
            Effect.map(Clock.currentTimeMillis, (at) => asked.push(at)),
            real.consume(options)
          )
      })
    })
    return Effect.replicateEffect(acquire(), 5, { concurrency: "unbounded" }).pipe(
      Effect.provide(
        RateLimit.layer({ limit: 2, window: "1 second" }).pipe(
          Layer.provide(counting),
          Layer.provide(RateLimiter.layerStoreMemory)
        )
      ),
      inTime,
      Effect.map(() => {
        // Room for one in half a second: who comes next is told at once that there is none.
        expect(asked).toEqual([0, 0, 500, 500, 1000, 1000, 1500, 1500, 2000])
      })
    )
  })
})

describe("a store", () => {
  const failed = new Limiter.LimiterFailure({ message: "the store of the limiter failed" })
  const silent = new Limiter.LimiterFailure({ message: "the store of the limiter does not answer" })

  it.effect("that fails ends the wait of all, says no secret, and is asked again by who comes next", () => {
    let asked = 0
    const layer = over({ limit: 1, window: "1 second" }, () => {
      asked += 1
      if (asked === 1) return Effect.fail(exceeded("1 second"))
      if (asked === 2) return Effect.fail(storeError)
      return Effect.succeed({ delay: Duration.zero, limit: 1, remaining: 0, resetAfter: Duration.seconds(1) })
    })
    return Effect.gen(function* () {
      const ends = yield* Effect.replicateEffect(timed(acquire()), 5, { concurrency: "unbounded" })
      expect(ends).toEqual(ends.map(() => ({ at: 1000, result: failed })))
      expect(JSON.stringify(ends)).not.toContain("secret")
      expect(asked).toBe(2)
      expect(yield* timed(acquire())).toEqual({ at: 1000, result: "let through" })
    }).pipe(Effect.provide(layer), inTime)
  })

  it.effect("that says nothing has failed after a wait that is accepted, or after a second", () => {
    const layer = over({ limit: 1, window: "1 second" }, () => Effect.never)
    return Effect.gen(function* () {
      expect(yield* timed(acquire(0))).toEqual({ at: 1000, result: silent })
      const ends = yield* Effect.replicateEffect(timed(acquire("5 seconds")), 5, { concurrency: "unbounded" })
      expect(ends.map(({ at }) => at)).toEqual([6000, 6000, 6000, 6000, 6000])
      expect(ends[0]?.result).toEqual(silent)
    }).pipe(Effect.provide(layer), inTime)
  })

  it.effect("that breaks, breaks those who wait, and not who comes next", () => {
    let asked = 0
    const layer = over({ limit: 1, window: "1 second" }, () => {
      asked += 1
      return asked === 1
        ? Effect.die("broken")
        : Effect.succeed({ delay: Duration.zero, limit: 1, remaining: 0, resetAfter: Duration.seconds(1) })
    })
    return Effect.gen(function* () {
      const ends = yield* Effect.replicateEffect(Effect.exit(acquire()), 2, { concurrency: "unbounded" })
      expect(ends).toEqual([Exit.die("broken"), Exit.die("broken")])
      yield* acquire()
    }).pipe(Effect.provide(layer), inTime)
  })

  it.effect("that answers too late gives room to nobody", () => {
    let asked = 0
    const layer = over({ limit: 1, window: "1 second" }, () => {
      asked += 1
      const given = { delay: Duration.zero, limit: 1, remaining: 0, resetAfter: Duration.seconds(1) }
      return Effect.delay(Effect.succeed(given), asked === 1 ? "3 seconds" : 0)
    })
    return Effect.gen(function* () {
      expect(yield* timed(acquire("2 seconds"))).toEqual({ at: 2000, result: silent })
      expect(yield* timed(acquire())).toEqual({ at: 2000, result: "let through" })
      expect(asked).toBe(2)
    }).pipe(Effect.provide(layer), inTime)
  })

  it.effect("that says 0 is asked again a millisecond later", () => {
    let asked = 0
    const layer = over({ limit: 1, window: "1 second" }, () => {
      asked += 1
      return asked < 3
        ? Effect.fail(exceeded(0))
        : Effect.succeed({ delay: Duration.zero, limit: 1, remaining: 0, resetAfter: Duration.seconds(1) })
    })
    return timed(acquire()).pipe(
      Effect.provide(layer),
      inTime,
      Effect.map((end) => expect(end).toEqual({ at: 2, result: "let through" }))
    )
  })
})

describe("one who is interrupted leaves the line sound", () => {
  const settle = Effect.repeatN(Effect.yieldNow(), 20)

  /** Has one come, step by step, interrupts it, and sees whether the line is sound. Gives the steps that it took. */
  const interruptedAt = (step: number, place: string) =>
    Effect.gen(function* () {
      const runtime = yield* Effect.runtime<Limiter.Limiter>()
      if (place !== "alone") yield* acquire(0)
      const before = place.startsWith("second") ? [yield* Effect.fork(acquire())] : []
      yield* settle

      const { rest, scheduler, steps } = yieldingAt(step)
      const run = Effect.repeatN(Effect.zipRight(Effect.sync(rest), Effect.yieldNow()), 20)
      const fiber = Runtime.runFork(runtime, acquire(), { scheduler })
      // As far as it comes with its first task; later steps it takes in those that follow.
      rest()
      if (steps() < step) yield* run
      if (place === "second, and then first") {
        yield* Fiber.interruptAll(before)
        if (steps() < step) yield* run
      }
      const taken = steps()
      fiber.unsafeInterruptAsFork(fiber.id())
      yield* run
      expect(fiber.unsafePoll()).not.toBeNull()

      // One who comes now is let through in time, and then the line is empty.
      yield* acquire("10 seconds")
      yield* Effect.sleep("1 second")
      yield* acquire(0)
      return taken
    }).pipe(Effect.provide(RateLimit.layerMemory({ limit: 1, window: "1 second" })), inTime)

  it.effect.each(["alone", "first", "second", "second, and then first"])("%s, at every step", (place) =>
    Effect.gen(function* () {
      let step = 1
      while ((yield* interruptedAt(step, place)) >= step) step += 1
      // It has to have come somewhere.
      expect(step).toBeGreaterThan(25)
    })
  )

  it.effect("though many come and go at random", () =>
    forAll(
      fc.array(
        fc.record({ comes: fc.nat(3000), stays: fc.nat(3000), gives: fc.constantFrom("up", "over", "nothing") }),
        { minLength: 1, maxLength: 60 }
      ),
      (people) => {
        const times: Array<number> = []
        const through = Effect.zipRight(
          acquire(),
          Effect.map(Clock.currentTimeMillis, (at) => times.push(at))
        )
        return Effect.gen(function* () {
          const ends = yield* Effect.forEach(
            people,
            ({ comes, gives, stays }) => {
              const one = gives === "up" ? Effect.timeout(through, stays) : through
              return Effect.delay(gives === "over" ? Effect.ignore(acquire(stays)) : Effect.ignore(one), comes)
            },
            { concurrency: "unbounded" }
          )
          expect(ends).toHaveLength(people.length)
          expect(mostIn(1000, times)).toBeLessThanOrEqual(5)
          // All who stayed were let through, and nobody is left in the line.
          const stayed = people.filter(({ gives }) => gives === "nothing").length
          expect(times.length).toBeGreaterThanOrEqual(stayed)
          yield* Effect.sleep("1 second")
          yield* acquire(0)
        }).pipe(Effect.provide(RateLimit.layerMemory({ limit: 5, window: "1 second" })), inTime)
      }
    )
  )
})

describe("an operation", () => {
  const url = new URL("https://api.test")
  const limited = (options: RateLimit.Options) => at(url).pipe(Layer.provide(RateLimit.layerMemory(options)))

  it.effect("is sent when the limit lets it through", () => {
    const { layer, requests } = stub([status(200)])
    return Effect.replicateEffect(thing(), 4, { concurrency: "unbounded" }).pipe(
      Effect.provide(limited({ limit: 1, window: "10 seconds" })),
      Effect.provide(layer),
      elapsing,
      Effect.map(() => expect(requests.map(({ at }) => at)).toEqual([0, 10_000, 20_000, 30_000]))
    )
  })

  it.effect("waits for each attempt", () => {
    const { layer, requests } = stub([status(503), status(503), status(200)])
    return thing().pipe(
      Effect.provide(limited({ limit: 1, window: "10 seconds" })),
      Effect.provide(layer),
      elapsing,
      Effect.map(() => expect(requests.map(({ at }) => at)).toEqual([0, 10_000, 20_000]))
    )
  })

  it.effect("whose deadline leaves less ends at once, unsent, and says when to come back", () => {
    const { layer, requests } = stub([status(200)])
    return Effect.gen(function* () {
      yield* thing()
      const { at, result } = yield* timed(Effect.provideService(thing(), Deadline.Current, "5 seconds"))
      expect(at).toBe(0)
      expect(result).toMatchObject({
        _tag: "NotSent",
        message: "thing: not sent: the limit of 1 in 10s is used up (GET https://api.test/thing)",
        retryAfter: Duration.seconds(10)
      })
      expect(requests).toHaveLength(1)
    }).pipe(Effect.provide(limited({ limit: 1, window: "10 seconds" })), Effect.provide(layer), elapsing)
  })

  it.effect("whose policy accepts no wait is sent or not, at once", () => {
    const { layer, requests } = stub([status(200)])
    const policy = RetryPolicy.make({ ...RetryPolicy.none.rules[0]!, maxWait: 0 })
    return Effect.gen(function* () {
      const ends = yield* Effect.replicateEffect(timed(thing()), 2)
      expect(ends).toMatchObject([
        { at: 0, result: "let through" },
        { at: 0, result: { _tag: "NotSent" } }
      ])
      expect(requests).toHaveLength(1)
    }).pipe(
      Effect.provideService(RetryPolicy.Current, policy),
      Effect.provide(limited({ limit: 1, window: "10 seconds" })),
      Effect.provide(layer),
      elapsing
    )
  })

  it.effect("is not sent while the store fails", () => {
    const { layer, requests } = stub([status(200)])
    return timed(thing()).pipe(
      Effect.provide(
        at(url).pipe(Layer.provide(over({ limit: 1, window: "1 second" }, () => Effect.fail(storeError))))
      ),
      Effect.provide(layer),
      elapsing,
      Effect.map((end) => {
        expect(end).toMatchObject({ at: 0, result: { _tag: "NotSent", retryAfter: undefined } })
        expect(JSON.stringify(end)).not.toContain("secret")
        expect(requests).toEqual([])
      })
    )
  })

  it.effect("that a pause holds back takes no place", () => {
    const { layer, requests } = stub([status(429, { "retry-after": "30" }), status(200)])
    return Effect.replicateEffect(thing(), 2, { concurrency: "unbounded" }).pipe(
      Effect.provide(limited({ limit: 2, window: "10 seconds" })),
      Effect.provide(Traffic.layer()),
      Effect.provide(layer),
      elapsing,
      Effect.map(() => expect(requests.map(({ at }) => at)).toEqual([0, 30_000, 35_000]))
    )
  })
})

describe("options that can't be", () => {
  it.effect.each([
    ["limit", { limit: 0, window: "1 second" }],
    ["limit", { limit: -1, window: "1 second" }],
    ["limit", { limit: 1.5, window: "1 second" }],
    ["limit", { limit: Number.NaN, window: "1 second" }],
    ["limit", { limit: Infinity, window: "1 second" }],
    ["window", { limit: 1, window: 0 }],
    ["window", { limit: 1, window: -5 }],
    ["window", { limit: 1, window: Number.NaN }],
    ["window", { limit: 1, window: Infinity }],
    ["window", { limit: 1, window: Duration.infinity }],
    // Beyond what its type allows.
    ["window", { limit: 1, window: "soon" as Duration.DurationInput }]
  ] as const)("%s: %j are refused when the layer is built", ([option, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(RateLimit.layerMemory(options)))
      expect(ConfigError.isConfigError(error) && error._op === "InvalidData" && error.path).toEqual([option])
    }).pipe(Effect.scoped)
  )

  it.effect("are not those of less than a millisecond, which count as one", () =>
    Effect.replicateEffect(acquire(), 3).pipe(
      Effect.zipRight(Clock.currentTimeMillis),
      Effect.provide(RateLimit.layerMemory({ limit: 1, window: "1 micros" })),
      inTime,
      Effect.map((at) => expect(at).toBe(2))
    )
  )
})
