import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { RedisOptions } from "ioredis"
import { randomHex } from "../internal/hex.js"
import { checkPrefix, type Command, connect } from "./connection.js"
import { TokenStore, TokenStoreFailure } from "../TokenStore.js"

/** Options of `layer`. */
export interface Options {
  /**
   * The options of the connection, and the prefix of all keys (`prefix`; default: `effect-herald:`). Tokens are stored
   * under `<prefix>token:<name>`, locks under `<prefix>lock:<name>`.
   */
  readonly redis: RedisOptions & { readonly prefix?: string | undefined }
}

/** The lifetime of a lock without a heartbeat of its holder, in milliseconds. */
const lockLifetime = 10_000

/** The interval at which the holder of a lock extends its lifetime, in milliseconds. */
const heartbeatInterval = 2500

/** The interval at which a waiting fiber tries again, in milliseconds. */
const pollInterval = 50

// The scripts compare the owner, so that they never change a lock that another process has taken since.
const extend = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end`
const release = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end`

const make = (command: Command, prefix: string): typeof TokenStore.Service => {
  const run = <A>(execute: Parameters<typeof command<A>>[0]) =>
    Effect.mapError(command(execute), (error) => new TokenStoreFailure({ message: error.message }))

  /**
   * Only `pause` is interruptible: after an interruption between taking the lock and returning, nothing would release the lock.
   */
  const take = (key: string, owner: string, pause: Effect.Effect<void>): Effect.Effect<void, TokenStoreFailure> =>
    Effect.flatMap(
      run((redis) => redis.set(key, owner, "PX", lockLifetime, "NX")),
      (reply) =>
        reply === "OK"
          ? Effect.void
          : Effect.zipRight(
              pause,
              Effect.suspend(() => take(key, owner, pause))
            )
    )

  const tokenKey = (name: string) => `${prefix}token:${name}`

  return {
    load: (name) =>
      Effect.map(
        run((redis) => redis.get(tokenKey(name))),
        Option.fromNullable
      ),
    save: (name, text) => Effect.asVoid(run((redis) => redis.set(tokenKey(name), text))),
    remove: (name) => Effect.asVoid(run((redis) => redis.del(tokenKey(name)))),
    lock: (name) => {
      const key = `${prefix}lock:${name}`
      return Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const owner = randomHex(16)
          yield* Effect.acquireRelease(take(key, owner, restore(Effect.sleep(pollInterval))), () =>
            Effect.ignore(run((redis) => redis.eval(release, 1, key, owner)))
          )
          const heartbeat = Effect.ignore(run((redis) => redis.eval(extend, 1, key, owner, lockLifetime)))
          yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(heartbeat, heartbeatInterval))))
          return {
            isHeld: Effect.map(
              run((redis) => redis.get(key)),
              (holder) => holder === owner
            )
          }
        })
      )
    }
  }
}

/**
 * A token store in Redis, for processes on several machines. Among the processes that use the same prefix, one at a time
 * refreshes a token. All clients of this Redis can read the tokens. Requires `ioredis`, a peer dependency.
 *
 * @example
 * ```ts
 * import { RedisTokenStore } from "effect-herald/redis"
 *
 * const store = RedisTokenStore.layer({ redis: { host: "127.0.0.1", port: 6379, prefix: "example:" } })
 * ```
 */
export const layer = ({
  redis: { prefix = "effect-herald:", ...options }
}: Options): Layer.Layer<TokenStore, ConfigError.ConfigError> =>
  Layer.scoped(
    TokenStore,
    Effect.zipRight(
      checkPrefix(prefix),
      Effect.map(connect(options), (command) => make(command, prefix))
    )
  )
