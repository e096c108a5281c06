import * as Duration from "effect/Duration"

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>\w{3}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const rfc850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>\w{3})-(?<year>\d\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/
/** `Sun Nov  6 08:49:37 1994` */
const asctime =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>\w{3}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<year>\d{4})$/

/** Expands a year of two digits. A year that would be more than 50 years ahead is in the past (RFC 9110, 5.6.7). */
const fullYear = (year: string, now: number): number => {
  if (year.length === 4) return Number(year)
  const latest = new Date(now).getUTCFullYear() + 50
  return latest - ((latest - Number(year)) % 100)
}

/**
 * Parses an HTTP date to milliseconds since the epoch, in any of the three formats that recipients must accept (RFC 9110,
 * 5.6.7). Returns undefined for any other text.
 */
export const parseDate = (text: string, now: number): number | undefined => {
  const parts = (imfFixdate.exec(text) ?? rfc850.exec(text) ?? asctime.exec(text))?.groups
  if (parts === undefined) return undefined
  const [year, day, hour, minute, second] = [
    fullYear(parts["year"]!, now),
    Number(parts["day"]),
    Number(parts["hour"]),
    Number(parts["minute"]),
    Number(parts["second"])
  ]
  const index = months.indexOf(parts["month"]!)
  if (index < 0) return undefined
  // `Date.UTC` rolls over. That is right for a leap second, but not for the 31st of a shorter month.
  const dayExists = new Date(Date.UTC(year, index, day)).getUTCDate() === day
  return dayExists && hour < 24 && minute < 60 && second < 61
    ? Date.UTC(year, index, day, hour, minute, second)
    : undefined
}

/**
 * The largest plausible difference between two clocks, in milliseconds: a day. Drift is minutes, and a clock set to local time
 * by mistake is off by hours. A larger difference means a clock that was never set (1970) or has stopped, or a cached response.
 * Such a `Date` is no better than the local clock.
 */
const maxSkew = 86_400_000

/**
 * Returns the server's current time in milliseconds since the epoch: its `Date` header (RFC 9110, 6.6.1), or `now` if that
 * header is missing or implausible. Dates in a response are relative to it, so that a wrong local clock neither shortens nor
 * lengthens a wait.
 */
export const serverNow = (headers: Readonly<Record<string, string | undefined>>, now: number): number => {
  const date = parseDate(headers["date"]?.trim() ?? "", now)
  return date !== undefined && Math.abs(date - now) <= maxSkew ? date : now
}

/** Parses a header of digits with optional decimals: no sign, no exponent. Returns undefined for any other text. */
export const parseDecimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined

/** Converts milliseconds to a duration. Negative numbers become zero; numbers above the safe integers become infinity. */
export const millisToDuration = (millis: number): Duration.Duration =>
  millis > Number.MAX_SAFE_INTEGER ? Duration.infinity : Duration.millis(millis)

/** Returns the longest of the defined durations, or undefined if there is none. */
export const maxDuration = (durations: ReadonlyArray<Duration.Duration | undefined>): Duration.Duration | undefined =>
  durations.reduce<Duration.Duration | undefined>(
    (max, duration) => (max === undefined || duration === undefined ? (max ?? duration) : Duration.max(max, duration)),
    undefined
  )
