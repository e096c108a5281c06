import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import type { CacheableRequest, Kind } from "../../ResponseCache.js"
import { type Address, addressOfRequest, entryKey } from "./keys.js"
import { type RequestDirectives, requestDirectivesOf } from "./requestDirectives.js"

/** Chooses the lifetime of responses to a kind of call. `undefined` leaves the decision to the response headers. */
export type Lifetime = (kind: Kind) => Duration.DurationInput | undefined

/** A request that may use the cache, with the values that the cache derives from it. */
export interface CacheRequest {
  readonly source: CacheableRequest
  readonly method: "GET" | "HEAD"
  readonly address: Address
  /** Store key of the response, or of its `Vary` record. */
  readonly key: string
  readonly directives: RequestDirectives
  /** Lifetime that the user has set for responses, in milliseconds. */
  readonly userLifetime: number | undefined
  readonly clock: Clock.Clock
}

/** Headers of range and conditional requests. Requests of callers that have them bypass the cache. */
const excludedHeaders: ReadonlyArray<string> = [
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range"
]

/** Returns the lifetime that the user has set for a kind of call, in milliseconds. */
export const userLifetimeOf = (lifetime: Lifetime | undefined, kind: Kind): number | undefined => {
  const set = lifetime?.(kind)
  return set === undefined ? undefined : Duration.toMillis(set)
}

/** Prepares a request for the cache. Returns `undefined` if the request may not use it. */
export const cacheRequestOf = (
  lifetime: Lifetime | undefined,
  source: CacheableRequest,
  clock: Clock.Clock
): CacheRequest | undefined => {
  const { method, partition, request } = source
  if (method !== "GET" && method !== "HEAD") return undefined
  // The body is not part of the key.
  if (request.body._tag !== "Empty") return undefined
  for (const name of excludedHeaders) if (request.headers[name] !== undefined) return undefined
  const directives = requestDirectivesOf(request.headers)
  if (directives.noStore) return undefined
  const userLifetime = userLifetimeOf(lifetime, source)
  if (userLifetime !== undefined && userLifetime <= 0) return undefined
  const address = addressOfRequest(request)
  return (
    address && {
      source,
      method,
      address,
      key: entryKey(method, partition, address),
      directives,
      userLifetime,
      clock
    }
  )
}
