import { HttpClient } from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { CacheStore } from "./CacheStore.js"
import type { AnyError } from "./HeraldError.js"
import { type Lifetime, lifetimesOf } from "./internal/cache/cacheRequest.js"
import * as DirectAccess from "./internal/cache/directAccess.js"
import * as Generations from "./internal/cache/generations.js"
import { addressOf, sameOriginAddress } from "./internal/cache/keys.js"
import * as Lookup from "./internal/cache/lookup.js"
import * as Maintenance from "./internal/cache/maintenance.js"
import * as MemoryStore from "./internal/cache/memoryStore.js"
import { checkMaxBytes, refuse } from "./internal/cache/options.js"
import * as ReadThrough from "./internal/cache/readThrough.js"
import * as ResilientStore from "./internal/cache/resilientStore.js"
import * as ResponseWriter from "./internal/cache/responseWriter.js"
import * as SharedRequests from "./internal/cache/sharedRequests.js"
import { makeVaryDigest } from "./internal/cache/vary.js"
import type { RawResponse } from "./RawResponse.js"
import { ResponseCache } from "./ResponseCache.js"

/** Options of a response cache. */
export interface Options {
  /**
   * Chooses the lifetime of the responses to a kind of call, with status 200, 203 or 204. It replaces the lifetime of the response
   * headers, even where these forbid to store the response. `undefined` leaves the decision to the headers (RFC 9111). Zero, a
   * negative number and NaN bypass the cache; so does a function that throws, with one warning. Default: the headers decide for
   * all calls.
   */
  readonly lifetime?: Lifetime | undefined
  /**
   * Sends equal GET and HEAD calls that run at the same time as one request. The request is interrupted when the last call that
   * waits for it is interrupted. Default: false.
   */
  readonly share?: boolean | undefined
}

/**
 * Returns the resources that a write invalidates: its own, and those of the same origin that the response names (RFC 9111,
 * 4.4).
 */
const invalidatedBy = <E>(
  url: string,
  exit: Exit.Exit<{ readonly response: RawResponse }, E>
): ReadonlyArray<string> => {
  const resources = new Set<string>()
  const address = addressOf(url)
  if (address !== undefined) resources.add(address.resource)
  if (Exit.isSuccess(exit) && exit.value.response.status < 400) {
    const { headers, redirected } = exit.value.response
    for (const reference of [headers["location"], headers["content-location"], redirected]) {
      const named = reference === undefined ? undefined : sameOriginAddress(reference, url)
      if (named !== undefined) resources.add(named.resource)
    }
  }
  return [...resources]
}

/**
 * Makes a response cache over the `CacheStore` in context. Background revalidations and shared requests outlive the calls that begin
 * them: they use the `HttpClient` in this context, and are interrupted when the scope closes. The scope waits for at most 2 seconds
 * until the store has removed what past writes invalidate. Provide the result as `ResponseCache`, or use `layer`.
 */
export const make = (
  options: Options = {}
): Effect.Effect<Context.Tag.Service<ResponseCache>, ConfigError.ConfigError, CacheStore | HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { lifetime, share = false } = options
    // JavaScript permits other values than the types do.
    if (lifetime !== undefined && typeof lifetime !== "function") {
      return yield* refuse("lifetime", 'must be a function that returns a duration, such as () => "1 hour"')
    }
    if (typeof share !== "boolean") return yield* refuse("share", "must be true or false")
    const cacheStore = yield* CacheStore
    const scope = yield* Effect.scope
    const client = yield* HttpClient
    const store = ResilientStore.make(cacheStore)
    const generations = Generations.make(store)
    yield* Effect.addFinalizer(() => generations.close)
    const varyDigest = makeVaryDigest()
    const lookUp = Lookup.make(store, generations, varyDigest)
    const writer = ResponseWriter.make(store, generations, varyDigest)
    const lifetimes = lifetimesOf(lifetime)
    const sharedRequests = share ? SharedRequests.make<RawResponse, AnyError>(scope) : undefined

    return {
      ...Maintenance.make(cacheStore, generations, lifetimes),
      ...DirectAccess.make(lookUp, writer, generations, lifetimes),
      through: ReadThrough.make({ lookUp, writer, generations, sharedRequests, lifetimes, scope, client }),
      invalidating: (url, call) => {
        const own = addressOf(url)
        // Nothing is invalid before the request is sent, so an interruption may end the wait.
        const begun = generations.begin(own === undefined ? [] : [own.resource])
        return Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(Effect.zipRight(restore(begun), Effect.exit(restore(call))), (exit) =>
            Effect.zipRight(generations.end(invalidatedBy(url, exit)), exit)
          )
        )
      }
    }
  })

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
export const layer = (
  options: Options = {}
): Layer.Layer<ResponseCache, ConfigError.ConfigError, CacheStore | HttpClient> =>
  Layer.scoped(ResponseCache, make(options))

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
  options: Options & MemoryOptions = {}
): Layer.Layer<ResponseCache, ConfigError.ConfigError, HttpClient> =>
  layer(options).pipe(Layer.provide(storeMemory(options)))
