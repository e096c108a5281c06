import * as Duration from "effect/Duration"

/** The longest time that a `Date` can have. `Duration.format` throws for much longer ones. */
const maxMillis = 8.64e15

/** Formats a time for a diagram: milliseconds below a second, hundredths of a second below a minute, then whole seconds. */
export const timeText = (time: Duration.DurationInput): string => {
  const millis = Duration.toMillis(time)
  if (millis > maxMillis) return "forever"
  if (Math.round(millis) === 0) return "0"
  if (Math.round(millis) < 1000) return `${Math.round(millis)}ms`
  const seconds = Math.round(millis / 10) / 100
  return seconds < 60 ? `${seconds}s` : Duration.format(Duration.seconds(Math.round(seconds)))
}
