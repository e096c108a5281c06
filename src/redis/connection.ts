import * as Data from "effect/Data"
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

/** Redis can't be asked; the message says why, for a person. */
export class RedisFailure
  extends /*#__PURE__*/ Data.TaggedError("RedisFailure")<{ readonly message: string; readonly cause?: unknown }> {}

/** Runs a command. */
export type Command = <A>(run: (redis: Redis) => Promise<A>) => Effect.Effect<A, RedisFailure>

/** What `ioredis` says of a command for which there is no connection; why, it says elsewhere. */
const noConnection = /^(?:Stream isn't writeable|Connection is closed)/

const timedOut = "Command timed out"

/** A connection of one's own, made at the first command, which ends with the scope. While Redis is away, commands fail at once. */
export const connect = (options: RedisOptions): Effect.Effect<Command, never, Scope.Scope> =>
  Effect.suspend(() => {
    const redis = new Redis({ ...inHurry, ...options, lazyConnect: true, enableOfflineQueue: false })
    let first: Promise<void> | undefined
    let ended = false
    let why = ""
    // Without a listener it is printed.
    redis.on("error", ({ message }: Error) => {
      why = `: ${message}`
    })
    const failure = (cause: unknown): RedisFailure => {
      const message = cause instanceof Error ? cause.message : "Redis can't be used"
      // A connection that hangs is given up, so that the next command need not wait for the same.
      if (message === timedOut) redis.disconnect(true)
      return new RedisFailure({ message: noConnection.test(message) ? `Redis can't be reached${why}` : message, cause })
    }
    const command: Command = (run) =>
      Effect.suspend(() =>
        ended
          ? new RedisFailure({ message: "the layer of this store has ended: provide it around the layer that uses it" })
          : Effect.tryPromise({
              try: async () => {
                // Later connections are made by themselves.
                first ??= redis.connect().catch(() => {})
                await first
                return await run(redis)
              },
              catch: failure
            })
      )
    const end = Effect.sync(() => {
      ended = true
      // Not `quit`, which waits for Redis to agree.
      redis.disconnect()
    })
    return Effect.as(
      Effect.addFinalizer(() => end),
      command
    )
  })
