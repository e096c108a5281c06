import * as Duration from "effect/Duration"

const units: ReadonlyArray<readonly [name: string, millis: number]> = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000]
]

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`

/**
 * Formats a duration for a message, in its two largest units: `250 ms`, `1.5 seconds`, `2 minutes 5 seconds`, `1 hour`. Rounds
 * to the smaller of these two units.
 */
export const durationText = (duration: Duration.DurationInput): string => {
  const millis = Duration.toMillis(duration)
  if (millis === Infinity) return "an unlimited time"
  if (millis > 0 && millis < 1) return "less than 1 ms"
  if (millis < 999.5) return `${Math.round(millis)} ms`
  if (millis < 59_950) return counted(Math.round(millis / 100) / 10, "second")
  // Rounding may carry into a larger unit, which then is the first of the two.
  const largest = units.findIndex(([, size], index) => millis + (units[index + 1]?.[1] ?? 0) / 2 >= size)
  const [name, size] = units[largest]!
  const [smaller, smallerSize] = units[largest + 1]!
  const total = Math.round(millis / smallerSize)
  const perLarger = size / smallerSize
  const rest = total % perLarger
  const first = counted(Math.floor(total / perLarger), name)
  return rest === 0 ? first : `${first} ${counted(rest, smaller)}`
}
