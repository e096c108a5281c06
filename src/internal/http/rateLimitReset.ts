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

/** Numbers from here on are invalid: in milliseconds since the epoch, the year 33658. */
const maxNumber = 1e15

/**
 * Matches the end of the names of reset headers, in lower case. Before it is `ratelimit` or `rate-limit`, with a prefix or the name
 * of a limit. The name of the remaining quota's header has `remaining` instead of the reset:
 *
 * - `ratelimit-reset` (draft-ietf-httpapi-ratelimit-headers-00 to -06: seconds to wait), `x-ratelimit-reset` and
 *   `x-rate-limit-reset`: in each of the formats of `parseWait` by some API
 * - `x-ratelimit-reset-after` (Discord: seconds to wait, with decimals), `x-ratelimit-retry-after`
 * - `x-ratelimit-reset-requests`, `x-ratelimit-reset-tokens` (OpenAI: durations such as `6m0s`)
 * - `anthropic-ratelimit-requests-reset`, `anthropic-ratelimit-input-tokens-reset` (dates of RFC 3339)
 */
const resetEnd = /-(?:reset|retry-after)(?:-after)?(-(?:input-|output-|project-)?(?:requests|tokens))?$/

type Headers = Readonly<Record<string, string | undefined>>

/** Returns the limit that a reset header describes, or undefined if the name is that of another header. */
const limitFrom = (headers: Headers, name: string, serverNow: number): Limit | undefined => {
  const end = resetEnd.exec(name)
  const start = name.slice(0, end?.index)
  if (end === null || !/rate-?limit/.test(start)) return undefined
  const seconds = name.endsWith("reset-after") ? HttpTime.parseDecimal(headers[name]) : undefined
  const number = HttpTime.parseDecimal(headers[name])
  const wait = HttpTime.parseWait(headers[name], serverNow)
  return {
    remaining: HttpTime.parseDecimal(headers[`${start}-remaining${end[1] ?? ""}`]),
    reset: seconds !== undefined ? seconds * 1000 : (number ?? 0) < maxNumber ? wait : undefined
  }
}

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
 * Returns the time until the rate limits that are used up are reset: the longest of `RateLimit` and the headers of `resetEnd`.
 * Header names are in lower case, and `now` is in milliseconds since the epoch.
 *
 * Many servers send these headers with every response. A limit thus counts only if it is used up: the remaining quota is 0, or
 * the status is 429 and the remaining quota is unknown. A reset in the past is a wait of zero. An invalid header counts as
 * absent.
 */
export const parse = (headers: Headers, status: number, now: number): Duration.Duration | undefined => {
  const serverNow = HttpTime.serverNow(headers, now)
  const limits = Object.keys(headers).map((name) => limitFrom(headers, name, serverNow))
  return HttpTime.maxDuration(
    [...limits, ...parseRateLimit(headers["ratelimit"] ?? "")].map((limit) =>
      limit?.reset !== undefined && (limit.remaining === 0 || (limit.remaining === undefined && status === 429))
        ? HttpTime.millisToDuration(limit.reset)
        : undefined
    )
  )
}
