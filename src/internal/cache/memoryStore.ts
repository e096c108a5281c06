import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { LRUCache } from "lru-cache"
import type { CacheStore, StoredValue } from "../../CacheStore.js"
import { synchronous } from "./boundedStore.js"

/** Computes the size of a value in bytes. Strings count two bytes per character. */
const sizeOf = ({ bytes, metadata }: StoredValue, key: string): number =>
  bytes.byteLength + 2 * (metadata.length + key.length)

/** Makes a store in memory that evicts the least recently used values beyond this size. */
export const make = (maxBytes: number): Context.Tag.Service<CacheStore> => {
  // The TTL of `lru-cache` is not used: it reads the system clock instead of Effect's.
  const values = new LRUCache<string, StoredValue>({ maxSize: maxBytes, sizeCalculation: sizeOf })

  const get = (key: string, now: number): StoredValue | undefined => {
    const value = values.get(key)
    if (value === undefined || value.dropAt > now) return value
    values.delete(key)
    return undefined
  }

  return {
    get: synchronous((keys) =>
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        return Effect.succeed(keys.map((key) => get(key, now)))
      })
    ),
    set: (key, value) =>
      Effect.sync(() => {
        values.set(key, value)
      }),
    remove: (keys) =>
      Effect.sync(() => {
        for (const key of keys) values.delete(key)
      }),
    list: Stream.unwrap(
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        const listed = Array.from(values.entries(), ([key, { dropAt, metadata }]) => ({
          key,
          metadata: dropAt > now ? metadata : ""
        }))
        return Effect.succeed(Stream.fromIterable(listed))
      })
    ),
    clear: Effect.sync(() => values.clear())
  }
}
