import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Redis, RedisOptions } from "ioredis"
import { CacheStore, type Stored } from "./CacheStore.js"
import * as HttpCache from "./HttpCache.js"
import { type Command, connect, type RedisFailure } from "./redis/connection.js"
import { CacheFailure, type ResponseCache } from "./ResponseCache.js"

/** Where a store in Redis keeps things. */
export interface Options {
  /**
   * How to connect, and what keys begin with (`prefix`; default: `effect-herald:cache:`). Those of the cache go on with `entry:`;
   * other keys with this prefix are left alone, by `clear` too.
   */
  readonly redis: RedisOptions & { readonly prefix?: string | undefined }
}

/** What a value begins with: whose it is, and of what format. */
const magic = /*#__PURE__*/ new TextEncoder().encode("herald1\n")

/** Then come when it is to be dropped, and the lengths of the two parts that follow. */
const headLength = 8 + 8 + 4 + 4

const encode = ({ about, bytes, dropAt }: Stored): Buffer => {
  const text = Buffer.from(about)
  const head = Buffer.alloc(headLength)
  head.set(magic)
  head.writeDoubleBE(dropAt, 8)
  head.writeUInt32BE(text.length, 16)
  head.writeUInt32BE(bytes.length, 20)
  return Buffer.concat([head, text, bytes])
}

interface Head {
  readonly dropAt: number
  readonly about: number
  readonly bytes: number
}

/** Undefined if it is not of ours. */
const headOf = (value: Buffer): Head | undefined =>
  value.length >= headLength && value.subarray(0, 8).equals(magic)
    ? { dropAt: value.readDoubleBE(8), about: value.readUInt32BE(16), bytes: value.readUInt32BE(20) }
    : undefined

const decode = (value: Buffer): Stored | undefined => {
  const head = headOf(value)
  if (head === undefined || value.length !== headLength + head.about + head.bytes) return undefined
  const end = headLength + head.about
  return { dropAt: head.dropAt, about: value.toString("utf8", headLength, end), bytes: value.subarray(end) }
}

/** So many keys are asked for at once where there may be any number. */
const batch = 500

/** What `list` reads of a value at first: nearly always enough to have it without its bytes. */
const firstRead = 4096

const failure = (cause: RedisFailure): CacheFailure => new CacheFailure({ message: cause.message, cause })

/** What `SCAN` takes for a pattern. */
const literally = (text: string): string => text.replace(/[\\*?[\]^-]/g, "\\$&")

/** `prefix` is that of entries alone: `clear` drops all that begins with it. */
const make = (command: Command, prefix: string): typeof CacheStore.Service => {
  const ask = <A>(run: (redis: Redis) => Promise<A>) => Effect.mapError(command(run), failure)

  const drop = (keys: ReadonlyArray<string>): Effect.Effect<void, CacheFailure> =>
    keys.length === 0 ? Effect.void : Effect.asVoid(ask((redis) => redis.unlink([...keys])))

  /** The whole keys of all that is there, some perhaps twice. */
  const scan: Stream.Stream<ReadonlyArray<string>, CacheFailure> = Stream.paginateEffect("0", (cursor) =>
    Effect.map(
      ask((redis) => redis.scan(cursor, "MATCH", `${literally(prefix)}*`, "COUNT", batch)),
      ([next, keys]) => [keys, next === "0" ? Option.none() : Option.some(next)]
    )
  )

  const abouts = (keys: ReadonlyArray<string>, now: number) =>
    ask(async (redis) => {
      const listed: Array<{ readonly key: string; readonly about: string }> = []
      const begun = await Promise.all(
        keys.map((key) =>
          redis.getrangeBuffer(key, 0, firstRead - 1).catch((error: unknown) => {
            if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return undefined
            throw error
          })
        )
      )
      for (const [index, whole] of keys.entries()) {
        const value = begun[index]
        // It is gone since, or of another type.
        if (value === undefined || value.length === 0) continue
        const key = whole.slice(prefix.length)
        const head = headOf(value)
        // Not of our format: if it is a damaged one of ours, it is dropped when it is asked for.
        if (head === undefined) continue
        if (head.dropAt <= now) listed.push({ key, about: "" })
        else {
          const end = headLength + head.about
          const text =
            end <= firstRead ? value.subarray(headLength, end) : await redis.getrangeBuffer(whole, headLength, end - 1)
          listed.push({ key, about: text.toString("utf8") })
        }
      }
      return listed
    })

  return {
    get: (keys) =>
      Effect.clockWith((clock) =>
        Effect.flatMap(
          keys.length === 0 ? Effect.succeed([]) : ask((redis) => redis.mgetBuffer(keys.map((key) => prefix + key))),
          (values) => {
            const now = clock.unsafeCurrentTimeMillis()
            const damaged: Array<string> = []
            const found = values.map((value, index) => {
              if (value === null) return undefined
              const stored = decode(value)
              if (stored === undefined) damaged.push(prefix + keys[index]!)
              return stored !== undefined && stored.dropAt > now ? stored : undefined
            })
            if (damaged.length === 0) return Effect.succeed(found)
            return Effect.logWarning(
              `Of the response cache in Redis, ${damaged.length} can't be read, and is dropped`
            ).pipe(Effect.zipRight(drop(damaged)), Effect.as(found))
          }
        )
      ),
    set: (key, stored) =>
      Effect.clockWith((clock) => {
        const left = Math.ceil(stored.dropAt - clock.unsafeCurrentTimeMillis())
        return left <= 0
          ? drop([prefix + key])
          : Effect.asVoid(ask((redis) => redis.set(prefix + key, encode(stored), "PX", left)))
      }),
    remove: (keys) =>
      Effect.suspend(() => {
        const groups: Array<ReadonlyArray<string>> = []
        for (let from = 0; from < keys.length; from += batch) groups.push(keys.slice(from, from + batch))
        return Effect.forEach(groups, (group) => drop(group.map((key) => prefix + key)), { discard: true })
      }),
    list: Stream.suspend(() => {
      const seen = new Set<string>()
      return scan.pipe(
        Stream.mapEffect((keys) =>
          Effect.clockWith((clock) => {
            const fresh = keys.filter((key) => !seen.has(key))
            for (const key of fresh) seen.add(key)
            return abouts([...new Set(fresh)], clock.unsafeCurrentTimeMillis())
          })
        ),
        Stream.mapConcat((listed) => listed)
      )
    }),
    clear: Stream.runForEach(scan, drop)
  }
}

/**
 * A store in Redis, on a connection of its own, made when it is first used. Processes that use the same prefix share it. What has
 * expired Redis drops; how much it holds is up to its `maxmemory`. While Redis is away calls go on without the cache, at once,
 * but for the half a second that the first needs to see it.
 *
 * It needs `ioredis` installed beside. Commands that can't be answered fail after half a second (`commandTimeout`,
 * `connectTimeout`); a Redis that is far away may want more. A cluster is not supported.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as HttpCache from "effect-herald/cache"
 * import * as CacheRedis from "effect-herald/cache-redis"
 *
 * const cache = HttpCache.layer({ share: true }).pipe(
 *   Layer.provide(CacheRedis.store({ redis: { host: "127.0.0.1", port: 6379, prefix: "polympics:" } }))
 * )
 * ```
 */
export const store = ({ redis: { prefix = "effect-herald:cache:", ...options } }: Options): Layer.Layer<CacheStore> =>
  Layer.scoped(
    CacheStore,
    Effect.map(connect(options), (command) => make(command, `${prefix}entry:`))
  )

/**
 * `HttpCache.layer` with the store in Redis.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as CacheRedis from "effect-herald/cache-redis"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const anonymous = Polympics.anonymous().pipe(
 *   Layer.provide(CacheRedis.layer({ redis: { host: "127.0.0.1", port: 6379 }, share: true }))
 * )
 * ```
 */
export const layer = (options: Options & HttpCache.Options): Layer.Layer<ResponseCache> =>
  HttpCache.layer(options).pipe(Layer.provide(store(options)))
