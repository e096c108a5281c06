import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CacheFailure } from "./ResponseCache.js"

/** What a store keeps under a key: bytes, and what is worth knowing without reading them. */
export interface Stored {
  /** Facts about the bytes, which `list` gives without these: a JSON object. */
  readonly about: string
  readonly bytes: Uint8Array
  /** From then on it is of no use to anybody, and may be dropped; milliseconds since the epoch. */
  readonly dropAt: number
}

/**
 * Where a response cache keeps things, by keys that are texts of any length. A store knows nothing of HTTP. What is damaged is not
 * there: it is dropped, and logged.
 */
export class CacheStore
  extends /*#__PURE__*/ Context.Tag("effect-herald/CacheStore")<
    CacheStore,
    {
      /** What is there under each of these keys, in their order. */
      readonly get: (keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Stored | undefined>, CacheFailure>
      /** Keeps it, in the place of what was there; whole, or not at all. It is there for good when this ends. */
      readonly set: (key: string, stored: Stored) => Effect.Effect<void, CacheFailure>
      readonly remove: (keys: ReadonlyArray<string>) => Effect.Effect<void, CacheFailure>
      /**
       * Everything that takes up room, without the bytes, in no order. What `get` does not give though it is still there, past its
       * `dropAt` or seen to be damaged, has an empty `about`: whoever keeps the store small removes it. What is not the store's own
       * is not listed.
       */
      readonly list: Stream.Stream<{ readonly key: string; readonly about: string }, CacheFailure>
      readonly clear: Effect.Effect<void, CacheFailure>
    }
  >() {}
