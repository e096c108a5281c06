import CachePolicy from "http-cache-semantics"
import * as HttpTime from "../http/httpTime.js"
import { directivesOf, millisOf, secondsOf } from "./cacheControl.js"
import type { RequestDirectives } from "./requestDirectives.js"

type Headers = Readonly<Record<string, string | undefined>>

/** Caching rules of a response, from its headers. Durations are in milliseconds, times in milliseconds since the epoch. */
export interface CachingRules {
  /** The headers allow to store the response. */
  readonly storable: boolean
  /** Time from which the response is stale. */
  readonly expiresAt: number
  /** Estimated time at which the origin server generated or validated the response. Its age counts from this time. */
  readonly generatedAt: number
  /** The response must be revalidated before every use, even while it is fresh. */
  readonly noCache: boolean
  /** Duration after expiry during which the response may be used while it is revalidated (RFC 5861, 3). */
  readonly staleWhileRevalidate: number
  /** Duration after expiry during which the response may be used if its revalidation fails (RFC 5861, 4). */
  readonly staleIfError: number
  /** The response must never be used stale, even if the request allows it. */
  readonly mustRevalidate: boolean
  /** Conditional request headers that revalidate the response; `undefined` if it has no validator. */
  readonly validators: Readonly<Record<string, string>> | undefined
}

/** The properties of a response that its caching rules depend on. Times are in milliseconds since the epoch. */
interface Received {
  readonly method: string
  readonly status: number
  readonly headers: Headers
  readonly requestedAt: number
  readonly receivedAt: number
}

/**
 * Rewrites the response headers so that `http-cache-semantics` reads them correctly. By itself the library
 *
 * - distinguishes `Max-Age` from `max-age`, and splits quoted strings at commas (RFC 9111, 5.2);
 * - uses the last of two `max-age`, and the leading digits of an invalid one, though the stricter value is meant (4.2.1);
 * - accepts every date that JavaScript does, in local time if it has no zone, and reads `0` as the year 2000 (RFC 9110,
 *   5.6.7);
 * - reads the system clock if there is no `Date`, so a `Date` is always added.
 */
const normalizedHeaders = ({ headers, receivedAt }: Received): Record<string, string> => {
  const directives = directivesOf(headers["cache-control"])
  const control: Array<string> = []
  if (directives["max-age"] !== undefined) control.push(`max-age=${secondsOf(directives["max-age"]) ?? 0}`)
  // `no-cache` with field names counts as well: such a response is revalidated as a whole.
  if (directives["no-cache"] !== undefined) control.push("no-cache")
  // `must-understand` cancels `no-store`, since all statuses that are stored are understood (5.2.2.3).
  if (directives["no-store"] !== undefined && directives["must-understand"] === undefined) control.push("no-store")
  if (directives["public"] !== undefined) control.push("public")
  const date = (name: string) => HttpTime.parseDate(headers[name]?.trim() ?? "", receivedAt)
  const iso = (time: number) => new Date(time).toISOString()
  const lastModified = date("last-modified")
  const expires = date("expires")
  return {
    date: iso(date("date") ?? receivedAt),
    ...(headers["cache-control"] !== undefined && { "cache-control": control.join(", ") }),
    ...(headers["pragma"] !== undefined && { pragma: headers["pragma"].toLowerCase() }),
    ...(lastModified !== undefined && { "last-modified": iso(lastModified) }),
    ...(headers["expires"] !== undefined && { expires: expires === undefined ? "never" : iso(expires) })
  }
}

/** Parses an `Age` header, in milliseconds. An invalid one, or a list, counts as infinitely old (RFC 9111, 5.1). */
const ageOf = (text: string | undefined): number =>
  text === undefined ? 0 : (secondsOf(text.trim()) ?? Number.MAX_SAFE_INTEGER / 1000) * 1000

const validatorsOf = (headers: Headers): CachingRules["validators"] => {
  const etag = headers["etag"]
  const lastModified = headers["last-modified"]
  if (etag === undefined && lastModified === undefined) return undefined
  return {
    ...(etag !== undefined && { "if-none-match": etag }),
    ...(lastModified !== undefined && { "if-modified-since": lastModified })
  }
}

/**
 * Derives the caching rules of a response in a private cache (RFC 9111).
 *
 * `http-cache-semantics` computes the freshness lifetime, from the headers or as 10 % of the time since the last
 * modification. The age counts from the time at which the request was sent (4.2.3), not from `Date`: a clock that is wrong
 * on this side would make every response look old.
 *
 * No other part of that library is used:
 *
 * - `evaluateRequest` never uses a response with `must-revalidate`, however fresh, and compares `max-stale` as text.
 * - `revalidatedPolicy` does not match a 304 without validators, and drops headers that are new in a 304.
 * - An `immutable` response without a lifetime would be fresh for 86,400,000 seconds, where milliseconds were meant.
 * - It does not recognize the `*` in `Vary: a, *`.
 */
export const cachingRulesOf = (received: Received): CachingRules => {
  const { headers, method, requestedAt, status } = received
  const directives = directivesOf(headers["cache-control"])
  const policy = new CachePolicy(
    { url: "", method, headers: {} },
    { status, headers: normalizedHeaders(received) },
    { shared: false, immutableMinTimeToLive: 0 }
  )
  const generatedAt = requestedAt - ageOf(headers["age"])
  const noCache =
    directives["no-cache"] !== undefined ||
    (headers["cache-control"] === undefined && /no-cache/i.test(headers["pragma"] ?? ""))
  const mustRevalidate = noCache || directives["must-revalidate"] !== undefined
  return {
    storable: policy.storable(),
    expiresAt: generatedAt + policy.maxAge() * 1000,
    generatedAt,
    noCache,
    staleWhileRevalidate: mustRevalidate ? 0 : millisOf(directives["stale-while-revalidate"]),
    staleIfError: mustRevalidate ? 0 : millisOf(directives["stale-if-error"]),
    mustRevalidate,
    validators: validatorsOf(headers)
  }
}

/** Requirements of a call on a stored response. */
interface Requirements {
  readonly directives: RequestDirectives
  /** Lifetime that the user has set, in milliseconds. Replaces that of the response. */
  readonly userLifetime: number | undefined
}

/** Returns the time at which a response expires, in milliseconds since the epoch. */
export const expiryOf = (rules: CachingRules, requestedAt: number, userLifetime: number | undefined): number =>
  userLifetime === undefined ? rules.expiresAt : requestedAt + userLifetime

/**
 * Permitted use of a stored response:
 *
 * - `Use`: without contacting the server
 * - `UseAndRevalidate`: at once, while it is revalidated in the background
 * - `Revalidate`: only after the server has confirmed it
 */
export type Usage = "Use" | "UseAndRevalidate" | "Revalidate"

/** Decides how a stored response may be used (RFC 9111, 4). `now` is in milliseconds since the epoch. */
export const usageOf = (
  rules: CachingRules,
  requestedAt: number,
  { directives, userLifetime }: Requirements,
  now: number
): Usage => {
  const remaining = expiryOf(rules, requestedAt, userLifetime) - now
  if (
    directives.noCache ||
    now - rules.generatedAt > directives.maxAge ||
    (directives.minFresh > 0 && remaining < directives.minFresh)
  ) {
    return "Revalidate"
  }
  if (userLifetime === undefined && rules.noCache) return "Revalidate"
  if (remaining > 0) return "Use"
  if (rules.mustRevalidate) return "Revalidate"
  if (directives.maxStale > 0 && -remaining <= directives.maxStale) return "Use"
  return userLifetime === undefined && -remaining < rules.staleWhileRevalidate ? "UseAndRevalidate" : "Revalidate"
}

/**
 * Returns `true` if a stored response may be used in place of an error (RFC 5861, 4). It may not if the directives of the
 * request require a fresher response.
 */
export const mayReplaceError = (
  rules: CachingRules,
  requestedAt: number,
  { directives, userLifetime }: Requirements,
  now: number
): boolean => {
  if (rules.mustRevalidate || directives.noCache || directives.minFresh > 0) return false
  if (now - rules.generatedAt > directives.maxAge) return false
  return now - expiryOf(rules, requestedAt, userLifetime) < Math.max(rules.staleIfError, directives.staleIfError)
}
