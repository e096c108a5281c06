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
export const parseHttpDate = (text: string, now: number): number | undefined => {
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
 * How long a `Retry-After` asks to wait (RFC 9110, 10.2.3): whole seconds, or a date seen from `now` (milliseconds since the
 * epoch); a date gone by is no wait. Nonsense is undefined.
 */
export const parse = (header: string | undefined, now: number): Duration.Duration | undefined => {
  const text = header?.trim()
  if (text === undefined || text === "") return undefined
  if (/^\d+$/.test(text)) {
    const seconds = Number(text)
    return Number.isSafeInteger(seconds * 1000) ? Duration.seconds(seconds) : Duration.infinity
  }
  const moment = parseHttpDate(text, now)
  return moment === undefined ? undefined : Duration.millis(Math.max(0, moment - now))
}
