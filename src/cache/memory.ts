import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { LRUCache } from "lru-cache"
import type { CacheStore, Stored } from "../CacheStore.js"

const sizeOf = ({ about, bytes }: Stored, key: string): number => bytes.byteLength + 2 * (about.length + key.length)

/** A store in memory of so many bytes, from which what was not used for longest goes first. */
export const make = (maxBytes: number): Context.Tag.Service<CacheStore> => {
  // Its own expiry is not on Effect's clock.
  const kept = new LRUCache<string, Stored>({ maxSize: maxBytes, sizeCalculation: sizeOf })

  const get = (key: string, now: number): Stored | undefined => {
    const stored = kept.get(key)
    if (stored === undefined || stored.dropAt > now) return stored
    kept.delete(key)
    return undefined
  }

  return {
    get: (keys) =>
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        return Effect.succeed(keys.map((key) => get(key, now)))
      }),
    set: (key, stored) =>
      Effect.sync(() => {
        kept.set(key, stored)
      }),
    remove: (keys) =>
      Effect.sync(() => {
        for (const key of keys) kept.delete(key)
      }),
    list: Stream.unwrap(
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        const all = Array.from(kept.entries(), ([key, { about, dropAt }]) => ({
          key,
          about: dropAt > now ? about : ""
        }))
        return Effect.succeed(Stream.fromIterable(all))
      })
    ),
    clear: Effect.sync(() => kept.clear())
  }
}
