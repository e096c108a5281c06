import * as Duration from "effect/Duration"
import { type Explanation, formatFailure, formatRange, type Row } from "../call/explain.js"
import { timeText } from "../timeText.js"
import { type ChartRow, drawChart, gapRow } from "./chart.js"
import { withoutMiddle } from "./withoutMiddle.js"

const rowOf = (row: Row): ChartRow => {
  const { at, number, verdicts, wait } = row
  const [earliest, latest] = [Duration.toMillis(at[0]), Duration.toMillis(at[1])]
  const [shortest, longest] = wait === undefined ? [0, 0] : [Duration.toMillis(wait[0]), Duration.toMillis(wait[1])]
  return {
    number: String(number),
    label: `${formatFailure(row)} (${row.class})`,
    isPart: false,
    bars: [
      // Both waits begin at the latest failure.
      ...(longest > shortest ? [{ kind: "longest", from: latest, to: latest + longest } as const] : []),
      ...(shortest > 0 ? [{ kind: "shortest", from: latest, to: latest + shortest } as const] : []),
      { kind: "moment", from: earliest, to: latest }
    ],
    duration: "",
    note: [verdicts.join(" or "), ...(wait === undefined ? [] : [formatRange(wait)])].join(", ")
  }
}

/** Draws the decisions of a policy as SVG. */
export const drawPolicy = ({ deadline, method, rows, success }: Explanation): string => {
  const lastTime = success?.at[1] ?? rows.at(-1)?.at[1] ?? Duration.zero
  const end = Duration.toMillis(lastTime)
  const shown = withoutMiddle(rows.map(rowOf), (leftOut) => gapRow(leftOut, "attempts"))
  const limit = deadline === undefined || !Duration.isFinite(deadline) ? undefined : Duration.toMillis(deadline)
  const outcome =
    success === undefined
      ? `the call fails with attempt ${rows.length}`
      : `attempt ${success.number} succeeds at ${formatRange(success.at)}`
  return drawChart({
    title: `Retries of a ${method} call`,
    subtitle: `${outcome}${limit === undefined ? "" : `, with a deadline of ${timeText(limit)}`}`,
    end,
    mark: limit === undefined ? undefined : { at: limit, name: "deadline" },
    legend: [
      ["moment", "time of the failure"],
      ["shortest", "shortest wait"],
      ["longest", "longest wait"]
    ],
    rows:
      success === undefined
        ? shown
        : [
            ...shown,
            {
              number: String(success.number),
              label: "success",
              isPart: false,
              bars: [{ kind: "success", from: Duration.toMillis(success.at[0]), to: Duration.toMillis(success.at[1]) }],
              duration: "",
              note: ""
            }
          ],
    footnotes: []
  })
}
