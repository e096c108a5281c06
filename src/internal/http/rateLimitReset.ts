import type * as Duration from "effect/Duration"
import * as HttpTime from "./httpTime.js"
import { parseDictionary, parseList } from "./structuredFields.js"

/** A rate limit as a response describes it. */
interface Limit {
  /** The remaining quota. */
  readonly remaining: number | undefined
  /** The time until the limit is reset, in milliseconds. */
  readonly reset: number | undefined
}

/** Parses a reset header to milliseconds from the server's current time (milliseconds since the epoch). */
type ParseReset = (text: string, serverNow: number) => number | undefined

const parseSeconds: ParseReset = (text) => {
  const value = HttpTime.parseDecimal(text)
  return value === undefined ? undefined : value * 1000
}

/** The smallest number that is read as seconds since the epoch (2001). As seconds to wait it would be 31 years. */
const minEpochSeconds = 1e9
/** The smallest number that is read as milliseconds since the epoch (2001). As seconds it would be the year 33658. */
const minEpochMillis = 1e12
/** Numbers from here on are invalid. As milliseconds it would be the year 33658. */
const maxEpochMillis = 1e15

/**
 * Parses seconds to wait, seconds since the epoch, milliseconds since the epoch, or an HTTP date. The magnitude of a number
 * distinguishes the first three.
 */
const parseSecondsOrDate: ParseReset = (text, serverNow) => {
  const value = HttpTime.parseDecimal(text)
  if (value === undefined) {
    const date = HttpTime.parseDate(text.trim(), serverNow)
    return date === undefined ? undefined : date - serverNow
  }
  if (value < minEpochSeconds) return value * 1000
  if (value < minEpochMillis) return value * 1000 - serverNow
  return value < maxEpochMillis ? value - serverNow : undefined
}

/** Pairs of headers, one for the reset and one for the remaining quota, in lower case. */
const headerPairs: ReadonlyArray<readonly [reset: string, remaining: string, parseReset: ParseReset]> = [
  // draft-ietf-httpapi-ratelimit-headers-00 to -06: seconds to wait. GitLab: seconds since the epoch.
  ["ratelimit-reset", "ratelimit-remaining", parseSecondsOrDate],
  // GitHub: seconds since the epoch. Discord: the same, with decimals. Rocket.Chat: milliseconds since the epoch. Envoy:
  // seconds to wait.
  ["x-ratelimit-reset", "x-ratelimit-remaining", parseSecondsOrDate],
  // Discord: seconds to wait, with decimals.
  ["x-ratelimit-reset-after", "x-ratelimit-remaining", parseSeconds],
  // X: seconds since the epoch.
  ["x-rate-limit-reset", "x-rate-limit-remaining", parseSecondsOrDate]
]

/** Makes a limit from values of structured fields: the remaining quota, and the seconds until the reset. */
const limitOf = (remaining: unknown, reset: unknown): Limit => {
  const nonNegative = (value: unknown) => (typeof value === "number" && value >= 0 ? value : undefined)
  const seconds = nonNegative(reset)
  return { remaining: nonNegative(remaining), reset: seconds === undefined ? undefined : seconds * 1000 }
}

/**
 * Parses a `RateLimit` header: a list of policies, `"default";r=0;t=30` (draft-ietf-httpapi-ratelimit-headers-08 and later), or
 * a dictionary, `limit=100, remaining=0, reset=5` (-07). The two are distinct: a list has no `=` outside parameters.
 */
const parseRateLimit = (text: string): ReadonlyArray<Limit> => {
  const policies = parseList(text)
  if (policies !== undefined) return policies.map((parameters) => limitOf(parameters.get("r"), parameters.get("t")))
  const members = parseDictionary(text)
  return members === undefined ? [] : [limitOf(members.get("remaining"), members.get("reset"))]
}

/**
 * Returns the time until the rate limits that are used up are reset: the longest of `RateLimit`, `RateLimit-Reset`,
 * `X-RateLimit-Reset`, `X-RateLimit-Reset-After` and `X-Rate-Limit-Reset`. Header names are in lower case, and `now` is in
 * milliseconds since the epoch.
 *
 * Many servers send these headers with every response. A limit thus counts only if it is used up: the remaining quota is 0, or
 * the status is 429 and the remaining quota is unknown. A reset in the past is a wait of zero. An invalid header counts as
 * absent.
 */
export const parse = (
  headers: Readonly<Record<string, string | undefined>>,
  status: number,
  now: number
): Duration.Duration | undefined => {
  const serverNow = HttpTime.serverNow(headers, now)
  const limits = headerPairs.map(([reset, remaining, parseReset]): Limit => ({
    remaining: HttpTime.parseDecimal(headers[remaining]),
    reset: parseReset(headers[reset] ?? "", serverNow)
  }))
  return HttpTime.maxDuration(
    [...limits, ...parseRateLimit(headers["ratelimit"] ?? "")].map(({ remaining, reset }) =>
      reset !== undefined && (remaining === 0 || (remaining === undefined && status === 429))
        ? HttpTime.millisToDuration(reset)
        : undefined
    )
  )
}
