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
import { durationText } from "./internal/durationText.js"
import { Limiter, LimiterFailure } from "./Limiter.js"

/** A rate limit, as APIs document it: the maximum number of requests in any window of time. */
export interface Options {
  /** The number of requests, a whole number of at least 1. */
  readonly limit: number
  /** The length of the window. Fractions of a millisecond are rounded up. */
  readonly window: Duration.DurationInput
  /**
   * Names one limit for all callers that use this layer, and for every process with the same key in the same store. Default:
   * each identity has a limit of its own at each origin. Processes with the same store share the limit of an identity.
   */
  readonly key?: string | undefined
}

/** Parameters for the store. */
interface Pace {
  /** The number of requests that may be sent at once. */
  readonly burst: number
  /** The share of the window that each request uses, in milliseconds. */
  readonly spacing: number
}

/**
 * Computes the store's parameters so that no window contains more than `limit` requests, wherever the window begins.
 *
 * The store's "fixed window" begins with a request, admits `burst` requests, and ends after `spacing` for each request that it
 * admitted (`RateLimiter.ts` of `@effect/experimental`, `fixedWindow`). Take N consecutive requests, the first at `t` and the
 * last at `u`. Each moves the end of the window by `spacing`, so that the end is at `t + N * spacing` or later. It is also at
 * `u + burst * spacing` or sooner. So N is at most `burst + (u - t) / spacing`. Where `u - t` is less than a window, N is at
 * most `burst + ceil(window / spacing) - 1`, which is the limit. (With the limit itself as `burst` the store would admit nearly
 * twice as many.)
 *
 * The burst is a fifth of the limit. The rest determines the long-term rate, which is one request in `spacing`. `spacing` is in
 * whole milliseconds, as Redis requires.
 */
const paceOf = (limit: number, window: number): Pace => {
  const spacing = Math.max(Math.ceil(window / limit), Math.floor(window / (limit - Math.floor(limit / 5))))
  return { burst: limit + 1 - Math.ceil(window / spacing), spacing }
}

/** A call that waits to be admitted. */
interface Waiter {
  readonly admission: Deferred.Deferred<void, LimiterFailure>
  /** The end of the wait that the call accepts, in milliseconds since the epoch. */
  readonly waitsUntil: number
}

/** The calls that wait for one limit, in order, and the fiber that asks the store on their behalf. */
interface Queue {
  readonly waiters: Set<Waiter>
  /** The time until which the store admits nothing, as of its last response, in milliseconds since the epoch. */
  closedUntil: number
  /** True while a request to the store is pending. */
  storePending: boolean
  poller?: Fiber.RuntimeFiber<void>
}

/** The minimum time that a store has to respond, in milliseconds, even for a call that accepts no wait. */
const minStoreTimeout = 1000

/** The longest sleep between requests to the store, in milliseconds: timers are limited to 24 days. */
const maxSleep = 86_400_000

const storeFailure = (problem: string) => new LimiterFailure({ message: `the store of the rate limit ${problem}` })

const make = (
  limiter: RateLimiter.RateLimiter,
  { key, limit, window }: Options & { readonly window: number }
): Context.Tag.Service<Limiter> => {
  const { burst, spacing } = paceOf(limit, window)
  const queues = new Map<string, Queue>()

  const tooLong = (wait: number) =>
    new LimiterFailure({
      message: `the rate limit of ${limit} per ${durationText(window)} is used up`,
      retryAfter: Duration.millis(wait)
    })

  /** Returns the minimum wait behind this number of waiters, in milliseconds. */
  const minWaitBehind = (ahead: number, { closedUntil }: Queue, now: number) =>
    Math.max(0, closedUntil - now) + Math.floor(ahead / burst) * burst * spacing

  const complete = (queue: Queue, waiter: Waiter, result: Effect.Effect<void, LimiterFailure>) => {
    queue.waiters.delete(waiter)
    Deferred.unsafeDone(waiter.admission, result)
  }
  const completeAll = (queue: Queue, result: Effect.Effect<void, LimiterFailure>) =>
    queue.waiters.forEach((waiter) => complete(queue, waiter, result))

  const admitFirst = (queue: Queue) => {
    const [first] = queue.waiters
    if (first !== undefined) complete(queue, first, Effect.void)
  }

  /** Records that the store admits nothing until then. Fails the waiters whose wait would be longer than they accept. */
  const close = (queue: Queue, until: number, now: number) => {
    queue.closedUntil = until
    let ahead = 0
    for (const waiter of queue.waiters) {
      const wait = minWaitBehind(ahead, queue, now)
      if (now + wait > waiter.waitsUntil) complete(queue, waiter, Effect.fail(tooLong(wait)))
      else ahead += 1
    }
  }

  /** Asks the store to admit one waiter after another, when it may have room, until the queue is empty. */
  const poll = (name: string, queue: Queue, now: () => number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (queue.waiters.size === 0) {
        queues.delete(name)
        return Effect.void
      }
      const again = poll(name, queue, now)
      const wait = queue.closedUntil - now()
      if (wait > 0) return Effect.zipRight(Effect.sleep(Math.min(wait, maxSleep)), again)

      queue.storePending = true
      const consume = limiter.consume({
        algorithm: "fixed-window",
        // Not "delay", which would use up the limit for a waiter that times out or is interrupted.
        onExceeded: "fail",
        key: name,
        limit: burst,
        window: burst * spacing
      })
      const handled = Effect.matchCause(consume, {
        onSuccess: () => admitFirst(queue),
        onFailure: (cause) =>
          Either.match(Cause.failureOrCause(cause), {
            onLeft: (error) =>
              error.reason === "Exceeded"
                ? // Redis may return 0 in the last millisecond of a window.
                  close(queue, now() + Math.max(1, Duration.toMillis(error.retryAfter)), now())
                : // The store's error is dropped, since it may contain the store's address and password.
                  completeAll(queue, Effect.fail(storeFailure("failed"))),
            onRight: (defect) => completeAll(queue, Effect.failCause(defect))
          })
      })
      return Effect.flatMap(handled, () => {
        queue.storePending = false
        return again
      })
    })

  return {
    acquire: ({ identity, origin }, maxWait) =>
      Effect.clockWith((clock) => {
        const now = () => clock.unsafeCurrentTimeMillis()
        const name = key ?? `${origin} ${identity}`

        const enqueue = Effect.gen(function* () {
          const queue = queues.get(name) ?? { waiters: new Set(), closedUntil: 0, storePending: false }
          const waitsUntil = now() + Duration.toMillis(maxWait)
          const wait = minWaitBehind(queue.waiters.size, queue, now())
          if (now() + wait > waitsUntil) return yield* tooLong(wait)

          const waiter: Waiter = { admission: Deferred.unsafeMake(FiberId.none), waitsUntil }
          queue.waiters.add(waiter)
          if (!queues.has(name)) {
            queues.set(name, queue)
            queue.poller = yield* Effect.forkDaemon(Effect.interruptible(poll(name, queue, now)))
          }
          const giveUp = Effect.sync(() => {
            const failure = queue.storePending
              ? storeFailure("does not respond")
              : tooLong(minWaitBehind(queue.waiters.size - 1, queue, now()))
            Deferred.unsafeDone(waiter.admission, Effect.fail(failure))
          })
          const timeout = Math.max(waitsUntil - now(), minStoreTimeout)
          const timer = yield* Effect.forkDaemon(Effect.interruptible(Effect.delay(giveUp, timeout)))
          return { queue, waiter, timer }
        })

        return Effect.acquireUseRelease(
          enqueue,
          ({ waiter }) => Deferred.await(waiter.admission),
          ({ queue, timer, waiter }) =>
            Effect.sync(() => {
              timer.unsafeInterruptAsFork(FiberId.none)
              if (!queue.waiters.delete(waiter) || queue.waiters.size > 0) return
              queues.delete(name)
              queue.poller?.unsafeInterruptAsFork(FiberId.none)
            })
        )
      })
  }
}

const invalid = (option: keyof Options, message: string) => Effect.fail(ConfigError.InvalidData([option], message))

/**
 * Limits attempts to a rate that is known in advance: no window of this length, wherever it begins, contains more than `limit`
 * attempts, counted across all processes that share the store. Waiting calls are admitted in order.
 *
 * A call whose wait would be longer than its policy accepts (`maxWait`), or than its deadline leaves, fails at once with
 * `NotSent`. Its `retryAfter` is the time until the limit has room. If the store fails, or does not respond within the wait
 * that the call accepts (at least a second), the call fails with a `NotSent` without `retryAfter`: an attempt that can't be
 * counted is not sent.
 *
 * The guarantee has a cost. About a fifth of the limit may be sent at once, and then nothing for about a quarter of a window
 * (longer if the limit is below ten). The long-term rate is at least 80 % of the limit, less the delay of timers, if the limit
 * is no more than one request in 4 ms. At one in 3 ms it is 75 %, at higher limits as little as half, and never more than one
 * in a millisecond, since the store counts in whole milliseconds.
 *
 * Attempts are counted when they start, by the store's clock. The replay after a 401 and the requests after a redirect are not
 * counted. Delays on the network can move two requests closer together: leave a margin if an API penalizes each excess. A
 * store that loses its data, for example by a failover, starts with an unused limit.
 *
 * Fails with a `ConfigError` if the options are invalid. Provide one layer around all callers that share the limit: each build
 * of the layer has a limit of its own in memory. The store in memory uses a few bytes for each identity.
 *
 * This module requires `@effect/experimental`, and the Redis store requires `ioredis`. By default `ioredis` tries a command
 * twenty times, and waits without limit for a response. With `maxRetriesPerRequest` and `commandTimeout` as below a command
 * fails within a second, and with `retryStrategy` the connection returns within a second after Redis does.
 *
 * @example
 * ```ts
 * import * as RateLimiter from "@effect/experimental/RateLimiter"
 * import * as RateLimiterRedis from "@effect/experimental/RateLimiter/Redis"
 * import { Layer } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as RateLimit from "effect-herald/rate-limit"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 *
 * const redis = RateLimiterRedis.layerStore({
 *   host: "127.0.0.1",
 *   port: 6379,
 *   prefix: "weather:",
 *   maxRetriesPerRequest: 1,
 *   retryStrategy: (times) => Math.min(times * 100, 1000),
 *   connectTimeout: 1000,
 *   commandTimeout: 1000
 * })
 *
 * const live = Weather.layer({ baseUrl: "https://weather.example" }).pipe(
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
        return invalid("limit", "The limit must be a whole number of requests, at least 1")
      }
      const millis = Option.match(Duration.decodeUnknown(window), {
        onNone: () => 0,
        onSome: (duration) => Math.ceil(Duration.toMillis(duration))
      })
      if (!Number.isSafeInteger(millis) || millis < 1) {
        return invalid("window", "The window must be a finite duration above zero, such as `1 second`")
      }
      return Effect.sync(() => make(limiter, { ...options, window: millis }))
    })
  )

/**
 * `layer` with a store in memory: the limit applies to this process alone.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as RateLimit from "effect-herald/rate-limit"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 *
 * const live = Weather.layer({ baseUrl: "https://weather.example" }).pipe(
 *   Layer.provide(RateLimit.layerMemory({ limit: 50, window: "1 second" }))
 * )
 * ```
 */
export const layerMemory = (options: Options): Layer.Layer<Limiter, ConfigError.ConfigError> =>
  layer(options).pipe(Layer.provide(RateLimiter.layer), Layer.provide(RateLimiter.layerStoreMemory))
