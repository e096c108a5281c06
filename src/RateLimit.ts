import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Cause from "effect/Cause"
import * as ConfigError from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Limiter, LimiterFailure } from "./Limiter.js"

/** A limit, as an API states it: so many requests in any window of this length. */
export interface Options {
  /** A whole number of requests, at least 1. */
  readonly limit: number
  /** How long a window is; what is not whole milliseconds is rounded up to them. */
  readonly window: Duration.DurationInput
  /**
   * Names one limit, which everything shares that uses this layer, and every process with the same key in the same store.
   * Default: each identity has a limit of its own at its origin, which processes share for that identity.
   */
  readonly key?: string | undefined
}

/** How the store is asked. Times are in milliseconds. */
interface Pace {
  /** How many requests may leave at once. */
  readonly burst: number
  /** How long each of them takes from the window. */
  readonly spacing: number
}

/**
 * What to ask of the store so that no window sees more than `limit` requests, wherever it begins.
 *
 * The store's "fixed window" opens with a request, has room for `burst`, and ends `spacing` after it opened for each request
 * that it saw (`RateLimiter.ts` of `@effect/experimental`, `fixedWindow`). Of any N requests in a row, the first at `t` and the
 * last at `u`, each puts that end off by `spacing`, so after them it is at `t + N * spacing` or later, and at
 * `u + burst * spacing` or sooner. So N is at most `burst + (u - t) / spacing`: where `u - t` is less than a window, no more
 * than `burst + ceil(window / spacing) - 1`, which is the limit. (Asked for the limit itself, as it is, the store lets nearly
 * twice as many through.)
 *
 * A fifth of the limit goes to the burst; the rest sets how many leave in the long run, which is one in `spacing`. Whole
 * milliseconds, since Redis takes no others.
 */
const paceOf = (limit: number, window: number): Pace => {
  const spacing = Math.max(Math.ceil(window / limit), Math.floor(window / (limit - Math.floor(limit / 5))))
  return { burst: limit + 1 - Math.ceil(window / spacing), spacing }
}

/** One who waits, until `end` at most. Times are in milliseconds since the epoch. */
interface Waiter {
  readonly turn: Deferred.Deferred<void, LimiterFailure>
  readonly end: number
}

/** Those who wait for one limit, in order, and the fiber that asks the store for them. */
interface Line {
  readonly waiters: Set<Waiter>
  /** Until when the store lets nothing through, as it said last. */
  opensAt: number
  /** Whether the store was asked and has not answered. */
  asking: boolean
  poller?: Fiber.RuntimeFiber<void>
}

/** How long a store may take to answer even one who would not wait, in milliseconds. */
const storePatience = 1000

/** The longest sleep before asking again, in milliseconds: a timer can't sleep for much longer than three weeks. */
const longestSleep = 86_400_000

const storeFailure = (what: string) => new LimiterFailure({ message: `the store of the limiter ${what}` })

const make = (
  limiter: RateLimiter.RateLimiter,
  { key, limit, window }: Options & { readonly window: number }
): Context.Tag.Service<Limiter> => {
  const { burst, spacing } = paceOf(limit, window)
  const lines = new Map<string, Line>()

  const tooLong = (wait: number) =>
    new LimiterFailure({
      message: `the limit of ${limit} in ${Duration.format(window)} is used up`,
      retryAfter: Duration.millis(wait)
    })

  /** How long one waits behind so many, at least, in milliseconds. */
  const waitBehind = (ahead: number, { opensAt }: Line, now: number) =>
    Math.max(0, opensAt - now) + Math.floor(ahead / burst) * burst * spacing

  const dismiss = (line: Line, waiter: Waiter, how: Effect.Effect<void, LimiterFailure>) => {
    line.waiters.delete(waiter)
    Deferred.unsafeDone(waiter.turn, how)
  }
  const dismissAll = (line: Line, how: Effect.Effect<void, LimiterFailure>) =>
    line.waiters.forEach((waiter) => dismiss(line, waiter, how))

  const admitFirst = (line: Line) => {
    const [first] = line.waiters
    if (first !== undefined) dismiss(line, first, Effect.void)
  }

  /** The store lets nothing through until then: those go who would wait for longer than they accept. */
  const close = (line: Line, until: number, now: number) => {
    line.opensAt = until
    let ahead = 0
    for (const waiter of line.waiters) {
      const wait = waitBehind(ahead, line, now)
      if (now + wait > waiter.end) dismiss(line, waiter, Effect.fail(tooLong(wait)))
      else ahead += 1
    }
  }

  /** Asks for one after another, as soon as the store may have room, until nobody waits. */
  const poll = (name: string, line: Line, now: () => number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (line.waiters.size === 0) {
        lines.delete(name)
        return Effect.void
      }
      const again = poll(name, line, now)
      const wait = line.opensAt - now()
      if (wait > 0) return Effect.zipRight(Effect.sleep(Math.min(wait, longestSleep)), again)

      line.asking = true
      // Not "delay", which takes a place for good from one who then gives up.
      const asked = limiter.consume({
        algorithm: "fixed-window",
        onExceeded: "fail",
        key: name,
        limit: burst,
        window: burst * spacing
      })
      const answered = Effect.matchCause(asked, {
        onSuccess: () => admitFirst(line),
        onFailure: (cause) =>
          Either.match(Cause.failureOrCause(cause), {
            onLeft: (error) =>
              error.reason === "Exceeded"
                ? // Redis may say 0 in the last millisecond of a window.
                  close(line, now() + Math.max(1, Duration.toMillis(error.retryAfter)), now())
                : // What the error tells may hold where the store is, and how to get in.
                  dismissAll(line, Effect.fail(storeFailure("failed"))),
            onRight: (defect) => dismissAll(line, Effect.failCause(defect))
          })
      })
      return Effect.flatMap(answered, () => {
        line.asking = false
        return again
      })
    })

  return {
    acquire: ({ identity, origin }, most) =>
      Effect.clockWith((clock) => {
        const now = () => clock.unsafeCurrentTimeMillis()
        const name = key ?? `${origin} ${identity}`

        const join = Effect.gen(function* () {
          const line = lines.get(name) ?? { waiters: new Set(), opensAt: 0, asking: false }
          const end = now() + Duration.toMillis(most)
          const wait = waitBehind(line.waiters.size, line, now())
          if (now() + wait > end) return yield* tooLong(wait)

          const waiter: Waiter = { turn: Deferred.unsafeMake(FiberId.none), end }
          line.waiters.add(waiter)
          if (!lines.has(name)) {
            lines.set(name, line)
            line.poller = yield* Effect.forkDaemon(Effect.interruptible(poll(name, line, now)))
          }
          const giveUp = Effect.sync(() => {
            const why = line.asking
              ? storeFailure("does not answer")
              : tooLong(waitBehind(line.waiters.size - 1, line, now()))
            Deferred.unsafeDone(waiter.turn, Effect.fail(why))
          })
          const longest = Math.max(end - now(), storePatience)
          return { line, waiter, timer: yield* Effect.forkDaemon(Effect.interruptible(Effect.delay(giveUp, longest))) }
        })

        return Effect.acquireUseRelease(
          join,
          ({ waiter }) => Deferred.await(waiter.turn),
          ({ line, timer, waiter }) =>
            Effect.sync(() => {
              timer.unsafeInterruptAsFork(FiberId.none)
              if (!line.waiters.delete(waiter) || line.waiters.size > 0) return
              lines.delete(name)
              line.poller?.unsafeInterruptAsFork(FiberId.none)
            })
        )
      })
  }
}

const refuse = (option: keyof Options, message: string) => Effect.fail(ConfigError.InvalidData([option], message))

/**
 * Holds calls to a limit that is known beforehand: no window of this length, wherever it begins, sees more than `limit`
 * attempts set out, from all processes that share the store. Who has to wait does so in order, and a process asks the store
 * for one at a time. A call that would wait for longer than its policy accepts (`maxWait`), or than its deadline leaves, ends
 * at once with a `NotSent` whose `retryAfter` says when to try again. While the store fails, or says nothing for a second and
 * for as long as the call accepts, calls end with a `NotSent` without one: what can't be counted is not sent.
 *
 * What strictness costs: about a fifth of the limit may leave at once, and then nothing does for about a quarter of a window
 * (for longer if the limit is below ten). In the long run at least 80 % of the limit leave, less what timers are late by, if it
 * is no more than one in 4 ms; of one in 3 ms it is 75 %, of more as little as half, and it is never more than one in a
 * millisecond, since the store counts in whole ones.
 *
 * What is counted are attempts, as they set out, by the store's clock. The replay after a 401 and the requests after a redirect
 * are not, and what takes longer for one request than for the next brings the two closer together on their way: where an API
 * is quick to punish, leave a margin. A store that loses its data, such as by a failover, begins anew.
 *
 * Options that can't be are a `ConfigError` when the layer is built. Provide one layer around all callers that are to share the
 * limit: provided anew for each, it begins anew in memory. The store in memory keeps a few bytes for each identity that it saw.
 *
 * This module needs `@effect/experimental` installed beside, and that store `ioredis`. By itself `ioredis` tries a command
 * twenty times, and one whose answer never comes for ever: `maxRetriesPerRequest` and `commandTimeout`, as below, have it fail
 * within a second, and `retryStrategy` connects again within a second of Redis being back.
 *
 * @example
 * ```ts
 * import * as RateLimiter from "@effect/experimental/RateLimiter"
 * import * as RateLimiterRedis from "@effect/experimental/RateLimiter/Redis"
 * import { Layer, Redacted } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 * import * as RateLimit from "effect-herald/rate-limit"
 *
 * const redis = RateLimiterRedis.layerStore({
 *   host: "127.0.0.1",
 *   port: 6379,
 *   prefix: "polympics:",
 *   maxRetriesPerRequest: 1,
 *   retryStrategy: (times) => Math.min(times * 100, 1000),
 *   connectTimeout: 1000,
 *   commandTimeout: 1000
 * })
 *
 * const app = Polympics.app({ username: "A1", password: Redacted.make("secret") }).pipe(
 *   Layer.provide(RateLimit.layer({ limit: 50, window: "1 second" })),
 *   Layer.provide(RateLimiter.layer),
 *   Layer.provide(redis)
 * )
 * ```
 */
export const layer = (options: Options): Layer.Layer<Limiter, ConfigError.ConfigError, RateLimiter.RateLimiter> =>
  Layer.effect(
    Limiter,
    Effect.flatMap(RateLimiter.RateLimiter, (limiter) => {
      const { limit, window } = options
      if (!Number.isSafeInteger(limit) || limit < 1) {
        return refuse("limit", "A limit is a whole number of requests, at least 1")
      }
      const millis = Option.match(Duration.decodeUnknown(window), {
        onNone: () => 0,
        onSome: (duration) => Math.ceil(Duration.toMillis(duration))
      })
      if (!Number.isSafeInteger(millis) || millis < 1) {
        return refuse("window", "A window is a time such as `1 second`: more than none, and not for ever")
      }
      return Effect.sync(() => make(limiter, { ...options, window: millis }))
    })
  )

/**
 * `layer` with the store in memory: the limit is this process's own.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 * import * as RateLimit from "effect-herald/rate-limit"
 *
 * const app = Polympics.app({ username: "A1", password: Redacted.make("secret") }).pipe(
 *   Layer.provide(RateLimit.layerMemory({ limit: 50, window: "1 second" }))
 * )
 * ```
 */
export const layerMemory = (options: Options): Layer.Layer<Limiter, ConfigError.ConfigError> =>
  layer(options).pipe(Layer.provide(RateLimiter.layer), Layer.provide(RateLimiter.layerStoreMemory))
