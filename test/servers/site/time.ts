const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

const day = 86_400_000
/** The years that Python knows are 1 to 9999. */
const earliest = BigInt(Date.parse("0001-01-01T00:00:00Z")) * 1000n
const latest = BigInt(Date.parse("9999-12-31T23:59:59.999Z")) * 1000n + 999n

/**
 * Parses a time of ISO 8601 to microseconds since the epoch. A time without a zone is UTC. Undefined if it is none; `"overflow"` if it
 * is before the year 1 or after 9999 in UTC.
 */
export const parse = (text: string, zone: "own" | "UTC" = "own"): bigint | "overflow" | undefined => {
  const match = iso.exec(text.trim())
  if (match === null) return undefined
  const [, year = "", month = "", date = "", hour = "00", minute = "00", second = "00", fraction = "", offset = "Z"] =
    match
  if (year === "0000" || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const local = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`)
  // JavaScript takes the 30th of February for the 2nd of March.
  if (Number.isNaN(local) || new Date(local).getUTCDate() !== Number(date)) return undefined
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset) ?? []
  const shift = sign === undefined || zone === "UTC" ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000
  if (shift >= day) return undefined
  const micros = BigInt(local - (sign === "-" ? -shift : shift)) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"))
  return micros < earliest || micros > latest ? "overflow" : micros
}

/** Formats microseconds since the epoch: with microseconds if they are not zero. */
export const format = (micros: bigint): string => {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19)
  return `${seconds}${rest === 0n ? "" : `.${rest.toString().padStart(6, "0")}`}Z`
}

const duration = /^(?:(-?\d+) (?:days?, )?)?(-?)(?:(?:(\d+):)(?=\d+:\d+))?(?:(\d+):)?(\d+)(?:[.,](\d{1,6})\d{0,6})?$/

/** Parses a duration, `[DD] [HH:[MM:]]ss[.uuuuuu]`, to microseconds. */
export const parseDuration = (text: string): bigint | undefined => {
  const match = duration.exec(text)
  if (match === null) return undefined
  const [, days = "0", sign, hours = "0", minutes = "0", seconds = "0", fraction = ""] = match
  const time =
    ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * 1_000_000n + BigInt(fraction.padEnd(6, "0"))
  return BigInt(days) * 86_400_000_000n + (sign === "-" ? -time : time)
}

/** Formats microseconds as Python formats the float of a `timedelta`'s seconds. */
export const formatDuration = (micros: bigint): string => {
  if (micros % 1_000_000n === 0n) return `${micros / 1_000_000n}.0`
  const seconds = Number(micros) / 1_000_000
  return Math.abs(seconds) < 1e-4 ? seconds.toExponential().replace(/e-(\d)$/, "e-0$1") : String(seconds)
}
