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

/** A year of two digits that seems more than 50 years ahead is in the past (RFC 9110, 5.6.7). */
const fullYear = (year: string, now: number): number => {
  if (year.length === 4) return Number(year)
  const latest = new Date(now).getUTCFullYear() + 50
  return latest - ((latest - Number(year)) % 100)
}

/**
 * The moment that an HTTP date names, in milliseconds since the epoch, in any of the three formats that RFC 9110, 5.6.7 has
 * recipients take. Anything else is undefined.
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
  // The 31st of a shorter month would roll over; a leap second may.
  const dayExists = new Date(Date.UTC(year, index, day)).getUTCDate() === day
  return dayExists && hour < 24 && minute < 60 && second < 61
    ? Date.UTC(year, index, day, hour, minute, second)
    : undefined
}

/**
 * The most that two clocks which both tell the time differ by, in milliseconds: a day. Drift is minutes, and a clock set to
 * local time by mistake is off by hours. More than a day is a clock that was never set (1970) or stands still, or an answer
 * out of a cache: what it says then is no better than the clock here.
 */
const maxSkew = 86_400_000

/**
 * What time it is for the server, in milliseconds since the epoch: what its `Date` says (RFC 9110, 6.6.1), or else `now`.
 * Moments in an answer count from here, so that a clock that is wrong on this side neither cuts a wait short nor stretches it.
 */
export const serverNow = (headers: Readonly<Record<string, string | undefined>>, now: number): number => {
  const date = parseDate(headers["date"]?.trim() ?? "", now)
  return date !== undefined && Math.abs(date - now) <= maxSkew ? date : now
}

/** A number in plain digits, decimals allowed, as headers have it: no sign, no exponent. Anything else is undefined. */
export const parseDecimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined

/** This many milliseconds; less than none are none, and more than can be counted are for ever. */
export const lasting = (millis: number): Duration.Duration =>
  millis > Number.MAX_SAFE_INTEGER ? Duration.infinity : Duration.millis(millis)

/** The longest of those that are there. */
export const longest = (waits: ReadonlyArray<Duration.Duration | undefined>): Duration.Duration | undefined =>
  waits.reduce<Duration.Duration | undefined>(
    (most, wait) => (most === undefined || wait === undefined ? (most ?? wait) : Duration.max(most, wait)),
    undefined
  )
