import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CacheFailure } from "./ResponseCache.js"

/** A value in a store: bytes, and metadata that can be read without them. */
export interface StoredValue {
  /** A JSON object that describes the bytes. `list` returns it without the bytes. */
  readonly metadata: string
  readonly bytes: Uint8Array
  /** Time after which the cache does not use the value, so that the store may drop it. In milliseconds since the epoch. */
  readonly dropAt: number
}

/**
 * Key-value store of a response cache. Keys are strings of any length. A store does not interpret keys and values. It treats a
 * damaged value as missing: it removes the value, and logs a warning. An access that takes too long is interrupted, and its effect
 * on the store may come late or never.
 */
export class CacheStore extends Context.Tag("effect-herald/CacheStore")<
  CacheStore,
  {
    /** Returns the value of each key, in the order of the keys. Missing and dropped values are `undefined`. */
    readonly get: (keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<StoredValue | undefined>, CacheFailure>
    /**
     * Stores a value in place of the previous one, as a whole or not at all. The write is durable when the effect
     * succeeds.
     */
    readonly set: (key: string, value: StoredValue) => Effect.Effect<void, CacheFailure>
    readonly remove: (keys: ReadonlyArray<string>) => Effect.Effect<void, CacheFailure>
    /**
     * Lists all values that take up space, in no particular order, without their bytes. A value that is past its `dropAt`, or
     * known to be damaged, is listed with empty `metadata`, so that the cache's `purge` removes it. Data of other programs
     * is not listed.
     */
    readonly list: Stream.Stream<{ readonly key: string; readonly metadata: string }, CacheFailure>
    readonly clear: Effect.Effect<void, CacheFailure>
  }
>() {}
