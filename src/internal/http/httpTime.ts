import * as Duration from "effect/Duration"

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[a-z]{3}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/i
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const rfc850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[a-z]{3})-(?<year>\d\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/i
/** `Sun Nov  6 08:49:37 1994` */
const asctime =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<year>\d{4})$/i

/** `imfFixdate` and `rfc850` with deviations, such as those of mail (RFC 5322, 3.3 and 4.3). The zone is required. */
const lenientDate =
  /^(?:[a-z]+,? *)?(?<day>\d\d?)[ -]+(?<month>[a-z]{3})[a-z]*[ -]+(?<year>\d\d(?:\d\d)?) +(?<hour>\d\d?):(?<minute>\d\d)(?::(?<second>\d\d(?:\.\d+)?))? *(?:gmt|utc?|z|(?=[+-]))(?<zone>[+-]\d\d:?\d\d)?$/i
/** `asctime` with deviations. It is in UTC. */
const lenientAsctime =
  /^[a-z]+,? +(?<month>[a-z]{3})[a-z]* +(?<day>\d\d?) +(?<hour>\d\d?):(?<minute>\d\d):(?<second>\d\d)(?: +(?:gmt|utc))? +(?<year>\d{4})(?: +(?:gmt|utc))?$/i
/** A date and time of ISO 8601 (RFC 3339, 5.6). Without a zone it is in UTC. */
const isoDate =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[t ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d(?:[.,]\d+)?))? *(?:gmt|utc|z)?(?<zone>[+-]\d\d(?::?\d\d)?)?$/i

/** Expands a year of two digits. A year that would be more than 50 years ahead is in the past (RFC 9110, 5.6.7). */
const expandYear = (year: string, now: number): number => {
  if (year.length === 4) return Number(year)
  const latest = new Date(now).getUTCFullYear() + 50
  return latest - ((latest - Number(year)) % 100)
}

/** Converts the parts of a date to milliseconds since the epoch. Returns undefined for a date that does not exist. */
const fromParts = (match: RegExpExecArray | null, now: number): number | undefined => {
  // Every pattern has these groups, except for `zone`.
  const { day, hour, minute, month, second = "0", year, zone = "+00" } = match?.groups ?? {}
  if (day === undefined) return undefined
  const name = months.indexOf(month!.toLowerCase())
  const index = name < 0 ? Number(month) - 1 : name
  const fullYear = expandYear(year!, now)
  const seconds = Number(second.replace(",", "."))
  const offset = Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", "")))
  // `Date.UTC` rolls over. That is right for a leap second, but not for the 31st of a shorter month.
  const dayExists =
    months[index] !== undefined && new Date(Date.UTC(fullYear, index, Number(day))).getUTCDate() === Number(day)
  return dayExists && Number(hour) < 24 && Number(minute) < 60 && seconds < 61
    ? Date.UTC(fullYear, index, Number(day), Number(hour), Number(minute) - offset) + seconds * 1000
    : undefined
}

/**
 * Parses an HTTP date to milliseconds since the epoch, in any of the three formats that recipients must accept (RFC 9110,
 * 5.6.7), in any case. Returns undefined for any other text.
 */
export const parseDate = (text: string, now: number): number | undefined =>
  fromParts(imfFixdate.exec(text) ?? rfc850.exec(text) ?? asctime.exec(text), now)

/** Parses an HTTP date or one that deviates from it, as `parseDate` does. */
const parseLenientDate = (text: string, now: number): number | undefined =>
  fromParts(lenientDate.exec(text) ?? lenientAsctime.exec(text) ?? isoDate.exec(text), now)

/** The milliseconds of a unit of `parseDuration`. */
const units: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** Parses a duration as Go formats it, such as `6m0s`, `1.5s` or `20ms`, to milliseconds. */
const parseDuration = (text: string): number | undefined =>
  /^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text)
    ? Array.from(text.matchAll(/([\d.]+)([a-z]+)/g)).reduce(
        (sum, [, count, unit]) => sum + Number(count) * units[unit!]!,
        0
      )
    : undefined

/** The smallest number that is read as seconds since the epoch (2001). As seconds to wait it would be 31 years. */
const minEpochSeconds = 1e9
/** The smallest number that is read as milliseconds since the epoch (2001). As seconds it would be the year 33658. */
const minEpochMillis = 1e12

/**
 * Parses a wait, and returns it in milliseconds: seconds, a duration with units, a date, seconds since the epoch, or milliseconds
 * since the epoch. The magnitude of a number distinguishes the first and the last two. `now` is the server's time in milliseconds
 * since the epoch. The result is negative for a date in the past. Dates deviate from RFC 9110 in many servers, and a date that is
 * not understood would be a retry that comes too early, so the patterns are lenient.
 */
export const parseWait = (header: string | undefined, now: number): number | undefined => {
  const text = header?.trim() ?? ""
  const value = parseDecimal(text)
  if (value !== undefined) {
    return value < minEpochSeconds ? value * 1000 : (value < minEpochMillis ? value * 1000 : value) - now
  }
  const date = parseLenientDate(text, now)
  return date === undefined ? parseDuration(text) : date - now
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
  const date = parseLenientDate(headers["date"]?.trim() ?? "", now)
  return date !== undefined && Math.abs(date - now) <= maxSkew ? date : now
}

/** Parses a header of digits with optional decimals: no sign, no exponent. Returns undefined for any other text. */
export const parseDecimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined

/**
 * Converts milliseconds to a duration. Decimals are rounded up, so that no wait is shorter than the server asked for, except for
 * those that arithmetic adds. Negative numbers become zero; numbers above the safe integers become infinity.
 */
export const millisToDuration = (millis: number): Duration.Duration =>
  millis > Number.MAX_SAFE_INTEGER ? Duration.infinity : Duration.millis(Math.ceil(Number(millis.toFixed(3))))

/** Returns the longest of the defined durations, or undefined if there is none. */
export const maxDuration = (durations: ReadonlyArray<Duration.Duration | undefined>): Duration.Duration | undefined =>
  durations.reduce<Duration.Duration | undefined>(
    (max, duration) => (max === undefined || duration === undefined ? (max ?? duration) : Duration.max(max, duration)),
    undefined
  )
