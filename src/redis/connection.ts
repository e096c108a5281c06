import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Redis, type RedisOptions } from "ioredis"

/**
 * Default options. Only the first command waits for a connection, and no command waits longer than half a second, since a
 * call can continue without Redis. Times are in milliseconds.
 */
const defaults = {
  connectTimeout: 500,
  commandTimeout: 500,
  maxRetriesPerRequest: 1,
  autoResendUnfulfilledCommands: false,
  retryStrategy: (times: number) => Math.min(times * 100, 1000)
} satisfies RedisOptions

/** A command to Redis failed. */
export class RedisFailure extends Data.TaggedError("RedisFailure")<{
  readonly message: string
  readonly cause?: unknown
}> {}

/** Runs a command. */
export type Command = <A>(run: (redis: Redis) => Promise<A>) => Effect.Effect<A, RedisFailure>

/** Messages of `ioredis` for a command without a connection. The reason is reported by an `error` event only. */
const noConnection = /^(?:Stream isn't writeable|Connection is closed)/

const timedOut = "Command timed out"

/**
 * Makes a connection to Redis that is opened by the first command and closed with the scope. While Redis is unreachable,
 * commands fail at once.
 */
export const connect = (options: RedisOptions): Effect.Effect<Command, never, Scope.Scope> =>
  Effect.suspend(() => {
    const redis = new Redis({ ...defaults, ...options, lazyConnect: true, enableOfflineQueue: false })
    let firstConnection: Promise<void> | undefined
    let closed = false
    let reason = ""
    // Without a listener, ioredis prints the errors.
    redis.on("error", ({ message }: Error) => {
      reason = `: ${message}`
    })
    const failure = (cause: unknown): RedisFailure => {
      const message = cause instanceof Error ? cause.message : "The command to Redis failed"
      // A connection that hangs is replaced, so that the next command need not run into the same timeout.
      if (message === timedOut) redis.disconnect(true)
      return new RedisFailure({
        message: noConnection.test(message) ? `Redis is unreachable${reason}` : message,
        cause
      })
    }
    const command: Command = (run) =>
      Effect.suspend(() =>
        closed
          ? new RedisFailure({
              message: "The layer of this store is closed. Provide it around the layer that uses the store"
            })
          : Effect.tryPromise({
              try: async () => {
                // ioredis reconnects by itself after the first connection.
                firstConnection ??= redis.connect().catch(() => {})
                await firstConnection
                return await run(redis)
              },
              catch: failure
            })
      )
    const close = Effect.sync(() => {
      closed = true
      // Not `quit`, which waits for a response from Redis.
      redis.disconnect()
    })
    return Effect.as(
      Effect.addFinalizer(() => close),
      command
    )
  })
