import * as Duration from "effect/Duration"
import * as HttpTime from "./HttpTime.js"
import * as RateLimitReset from "./RateLimitReset.js"

/**
 * How long a `Retry-After` asks to wait (RFC 9110, 10.2.3): whole seconds, or a date seen from `now` (milliseconds since the
 * epoch); a date gone by is no wait. Nonsense is undefined.
 */
export const parse = (header: string | undefined, now: number): Duration.Duration | undefined => {
  const text = header?.trim() ?? ""
  if (/^\d+$/.test(text)) return HttpTime.lasting(Number(text) * 1000)
  const moment = HttpTime.parseDate(text, now)
  return moment === undefined ? undefined : HttpTime.lasting(moment - now)
}

/** Headers of milliseconds to wait, decimals allowed, in lower case: OpenAI's and Azure's, and that of Azure Cosmos DB. */
const milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"]

/**
 * What an answer says of when to come back. Names of headers are in lower case, and `now` is in milliseconds since the epoch.
 *
 * - `wait`: the longest that `Retry-After`, `Retry-After-Ms` and the limit that is used up (`RateLimitReset`) ask for. Dates
 *   count from the server's `Date` (`HttpTime.serverNow`).
 * - `asked`: whether there is a well-formed `Retry-After` or `Retry-After-Ms`. Limits don't ask: servers tell of them in any
 *   answer.
 */
export const fromHeaders = (
  headers: Readonly<Record<string, string | undefined>>,
  status: number,
  now: number
): { readonly wait: Duration.Duration | undefined; readonly asked: boolean } => {
  const coarse = parse(headers["retry-after"], HttpTime.serverNow(headers, now))
  const exact = HttpTime.longest(
    milliseconds.map((name) => {
      const millis = HttpTime.parseDecimal(headers[name])
      return millis === undefined ? undefined : HttpTime.lasting(millis)
    })
  )
  // Whole seconds that are less than one longer are the same wait, rounded up.
  const rounded =
    coarse !== undefined && exact !== undefined && Duration.lessThan(coarse, Duration.sum(exact, Duration.seconds(1)))
  return {
    wait: HttpTime.longest([rounded ? undefined : coarse, exact, RateLimitReset.parse(headers, status, now)]),
    asked: coarse !== undefined || exact !== undefined
  }
}
