import * as ConfigError from "effect/ConfigError"
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

/** Options that are numbers, with the smallest and the largest value of each. Times are in milliseconds. */
const ranges = {
  port: [1, 65_535],
  db: [0, 9_007_199_254_740_991],
  connectTimeout: [1, 2_147_483_647],
  commandTimeout: [1, 2_147_483_647],
  socketTimeout: [1, 2_147_483_647],
  keepAlive: [0, 2_147_483_647],
  maxRetriesPerRequest: [0, 9_007_199_254_740_991]
} satisfies { readonly [Name in keyof RedisOptions]?: readonly [number, number] }

/** Fails with the reason why an option is invalid. */
export const refuse = (option: string, message: string): Effect.Effect<never, ConfigError.ConfigError> =>
  Effect.fail(ConfigError.InvalidData(["redis", option], message))

/** Checks options that `ioredis` does not check. JavaScript permits other values than the types do. */
const check = (options: Readonly<Record<string, unknown>>): Effect.Effect<void, ConfigError.ConfigError> => {
  for (const [name, [smallest, largest]] of Object.entries(ranges)) {
    const value = options[name]
    if (value === undefined || (value === null && name === "maxRetriesPerRequest")) continue
    if (!Number.isSafeInteger(value) || Number(value) < smallest || Number(value) > largest) {
      return refuse(name, `must be a whole number from ${smallest} to ${largest}`)
    }
  }
  const { host } = options
  if (host !== undefined && (typeof host !== "string" || host.trim() === "")) {
    return refuse("host", "must be the name or the address of a host")
  }
  return Effect.void
}

/** Checks the prefix of the keys. Without one, the keys of other programs could be taken for those of this one. */
export const checkPrefix = (prefix: unknown): Effect.Effect<void, ConfigError.ConfigError> =>
  typeof prefix === "string" && prefix !== "" && prefix.isWellFormed()
    ? Effect.void
    : refuse("prefix", "must be a text that is not empty, such as example:")

/**
 * Makes a connection to Redis that is opened by the first command and closed with the scope. While Redis is unreachable,
 * commands fail at once. Fails with a `ConfigError` if an option is invalid.
 */
export const connect = (options: RedisOptions): Effect.Effect<Command, ConfigError.ConfigError, Scope.Scope> =>
  Effect.flatMap(check({ ...options }), () => {
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
      // So is one to a server that has become a replica: after a failover, the same address may lead to the new primary.
      if (message === timedOut || message.startsWith("READONLY")) redis.disconnect(true)
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
