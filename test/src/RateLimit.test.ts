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
import { Deadline, Limiter, RetryPolicy, OriginState } from "effect-herald"
import * as RateLimit from "effect-herald/rate-limit"
import { at, elapsing, forAll, status, stub, thing } from "../support/kit.js"
import { turn } from "../support/settle.js"
import { yieldingAt } from "../support/yieldingAt.js"

const defaultCaller = { origin: "https://api.test", identity: "A1" }
/** A wait that is longer than any test. */
const unlimited = Duration.days(10_000)

const acquire = (maxWait: Duration.DurationInput = unlimited, caller = defaultCaller) =>
  Effect.flatMap(Limiter.Limiter, (limiter) => limiter.acquire(caller, Duration.decode(maxWait)))

/** Returns the result of an effect and its time, in milliseconds from the start of the test. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.either(effect), (result) =>
    Effect.map(Clock.currentTimeMillis, (at) => ({
      at,
      result: Either.isRight(result) ? ("admitted" as const) : result.left
    }))
  )

/**
 * Runs an effect on a scheduler and a clock of its own: one task after another, and time advances when all fibers sleep.
 * Dies if all fibers wait without a sleep, if the effect does not end, or if a sleep is left when it has ended.
 */
const inVirtualTime = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  // A long test has to let the event loop turn: see `eventLoopTurns.ts`.
  Effect.zipRight(turn, runInVirtualTime(effect))

const runInVirtualTime = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    let now = 0
    const tasks: Array<() => void> = []
    const sleeps = new Set<{ readonly until: number; readonly done: Deferred.Deferred<void> }>()
    const clock: Clock.Clock = {
      ...Clock.make(),
      unsafeCurrentTimeMillis: () => now,
      currentTimeMillis: Effect.sync(() => now),
      sleep: (duration) =>
        // `Effect.async` would leave its sleep in the set if it were interrupted right after its start.
        Effect.acquireUseRelease(
          Effect.sync(() => {
            const sleep = { until: now + Duration.toMillis(duration), done: Deferred.unsafeMake<void>(FiberId.none) }
            sleeps.add(sleep)
            return sleep
          }),
          ({ done }) => Deferred.await(done),
          (sleep) => Effect.sync(() => sleeps.delete(sleep))
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
      if (exit !== null) return sleeps.size === 0 ? exit : Effect.dieMessage("a sleep is left")
      const next = Math.min(...Array.from(sleeps, ({ until }) => until))
      if (!Number.isFinite(next)) return Effect.dieMessage("all fibers wait without a sleep")
      now = next
      for (const sleep of sleeps) {
        if (sleep.until > now) continue
        sleeps.delete(sleep)
        Deferred.unsafeDone(sleep.done, Effect.void)
      }
    }
    return Effect.dieMessage("the effect does not end")
  })

const usedUp = (limit: string, retryAfter: Duration.DurationInput) =>
  new Limiter.LimiterFailure({
    message: `the rate limit of ${limit} is used up`,
    retryAfter: Duration.decode(retryAfter)
  })

/** A rate limit with a scripted store. */
const withStore = (options: RateLimit.Options, consume: RateLimiter.RateLimiter["consume"]) =>
  RateLimit.layer(options).pipe(
    Layer.provide(Layer.succeed(RateLimiter.RateLimiter, { [RateLimiter.TypeId]: RateLimiter.TypeId, consume }))
  )

const storeError = new RateLimiter.RateLimitStoreError({
  message: "Failed at redis://:secret@redis.test",
  cause: new Error("AUTH secret")
})

const exceeded = (retryAfter: Duration.DurationInput) =>
  new RateLimiter.RateLimitExceeded({ key: "", limit: 1, remaining: 0, retryAfter: Duration.decode(retryAfter) })

/** Returns the largest number of admissions in any window of this length. */
const maxInWindow = (window: number, times: ReadonlyArray<number>) =>
  Math.max(0, ...times.map((start) => times.filter((time) => time >= start && time < start + window).length))

describe("the rate limit", () => {
  const limits = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 150 }))
  const windows = fc.oneof(
    fc.constantFrom(1000, 60_000),
    fc.integer({ min: 1, max: 3000 }),
    fc.integer({ min: 1, max: 1e8 })
  )
  /** Gaps between arrivals, as a fraction of the window plus an offset in milliseconds: none, short, or about a window. */
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
    "holds in every window, and callers are admitted in order, for any arrivals",
    () =>
      forAll(
        fc.record({ limit: limits, window: windows, gaps, crowd: fc.integer({ min: 1, max: 10 }) }),
        ({ crowd, gaps, limit, window }) => {
          let now = 0
          const arrivals = gaps.flatMap(([fraction, offset]) => {
            now += Math.max(0, Math.round(fraction * window) + offset)
            return Array.from({ length: crowd }, () => now)
          })
          const arrived: Array<number> = []
          const admitted: Array<number> = []
          const times: Array<number> = []
          const one = (index: number) =>
            Effect.sync(() => arrived.push(index)).pipe(
              Effect.zipRight(acquire()),
              Effect.zipRight(Clock.currentTimeMillis),
              Effect.map((at) => {
                admitted.push(index)
                times.push(at)
              })
            )
          return Effect.forEach(arrivals, (at, index) => Effect.delay(one(index), at), {
            concurrency: "unbounded",
            discard: true
          }).pipe(
            Effect.provide(RateLimit.layerMemory({ limit, window })),
            inVirtualTime,
            Effect.map(() => {
              expect(admitted).toEqual(arrived)
              expect(maxInWindow(window, times)).toBeLessThanOrEqual(limit)
            })
          )
        },
        { numRuns: 200 }
      ),
    120_000
  )

  /** Returns the largest number of admissions in a window, and the used share of the limit, for unlimited demand. */
  const underFullDemand = (options: { readonly limit: number; readonly window: number }, windows: number) => {
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
      inVirtualTime,
      Effect.map(() => ({
        max: maxInWindow(options.window, times),
        share: times.filter((time) => time < options.window * windows).length / (options.limit * windows)
      }))
    )
  }

  it.effect(
    "is used to 80 % or more, up to one request in 4 ms",
    () =>
      Effect.forEach(
        Array.from({ length: 100 }, (_, index) => ({ limit: index + 1, window: 1000 })).concat([
          { limit: 208, window: 1000 },
          { limit: 250, window: 1000 },
          { limit: 5, window: 86_400_000 },
          { limit: 9, window: 36 }
        ]),
        (options) =>
          Effect.map(underFullDemand(options, 2), ({ max, share }) => {
            expect(max, JSON.stringify(options)).toBeLessThanOrEqual(options.limit)
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
  ] as const)("of %s a second is used to a smaller share, since time is in whole milliseconds", ([limit, minShare]) =>
    Effect.map(underFullDemand({ limit, window: 1000 }, 1), ({ max, share }) => {
      expect(max).toBeLessThanOrEqual(limit)
      expect(share).toBeGreaterThanOrEqual(minShare)
    })
  )

  it.effect("is used fully although most callers give up", () => {
    // A caller arrives every 10 ms and waits for up to half a second: ten times the limit.
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
      inVirtualTime,
      Effect.map(() => {
        expect(maxInWindow(1000, times)).toBeLessThanOrEqual(10)
        expect(times.length).toBeGreaterThanOrEqual(0.8 * 10 * 20)
      })
    )
  })

  it.effect("applies to each identity and origin separately, unless it has a key", () => {
    const callers = [
      defaultCaller,
      { ...defaultCaller, identity: "A2" },
      { ...defaultCaller, origin: "https://other.test" },
      { origin: "https://api.test", identity: "" }
    ]
    const all = (options: RateLimit.Options) =>
      Effect.forEach(callers, (caller) => timed(acquire("0 millis", caller))).pipe(
        Effect.provide(RateLimit.layerMemory(options)),
        Effect.map((results) => results.filter(({ result }) => result === "admitted").length)
      )
    return Effect.gen(function* () {
      expect(yield* all({ limit: 1, window: "1 second" })).toBe(4)
      expect(yield* all({ limit: 1, window: "1 second", key: "all" })).toBe(1)
    })
  })

  it.effect("starts unused for each build of the layer in memory", () =>
    Effect.gen(function* () {
      const built = RateLimit.layerMemory({ limit: 1, window: "1 second" })
      for (let run = 0; run < 3; run += 1) yield* Effect.provide(acquire(0), built)
    })
  )
})

describe("acquire", () => {
  // A burst of three, and a spacing of an eighth of a second.
  const limit = { limit: 10, window: "1 second" } as const
  const withLimit = <A, E>(effect: Effect.Effect<A, E, Limiter.Limiter>) =>
    inVirtualTime(Effect.provide(effect, RateLimit.layerMemory(limit)))

  it.effect("fails at once if the wait would be longer than maxWait", () =>
    Effect.gen(function* () {
      const first = yield* Effect.replicateEffect(timed(acquire(0)), 3)
      expect(first).toEqual([{ at: 0, result: "admitted" }, ...first.slice(1)])
      expect(yield* timed(acquire("374 millis"))).toEqual({ at: 0, result: usedUp("10 per 1s", "375 millis") })
      expect(yield* timed(acquire("375 millis"))).toEqual({ at: 375, result: "admitted" })
    }).pipe(withLimit)
  )

  it.effect("counts the callers ahead in the queue", () =>
    Effect.gen(function* () {
      const waiting = yield* Effect.fork(Effect.replicateEffect(timed(acquire()), 10, { concurrency: "unbounded" }))
      yield* Effect.sleep("100 millis")
      // Seven callers wait: for the rest of the first burst, and for the second and the third.
      expect(yield* timed(acquire("1024 millis"))).toEqual({ at: 100, result: usedUp("10 per 1s", "1025 millis") })
      expect(yield* timed(acquire("1100 millis"))).toEqual({ at: 1125, result: "admitted" })
      expect((yield* Fiber.join(waiting)).map(({ at }) => at)).toEqual([0, 0, 0, 375, 375, 375, 750, 750, 750, 1125])
    }).pipe(withLimit)
  )

  it.effect("fails after maxWait if another process uses up the limit", () => {
    // Another process uses up the limit, and the store responds so once a second.
    const usedUpStore = withStore({ limit: 1, window: "1 second" }, () => exceeded("1 second"))
    return Effect.gen(function* () {
      const waits = ["2500 millis", "3500 millis", "2700 millis", "3800 millis"]
      const results = yield* Effect.forEach(waits, (maxWait) => timed(acquire(maxWait as Duration.DurationInput)), {
        concurrency: "unbounded"
      })
      expect(results).toEqual([
        // At 2000 the store responds with 3000, and so on. The caller fails as soon as that is too late.
        { at: 2000, result: usedUp("1 per 1s", "1 second") },
        { at: 3000, result: usedUp("1 per 1s", "1 second") },
        // The third in the queue fails at once. The fourth is then third, and fails when the store responds with 2000.
        { at: 0, result: usedUp("1 per 1s", "3 seconds") },
        { at: 1000, result: usedUp("1 per 1s", "3 seconds") }
      ])
    }).pipe(Effect.provide(usedUpStore), inVirtualTime)
  })

  it.effect("admits a caller without a wait if the queue is empty, with a maxWait of zero", () =>
    Effect.gen(function* () {
      expect(yield* timed(acquire(0))).toEqual({ at: 0, result: "admitted" })
    }).pipe(withLimit)
  )

  it.effect("accepts an infinite maxWait", () =>
    Effect.gen(function* () {
      yield* Effect.replicateEffect(acquire(0), 3)
      expect(yield* timed(acquire(Duration.infinity))).toEqual({ at: 375, result: "admitted" })
    }).pipe(withLimit)
  )

  it.effect("asks the store for one caller at a time, when it may have room", () => {
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
      inVirtualTime,
      Effect.map(() => {
        // The store has room for one in half a second, and refuses the next caller at once.
        expect(asked).toEqual([0, 0, 500, 500, 1000, 1000, 1500, 1500, 2000])
      })
    )
  })
})

describe("the store", () => {
  const failed = new Limiter.LimiterFailure({ message: "the store of the rate limit failed" })
  const silent = new Limiter.LimiterFailure({ message: "the store of the rate limit does not respond" })

  it.effect("fails all waiting callers without its secrets if it fails, and is asked again for the next caller", () => {
    let asked = 0
    const layer = withStore({ limit: 1, window: "1 second" }, () => {
      asked += 1
      if (asked === 1) return Effect.fail(exceeded("1 second"))
      if (asked === 2) return Effect.fail(storeError)
      return Effect.succeed({ delay: Duration.zero, limit: 1, remaining: 0, resetAfter: Duration.seconds(1) })
    })
    return Effect.gen(function* () {
      const results = yield* Effect.replicateEffect(timed(acquire()), 5, { concurrency: "unbounded" })
      expect(results).toEqual(results.map(() => ({ at: 1000, result: failed })))
      expect(JSON.stringify(results)).not.toContain("secret")
      expect(asked).toBe(2)
      expect(yield* timed(acquire())).toEqual({ at: 1000, result: "admitted" })
    }).pipe(Effect.provide(layer), inVirtualTime)
  })

  it.effect("fails callers after maxWait, or at least a second, if it does not respond", () => {
    const layer = withStore({ limit: 1, window: "1 second" }, () => Effect.never)
    return Effect.gen(function* () {
      expect(yield* timed(acquire(0))).toEqual({ at: 1000, result: silent })
      const results = yield* Effect.replicateEffect(timed(acquire("5 seconds")), 5, { concurrency: "unbounded" })
      expect(results.map(({ at }) => at)).toEqual([6000, 6000, 6000, 6000, 6000])
      expect(results[0]?.result).toEqual(silent)
    }).pipe(Effect.provide(layer), inVirtualTime)
  })

  it.effect("passes a defect to all waiting callers, but not to the next", () => {
    let asked = 0
    const layer = withStore({ limit: 1, window: "1 second" }, () => {
      asked += 1
      return asked === 1
        ? Effect.die("broken")
        : Effect.succeed({ delay: Duration.zero, limit: 1, remaining: 0, resetAfter: Duration.seconds(1) })
    })
    return Effect.gen(function* () {
      const results = yield* Effect.replicateEffect(Effect.exit(acquire()), 2, { concurrency: "unbounded" })
      expect(results).toEqual([Exit.die("broken"), Exit.die("broken")])
      yield* acquire()
    }).pipe(Effect.provide(layer), inVirtualTime)
  })

  it.effect("admits no caller if it responds after the caller gave up", () => {
    let asked = 0
    const layer = withStore({ limit: 1, window: "1 second" }, () => {
      asked += 1
      const consumed = { delay: Duration.zero, limit: 1, remaining: 0, resetAfter: Duration.seconds(1) }
      return Effect.delay(Effect.succeed(consumed), asked === 1 ? "3 seconds" : 0)
    })
    return Effect.gen(function* () {
      expect(yield* timed(acquire("2 seconds"))).toEqual({ at: 2000, result: silent })
      expect(yield* timed(acquire())).toEqual({ at: 2000, result: "admitted" })
      expect(asked).toBe(2)
    }).pipe(Effect.provide(layer), inVirtualTime)
  })

  it.effect("is asked again after a millisecond if it responds with a wait of 0", () => {
    let asked = 0
    const layer = withStore({ limit: 1, window: "1 second" }, () => {
      asked += 1
      return asked < 3
        ? Effect.fail(exceeded(0))
        : Effect.succeed({ delay: Duration.zero, limit: 1, remaining: 0, resetAfter: Duration.seconds(1) })
    })
    return timed(acquire()).pipe(
      Effect.provide(layer),
      inVirtualTime,
      Effect.map((result) => expect(result).toEqual({ at: 2, result: "admitted" }))
    )
  })
})

describe("an interrupted caller leaves a working queue", () => {
  const settle = Effect.repeatN(Effect.yieldNow(), 20)

  /** Interrupts a caller after a number of steps, and checks the queue. Returns the number of steps taken. */
  const interruptedAt = (step: number, position: string) =>
    Effect.gen(function* () {
      const runtime = yield* Effect.runtime<Limiter.Limiter>()
      if (position !== "alone") yield* acquire(0)
      const ahead = position.startsWith("second") ? [yield* Effect.fork(acquire())] : []
      yield* settle

      const { rest, scheduler, steps } = yieldingAt(step)
      const run = Effect.repeatN(Effect.zipRight(Effect.sync(rest), Effect.yieldNow()), 20)
      const fiber = Runtime.runFork(runtime, acquire(), { scheduler })
      // Runs the first task. Later steps are in the tasks that follow.
      rest()
      if (steps() < step) yield* run
      if (position === "second, and then first") {
        yield* Fiber.interruptAll(ahead)
        if (steps() < step) yield* run
      }
      const taken = steps()
      fiber.unsafeInterruptAsFork(fiber.id())
      yield* run
      expect(fiber.unsafePoll()).not.toBeNull()

      // The next caller is admitted in time, and then the queue is empty.
      yield* acquire("10 seconds")
      yield* Effect.sleep("1 second")
      yield* acquire(0)
      return taken
    }).pipe(Effect.provide(RateLimit.layerMemory({ limit: 1, window: "1 second" })), inVirtualTime)

  it.effect.each(["alone", "first", "second", "second, and then first"])("%s in the queue, at every step", (position) =>
    Effect.gen(function* () {
      let step = 1
      while ((yield* interruptedAt(step, position)) >= step) step += 1
      // Guards against a scheduler that takes no steps.
      expect(step).toBeGreaterThan(25)
    })
  )

  it.effect("for many callers that arrive and give up at random", () =>
    forAll(
      fc.array(
        fc.record({
          arrivesAt: fc.nat(3000),
          patience: fc.nat(3000),
          ending: fc.constantFrom("timeout" as const, "maxWait" as const, "admission" as const)
        }),
        { minLength: 1, maxLength: 60 }
      ),
      (callers) => {
        const times: Array<number> = []
        const admission = Effect.zipRight(
          acquire(),
          Effect.map(Clock.currentTimeMillis, (at) => times.push(at))
        )
        return Effect.gen(function* () {
          const results = yield* Effect.forEach(
            callers,
            ({ arrivesAt, ending, patience }) => {
              const byEnding = {
                timeout: Effect.asVoid(Effect.timeout(admission, patience)),
                maxWait: acquire(patience),
                admission: Effect.asVoid(admission)
              }
              return Effect.delay(Effect.ignore(byEnding[ending]), arrivesAt)
            },
            { concurrency: "unbounded" }
          )
          expect(results).toHaveLength(callers.length)
          expect(maxInWindow(1000, times)).toBeLessThanOrEqual(5)
          // All callers that did not give up were admitted, and none is left in the queue.
          const remaining = callers.filter(({ ending }) => ending === "admission").length
          expect(times.length).toBeGreaterThanOrEqual(remaining)
          yield* Effect.sleep("1 second")
          yield* acquire(0)
        }).pipe(Effect.provide(RateLimit.layerMemory({ limit: 5, window: "1 second" })), inVirtualTime)
      }
    )
  )
})

describe("an operation with a rate limit", () => {
  const url = new URL("https://api.test")
  const limited = (options: RateLimit.Options) => at(url).pipe(Layer.provide(RateLimit.layerMemory(options)))

  it.effect("is sent when it is admitted", () => {
    const { layer, requests } = stub([status(200)])
    return Effect.replicateEffect(thing(), 4, { concurrency: "unbounded" }).pipe(
      Effect.provide(limited({ limit: 1, window: "10 seconds" })),
      Effect.provide(layer),
      elapsing,
      Effect.map(() => expect(requests.map(({ at }) => at)).toEqual([0, 10_000, 20_000, 30_000]))
    )
  })

  it.effect("is admitted for each attempt", () => {
    const { layer, requests } = stub([status(503), status(503), status(200)])
    return thing().pipe(
      Effect.provide(limited({ limit: 1, window: "10 seconds" })),
      Effect.provide(layer),
      elapsing,
      Effect.map(() => expect(requests.map(({ at }) => at)).toEqual([0, 10_000, 20_000]))
    )
  })

  it.effect("fails at once with NotSent and a retryAfter if the wait would pass its deadline", () => {
    const { layer, requests } = stub([status(200)])
    return Effect.gen(function* () {
      yield* thing()
      const { at, result } = yield* timed(Effect.provideService(thing(), Deadline.Current, "5 seconds"))
      expect(at).toBe(0)
      expect(result).toMatchObject({
        _tag: "NotSent",
        message: "thing: not sent: the rate limit of 1 per 10 seconds is used up (GET https://api.test/thing)",
        retryAfter: Duration.seconds(10)
      })
      expect(requests).toHaveLength(1)
    }).pipe(Effect.provide(limited({ limit: 1, window: "10 seconds" })), Effect.provide(layer), elapsing)
  })

  it.effect("is sent or fails at once if its policy accepts no wait", () => {
    const { layer, requests } = stub([status(200)])
    const policy = RetryPolicy.make({ ...RetryPolicy.none.rules[0]!, maxWait: 0 })
    return Effect.gen(function* () {
      const results = yield* Effect.replicateEffect(timed(thing()), 2)
      expect(results).toMatchObject([
        { at: 0, result: "admitted" },
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

  it.effect("is not sent if the store fails", () => {
    const { layer, requests } = stub([status(200)])
    return timed(thing()).pipe(
      Effect.provide(
        at(url).pipe(Layer.provide(withStore({ limit: 1, window: "1 second" }, () => Effect.fail(storeError))))
      ),
      Effect.provide(layer),
      elapsing,
      Effect.map((result) => {
        expect(result).toMatchObject({ at: 0, result: { _tag: "NotSent", retryAfter: undefined } })
        expect(JSON.stringify(result)).not.toContain("secret")
        expect(requests).toEqual([])
      })
    )
  })

  it.effect("does not use up the limit while a pause delays it", () => {
    const { layer, requests } = stub([status(429, { "retry-after": "30" }), status(200)])
    return Effect.replicateEffect(thing(), 2, { concurrency: "unbounded" }).pipe(
      Effect.provide(limited({ limit: 2, window: "10 seconds" })),
      Effect.provide(OriginState.layer()),
      Effect.provide(layer),
      elapsing,
      Effect.map(() => expect(requests.map(({ at }) => at)).toEqual([0, 30_000, 35_000]))
    )
  })
})

describe("options", () => {
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
    // Not allowed by the type.
    ["window", { limit: 1, window: "soon" as Duration.DurationInput }]
  ] as const)("with an invalid %s are rejected when the layer is built: %j", ([option, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(RateLimit.layerMemory(options)))
      expect(ConfigError.isConfigError(error) && error._op === "InvalidData" && error.path).toEqual([option])
    }).pipe(Effect.scoped)
  )

  it.effect("with a window below a millisecond are rounded up to one", () =>
    Effect.replicateEffect(acquire(), 3).pipe(
      Effect.zipRight(Clock.currentTimeMillis),
      Effect.provide(RateLimit.layerMemory({ limit: 1, window: "1 micros" })),
      inVirtualTime,
      Effect.map((at) => expect(at).toBe(2))
    )
  )
})
