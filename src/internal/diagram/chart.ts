import { timeText } from "../timeText.js"
import { printable, widthOf } from "./printable.js"

/** The colors of a chart, for light and dark backgrounds, in this order. Each contrasts enough with its background (WCAG 2.2, 1.4.11). */
const colors = {
  background: ["#ffffff", "#0d1117"],
  text: ["#1f2328", "#e6edf3"],
  muted: ["#59636e", "#9198a1"],
  grid: ["#d1d9e0", "#3d444d"],
  success: ["#1a7f37", "#3fb950"],
  failure: ["#cf222e", "#f85149"],
  credentials: ["#8250df", "#bc8cff"],
  wait: ["#818b98", "#6e7681"],
  shortest: ["#0550ae", "#58a6ff"],
  longest: ["#80b3e8", "#274c77"],
  moment: ["#cf222e", "#f85149"]
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>

/** The kind of a bar, which decides its color. */
export type BarKind = Exclude<keyof typeof colors, "background" | "text" | "muted" | "grid">

/** A bar from one time to another, in milliseconds. */
export interface Bar {
  readonly kind: BarKind
  readonly from: number
  readonly to: number
}

/** A row of a chart: texts to the left and to the right of its bars. */
export interface ChartRow {
  readonly number: string
  readonly label: string
  /** True for a row that is a part of the one above. */
  readonly isPart: boolean
  readonly bars: ReadonlyArray<Bar>
  readonly duration: string
  readonly note: string
}

/** A row in the place of those that are left out of a long chart. */
export const gapRow = (leftOut: number, what: string): ChartRow => ({
  number: "",
  label: `… ${leftOut} more ${what}`,
  isPart: true,
  bars: [],
  duration: "",
  note: ""
})

/** A time to mark, with its name. */
interface Mark {
  readonly at: number
  readonly name: string
}

/** A chart of times. Texts may have any characters. */
export interface Chart {
  readonly title: string
  /** The line below the title. */
  readonly subtitle: string
  readonly rows: ReadonlyArray<ChartRow>
  /** The end of the axis, in milliseconds. */
  readonly end: number
  readonly mark?: Mark | undefined
  /** The meanings of the kinds of bars. Those of which the chart has none are left out. */
  readonly legend: ReadonlyArray<readonly [kind: BarKind, meaning: string]>
  readonly footnotes: ReadonlyArray<string>
}

const width = 960
const padding = 16
const legendTop = 62
const rowHeight = 22
const footnoteHeight = 18
const labelLeft = 44
const barsLeft = 304
const barsRight = 644
const durationRight = 704
const noteLeft = 716

/** The characters of the font of 12 pixels in a length, with a margin for fonts that are wider than most. */
const charactersIn = (length: number): number => Math.floor(length / 7.3)

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** Escapes a text for XML, without the characters that XML forbids. */
const escaped = (text: string, columns: number): string =>
  printable(text, columns).replace(/[&<>"']/g, (character) => entities[character]!)

/** Breaks a text into at most four lines of at most this many columns, at spaces where there are any. */
const linesOf = (text: string, columns: number): ReadonlyArray<string> => {
  const maxLines = 4
  const lines: Array<string> = [""]
  for (const word of printable(text, columns * maxLines).split(" ")) {
    const line = lines.at(-1)!
    const joined = line === "" ? word : `${line} ${word}`
    if (widthOf(joined) <= columns || line === "") lines[lines.length - 1] = joined
    else lines.push(word)
  }
  // A word may be longer than a line.
  return lines.slice(0, maxLines)
}

const text = (x: number, y: number, content: string, columns: number, attributes = ""): string =>
  `<text x="${x}" y="${y}"${attributes}>${escaped(content, columns)}</text>`

/** The times of about five lines of the grid, at round numbers. */
const ticksOf = (end: number): ReadonlyArray<number> => {
  const rough = end / 4
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((step) => step >= rough)!
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step)
}

const rounded = (length: number): number => Math.round(length * 10) / 10

const styleOf = (index: 0 | 1): string =>
  Object.entries(colors)
    .map(([name, color]) => `.herald-diagram .${name}{fill:${color[index]}}`)
    .join("") +
  `.herald-diagram line{stroke:${colors.grid[index]}}.herald-diagram .mark{stroke:${colors.failure[index]}}`

const style = [
  ".herald-diagram text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}",
  ".herald-diagram .title{font-size:14px;font-weight:600}.herald-diagram .mark{stroke-dasharray:4 3}",
  `${styleOf(0)}@media(prefers-color-scheme:dark){${styleOf(1)}}`
].join("")

/** Describes a chart for those who do not see it. */
const describe = ({ footnotes, rows, subtitle }: Chart): string =>
  [
    subtitle,
    ...rows.map(({ duration, label, note, number }) =>
      [number === "" ? label.trim() : `attempt ${number}: ${label}`, duration, note]
        .filter((part) => part !== "")
        .join(", ")
    ),
    ...footnotes
  ].join(". ")

/** The parts that a chart has, and their positions in pixels. */
interface Layout {
  /** The legend of the kinds of bars that the chart has. */
  readonly legend: Chart["legend"]
  readonly hasAxis: boolean
  readonly rowsTop: number
  readonly rowsBottom: number
  readonly notesLeft: number
  readonly footnoteLines: ReadonlyArray<string>
  readonly height: number
  /** Returns the position of a time. For a time outside of the axis it is the nearest end. */
  readonly xOf: (at: number) => number
}

const layoutOf = ({ end, footnotes, legend, rows }: Chart): Layout => {
  const used = legend.filter(([kind]) => rows.some(({ bars }) => bars.some((bar) => bar.kind === kind)))
  // Shorter times are below the precision of a clock.
  const hasAxis = end >= 1e-3 && Number.isFinite(end) && rows.length > 0
  const axisTop = used.length === 0 ? legendTop - 8 : legendTop + 22
  const rowsTop = hasAxis ? axisTop + 24 : axisTop
  const rowsBottom = rowsTop + rows.length * rowHeight
  const footnoteLines = footnotes.flatMap((footnote) => linesOf(footnote, charactersIn(width - 2 * padding)))
  const scale = (barsRight - barsLeft) / end
  return {
    legend: used,
    hasAxis,
    rowsTop,
    rowsBottom,
    // Without durations, the notes begin in their place.
    notesLeft: rows.every(({ duration }) => duration === "") ? barsRight + padding : noteLeft,
    footnoteLines,
    height: rowsBottom + (footnoteLines.length === 0 ? 0 : 12) + footnoteLines.length * footnoteHeight + padding,
    xOf: (at) => barsLeft + Math.min(Math.max(at, 0), end) * scale
  }
}

const drawLegend = ({ legend }: Layout): ReadonlyArray<string> => {
  let left = padding
  return legend.flatMap(([kind, meaning]) => {
    const x = left
    left += 34 + Math.ceil(widthOf(meaning) * 7.3)
    return [
      `<rect class="${kind}" x="${x}" y="${legendTop - 10}" width="12" height="12" rx="2"/>`,
      text(x + 18, legendTop, meaning, 60, ' class="muted"')
    ]
  })
}

/** Draws a line through all rows. */
const drawVertical = (x: number, { rowsBottom, rowsTop }: Layout, attributes = ""): string =>
  `<line${attributes} x1="${x}" y1="${rowsTop - 4}" x2="${x}" y2="${rowsBottom}"/>`

const drawAxis = (end: number, layout: Layout): ReadonlyArray<string> =>
  ticksOf(end).flatMap((at) => {
    const x = rounded(layout.xOf(at))
    return [
      drawVertical(x, layout),
      text(x, layout.rowsTop - 9, timeText(at), 10, ' class="muted" text-anchor="middle"')
    ]
  })

const drawMark = ({ at, name }: Mark, layout: Layout): ReadonlyArray<string> => {
  const x = rounded(layout.xOf(at))
  return [
    drawVertical(x, layout, ' class="mark"'),
    text(x + 4, layout.rowsTop - 22, name, 20, ' class="failure" text-anchor="middle"')
  ]
}

const drawBar = ({ from, kind, to }: Bar, isPart: boolean, top: number, { xOf }: Layout): string => {
  const isThin = kind === "wait" || kind === "moment" || isPart
  const [offset, thickness] = isThin ? [8, 6] : [4, 14]
  const x = Math.min(xOf(from), barsRight - 2)
  const length = Math.max(2, xOf(to) - x)
  return `<rect class="${kind}" x="${rounded(x)}" y="${top + offset}" width="${rounded(length)}" height="${thickness}" rx="1.5"/>`
}

/** The end of a text without content. Most rows have no text in some columns. */
const withoutContent = "></text>"

const drawRow = (row: ChartRow, top: number, layout: Layout): ReadonlyArray<string> => {
  const { bars, duration, isPart, label, note, number } = row
  const { hasAxis, notesLeft } = layout
  const baseline = top + 15
  const tone = ` class="${isPart ? "muted" : "text"}"`
  const [indent, indentColumns] = isPart ? [14, 2] : [0, 0]
  const labelColumns = charactersIn(barsLeft - labelLeft) - indentColumns
  return [
    text(36, baseline, number, 5, ' class="muted" text-anchor="end"'),
    text(labelLeft + indent, baseline, label, labelColumns, tone),
    ...(hasAxis ? bars.map((bar) => drawBar(bar, isPart, top, layout)) : []),
    text(durationRight, baseline, duration, 8, ' class="muted" text-anchor="end"'),
    text(notesLeft, baseline, note, charactersIn(width - notesLeft - 4), tone)
  ].filter((element) => !element.endsWith(withoutContent))
}

const drawFootnotes = ({ footnoteLines, rowsBottom }: Layout): ReadonlyArray<string> =>
  footnoteLines.map((line, index) =>
    text(padding, rowsBottom + 22 + index * footnoteHeight, line, charactersIn(width - 2 * padding), ' class="text"')
  )

/** Draws a chart as SVG, of a fixed width. Styles apply to the drawing only, also within a page. */
export const drawChart = (chart: Chart): string => {
  const { end, mark, rows, subtitle, title } = chart
  const layout = layoutOf(chart)
  const { hasAxis, height, rowsTop } = layout
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="herald-diagram" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title, 200)}</title>`,
    `<desc>${escaped(describe(chart), 8000)}</desc>`,
    `<style>${style}</style>`,
    `<rect class="background" width="${width}" height="${height}"/>`,
    text(padding, 26, title, Math.floor((width - 2 * padding) / 8.6), ' class="text title"'),
    text(padding, 44, subtitle, charactersIn(width - 2 * padding), ' class="muted"'),
    ...drawLegend(layout),
    ...(hasAxis ? drawAxis(end, layout) : []),
    ...rows.flatMap((row, index) => drawRow(row, rowsTop + index * rowHeight, layout)),
    ...(hasAxis && mark !== undefined && mark.at <= end ? drawMark(mark, layout) : []),
    ...drawFootnotes(layout),
    "</svg>"
  ].join("\n")}\n`
}
