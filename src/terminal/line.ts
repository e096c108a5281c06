import * as Duration from "effect/Duration"
import type { Progress } from "../Progress.js"
import { columnsOf, cut, fill } from "./text.js"

const byteUnits: ReadonlyArray<string> = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

/** Returns the unit in which an amount of bytes is shown: the largest of which there is at least one. */
const byteUnitOf = (bytes: number): number => {
  let unit = 0
  // What would be rounded to 1024 is shown in the next unit.
  while (unit < byteUnits.length - 1 && bytes / 1024 ** unit >= 1023.95) unit++
  return unit
}

const bytesIn = (bytes: number, unit: number) =>
  (unit === 0 ? Math.round(bytes) : bytes / 1024 ** unit).toLocaleString("en", {
    minimumFractionDigits: unit === 0 ? 0 : 1,
    maximumFractionDigits: unit === 0 ? 0 : 1
  })

/** Formats bytes in powers of 1024 (IEC 80000-13), such as `1.5 MiB`. */
const formatBytes = (bytes: number): string => {
  const unit = byteUnitOf(bytes)
  return `${bytesIn(bytes, unit)} ${byteUnits[unit]}`
}

const formatItems = (items: number, fractionDigits = 0): string =>
  items.toLocaleString("en", { maximumFractionDigits: fractionDigits })

/** Formats a duration by the second, such as `0:07`, `1:02:03` and `3d 04h`. */
export const formatDuration = (duration: Duration.Duration): string => {
  const seconds = Math.ceil(Duration.toSeconds(duration))
  const two = (number: number) => String(number).padStart(2, "0")
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60)
  if (!Number.isFinite(seconds) || days > 999) return "more than 999d"
  if (days > 0) return `${days}d ${two(hours % 24)}h`
  if (hours > 0) return `${hours}:${two(minutes % 60)}:${two(seconds % 60)}`
  return `${minutes}:${two(seconds % 60)}`
}

/** Returns the part that is done, from 0 to 1. Undefined if it is not known. */
const fractionOf = ({ done, total, unit }: Progress): number | undefined => {
  const fraction = done / (total ?? (unit === "percent" ? 100 : Number.NaN))
  return Number.isNaN(fraction) ? undefined : Math.min(1, Math.max(0, fraction))
}

/** Formats the amount that is done, and of how much, such as `1.2/2.7 GiB`. A percentage needs none. */
const formatCount = ({ done, total, unit }: Progress): string => {
  switch (unit) {
    case "bytes": {
      if (total === undefined) return formatBytes(done)
      const shared = byteUnitOf(total)
      return `${bytesIn(done, shared)}/${bytesIn(total, shared)} ${byteUnits[shared]}`
    }
    case "items":
      return total === undefined ? formatItems(done) : `${formatItems(done)}/${formatItems(total)}`
    case "percent":
      return total === undefined || total === 100 ? "" : `${formatItems(done, 1)}/${formatItems(total, 1)}`
  }
}

const formatRate = ({ rate, unit }: Progress): string => {
  if (rate <= 0 || unit === "percent") return ""
  return unit === "bytes" ? `${formatBytes(rate)}/s` : `${formatItems(rate, rate < 10 ? 1 : 0)}/s`
}

const formatTime = ({ elapsed, remaining, total }: Progress): string =>
  remaining !== undefined ? `${formatDuration(remaining)} left` : total === undefined ? formatDuration(elapsed) : ""

const drawBar = (fraction: number, columns: number) => {
  const full = Math.floor(fraction * columns)
  return `[${"#".repeat(full)}${"-".repeat(columns - full)}]`
}

/** The space between two parts of a line. */
const gap = "  "

const join = (parts: ReadonlyArray<string>) => parts.filter((part) => part !== "").join(gap)

/** The most columns of a label, as a part of the line. */
const labelShare = 0.4

/** Returns the columns that labels get: those of the longest, and at most a part of the line. */
export const labelColumnsOf = (labels: Iterable<string>, columns: number): number => {
  let longest = 0
  for (const label of labels) longest = Math.max(longest, columnsOf(label))
  return Math.min(longest, Math.max(1, Math.floor(columns * labelShare)))
}

/** The length of a bar, by the columns that the rest of the line leaves. */
const barColumnsOf = (room: number): number => (room >= 32 ? 30 : room >= 22 ? 20 : room >= 12 ? 10 : 0)

/**
 * Formats the line of work that is going on, in at most this many columns. If they are few, the bar is left out first, then the rate, and
 * then the time.
 */
export const formatLine = (
  label: string,
  progress: Progress | undefined,
  { columns, labelColumns }: { readonly columns: number; readonly labelColumns: number }
): string => {
  const name = fill(cut(label, labelColumns), labelColumns)
  if (progress === undefined) return cut(name, columns)
  const fraction = fractionOf(progress)
  const percentage = fraction === undefined ? "" : `${Math.floor(fraction * 100)}%`
  const [count, rate, time] = [formatCount(progress), formatRate(progress), formatTime(progress)]
  for (const parts of [
    [percentage, count, rate, time],
    [percentage, count, time],
    [percentage, count]
  ]) {
    const line = join([name, ...parts])
    const room = columns - columnsOf(line)
    if (room < 0) continue
    // The percentage takes the same columns in each frame.
    const size = fraction === undefined ? 0 : barColumnsOf(room - gap.length - 2)
    return size === 0 || fraction === undefined
      ? line
      : join([name, drawBar(fraction, size), percentage.padStart(4), ...parts.slice(1)])
  }
  return cut(join([name, percentage === "" ? count : percentage]), columns)
}

/** How work ended. */
export type Outcome = "done" | "failed" | "interrupted"

/** Formats the line that remains of work that ended. */
export const formatEnd = (
  label: string,
  progress: Progress | undefined,
  { columns, outcome }: { readonly columns: number; readonly outcome: Outcome }
): string => {
  const name = cut(label, labelColumnsOf([label], columns))
  const complete = outcome === "done"
  if (progress === undefined) return cut(`${name}${gap}${outcome}`, columns)
  const fraction = fractionOf(progress)
  const amount =
    progress.unit === "percent"
      ? `${Math.floor((fraction ?? 0) * 100)}%`
      : formatCount(complete ? { ...progress, total: undefined } : progress)
  const ending = `${amount} in ${formatDuration(progress.elapsed)}`
  return cut(`${name}${gap}${complete ? ending : `${ending}, ${outcome}`}`, columns)
}
