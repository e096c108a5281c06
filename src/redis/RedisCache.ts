import type { HttpClient } from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Redis, RedisOptions } from "ioredis"
import { CacheStore, type StoredValue } from "../CacheStore.js"
import type * as HttpCache from "../HttpCache.js"
import * as ResponseCaching from "../internal/cache/responseCache.js"
import { CacheFailure, type ResponseCache } from "../ResponseCache.js"
import { checkPrefix, type Command, connect, type RedisFailure, refuse } from "./connection.js"

/** Options of a store in Redis. */
export interface Options {
  /**
   * Options of `ioredis` but `keyPrefix`, and the `prefix` of all keys (default: `effect-herald:cache:`). The keys of the cache start with the
   * prefix and `entry:`. Other keys with this prefix are left alone, by `clear` too.
   */
  readonly redis: Omit<RedisOptions, "keyPrefix"> & { readonly prefix?: string | undefined }
}

/** First bytes of a value. They identify the format and its version. */
const magic = new TextEncoder().encode("herald1\n")

/** Length of the head of a value: the magic bytes, `dropAt`, and the lengths of the metadata and the bytes that follow. */
const headLength = 8 + 8 + 4 + 4

const encode = ({ bytes, dropAt, metadata }: StoredValue): Buffer => {
  const text = Buffer.from(metadata)
  const head = Buffer.alloc(headLength)
  head.set(magic)
  head.writeDoubleBE(dropAt, 8)
  head.writeUInt32BE(text.length, 16)
  head.writeUInt32BE(bytes.length, 20)
  return Buffer.concat([head, text, bytes])
}

interface Head {
  readonly dropAt: number
  readonly metadataLength: number
  readonly bytesLength: number
}

/** Parses the head of a value. Returns `undefined` if the value has another format. */
const headOf = (value: Buffer): Head | undefined =>
  value.length >= headLength && value.subarray(0, 8).equals(magic)
    ? { dropAt: value.readDoubleBE(8), metadataLength: value.readUInt32BE(16), bytesLength: value.readUInt32BE(20) }
    : undefined

const decode = (value: Buffer): StoredValue | undefined => {
  const head = headOf(value)
  if (head === undefined || value.length !== headLength + head.metadataLength + head.bytesLength) return undefined
  const end = headLength + head.metadataLength
  return { dropAt: head.dropAt, metadata: value.toString("utf8", headLength, end), bytes: value.subarray(end) }
}

/** Number of keys per command, where there may be any number of keys. */
const batchSize = 500

/** Number of bytes that `list` reads of a value at first. Metadata is seldom longer. */
const firstReadLength = 4096

const failure = (cause: RedisFailure): CacheFailure => new CacheFailure({ message: cause.message, cause })

/** Escapes the special characters of a glob pattern, which `SCAN` takes. */
const escapePattern = (text: string): string => text.replace(/[\\*?[\]^-]/g, "\\$&")

/** Makes a store under a prefix that must belong to its entries alone: `clear` removes all keys that start with it. */
const make = (command: Command, prefix: string): typeof CacheStore.Service => {
  const run = <A>(use: (redis: Redis) => Promise<A>) => Effect.mapError(command(use), failure)

  const unlink = (keys: ReadonlyArray<string>): Effect.Effect<void, CacheFailure> =>
    keys.length === 0 ? Effect.void : Effect.asVoid(run((redis) => redis.unlink([...keys])))

  /** All keys of the store, including the prefix. `SCAN` may return a key twice. */
  const scan: Stream.Stream<ReadonlyArray<string>, CacheFailure> = Stream.paginateEffect("0", (cursor) =>
    Effect.map(
      run((redis) => redis.scan(cursor, "MATCH", `${escapePattern(prefix)}*`, "COUNT", batchSize)),
      ([next, keys]) => [keys, next === "0" ? Option.none() : Option.some(next)]
    )
  )

  const listKeys = (keys: ReadonlyArray<string>, now: number) =>
    run(async (redis) => {
      const listed: Array<{ readonly key: string; readonly metadata: string }> = []
      const starts = await Promise.all(
        keys.map((key) =>
          redis.getrangeBuffer(key, 0, firstReadLength - 1).catch((error: unknown) => {
            if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return undefined
            throw error
          })
        )
      )
      for (const [index, redisKey] of keys.entries()) {
        const start = starts[index]
        // The key was removed since the scan, or its value is not a string.
        if (start === undefined || start.length === 0) continue
        const key = redisKey.slice(prefix.length)
        const head = headOf(start)
        // The value may belong to another program. If it is a damaged one of this store, `get` removes it.
        if (head === undefined) continue
        if (head.dropAt <= now) listed.push({ key, metadata: "" })
        else {
          const end = headLength + head.metadataLength
          const metadata =
            end <= firstReadLength
              ? start.subarray(headLength, end)
              : await redis.getrangeBuffer(redisKey, headLength, end - 1)
          listed.push({ key, metadata: metadata.toString("utf8") })
        }
      }
      return listed
    })

  return {
    get: (keys) =>
      Effect.clockWith((clock) =>
        Effect.flatMap(
          keys.length === 0 ? Effect.succeed([]) : run((redis) => redis.mgetBuffer(keys.map((key) => prefix + key))),
          (values) => {
            const now = clock.unsafeCurrentTimeMillis()
            const damaged: Array<string> = []
            const all = values.map((value, index) => {
              if (value === null) return undefined
              const stored = decode(value)
              if (stored === undefined) damaged.push(prefix + keys[index]!)
              return stored !== undefined && stored.dropAt > now ? stored : undefined
            })
            if (damaged.length === 0) return Effect.succeed(all)
            return Effect.logWarning(
              `Removing unreadable entries from the response cache in Redis: ${damaged.length}`
            ).pipe(Effect.zipRight(unlink(damaged)), Effect.as(all))
          }
        )
      ),
    set: (key, value) =>
      Effect.clockWith((clock) => {
        const remaining = Math.ceil(value.dropAt - clock.unsafeCurrentTimeMillis())
        return remaining <= 0
          ? unlink([prefix + key])
          : Effect.asVoid(run((redis) => redis.set(prefix + key, encode(value), "PX", remaining)))
      }),
    remove: (keys) =>
      Effect.suspend(() => {
        const batches: Array<ReadonlyArray<string>> = []
        for (let from = 0; from < keys.length; from += batchSize) batches.push(keys.slice(from, from + batchSize))
        return Effect.forEach(batches, (batch) => unlink(batch.map((key) => prefix + key)), { discard: true })
      }),
    list: Stream.suspend(() => {
      const seen = new Set<string>()
      return scan.pipe(
        Stream.mapEffect((keys) =>
          Effect.clockWith((clock) => {
            const unseen = keys.filter((key) => !seen.has(key))
            for (const key of unseen) seen.add(key)
            return listKeys([...new Set(unseen)], clock.unsafeCurrentTimeMillis())
          })
        ),
        Stream.mapConcat((listed) => listed)
      )
    }),
    clear: Stream.runForEach(scan, unlink)
  }
}

/**
 * A store in Redis, on a connection of its own that the first command opens. Processes that use the same prefix share the
 * store. Redis itself drops expired values; its `maxmemory` limits the size. While Redis is unreachable, calls continue without
 * the cache: the first after half a second, the others at once.
 *
 * It requires `ioredis`, an optional peer dependency. Commands fail after half a second without a reply; set
 * `commandTimeout` and `connectTimeout` for a Redis that is far away. Redis Cluster is not supported.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as HttpCache from "effect-herald/cache"
 * import { RedisCache } from "effect-herald/redis"
 *
 * const cache = HttpCache.layer({ share: true }).pipe(
 *   Layer.provide(RedisCache.store({ redis: { host: "127.0.0.1", port: 6379, prefix: "polympics:" } }))
 * )
 * ```
 */
export const store = ({
  redis: { prefix = "effect-herald:cache:", ...options }
}: Options): Layer.Layer<CacheStore, ConfigError.ConfigError> =>
  Layer.scoped(
    CacheStore,
    Effect.gen(function* () {
      yield* checkPrefix(prefix)
      // `SCAN` takes no `keyPrefix`, so the store would not find its own keys.
      if ("keyPrefix" in options) return yield* refuse("keyPrefix", "is not supported: use `prefix`")
      return make(yield* connect(options), `${prefix}entry:`)
    })
  )

/**
 * A response cache in Redis: `HttpCache.layer` over `store`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { RedisCache } from "effect-herald/redis"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const anonymous = Polympics.anonymous().pipe(
 *   Layer.provide(RedisCache.layer({ redis: { host: "127.0.0.1", port: 6379 }, share: true }))
 * )
 * ```
 */
export const layer = (
  options: Options & HttpCache.Options
): Layer.Layer<ResponseCache, ConfigError.ConfigError, HttpClient> =>
  ResponseCaching.layer(options).pipe(Layer.provide(store(options)))
