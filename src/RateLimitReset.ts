import type * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { parseDictionary, parseList } from "structured-headers"
import * as HttpTime from "./HttpTime.js"

/** One limit, as an answer tells of it: how much of it remains, and how many milliseconds until there is more. */
interface Limit {
  readonly remaining: number | undefined
  readonly reset: number | undefined
}

/** How many milliseconds a header's text means, counted from the server's time. */
type Reading = (text: string, server: number) => number | undefined

const seconds: Reading = (text) => {
  const value = HttpTime.parseDecimal(text)
  return value === undefined ? undefined : value * 1000
}

/**
 * From here on a number is no longer seconds to wait (these would be 31 years) but seconds since the epoch (2001).
 */
const epochSeconds = 1e9
/** From here on it is milliseconds since the epoch (2001 again; as seconds, it would be the year 33658). */
const epochMillis = 1e12
/** From here on it is nothing that is known (as milliseconds, the year 33658). */
const noMoment = 1e15

/** Seconds to wait, or seconds or milliseconds since the epoch, told apart by magnitude; or an HTTP date. */
const secondsOrMoment: Reading = (text, server) => {
  const value = HttpTime.parseDecimal(text)
  if (value === undefined) {
    const date = HttpTime.parseDate(text.trim(), server)
    return date === undefined ? undefined : date - server
  }
  if (value < epochSeconds) return value * 1000
  if (value < epochMillis) return value * 1000 - server
  return value < noMoment ? value - server : undefined
}

/** The headers that come in pairs, in lower case. */
const pairs: ReadonlyArray<readonly [reset: string, remaining: string, read: Reading]> = [
  // draft-ietf-httpapi-ratelimit-headers-00 to -06: seconds to wait. GitLab: seconds since the epoch.
  ["ratelimit-reset", "ratelimit-remaining", secondsOrMoment],
  // GitHub: seconds since the epoch. Discord: the same with decimals. Rocket.Chat: milliseconds. Envoy: seconds to wait.
  ["x-ratelimit-reset", "x-ratelimit-remaining", secondsOrMoment],
  // Discord: seconds to wait, with decimals.
  ["x-ratelimit-reset-after", "x-ratelimit-remaining", seconds],
  // X: seconds since the epoch.
  ["x-rate-limit-reset", "x-rate-limit-remaining", secondsOrMoment]
]

/** A limit of structured fields: what remains, and the seconds until it is reset. */
const structured = (remaining: unknown, reset: unknown): Limit => {
  const amount = (value: unknown) => (typeof value === "number" && value >= 0 ? value : undefined)
  const after = amount(reset)
  return { remaining: amount(remaining), reset: after === undefined ? undefined : after * 1000 }
}

/**
 * `RateLimit`: a list of policies, `"default";r=0;t=30` (draft-ietf-httpapi-ratelimit-headers-08 and later), or a dictionary,
 * `limit=100, remaining=0, reset=5` (-07). Nothing is both: a list has no `=` outside parameters.
 */
const rateLimit = (text: string): ReadonlyArray<Limit> =>
  Option.liftThrowable(parseList)(text).pipe(
    Option.map((policies) => policies.map(([, about]) => structured(about.get("r"), about.get("t")))),
    Option.orElse(() =>
      Option.map(Option.liftThrowable(parseDictionary)(text), (limit) => [
        structured(limit.get("remaining")?.[0], limit.get("reset")?.[0])
      ])
    ),
    Option.getOrElse(() => [])
  )

/**
 * How long to wait until a limit that is used up is reset, by the headers with which servers tell of their limits:
 * `RateLimit`, `RateLimit-Reset`, `X-RateLimit-Reset`, `X-RateLimit-Reset-After`, `X-Rate-Limit-Reset`; the longest of them.
 * Names are in lower case, and `now` is in milliseconds since the epoch.
 *
 * Many servers tell of their limits in every answer, so a reset counts only if nothing remains: its header says 0, or the
 * status is 429 and it says nothing of what remains. A moment gone by is no wait. Nonsense counts as absent.
 */
export const parse = (
  headers: Readonly<Record<string, string | undefined>>,
  status: number,
  now: number
): Duration.Duration | undefined => {
  const server = HttpTime.serverNow(headers, now)
  const limits = pairs.map(([reset, remaining, read]): Limit => ({
    remaining: HttpTime.parseDecimal(headers[remaining]),
    reset: read(headers[reset] ?? "", server)
  }))
  return HttpTime.longest(
    [...limits, ...rateLimit(headers["ratelimit"] ?? "")].map(({ remaining, reset }) =>
      reset !== undefined && (remaining === 0 || (remaining === undefined && status === 429))
        ? HttpTime.lasting(reset)
        : undefined
    )
  )
}
