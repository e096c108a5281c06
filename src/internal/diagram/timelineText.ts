import { timeText } from "../timeText.js"
import type { Timeline } from "./model.js"
import { padded, printable, widthOf } from "./printable.js"
import { footnotesOf, type Gap, headingOf, isGap, type PeriodKind, rowsOf, type TimelineRow } from "./timelineRows.js"

/** The width of the bars, in characters. */
const barWidth = 30

const characters: Readonly<Record<PeriodKind, string>> = { success: "█", failure: "█", credentials: "▒", wait: "░" }

const barOf = ({ periods }: TimelineRow, end: number): string => {
  if (!(end > 0)) return ""
  const column = (at: number) => Math.round((Math.min(at, end) / end) * barWidth)
  const cells: Array<string> = Array.from({ length: barWidth }, () => " ")
  for (const { from, kind, to } of periods) {
    // A period that is shorter than a column still has one.
    const first = Math.min(column(from), barWidth - 1)
    cells.fill(characters[kind], first, Math.max(column(to), first + 1))
  }
  return cells.join("").trimEnd()
}

const cellsOf = (row: TimelineRow | Gap, end: number): ReadonlyArray<string> =>
  isGap(row)
    ? ["", `... ${row.leftOut} more rows`, "", "", "", "", ""]
    : [
        row.number === undefined ? "" : String(row.number),
        printable(`${row.isPart ? "  " : ""}${row.label}`, 40),
        timeText(row.at),
        timeText(row.duration),
        printable(row.class ?? "", 12),
        printable(row.verdict ?? "", 24),
        barOf(row, end)
      ]

/** Aligns the cells of a table. All rows have as many cells as the first one. */
const aligned = (table: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = table[0]!.map((_, column) =>
    table.reduce((width, cells) => Math.max(width, widthOf(cells[column]!)), 0)
  )
  return table.map((cells) =>
    cells
      .map((cell, column) => padded(cell, widths[column]!))
      // A column without content, such as the verdicts of a success.
      .filter((_, column) => widths[column]! > 0)
      .join("  ")
      .trimEnd()
  )
}

/** Formats a timeline for a font of fixed width. */
export const formatTimeline = (timeline: Timeline): string => {
  const { duration } = timeline
  const { call, facts } = headingOf(timeline)
  const scale = duration > 0 ? `0${timeText(duration).padStart(barWidth - 1)}` : ""
  const titles = ["#", "", "at", "took", "class", "verdict", scale]
  const rows = rowsOf(timeline).map((row) => cellsOf(row, duration))
  return [
    printable(call, 200),
    printable(facts, 200),
    ...(rows.length > 0 ? ["", ...aligned([titles, ...rows])] : []),
    ...footnotesOf(timeline).flatMap((line, index) => [...(index === 0 ? [""] : []), printable(line, 400)])
  ].join("\n")
}
