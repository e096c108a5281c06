import * as HttpTime from "../http/httpTime.js"
import { type Directives, directivesOf, millisOf } from "./cacheControl.js"
import { noDirectives, type RequestDirectives } from "./requestDirectives.js"

type Headers = Readonly<Record<string, string | undefined>>

/** Caching rules of a response, from its headers. Durations are in milliseconds, times in milliseconds since the epoch. */
export interface CachingRules {
  /** Status and headers allow to store the response. */
  readonly storable: boolean
  /** Time from which the response is stale. */
  readonly expiresAt: number
  /** Estimated time at which the origin server generated or validated the response. Its age counts from this time. */
  readonly generatedAt: number
  /** Time at which the response was received, or requested if that is later. A clock that is behind it was set back. */
  readonly obtainedAt: number
  /** The response must be revalidated before every use, even while it is fresh. */
  readonly noCache: boolean
  /** Duration after expiry during which the response may be used while it is revalidated (RFC 5861, 3). */
  readonly staleWhileRevalidate: number
  /** Duration after expiry during which the response may be used if its revalidation fails (RFC 5861, 4). */
  readonly staleIfError: number
  /** The response must never be used stale, even if the request allows it. */
  readonly mustRevalidate: boolean
  /** A lifetime that the user has set applies to the response. */
  readonly takesUserLifetime: boolean
  /** Conditional request headers that revalidate the response; `undefined` if it has no validator. */
  readonly validators: Readonly<Record<string, string>> | undefined
}

/** The properties of a response that its caching rules depend on. Times are in milliseconds since the epoch. */
interface Received {
  readonly status: number
  readonly headers: Headers
  readonly requestedAt: number
  readonly receivedAt: number
}

/** Statuses that are heuristically cacheable (RFC 9110, 15.1). A 206 is stored for requests of the same range only. */
const heuristicStatuses: ReadonlyArray<number> = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]

/**
 * Statuses that are never stored, whatever their headers say: those that RFC 6585 (3 to 6) forbids to store, the 304, which is
 * about another response, and those that ask for other credentials or for the same request later.
 */
const neverStored: ReadonlyArray<number> = [304, 401, 407, 408, 425, 428, 429, 431, 511]

/** Statuses to which a lifetime of the user's own applies. The lifetime of an error is for the server to say. */
const userLifetimeStatuses: ReadonlyArray<number> = [200, 203, 204]

/**
 * Parses the date in a header, in any case (RFC 9111, 4.2) and with any spacing. Returns `undefined` if there is none, or none
 * of the formats that RFC 9110 (5.6.7) defines.
 */
export const dateOf = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined
  const spaced = text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/^(\w+),(?! )/, "$1, ")
  // In the format of `asctime`, a day of one digit has a space before it.
  return HttpTime.parseDate(spaced.replace(/^(\w+ \w+) (\d) /, "$1  $2 "), now)
}

/**
 * Parses an `Age` header, in milliseconds. Of a list, the first member counts. An invalid value is ignored (RFC 9111, 5.1).
 */
const ageOf = (text: string | undefined): number =>
  millisOf(
    text
      ?.split(",")
      .map((member) => member.trim())
      .find((member) => member !== "")
  )

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
 * Returns the lifetime that a response states (RFC 9111, 4.2.1): `max-age`, or else `Expires`, relative to `Date`. An invalid
 * one is zero. Returns `undefined` if it states none.
 */
const explicitLifetime = (headers: Headers, directives: Directives, date: number, now: number): number | undefined => {
  if (directives["max-age"] !== undefined) return millisOf(directives["max-age"])
  if (headers["expires"] === undefined) return undefined
  return Math.max(0, (dateOf(headers["expires"], now) ?? date) - date)
}

/** Estimates the lifetime of a response: 10 % of the time since its last modification (RFC 9111, 4.2.2). */
const heuristicLifetime = (headers: Headers, date: number, now: number): number =>
  Math.max(0, date - (dateOf(headers["last-modified"], now) ?? date)) / 10

/**
 * Derives the caching rules of a response in a private cache (RFC 9111). The age counts from the time at which the request was
 * sent (4.2.3), not from `Date`: a clock that is wrong on this side would make every response look old.
 */
export const cachingRulesOf = ({ headers, receivedAt, requestedAt, status }: Received): CachingRules => {
  const directives = directivesOf(headers["cache-control"])
  const date = dateOf(headers["date"], receivedAt) ?? receivedAt
  const explicit = explicitLifetime(headers, directives, date, receivedAt)
  const isHeuristic = heuristicStatuses.includes(status) || directives["public"] !== undefined
  // `must-understand` replaces `no-store` for statuses that are understood, and forbids to store any other (5.2.2.3).
  const forbidden =
    directives["must-understand"] === undefined
      ? directives["no-store"] !== undefined
      : !heuristicStatuses.includes(status)
  // `no-cache` with field names counts as well: such a response is revalidated as a whole.
  const noCache =
    directives["no-cache"] !== undefined ||
    (headers["cache-control"] === undefined && /no-cache/i.test(headers["pragma"] ?? ""))
  const mustRevalidate = noCache || directives["must-revalidate"] !== undefined
  const generatedAt = requestedAt - ageOf(headers["age"])
  const lifetime = noCache ? 0 : (explicit ?? (isHeuristic ? heuristicLifetime(headers, date, receivedAt) : 0))
  return {
    storable: status >= 200 && !neverStored.includes(status) && !forbidden && (explicit !== undefined || isHeuristic),
    expiresAt: generatedAt + lifetime,
    generatedAt,
    obtainedAt: Math.max(requestedAt, receivedAt),
    noCache,
    staleWhileRevalidate: mustRevalidate ? 0 : millisOf(directives["stale-while-revalidate"]),
    staleIfError: mustRevalidate ? 0 : millisOf(directives["stale-if-error"]),
    mustRevalidate,
    takesUserLifetime: userLifetimeStatuses.includes(status),
    validators: validatorsOf(headers)
  }
}

/** Requirements of a call on a stored response. */
interface Requirements {
  readonly directives: RequestDirectives
  /** Lifetime that the user has set, in milliseconds. Replaces that of the response. */
  readonly userLifetime: number | undefined
}

/** Returns the lifetime that the user has set for a response, in milliseconds. */
const userLifetimeFor = (rules: CachingRules, userLifetime: number | undefined): number | undefined =>
  rules.takesUserLifetime ? userLifetime : undefined

/** Returns true if a response may be stored, by its headers or because the user has set a lifetime for it. */
export const mayStore = (rules: CachingRules, userLifetime: number | undefined): boolean =>
  rules.storable || userLifetimeFor(rules, userLifetime) !== undefined

/** Returns the time at which a response expires, in milliseconds since the epoch. */
export const expiryOf = (rules: CachingRules, requestedAt: number, userLifetime: number | undefined): number => {
  const lifetime = userLifetimeFor(rules, userLifetime)
  return lifetime === undefined ? rules.expiresAt : requestedAt + lifetime
}

/**
 * Permitted use of a stored response:
 *
 * - `Use`: without contacting the server
 * - `UseAndRevalidate`: at once, while it is revalidated in the background
 * - `Revalidate`: only after the server has confirmed it
 */
export type Usage = "Use" | "UseAndRevalidate" | "Revalidate"

/**
 * Reports whether a response was obtained in the future: this clock was set back, or that of the machine that stored it is
 * ahead. Its age is unknown.
 */
const isFromFuture = ({ obtainedAt }: CachingRules, now: number): boolean => obtainedAt > now

/** Decides how a stored response may be used (RFC 9111, 4). `now` is in milliseconds since the epoch. */
export const usageOf = (
  rules: CachingRules,
  requestedAt: number,
  { directives, userLifetime }: Requirements,
  now: number
): Usage => {
  const remaining = expiryOf(rules, requestedAt, userLifetime) - now
  if (
    isFromFuture(rules, now) ||
    directives.noCache ||
    now - rules.generatedAt > directives.maxAge ||
    (directives.minFresh > 0 && remaining < directives.minFresh)
  ) {
    return "Revalidate"
  }
  const byHeaders = userLifetimeFor(rules, userLifetime) === undefined
  if (byHeaders && rules.noCache) return "Revalidate"
  if (remaining > 0) return "Use"
  if (rules.mustRevalidate) return "Revalidate"
  if (directives.maxStale > 0 && -remaining <= directives.maxStale) return "Use"
  return byHeaders && -remaining < rules.staleWhileRevalidate ? "UseAndRevalidate" : "Revalidate"
}

/** Reports whether a stored response is fresh: a call without requirements of its own uses it. */
export const isFresh = (
  rules: CachingRules,
  requestedAt: number,
  userLifetime: number | undefined,
  now: number
): boolean => usageOf(rules, requestedAt, { directives: noDirectives, userLifetime }, now) === "Use"

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
  if (isFromFuture(rules, now) || rules.mustRevalidate || directives.noCache || directives.minFresh > 0) return false
  if (now - rules.generatedAt > directives.maxAge) return false
  return now - expiryOf(rules, requestedAt, userLifetime) < Math.max(rules.staleIfError, directives.staleIfError)
}
