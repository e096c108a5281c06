import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Answer } from "./Answer.js"
import * as Flights from "./cache/flights.js"
import * as Generations from "./cache/generation.js"
import { addressNear, addressOf } from "./cache/keys.js"
import * as Memory from "./cache/memory.js"
import * as Shelf from "./cache/shelf.js"
import * as Through from "./cache/through.js"
import * as Upkeep from "./cache/upkeep.js"
import type { Lifetime } from "./cache/visit.js"
import { CacheStore } from "./CacheStore.js"
import type { HeraldError } from "./HeraldError.js"
import { ResponseCache } from "./ResponseCache.js"

/** How a cache keeps answers. */
export interface Options {
  /**
   * How long the answers to a kind of call are fresh. It takes the place of what the server says of that, also where this
   * forbids to keep them: you know better. Where it is undefined the server's word holds (RFC 9111); none at all, and
   * nothing is kept.
   */
  readonly lifetime?: Lifetime | undefined
  /**
   * Whether GETs that are the same in every way, and under way at once, are one request. It is cancelled when the last call
   * that waits for it is interrupted. Default: false.
   */
  readonly share?: boolean | undefined
}

/** The resources that a write changes: its own, and those of the same origin that its answer names (RFC 9111, 4.4). */
const changedBy = <E>(url: string, exit: Exit.Exit<Answer, E>): ReadonlySet<string> => {
  const changed = new Set<string>()
  const own = addressOf(url)
  if (own !== undefined) changed.add(own.resource)
  if (Exit.isSuccess(exit) && exit.value.status < 400) {
    const { headers, redirected } = exit.value
    for (const text of [headers["location"], headers["content-location"], redirected]) {
      const near = text === undefined ? undefined : addressNear(text, url)
      if (near !== undefined) changed.add(near.resource)
    }
  }
  return changed
}

/**
 * A cache over the store around it. Background revalidations and shared requests end with the scope. Provide it as
 * `ResponseCache`, or use `layer`.
 */
export const make = (
  options: Options = {}
): Effect.Effect<Context.Tag.Service<ResponseCache>, never, CacheStore | Scope.Scope> =>
  Effect.gen(function* () {
    const store = yield* CacheStore
    const scope = yield* Effect.scope
    const shelf = Shelf.make(store)
    const generations = Generations.make(shelf)
    const flights = options.share === true ? Flights.make<Answer, HeraldError>(scope) : undefined
    const { cached, keeping, through } = Through.make({
      shelf,
      generations,
      flights,
      scope,
      lifetime: options.lifetime
    })

    return {
      ...Upkeep.make(store, generations, options.lifetime),
      through,
      cached,
      keeping,
      invalidating: (url, call) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(Effect.exit(restore(call)), (exit) =>
            Effect.zipRight(Effect.forEach(changedBy(url, exit), generations.end, { discard: true }), exit)
          )
        )
    }
  })

/**
 * Keeps the answers to GET and HEAD, as a private cache of RFC 9111 does, each caller's apart, over a store of your choice.
 * It is found by callers' layers that are provided with it.
 *
 * - Kept are answers of 200, 203 and 204, for as long as HTTP says or `lifetime`. What has expired is asked for again by its
 *   `ETag` or `Last-Modified`.
 * - A write (any other method) ends what is kept of its URL, whatever the query, and of what its `Location` and
 *   `Content-Location` name, whatever came of it. A GET that began before a write ended does not answer one after.
 * - `stale-while-revalidate` and `stale-if-error` hold (RFC 5861).
 * - Where the store fails, calls are sent as if there were no cache, and the log says so, once.
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
export const layer = (options: Options = {}): Layer.Layer<ResponseCache, never, CacheStore> =>
  Layer.scoped(ResponseCache, make(options))

/** How much a store in memory holds. */
export interface MemoryOptions {
  /** Of bodies, of what is known of them, and of keys. What was not used for longest goes first. Default: 64 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * A store in memory, of this process alone. It ends with its layer.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as HttpCache from "effect-herald/cache"
 *
 * const cache = HttpCache.layer().pipe(Layer.provide(HttpCache.storeMemory()))
 * ```
 */
export const storeMemory = ({ maxBytes = 64 * 1024 * 1024 }: MemoryOptions = {}): Layer.Layer<CacheStore> =>
  Layer.sync(CacheStore, () => Memory.make(maxBytes))

/**
 * `layer` with the store in memory.
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
export const layerMemory = (options: Options & MemoryOptions = {}): Layer.Layer<ResponseCache> =>
  layer(options).pipe(Layer.provide(storeMemory(options)))
