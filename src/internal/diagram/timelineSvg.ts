import { timeText } from "../timeText.js"
import { type ChartRow, drawChart, gapRow } from "./chart.js"
import type { Timeline } from "./model.js"
import { footnotesOf, headingOf, isGap, rowsOf } from "./timelineRows.js"

/** Draws a timeline as SVG. */
export const drawTimeline = (timeline: Timeline): string => {
  const { deadline, duration } = timeline
  const { call, facts } = headingOf(timeline)
  // A deadline that is far away would leave little room for the call.
  const isNear = deadline !== undefined && deadline <= duration * 1.5
  return drawChart({
    title: call,
    subtitle: facts,
    end: isNear ? Math.max(duration, deadline) : duration,
    mark: isNear ? { at: deadline, name: "deadline" } : undefined,
    legend: [
      ["success", "request"],
      ["failure", "request that failed"],
      ["credentials", "credentials"],
      ["wait", "wait"]
    ],
    rows: rowsOf(timeline).map((row): ChartRow =>
      isGap(row)
        ? gapRow(row.leftOut, "rows")
        : {
            number: row.number === undefined ? "" : String(row.number),
            label: row.label,
            isPart: row.isPart,
            bars: row.periods,
            duration: timeText(row.duration),
            note: [row.class, row.verdict].filter((part) => part !== undefined).join(", ")
          }
    ),
    footnotes: footnotesOf(timeline)
  })
}
