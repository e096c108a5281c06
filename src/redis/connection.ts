import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Redis, type RedisOptions } from "ioredis"

/**
 * Nothing waits for a connection but the first command, and none for an answer for longer than this, in milliseconds: who asks has
 * something else to do where Redis does not answer.
 */
const inHurry = {
  connectTimeout: 500,
  commandTimeout: 500,
  maxRetriesPerRequest: 1,
  autoResendUnfulfilledCommands: false,
  retryStrategy: (times: number) => Math.min(times * 100, 1000)
} satisfies RedisOptions

/** Runs a command; what it throws is the error. */
export type Command = <A>(run: (redis: Redis) => Promise<A>) => Effect.Effect<A, unknown>

/** A connection of one's own, made at the first command, which ends with the scope. While Redis is away, commands fail at once. */
export const connect = (options: RedisOptions): Effect.Effect<Command, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const redis = new Redis({ ...inHurry, ...options, lazyConnect: true, enableOfflineQueue: false })
        // Commands tell what is wrong; without a listener it is printed besides.
        redis.on("error", () => {})
        return redis
      }),
      // Not `quit`, which waits for Redis to agree.
      (redis) => Effect.sync(() => redis.disconnect())
    ),
    (redis) => {
      let first: Promise<void> | undefined
      return (run) =>
        Effect.tryPromise({
          try: async () => {
            // Later connections are made by themselves.
            first ??= redis.connect().catch(() => {})
            await first
            try {
              return await run(redis)
            } catch (error) {
              // A connection that hangs is given up, so that the next command need not wait for the same.
              if (error instanceof Error && error.message === "Command timed out") redis.disconnect(true)
              throw error
            }
          },
          catch: (error) => error
        })
    }
  )

/** What a failure of Redis is, for a person. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "Redis can't be used")
