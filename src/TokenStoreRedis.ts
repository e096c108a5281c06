import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { RedisOptions } from "ioredis"
import { randomHex } from "./hex.js"
import { type Command, connect } from "./redis/connection.js"
import { TokenStore, TokenStoreFailure } from "./TokenStore.js"

/** Where a store in Redis keeps tokens. */
export interface Options {
  /**
   * How to connect, and what keys begin with (`prefix`; default: `effect-herald:`). Those of tokens go on with `token:`, those of locks
   * with `lock:`.
   */
  readonly redis: RedisOptions & { readonly prefix?: string | undefined }
}

/** How long a lock holds that nobody speaks for, in milliseconds, and how often its holder does. */
const lockMillis = 10_000
const heartbeat = 2500

/** How often one that waits asks, in milliseconds. */
const look = 50

/** Only its holder's: that of another is left alone. */
const extend = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end`
const release = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end`

const make = (command: Command, prefix: string): typeof TokenStore.Service => {
  const run = <A>(ask: Parameters<typeof command<A>>[0]) =>
    Effect.mapError(command(ask), (error) => new TokenStoreFailure({ message: error.message }))

  /** Only to wait can be interrupted, so that none leaves a lock that it does not know it has. */
  const take = (key: string, owner: string, pause: Effect.Effect<void>): Effect.Effect<void, TokenStoreFailure> =>
    Effect.flatMap(
      run((redis) => redis.set(key, owner, "PX", lockMillis, "NX")),
      (taken) =>
        taken === "OK"
          ? Effect.void
          : Effect.zipRight(
              pause,
              Effect.suspend(() => take(key, owner, pause))
            )
    )

  const keyOf = (name: string) => `${prefix}token:${name}`

  return {
    load: (name) =>
      Effect.map(
        run((redis) => redis.get(keyOf(name))),
        Option.fromNullable
      ),
    save: (name, text) => Effect.asVoid(run((redis) => redis.set(keyOf(name), text))),
    remove: (name) => Effect.asVoid(run((redis) => redis.del(keyOf(name)))),
    lock: (name) => {
      const key = `${prefix}lock:${name}`
      return Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const owner = randomHex(16)
          yield* Effect.acquireRelease(take(key, owner, restore(Effect.sleep(look))), () =>
            Effect.ignore(run((redis) => redis.eval(release, 1, key, owner)))
          )
          const speak = Effect.ignore(run((redis) => redis.eval(extend, 1, key, owner, lockMillis)))
          yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(speak, heartbeat))))
        })
      )
    }
  }
}

/**
 * Tokens in Redis, for processes on several machines: of all that use the same prefix, one refreshes a token at a time. What is in this
 * Redis can be read by all that may read it. It needs `ioredis` installed beside.
 *
 * @example
 * ```ts
 * import * as TokenStoreRedis from "effect-herald/token-store-redis"
 *
 * const store = TokenStoreRedis.layer({ redis: { host: "127.0.0.1", port: 6379, prefix: "example:" } })
 * ```
 */
export const layer = ({ redis: { prefix = "effect-herald:", ...options } }: Options): Layer.Layer<TokenStore> =>
  Layer.scoped(
    TokenStore,
    Effect.map(connect(options), (command) => make(command, prefix))
  )
