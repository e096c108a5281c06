/** The dashboard as a picture, of the metrics that a collector received. */
import type { Run } from "./run.js"
import { keyOf, quantile, type Sample, sumBy } from "./prometheus.js"

/** Colors for light and dark backgrounds, in this order. */
const colors: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  text: ["#1f2328", "#e6edf3"],
  muted: ["#59636e", "#9198a1"],
  background: ["#ffffff", "#0d1117"],
  panel: ["#f6f8fa", "#151b23"],
  s0: ["#0550ae", "#58a6ff"],
  s1: ["#bc4c00", "#f0883e"],
  s2: ["#8250df", "#bc8cff"],
  s3: ["#1a7f37", "#3fb950"],
  s4: ["#cf222e", "#ff7b72"],
  s5: ["#6e7781", "#8b949e"]
}

const series = ["s0", "s1", "s2", "s3", "s4", "s5"] as const
/** The dashes of the lines, so that they can be told apart without their colors. */
const dashes = ["", "7 3", "2 3", "9 3 2 3", "4 4", "1 2"] as const

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const style = (index: 0 | 1) =>
  Object.entries(colors)
    .map(([name, color]) =>
      name.startsWith("s") ? `.${name}{stroke:${color[index]}}` : `.${name}{fill:${color[index]}}`
    )
    .join("")

/** A value at a time, in seconds since the begin of the run. NaN if there is none. */
type Point = readonly [time: number, value: number]

interface Panel {
  readonly title: string
  readonly unit: string
  readonly lines: ReadonlyArray<{ readonly label: string; readonly points: ReadonlyArray<Point> }>
}

/** The length of the window of a rate, in seconds. */
const window = 2

type Snapshots = Run["snapshots"]

/** Computes a value for each snapshot from it and from one that is a window older. */
const over = (
  snapshots: Snapshots,
  value: (now: ReadonlyArray<Sample>, before: ReadonlyArray<Sample>, seconds: number) => number
): ReadonlyArray<Point> => {
  const start = snapshots[0]?.at ?? 0
  return snapshots.slice(1).map(({ at, samples }, index) => {
    const before = snapshots.slice(0, index + 1).findLast((one) => one.at <= at - window) ?? snapshots[0]
    return [at - start, value(samples, before?.samples ?? [], at - (before?.at ?? at))]
  })
}

interface Selection {
  readonly metric: string
  readonly by: ReadonlyArray<string>
  readonly accepts?: (labels: Sample["labels"]) => boolean
}

/** The rates of a counter by labels: the first five of them by their values, and the sum of the others. */
const rates = (snapshots: Snapshots, { accepts, by, metric }: Selection, of = 6): Panel["lines"] => {
  const last = sumBy(snapshots.at(-1)?.samples ?? [], metric, by, accepts)
  const labels = [...last].sort(([, one], [, other]) => other - one).map(([label]) => label)
  const shown = labels.length > of ? labels.slice(0, of - 1) : labels
  const line = (label: string, includes: (key: string) => boolean) => ({
    label,
    points: over(snapshots, (now, before, seconds) => {
      const total = (samples: ReadonlyArray<Sample>) =>
        [...sumBy(samples, metric, by, accepts)].reduce((sum, [key, value]) => (includes(key) ? sum + value : sum), 0)
      return (total(now) - total(before)) / seconds
    })
  })
  const others = labels.filter((label) => !shown.includes(label))
  return [
    ...shown.map((label) => line(label.trim(), (key) => key === label)),
    ...(others.length === 0 ? [] : [line(`${others.length} others`, (key) => others.includes(key))])
  ]
}

const requests = "http_client_request_duration_seconds"
const calls = "herald_client_call_duration_seconds"
const lookups = "herald_client_cache_lookups_total"

const budget = "herald_client_retry_budget_available"

/** A quantile of the durations of the calls in each window. */
const durations = (snapshots: Snapshots, share: number): ReadonlyArray<Point> =>
  over(snapshots, (now, before) => {
    const earlier = sumBy(before, `${calls}_bucket`, ["le"])
    const buckets = [...sumBy(now, `${calls}_bucket`, ["le"])].map(
      ([le, count]) => [le, count - (earlier.get(le) ?? 0)] as const
    )
    return quantile(share, new Map(buckets))
  })

/** The budget of each API. */
const budgets = (snapshots: Snapshots): Panel["lines"] =>
  [...sumBy(snapshots.at(-1)?.samples ?? [], budget, ["server_port"]).keys()].map((port, index) => ({
    // The ports differ in each run.
    label: `API ${index + 1}`,
    points: over(snapshots, (now) => sumBy(now, budget, ["server_port"]).get(port) ?? NaN)
  }))

/** The share of the cache lookups in each window that found a response, in percent. */
const hits = (snapshots: Snapshots): ReadonlyArray<Point> =>
  over(snapshots, (now, before) => {
    const total = (accepts: (labels: Sample["labels"]) => boolean) => {
      const sum = (samples: ReadonlyArray<Sample>) => sumBy(samples, lookups, [], accepts).get(keyOf({}, [])) ?? 0
      return sum(now) - sum(before)
    }
    return (100 * total(({ herald_cache_result }) => herald_cache_result !== "miss")) / total(() => true)
  })

const panelsOf = (snapshots: Snapshots): ReadonlyArray<Panel> => [
  {
    title: "Requests by operation and status",
    unit: "per second",
    lines: rates(snapshots, {
      metric: `${requests}_count`,
      by: ["http_request_method", "url_template", "http_response_status_code"]
    })
  },
  {
    title: "Duration of calls",
    unit: "seconds",
    lines: [0.5, 0.95, 0.99].map((share) => ({ label: `p${share * 100}`, points: durations(snapshots, share) }))
  },
  {
    title: "Failed calls by error",
    unit: "per second",
    lines: rates(snapshots, {
      metric: `${calls}_count`,
      by: ["error_type", "herald_verdict"],
      accepts: ({ error_type }) => error_type !== undefined
    })
  },
  {
    title: "Retries by reason",
    unit: "per second",
    lines: rates(snapshots, { metric: "herald_client_retries_total", by: ["herald_reason"] })
  },
  {
    title: "Waiting calls by reason",
    unit: "calls",
    lines: rates(snapshots, { metric: "herald_client_wait_duration_seconds_sum", by: ["herald_wait_reason"] })
  },
  { title: "Retries left in the budget", unit: "retries", lines: budgets(snapshots) },
  { title: "Cache hit ratio", unit: "percent", lines: [{ label: "hits", points: hits(snapshots) }] },
  {
    title: "Token requests",
    unit: "per second",
    lines: rates(snapshots, {
      metric: `${calls}_count`,
      by: ["http_request_method", "url_template"],
      accepts: ({ url_template }) => url_template?.endsWith("/token") === true
    })
  }
]

const [width, height, gap] = [450, 236, 12]
const plot = { left: 52, top: 40, right: 14, height: 116 }

/** Returns a round number that is at least a value. */
const ceiling = (value: number) => {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10)
}

const bottom = plot.top + plot.height

/** The positions of values and times in a plot, in pixels. */
interface Scale {
  /** The length of the time axis, in seconds. */
  readonly seconds: number
  /** The largest value of the other axis. */
  readonly max: number
  readonly toX: (time: number) => number
  readonly toY: (value: number) => number
}

const scaleOf = (lines: Panel["lines"], seconds: number): Scale => {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite)
  const max = ceiling(Math.max(0, ...values))
  const inner = width - plot.left - plot.right
  return {
    seconds,
    max,
    toX: (time) => plot.left + (time / seconds) * inner,
    toY: (value) => bottom - (value / max) * plot.height
  }
}

/** Draws the lines of the grid, with their values. */
const drawGrid = ({ max, toY }: Scale): ReadonlyArray<string> =>
  [0, max / 2, max].map(
    (value) =>
      `<path class="s5 grid" d="M${plot.left} ${toY(value)}H${width - plot.right}"/><text class="muted" x="${plot.left - 6}" y="${toY(value) + 4}" text-anchor="end">${Number(value.toPrecision(3))}</text>`
  )

/** Draws the times of the start, the middle and the end. */
const drawTimes = ({ seconds, toX }: Scale): ReadonlyArray<string> =>
  [0, seconds / 2, seconds].map(
    (time, position) =>
      `<text class="muted" x="${toX(time).toFixed(1)}" y="${bottom + 16}" text-anchor="${["start", "middle", "end"][position]!}">${time.toFixed(0)} s</text>`
  )

/** Draws a line and its entry in the legend. */
const drawLine = ({ label, points }: Panel["lines"][number], index: number, { toX, toY }: Scale): string => {
  const known = points.filter(([, value]) => Number.isFinite(value))
  const path = known.map(([time, value]) => `${toX(time).toFixed(1)} ${toY(value).toFixed(1)}`).join("L")
  const [column, row] = [index % 2, Math.floor(index / 2)]
  const keyX = 14 + column * 218
  const keyY = bottom + 36 + row * 18
  const stroke = `class="${series[index % series.length]!} line" stroke-dasharray="${dashes[index % dashes.length]!}"`
  return [
    path === "" ? "" : `<path ${stroke} d="M${path}"/>`,
    `<path ${stroke} d="M${keyX} ${keyY - 4}h22"/>`,
    `<text class="text" x="${keyX + 28}" y="${keyY}">${escaped(label)}</text>`
  ].join("")
}

const drawPanel = ({ lines, title, unit }: Panel, seconds: number, index: number): string => {
  const x = gap + (index % 2) * (width + gap)
  const y = 56 + gap + Math.floor(index / 2) * (height + gap)
  const scale = scaleOf(lines, seconds)
  return [
    `<g transform="translate(${x} ${y})">`,
    `<rect class="panel" width="${width}" height="${height}" rx="6"/>`,
    `<text class="text title" x="14" y="24">${escaped(title)}<tspan class="muted unit">, ${escaped(unit)}</tspan></text>`,
    ...drawGrid(scale),
    ...drawTimes(scale),
    ...lines.map((line, index) => drawLine(line, index, scale)),
    "</g>"
  ].join("\n")
}

/** Describes the panels for those who do not see them, by the largest value of each line. */
const describe = (panels: ReadonlyArray<Panel>): string =>
  panels
    .flatMap(({ lines, title, unit }) =>
      lines.map(({ label, points }) => {
        const peak = Math.max(...points.map(([, value]) => value).filter(Number.isFinite))
        return `${title}, ${label}: at most ${Number.isFinite(peak) ? Number(peak.toPrecision(3)) : 0} ${unit}`
      })
    )
    .join("; ")

/** Draws the panels as SVG, readable on light and dark backgrounds. Its title and description are also for screen readers. */
export const picture = ({ snapshots, spans, statuses }: Run): string => {
  const panels = panelsOf(snapshots)
  const seconds = (snapshots.at(-1)?.at ?? 0) - (snapshots[0]?.at ?? 0)
  const total = { width: 2 * width + 3 * gap, height: 56 + gap + Math.ceil(panels.length / 2) * (height + gap) }
  const title = "The dashboard of the example backend"
  const sent = Object.values(statuses).reduce((sum, { length }) => sum + length, 0)
  const facts = `${sent} requests to the backend in ${seconds.toFixed(0)} seconds, ${spans.length} spans`
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${title}</title>`,
    `<desc id="desc">${escaped(`Line charts over time of a run: ${facts}. ${describe(panels)}.`)}</desc>`,
    `<style>text{font:12px system-ui,sans-serif}.heading{font-size:16px;font-weight:600}.title{font-size:13px;font-weight:600}.unit{font-weight:400}.line{fill:none;stroke-width:2;stroke-linejoin:round}.grid{stroke-opacity:.35}${style(0)}@media(prefers-color-scheme:dark){${style(1)}}</style>`,
    `<rect class="background" width="${total.width}" height="${total.height}"/>`,
    `<text class="text heading" x="${gap + 2}" y="28">${title}</text>`,
    `<text class="muted" x="${gap + 2}" y="48">${facts}</text>`,
    ...panels.map((panel, index) => drawPanel(panel, seconds, index)),
    "</svg>"
  ].join("\n")}\n`
}
