import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
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

/** The lifetime that the user has set for a kind of call, in milliseconds, or what the user's function has thrown. */
export type ChosenLifetime = { readonly lifetime: number | undefined } | { readonly thrown: unknown }

/** The lifetimes that the user has set. */
export interface Lifetimes {
  /** Chooses the lifetime of a kind of call. Does not throw. */
  readonly of: (kind: Kind) => ChosenLifetime
  /** Logs a warning that the user's function has thrown, or returned no duration, once. */
  readonly warn: (thrown: unknown) => Effect.Effect<void>
}

const noLifetime: ChosenLifetime = { lifetime: undefined }

/** Makes the lifetimes from the user's function. */
export const lifetimesOf = (lifetime: Lifetime | undefined): Lifetimes => {
  let warned = false
  return {
    of: (kind) => {
      try {
        const set = lifetime?.(kind)
        return set === undefined ? noLifetime : { lifetime: Duration.toMillis(set) }
      } catch (thrown) {
        return { thrown }
      }
    },
    warn: (thrown) =>
      Effect.suspend(() => {
        if (warned) return Effect.void
        warned = true
        return Effect.logWarning(
          "The `lifetime` option of the response cache failed, so that the call is not cached: let it return a duration or undefined",
          thrown
        )
      })
  }
}

/** Returns what stands for the method in the key of a part of a response. */
const rangeMethod = ({ first, last, suffix }: ByteRange): string =>
  `GET[${suffix === undefined ? `${first}-${last ?? ""}` : `-${suffix}`}]`

/**
 * Prepares a request for the cache, and passes it to `use`: `undefined` if the request may not use the cache. If the user's function
 * of lifetimes fails, it may not, since the function may be there to keep responses out of the cache.
 */
export const withCacheRequest = <A, E, R>(
  lifetimes: Lifetimes,
  source: CacheableRequest,
  clock: Clock.Clock,
  use: (request: CacheRequest | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const { method, partition, request } = source
  if (method !== "GET" && method !== "HEAD") return use(undefined)
  // The body is not part of the key.
  if (request.body._tag !== "Empty") return use(undefined)
  const { headers } = request
  for (const name of excludedHeaders) if (headers[name] !== undefined) return use(undefined)
  const condition = conditionOf(headers, clock.unsafeCurrentTimeMillis())
  const range = headers["range"] === undefined ? undefined : rangeOf(headers["range"])
  // A range of several parts, or of a response that may be a 304 or has no content, is for the server to select.
  if (headers["range"] !== undefined && (range === undefined || condition !== undefined || method === "HEAD")) {
    return use(undefined)
  }
  const directives = requestDirectivesOf(headers)
  if (directives.noStore) return use(undefined)
  const chosen = lifetimes.of(source)
  if ("thrown" in chosen) return Effect.zipRight(lifetimes.warn(chosen.thrown), use(undefined))
  const userLifetime = chosen.lifetime
  if (userLifetime !== undefined && userLifetime <= 0) return use(undefined)
  const address = addressOfRequest(request)
  if (address === undefined) return use(undefined)
  return use({
    source,
    method,
    address,
    key: entryKey(range === undefined ? method : rangeMethod(range), partition, address),
    wholeKey: method === "HEAD" || range !== undefined ? entryKey("GET", partition, address) : undefined,
    range,
    condition,
    directives,
    userLifetime,
    clock
  })
}
