import type { PlatformError } from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { makeLocks } from "./internal/tokens/locks.js"

/** A token store failed. The message holds no secret. */
export class TokenStoreFailure extends Data.TaggedError("TokenStoreFailure")<{ readonly message: string }> {}

/** A lock that another process can take before it is released, if its holder is stopped for several seconds. */
export interface Lock {
  /** Reports whether the lock is still held. It is checked right before a refresh token is sent. */
  readonly isHeld: Effect.Effect<boolean, TokenStoreFailure>
}

/** A store that holds tokens between runs, each under a name, as a text that contains secrets. */
export class TokenStore extends Context.Tag("effect-herald/TokenStore")<
  TokenStore,
  {
    /** Returns the text under a name, if there is one. */
    readonly load: (name: string) => Effect.Effect<Option.Option<string>, TokenStoreFailure>
    /** Replaces the text under a name. It is atomic: readers see the previous text or the new one. */
    readonly save: (name: string, text: string) => Effect.Effect<void, TokenStoreFailure>
    /** Removes the text under a name. Succeeds if there is none. */
    readonly remove: (name: string) => Effect.Effect<void, TokenStoreFailure>
    /**
     * Holds a lock until the scope closes. Among all users of the store, in all processes, one at a time holds the lock
     * of a name. The lock of a process that was killed is released after a few seconds. Returns nothing if the lock can't be lost
     * before.
     */
    readonly lock: (name: string) => Effect.Effect<Lock | void, TokenStoreFailure, Scope.Scope>
  }
>() {}

type Service = Context.Tag.Service<TokenStore>

/** Makes a store in memory. Its locks cover this process. */
export const makeMemory: Effect.Effect<Service> = Effect.sync(() => {
  const texts = new Map<string, string>()
  return {
    load: (name) => Effect.sync(() => Option.fromNullable(texts.get(name))),
    save: (name, text) => Effect.sync(() => void texts.set(name, text)),
    remove: (name) => Effect.sync(() => void texts.delete(name)),
    lock: makeLocks()
  }
})

/**
 * A store in memory, shared by all credentials within the layer. Credentials without a store in context have one of their own.
 */
export const layerMemory: Layer.Layer<TokenStore> = Layer.effect(TokenStore, makeMemory)

/**
 * A store in any `KeyValueStore`. Its locks cover one process only: two processes that share the `KeyValueStore` may
 * refresh a token at the same time, and where the server rotates refresh tokens, one of them then needs a new sign-in. File
 * permissions and atomic writes are those of the `KeyValueStore`.
 *
 * @example
 * ```ts
 * import { KeyValueStore } from "@effect/platform"
 * import { Layer } from "effect"
 * import { TokenStore } from "effect-herald"
 *
 * const store = TokenStore.layerKeyValueStore.pipe(Layer.provide(KeyValueStore.layerMemory))
 * ```
 */
export const layerKeyValueStore: Layer.Layer<TokenStore, never, KeyValueStore.KeyValueStore> = Layer.effect(
  TokenStore,
  Effect.map(KeyValueStore.KeyValueStore, (store): Service => {
    const failure = ({ message }: PlatformError) => new TokenStoreFailure({ message })
    return {
      load: (name) => Effect.mapError(store.get(name), failure),
      save: (name, text) => Effect.mapError(store.set(name, text), failure),
      remove: (name) => Effect.mapError(store.remove(name), failure),
      lock: makeLocks()
    }
  })
)
