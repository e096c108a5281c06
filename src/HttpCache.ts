import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { CacheStore } from "./CacheStore.js"
import * as MemoryStore from "./internal/cache/memoryStore.js"
import { checkMaxBytes } from "./internal/cache/options.js"
import * as ResponseCaching from "./internal/cache/responseCache.js"
import type { ResponseCache } from "./ResponseCache.js"

export type { Options } from "./internal/cache/responseCache.js"

/**
 * Makes a response cache over the `CacheStore` in context. Background revalidations and shared requests outlive the calls that begin
 * them: they use the `HttpClient` in this context, and are interrupted when the scope closes. The scope waits for at most 2 seconds
 * until the store has removed what past writes invalidate. Provide the result as `ResponseCache`, or use `layer`.
 */
export const make: (
  options?: ResponseCaching.Options
) => Effect.Effect<Context.Tag.Service<ResponseCache>, ConfigError.ConfigError, CacheStore | HttpClient | Scope.Scope> =
  ResponseCaching.make

/**
 * A private response cache (RFC 9111) for GET and HEAD calls, over the `CacheStore` in context. Each caller has a partition of
 * its own. Provide it to the layers of APIs.
 *
 * - Responses are stored for as long as their headers or `lifetime` say, errors too. An expired response is revalidated by its
 *   `ETag` or `Last-Modified`.
 * - HEADs, ranges, and conditions of the caller's own are answered from the stored response to a GET.
 * - A write (any other method) invalidates all stored responses of its URL, whatever their query, and those of the URLs in
 *   its `Location` and `Content-Location`, even if it fails. A response that was requested before the end of a write is not
 *   used after it.
 * - `stale-while-revalidate` and `stale-if-error` (RFC 5861) are supported.
 * - If the store fails, requests are sent as if there were no cache, and one warning is logged.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as HttpCache from "effect-herald/cache"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const cache = HttpCache.layer({
 *   lifetime: ({ operation }) => (operation === "getTeam" ? "1 hour" : undefined),
 *   share: true
 * }).pipe(Layer.provide(HttpCache.storeMemory({ maxBytes: 16 * 1024 * 1024 })))
 *
 * const anonymous = Polympics.anonymous().pipe(Layer.provide(cache))
 * ```
 */
export const layer: (
  options?: ResponseCaching.Options
) => Layer.Layer<ResponseCache, ConfigError.ConfigError, CacheStore | HttpClient> = ResponseCaching.layer

/** Options of a store in memory. */
export interface MemoryOptions {
  /** Maximum size of all bodies, metadata and keys. The least recently used responses are evicted first. Default: 64 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * A store in the memory of this process. Its content is lost when the layer's scope closes.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as HttpCache from "effect-herald/cache"
 *
 * const cache = HttpCache.layer().pipe(Layer.provide(HttpCache.storeMemory()))
 * ```
 */
export const storeMemory = ({ maxBytes = 64 * 1024 * 1024 }: MemoryOptions = {}): Layer.Layer<
  CacheStore,
  ConfigError.ConfigError
> =>
  Layer.effect(
    CacheStore,
    Effect.map(checkMaxBytes(maxBytes), () => MemoryStore.make(maxBytes))
  )

/**
 * A response cache in the memory of this process: `layer` over `storeMemory`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as HttpCache from "effect-herald/cache"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const anonymous = Polympics.anonymous().pipe(Layer.provide(HttpCache.layerMemory()))
 * ```
 */
export const layerMemory = (
  options: ResponseCaching.Options & MemoryOptions = {}
): Layer.Layer<ResponseCache, ConfigError.ConfigError, HttpClient> =>
  ResponseCaching.layer(options).pipe(Layer.provide(storeMemory(options)))
