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

const rowOfSuccess = ({ at, number }: NonNullable<Explanation["success"]>): ChartRow => ({
  number: String(number),
  label: "success",
  isPart: false,
  bars: [{ kind: "success", from: Duration.toMillis(at[0]), to: Duration.toMillis(at[1]) }],
  duration: "",
  note: ""
})

const outcomeText = ({ rows, success }: Explanation): string =>
  success === undefined
    ? `the call fails with attempt ${rows.length}`
    : `attempt ${success.number} succeeds at ${formatRange(success.at)}`

/** Draws the decisions of a policy as SVG. */
export const drawPolicy = (explanation: Explanation): string => {
  const { deadline, method, rows, success } = explanation
  const lastTime = success?.at[1] ?? rows.at(-1)?.at[1] ?? Duration.zero
  const limit = deadline === undefined || !Duration.isFinite(deadline) ? undefined : Duration.toMillis(deadline)
  return drawChart({
    title: `Retries of a ${method} call`,
    subtitle: `${outcomeText(explanation)}${limit === undefined ? "" : `, with a deadline of ${timeText(limit)}`}`,
    end: Duration.toMillis(lastTime),
    mark: limit === undefined ? undefined : { at: limit, name: "deadline" },
    legend: [
      ["moment", "time of the failure"],
      ["shortest", "shortest wait"],
      ["longest", "longest wait"]
    ],
    rows: [
      ...withoutMiddle(rows.map(rowOf), (leftOut) => gapRow(leftOut, "attempts")),
      ...(success === undefined ? [] : [rowOfSuccess(success)])
    ],
    footnotes: []
  })
}
