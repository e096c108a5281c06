import * as RateLimiter from "@effect/experimental/RateLimiter"
import { describe, expect, it, vi } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Limiter } from "effect-herald"
import * as RateLimit from "effect-herald/rate-limit"
import * as Scripted from "../servers/scripted.js"
import * as Child from "./child.js"
import { at, once as unrepeated, status, stub, thing } from "./kit.js"
import { inHurry, limit, monotonic, type Outcome, redisOf, redisStore, wayTo } from "./redis.js"

const place = process.env["REDIS_URL"]
const leftOut = "left out: set REDIS_URL, as .ci/run does"
if (place === undefined) console.log(`Tests of limits in Redis are ${leftOut}`)

describe.skipIf(place === undefined)(`a limit in Redis${place === undefined ? ` (${leftOut})` : ""}`, () => {
  const redis = new URL(place ?? "redis://127.0.0.1:6379")

  /** A limiter's layer as in a process of its own. */
  const limiting = (options: RateLimit.Options, store: ReturnType<typeof redisStore>) =>
    RateLimit.layer(options).pipe(Layer.provide(RateLimiter.layer), Layer.provide(store))

  const acquire = Effect.flatMap(Limiter.Limiter, (limiter) =>
    limiter.acquire({ origin: "https://api.test", identity: "A1" }, Duration.hours(2))
  )

  /** Waits as long as it takes. */
  const until = <A, E, R>(check: Effect.Effect<A, E, R>, holds: (value: A) => boolean) =>
    Effect.repeat(Effect.delay(check, "10 millis"), { until: holds })

  /** A process that calls this server; it is killed when the scope closes. */
  const caller = (server: URL, prefix: string) =>
    Effect.map(
      Child.start(new URL("limitedProcess.ts", import.meta.url), [server.href, redis.href, prefix]),
      ({ ask, pid, tell }) => ({
        pid,
        go: tell("go"),
        // The script is ours.
        stop: Effect.map(ask("stop"), (said) => said as Outcome)
      })
    )

  it.scopedLive(
    "is one for two processes, and both get a share",
    () =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(redis)
        const arrivals: Array<{ readonly asked: number; readonly arrived: number; readonly pid: string }> = []
        const server = yield* Scripted.make(({ headers }) => {
          const [asked, pid] = [Number(headers["x-asked"]), `${String(headers["x-process"])}`]
          arrivals.push({ asked, arrived: monotonic(), pid })
          return Scripted.json({ ok: true })
        })
        const processes = yield* Effect.replicateEffect(caller(server.url, prefix), 2, { concurrency: 2 })
        yield* Effect.forEach(processes, ({ go }) => go)
        // Whichever is slower: it takes as long as it takes.
        yield* until(
          Effect.sync(() => processes.map(({ pid }) => arrivals.filter((arrival) => arrival.pid === pid).length)),
          (counts) => Math.min(...counts) >= 40
        )
        const outcomes = yield* Effect.forEach(processes, ({ stop }) => stop, { concurrency: 2 })

        expect(outcomes.flatMap(({ failures }) => failures)).toEqual([])
        expect(outcomes.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(arrivals.length)

        expect(arrivals.filter(({ asked }) => !(asked > 0))).toEqual([])
        // A place was taken at some time between when the store was asked for it and when the request arrived. So those that
        // were both asked for and arrived within a window, and they alone, were let through in it for certain, however busy
        // the machine is. That a place ended up in the next window only since something was slow, no clock can prove.
        // A millisecond less, since Redis counts in whole ones.
        const window = Duration.toMillis(limit.window) - 1
        const most = arrivals.map(
          ({ asked: begin }) =>
            arrivals.filter(({ arrived, asked }) => asked >= begin && arrived < begin + window).length
        )
        expect(Math.max(...most)).toBeLessThanOrEqual(limit.limit)
      }),
    120_000
  )

  it.scopedLive("of 3 a second, in whole milliseconds, is kept", () =>
    Effect.gen(function* () {
      const { prefix } = yield* redisOf(redis)
      const times: Array<number> = []
      const one = Effect.suspend(() => {
        const asked = monotonic()
        return Effect.map(acquire, () => times.push(asked))
      })
      // One after another: the next is asked for when the last was let through, so that three take a second, at least.
      yield* Effect.provide(
        Effect.replicateEffect(one, 4),
        limiting({ limit: 3, window: "1 second" }, redisStore(redis, { prefix }))
      )
      yield* Effect.sync(() => expect(monotonic() - times[0]!).toBeGreaterThan(999))
    })
  )

  it.scopedLive("is each identity's own, and keeps nothing for longer than it needs to", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis: behind } = yield* redisOf(redis)
      const key = `${prefix}https://api.test A1`
      // Seven at once, of which each takes 40 ms. The key may be gone by the time that it is looked at.
      const left = yield* until(
        Effect.zipRight(
          acquire,
          Effect.promise(() => behind.pttl(key))
        ),
        (left) => left !== -2
      ).pipe(Effect.provide(limiting({ limit: 31, window: "1 second" }, redisStore(redis, { prefix }))))
      expect(left).toBeGreaterThanOrEqual(0)
      expect(left).toBeLessThanOrEqual(280)
      expect([[], [key]]).toContainEqual(yield* keys)
      yield* until(keys, (left) => left.length === 0)
    })
  )

  it.scopedLive("is not used up by who gives up", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis: behind } = yield* redisOf(redis)
      const gaveUp = Effect.gen(function* () {
        yield* acquire
        const waiting = yield* Effect.fork(acquire)
        yield* Effect.sleep("50 millis")
        yield* Fiber.interrupt(waiting)
        const limiter = yield* Limiter.Limiter
        const refused = yield* Effect.replicateEffect(
          Effect.either(limiter.acquire({ origin: "https://api.test", identity: "A1" }, Duration.seconds(1))),
          20
        )
        expect(refused.filter(Either.isRight)).toEqual([])
      })
      yield* Effect.provide(gaveUp, limiting({ limit: 1, window: "1 hour" }, redisStore(redis, { prefix })))
      const [key = ""] = yield* keys
      expect(yield* Effect.promise(() => behind.get(key))).toBe("1")
    })
  )

  /** How long a call may take to say that the store is away: with what `ioredis` does by itself it is more. */
  const quickly = 10_000

  /** `ioredis` prints each connection that it fails to make, and the store leaves no way to hear of them otherwise. */
  const hushed = Effect.acquireRelease(
    Effect.sync(() => vi.spyOn(console, "error").mockImplementation(() => {})),
    (spy) => Effect.sync(() => spy.mockRestore())
  )

  it.scopedLive.each(["is cut", "is held up"])(
    "ends calls, unsent, when the way to Redis %s, and goes on after",
    (how) =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(redis)
        const way = yield* wayTo(redis)
        yield* hushed
        const { layer, requests } = stub([status(200)])
        const succeeds = until(Effect.either(thing()), Either.isRight)
        const calls = Effect.gen(function* () {
          yield* succeeds
          // One waits for its time, and the others behind it.
          const waiting = yield* Effect.fork(
            Effect.replicateEffect(Effect.either(thing()), 20, { concurrency: "unbounded" })
          )
          yield* Effect.sleep("100 millis")
          yield* how === "is cut" ? way.cut : way.hold(true)
          const since = monotonic()
          // On a slow machine the time of one or the other may come before.
          const ends = [...(yield* Fiber.join(waiting)).filter(Either.isLeft), yield* Effect.either(thing())]
          expect(monotonic() - since).toBeLessThan(quickly)
          for (const end of ends) {
            expect(Either.flip(end)).toMatchObject({
              right: { _tag: "NotSent", message: expect.stringContaining("the store of the limiter failed") }
            })
          }
          expect(requests).toHaveLength(1 + 21 - ends.length)
          yield* how === "is cut" ? way.mend : way.hold(false)
          yield* succeeds
        })
        yield* calls.pipe(
          Effect.provide(
            at(new URL("https://api.test")).pipe(
              Layer.provide(limiting({ limit: 1, window: "1 second" }, redisStore(way.url, { ...inHurry, prefix })))
            )
          ),
          Effect.provide(unrepeated),
          Effect.provide(layer)
        )
      })
  )
})
