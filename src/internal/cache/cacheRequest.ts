import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import type { CacheableRequest, Kind } from "../../ResponseCache.js"
import { type ByteRange, type Condition, conditionOf, rangeOf } from "./derivedResponse.js"
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
  /** Store key of the whole response to a GET, of which the response to this HEAD, or to this request of a range, is a part. */
  readonly wholeKey: string | undefined
  /** The range of the caller's own. */
  readonly range: ByteRange | undefined
  /** The condition of the caller's own. */
  readonly condition: Condition | undefined
  readonly directives: RequestDirectives
  /** Lifetime that the user has set for responses, in milliseconds. */
  readonly userLifetime: number | undefined
  readonly clock: Clock.Clock
}

/** Headers of conditions that only the server can check. Requests of callers that have them bypass the cache. */
const excludedHeaders: ReadonlyArray<string> = ["if-match", "if-unmodified-since", "if-range"]

/** Returns the lifetime that the user has set for a kind of call, in milliseconds. */
export const userLifetimeOf = (lifetime: Lifetime | undefined, kind: Kind): number | undefined => {
  const set = lifetime?.(kind)
  return set === undefined ? undefined : Duration.toMillis(set)
}

/** The lifetimes that the user has set. */
export interface Lifetimes {
  /** Chooses the lifetime, in milliseconds. Does not throw. */
  readonly of: (kind: Kind) => number | undefined
  /** Returns what the user's function has thrown first, once. */
  readonly takeProblem: () => { readonly thrown: unknown } | undefined
}

/**
 * Makes the lifetimes from the user's function. If that throws, or returns no duration, the lifetime is zero, so that the call
 * bypasses the cache: the function may be there to keep responses out of it.
 */
export const lifetimesOf = (lifetime: Lifetime | undefined): Lifetimes => {
  let problem: { readonly thrown: unknown } | undefined
  let taken = false
  return {
    of: (kind) => {
      try {
        return userLifetimeOf(lifetime, kind)
      } catch (thrown) {
        problem ??= { thrown }
        return 0
      }
    },
    takeProblem: () => {
      if (taken || problem === undefined) return undefined
      taken = true
      return problem
    }
  }
}

/** Returns what stands for the method in the key of a part of a response. */
const rangeMethod = ({ first, last, suffix }: ByteRange): string =>
  `GET[${suffix === undefined ? `${first}-${last ?? ""}` : `-${suffix}`}]`

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
  const { headers } = request
  for (const name of excludedHeaders) if (headers[name] !== undefined) return undefined
  const condition = conditionOf(headers, clock.unsafeCurrentTimeMillis())
  const range = headers["range"] === undefined ? undefined : rangeOf(headers["range"])
  // A range of several parts, or of a response that may be a 304 or has no content, is for the server to select.
  if (headers["range"] !== undefined && (range === undefined || condition !== undefined || method === "HEAD")) {
    return undefined
  }
  const directives = requestDirectivesOf(headers)
  if (directives.noStore) return undefined
  const userLifetime = userLifetimeOf(lifetime, source)
  if (userLifetime !== undefined && userLifetime <= 0) return undefined
  const address = addressOfRequest(request)
  if (address === undefined) return undefined
  const key = entryKey(range === undefined ? method : rangeMethod(range), partition, address)
  return {
    source,
    method,
    address,
    key,
    wholeKey: method === "HEAD" || range !== undefined ? entryKey("GET", partition, address) : undefined,
    range,
    condition,
    directives,
    userLifetime,
    clock
  }
}
