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

/** Expands a year of two digits. A year that would be more than 50 years ahead is in the past (RFC 9110, 5.6.7). */
const expandYear = (year: string, now: number): number => {
  if (year.length === 4) return Number(year)
  const latest = new Date(now).getUTCFullYear() + 50
  return latest - ((latest - Number(year)) % 100)
}

/**
 * Parses an HTTP date to milliseconds since the epoch, in any of the three formats that recipients must accept (RFC 9110,
 * 5.6.7), in any case. Returns undefined for any other text.
 */
export const parseDate = (text: string, now: number): number | undefined => {
  const parts = (imfFixdate.exec(text) ?? rfc850.exec(text) ?? asctime.exec(text))?.groups
  if (parts === undefined) return undefined
  const index = months.indexOf(parts["month"]!.toLowerCase())
  const year = expandYear(parts["year"]!, now)
  const [day, hour, minute, second] = ["day", "hour", "minute", "second"].map((name) => Number(parts[name])) as [
    number,
    number,
    number,
    number
  ]
  // `Date.UTC` rolls over. That is right for a leap second, but not for the 31st of a shorter month.
  const dayExists = index >= 0 && new Date(Date.UTC(year, index, day)).getUTCDate() === day
  return dayExists && hour < 24 && minute < 60 && second < 61
    ? Date.UTC(year, index, day, hour, minute, second)
    : undefined
}

/** Matches a date of ISO 8601, and a time beside the name of a month. */
const anyDate = /^\d{4}-\d\d-\d\d|[a-z]{3}.*\d:\d\d|\d:\d\d.*[a-z]{3}/i
/** Matches the time zone of a date. */
const zone = /(?:z|gmt|utc?|[ecmp][sd]t|[+-]\d\d:?\d\d)\s*(?:\(.*\))?$/i

/** Parses an HTTP date, or any other that the runtime understands. Without a time zone it is in UTC. */
const parseLenientDate = (written: string, now: number): number | undefined => {
  if (written.length > 100) return undefined
  const date = parseDate(written, now)
  if (date !== undefined) return date
  const text = written
    // The basic format of ISO 8601, and a zone that is named beside its offset.
    .replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/i, "$1-$2-$3T$4:$5:$6")
    .replace(/([+-]\d{4}) [a-z]+$/i, "$1")
  if (!anyDate.test(text)) return undefined
  // A date of ISO 8601 without a time is in UTC.
  const suffix = zone.test(text) || /^[\d-]+$/.test(text) ? "" : /T\d/.test(text) ? "Z" : " UTC"
  const parsed = Date.parse(text + suffix)
  return Number.isNaN(parsed) ? undefined : parsed
}

/** The milliseconds of a unit of `parseDuration`. */
const units: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** Parses a duration to milliseconds: as Go formats it, such as `6m0s`, `1.5s` or `20ms`, in words, or as ISO 8601 (`PT30S`). */
const parseDuration = (written: string): number | undefined => {
  const text = written
    .toLowerCase()
    .replace(/^p(?=.)(?:(\d+)d)?t?/, (_, days?: string) => (days === undefined ? "" : `${days}d`))
    .replace(/ *(?:(s)ec(?:ond)?s?|(m)in(?:ute)?s?|(h)(?:ou)?rs?|(d)ays?)\b/g, "$1$2$3$4")
    .replaceAll(" ", "")
  return /^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text)
    ? Array.from(text.matchAll(/([\d.]+)([a-z]+)/g)).reduce(
        (sum, [, count, unit]) => sum + Number(count) * units[unit!]!,
        0
      )
    : undefined
}

/**
 * Converts a number of a header to a wait in milliseconds from `now`. Its magnitude tells its meaning: below 1e9 seconds to wait
 * (31 years), below 1e12 seconds since the epoch, below 1e15 milliseconds, below 1e18 microseconds, and beyond that nanoseconds.
 */
const numberToWait = (value: number, now: number): number => {
  if (value < 1e9) return value * 1000
  const millis = value < 1e12 ? value * 1000 : value < 1e15 ? value : value < 1e18 ? value / 1000 : value / 1e6
  return millis - now
}

/** The length of the longest header that is read as a wait, in characters. */
const maxWaitLength = 1000

/**
 * Parses a wait, and returns it in milliseconds: seconds, a duration with units, a date, or a time since the epoch. `now` is the
 * server's time in milliseconds since the epoch. The result is negative for a date in the past. Waits deviate from RFC 9110 in many
 * servers, and one that is not understood would be a retry that comes too early, so any form that can be read is read.
 */
export const parseWait = (header = "", now: number): number | undefined => {
  // The patterns take quadratic time.
  if (header.length > maxWaitLength) return undefined
  const text = header.trim()
  const value = parseDecimal(text)
  if (value !== undefined) return numberToWait(value, now)
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
