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
import * as Child from "../support/child.js"
import { at, once, status, stub, thing } from "../support/kit.js"
import { inHurry, limit, monotonic, type Outcome, redisOf, redisStore, wayTo } from "../support/redis.js"

const redisUrl = process.env["REDIS_URL"]
const skipped = "skipped: set REDIS_URL, as .ci/run does"
if (redisUrl === undefined) console.log(`Tests of rate limits in Redis are ${skipped}`)

describe.skipIf(redisUrl === undefined)(`a rate limit in Redis${redisUrl === undefined ? ` (${skipped})` : ""}`, () => {
  const redis = new URL(redisUrl ?? "redis://127.0.0.1:6379")

  /** The layer of a rate limit, with its own connection, as in a separate process. */
  const limitLayer = (options: RateLimit.Options, store: ReturnType<typeof redisStore>) =>
    RateLimit.layer(options).pipe(Layer.provide(RateLimiter.layer), Layer.provide(store))

  const acquire = Effect.flatMap(Limiter.Limiter, (limiter) =>
    limiter.acquire({ origin: "https://api.test", identity: "A1" }, Duration.hours(2))
  )

  /** Repeats a check until it holds. */
  const until = <A, E, R>(check: Effect.Effect<A, E, R>, holds: (value: A) => boolean) =>
    Effect.repeat(Effect.delay(check, "10 millis"), { until: holds })

  /** Starts a process that calls this server. It is killed when the scope closes. */
  const startProcess = (server: URL, prefix: string) =>
    Effect.map(
      Child.start(new URL("../support/limitedProcess.ts", import.meta.url), [server.href, redis.href, prefix]),
      ({ ask, pid, tell }) => ({
        pid,
        go: tell("go"),
        // limitedProcess.ts sends an Outcome.
        stop: Effect.map(ask("stop"), (message) => message as Outcome)
      })
    )

  it.scopedLive(
    "is shared by two processes, and both are admitted",
    () =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(redis)
        const arrivals: Array<{ readonly asked: number; readonly arrived: number; readonly pid: string }> = []
        const server = yield* Scripted.make(({ headers }) => {
          const [asked, pid] = [Number(headers["x-asked"]), `${String(headers["x-process"])}`]
          arrivals.push({ asked, arrived: monotonic(), pid })
          return Scripted.json({ ok: true })
        })
        const processes = yield* Effect.replicateEffect(startProcess(server.url, prefix), 2, { concurrency: 2 })
        yield* Effect.forEach(processes, ({ go }) => go)
        // Waits for the slower process.
        yield* until(
          Effect.sync(() => processes.map(({ pid }) => arrivals.filter((arrival) => arrival.pid === pid).length)),
          (counts) => Math.min(...counts) >= 40
        )
        const outcomes = yield* Effect.forEach(processes, ({ stop }) => stop, { concurrency: 2 })

        expect(outcomes.flatMap(({ failures }) => failures)).toEqual([])
        expect(outcomes.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(arrivals.length)

        expect(arrivals.filter(({ asked }) => !(asked > 0))).toEqual([])
        // A request was admitted between the time when the store was asked and the time when it arrived. So a request with
        // both times within a window was admitted in that window, however busy the machine is. No clock can prove more than
        // that. The window is a millisecond shorter, since Redis counts in whole milliseconds.
        const window = Duration.toMillis(limit.window) - 1
        const counts = arrivals.map(
          ({ asked: start }) =>
            arrivals.filter(({ arrived, asked }) => asked >= start && arrived < start + window).length
        )
        expect(Math.max(...counts)).toBeLessThanOrEqual(limit.limit)
      }),
    120_000
  )

  it.scopedLive("of 3 a second holds, in whole milliseconds", () =>
    Effect.gen(function* () {
      const { prefix } = yield* redisOf(redis)
      const times: Array<number> = []
      const one = Effect.suspend(() => {
        const asked = monotonic()
        return Effect.map(acquire, () => times.push(asked))
      })
      // Sequential: each request is asked for after the last was admitted, so that three take at least a second.
      yield* Effect.provide(
        Effect.replicateEffect(one, 4),
        limitLayer({ limit: 3, window: "1 second" }, redisStore(redis, { prefix }))
      )
      yield* Effect.sync(() => expect(monotonic() - times[0]!).toBeGreaterThan(999))
    })
  )

  it.scopedLive("is separate for each identity, and its key expires", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis: client } = yield* redisOf(redis)
      const key = `${prefix}https://api.test A1`
      // A burst of seven with a spacing of 40 ms. The key may have expired when it is read.
      const ttl = yield* until(
        Effect.zipRight(
          acquire,
          Effect.promise(() => client.pttl(key))
        ),
        (ttl) => ttl !== -2
      ).pipe(Effect.provide(limitLayer({ limit: 31, window: "1 second" }, redisStore(redis, { prefix }))))
      expect(ttl).toBeGreaterThanOrEqual(0)
      expect(ttl).toBeLessThanOrEqual(280)
      expect([[], [key]]).toContainEqual(yield* keys)
      yield* until(keys, (remaining) => remaining.length === 0)
    })
  )

  it.scopedLive("is not used up by callers that give up", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis: client } = yield* redisOf(redis)
      const gaveUp = Effect.gen(function* () {
        yield* acquire
        const waiting = yield* Effect.fork(acquire)
        yield* Effect.sleep("50 millis")
        yield* Fiber.interrupt(waiting)
        const limiter = yield* Limiter.Limiter
        const results = yield* Effect.replicateEffect(
          Effect.either(limiter.acquire({ origin: "https://api.test", identity: "A1" }, Duration.seconds(1))),
          20
        )
        expect(results.filter(Either.isRight)).toEqual([])
      })
      yield* Effect.provide(gaveUp, limitLayer({ limit: 1, window: "1 hour" }, redisStore(redis, { prefix })))
      const [key = ""] = yield* keys
      expect(yield* Effect.promise(() => client.get(key))).toBe("1")
    })
  )

  /** Silences `ioredis`, which prints failed connections, since the store does not expose them. */
  const silenced = Effect.acquireRelease(
    Effect.sync(() => vi.spyOn(console, "error").mockImplementation(() => {})),
    (spy) => Effect.sync(() => spy.mockRestore())
  )

  it.scopedLive.each(["is closed", "is stalled"])(
    "fails calls with NotSent while the connection to Redis %s, and recovers",
    (state) =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(redis)
        const proxy = yield* wayTo(redis)
        yield* silenced
        const { layer, requests } = stub([status(200)])
        const succeeds = until(Effect.either(thing()), Either.isRight)
        const calls = Effect.gen(function* () {
          yield* succeeds
          // The first waits for room, and the others behind it.
          const waiting = yield* Effect.fork(
            Effect.replicateEffect(Effect.either(thing()), 20, { concurrency: "unbounded" })
          )
          yield* Effect.sleep("100 millis")
          yield* state === "is closed" ? proxy.cut : proxy.hold(true)
          // On a slow machine some calls may be admitted before.
          const failures = [...(yield* Fiber.join(waiting)).filter(Either.isLeft), yield* Effect.either(thing())]
          for (const failure of failures) {
            expect(Either.flip(failure)).toMatchObject({
              right: { _tag: "NotSent", message: expect.stringContaining("the store of the rate limit failed") }
            })
          }
          expect(requests).toHaveLength(1 + 21 - failures.length)
          yield* state === "is closed" ? proxy.mend : proxy.hold(false)
          yield* succeeds
        })
        yield* calls.pipe(
          Effect.provide(
            at(new URL("https://api.test")).pipe(
              Layer.provide(limitLayer({ limit: 1, window: "1 second" }, redisStore(proxy.url, { ...inHurry, prefix })))
            )
          ),
          Effect.provide(once),
          Effect.provide(layer)
        )
      })
  )
})
