import * as Duration from "effect/Duration"
import * as HttpTime from "./internal/http/httpTime.js"
import * as RateLimitReset from "./internal/http/rateLimitReset.js"

/**
 * Parses a `Retry-After` header (RFC 9110, 10.2.3): whole seconds, or a date relative to `now` (milliseconds since the epoch).
 * A date in the past is a wait of zero. Returns undefined for an invalid header.
 */
export const parse = (header: string | undefined, now: number): Duration.Duration | undefined => {
  const text = header?.trim() ?? ""
  if (/^\d+$/.test(text)) return HttpTime.millisToDuration(Number(text) * 1000)
  const date = HttpTime.parseDate(text, now)
  return date === undefined ? undefined : HttpTime.millisToDuration(date - now)
}

/** Names of headers that hold a wait in milliseconds, with decimals: that of OpenAI and Azure, and that of Azure Cosmos DB. */
const millisecondHeaders = ["retry-after-ms", "x-ms-retry-after-ms"]

/**
 * Returns the wait that a response's headers ask for. Header names are in lower case, and `now` is in milliseconds since the
 * epoch.
 *
 * - `wait`: the longest wait of `Retry-After`, `Retry-After-Ms`, `X-Ms-Retry-After-Ms` and the headers of a rate limit that is
 *   used up. Dates are relative to the server's `Date` header, if it has a plausible one.
 * - `asked`: true if there is a valid `Retry-After`, `Retry-After-Ms` or `X-Ms-Retry-After-Ms`. The headers of a rate limit do
 *   not count: many servers send them with every response.
 */
export const fromHeaders = (
  headers: Readonly<Record<string, string | undefined>>,
  status: number,
  now: number
): { readonly wait: Duration.Duration | undefined; readonly asked: boolean } => {
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
  return {
    wait: HttpTime.maxDuration([isRounded ? undefined : coarse, exact, RateLimitReset.parse(headers, status, now)]),
    asked: coarse !== undefined || exact !== undefined
  }
}
