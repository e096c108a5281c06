import * as Duration from "effect/Duration"
import * as HttpTime from "./internal/http/httpTime.js"
import * as RateLimitReset from "./internal/http/rateLimitReset.js"

/**
 * Parses a `Retry-After` header (RFC 9110, 10.2.3): seconds, or a date relative to `now` (milliseconds since the epoch). Deviations
 * are accepted, so that no retry comes too early: decimals, which are rounded up to the millisecond; a moment in seconds or
 * milliseconds since the epoch (numbers from 1e9 and from 1e12); dates in other formats; durations such as `6m0s`. A date in the
 * past is a wait of zero. Returns undefined for any other text.
 */
export const parse = (header: string | undefined, now: number): Duration.Duration | undefined => {
  const millis = HttpTime.parseWait(header, now)
  return millis === undefined ? undefined : HttpTime.millisToDuration(millis)
}

/** Names of headers that hold a wait in milliseconds, with decimals: that of OpenAI and Azure, and that of Azure Cosmos DB. */
const millisecondHeaders = ["retry-after-ms", "x-ms-retry-after-ms"]

/**
 * Returns the wait that a response's headers ask for. Header names are in lower case, and `now` is in milliseconds since the
 * epoch.
 *
 * - `wait`: the longer of `Retry-After` and its variants in milliseconds, `Retry-After-Ms` and `X-Ms-Retry-After-Ms`. Without
 *   these, the longest wait of the headers of rate limits that are used up. Dates are relative to the server's `Date` header, if
 *   it has a plausible one.
 * - `requested`: true if there is a valid `Retry-After`, `Retry-After-Ms` or `X-Ms-Retry-After-Ms`. The headers of a rate limit do
 *   not count: many servers send them with every response.
 */
export const fromHeaders = (
  headers: Readonly<Record<string, string | undefined>>,
  status: number,
  now: number
): { readonly wait: Duration.Duration | undefined; readonly requested: boolean } => {
  const coarse = parse(headers["retry-after"], HttpTime.serverNow(headers, now))
  const exact = HttpTime.maxDuration(
    millisecondHeaders.map((name) => {
      const millis = HttpTime.parseDecimal(headers[name])
      return millis === undefined ? undefined : HttpTime.millisToDuration(millis)
    })
  )
  // Servers round the exact wait up to whole seconds, so a difference of less than a second is no longer wait.
  const isRounded =
    coarse !== undefined && exact !== undefined && Duration.lessThan(coarse, Duration.sum(exact, Duration.seconds(1)))
  const requested = HttpTime.maxDuration([isRounded ? undefined : coarse, exact])
  return { wait: requested ?? RateLimitReset.parse(headers, status, now), requested: requested !== undefined }
}

/**
 * Returns whether the server says that the request should be sent again: the value of `X-Should-Retry` (OpenAI, Anthropic) or
 * `Stripe-Should-Retry`, `false` if the two differ. Returns undefined without a valid header. Header names are in lower case.
 */
export const shouldRetry = (headers: Readonly<Record<string, string | undefined>>): boolean | undefined => {
  const values = [headers["x-should-retry"], headers["stripe-should-retry"]].map((text) => text?.trim().toLowerCase())
  return values.includes("false") ? false : values.includes("true") || undefined
}
