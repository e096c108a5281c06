/** A bar of a chart. Its kind decides its color. */
export interface ChartBar<Kind extends string> {
  readonly label: string
  readonly value: number
  readonly kind: Kind
}

/** A chart of horizontal bars. */
export interface BarChart {
  readonly title: string
  readonly description: string
  readonly unit: string
  readonly bars: ReadonlyArray<ChartBar<Kind>>
  /** The meaning of each kind. */
  readonly legend: Readonly<Record<Kind, string>>
}

type Kind = "own" | "checked" | "unchecked"

/** Colors for light and dark backgrounds, in this order. Each has enough contrast to its background to be told apart. */
const colors: Readonly<Record<Kind | "text" | "background", readonly [light: string, dark: string]>> = {
  text: ["#1f2328", "#e6edf3"],
  background: ["#ffffff", "#0d1117"],
  own: ["#0550ae", "#58a6ff"],
  checked: ["#8250df", "#bc8cff"],
  unchecked: ["#8c959f", "#6e7681"]
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const style = (index: 0 | 1) =>
  Object.entries(colors)
    .map(([name, color]) => `.${name}{fill:${color[index]}}`)
    .join("")

/** Draws a chart as SVG, readable on light and dark backgrounds. Its title and description are also for screen readers. */
export const barChart = ({ bars, description, legend, title, unit }: BarChart): string => {
  const [width, labels, line, top] = [860, 330, 24, 84]
  const scale = (width - labels - 90) / Math.max(...bars.map(({ value }) => value))
  const height = top + bars.length * line + 16
  const rows = bars.flatMap(({ kind, label, value }, index) => {
    const y = top + index * line
    const length = Math.max(1, value * scale)
    return [
      `<text class="text" x="${labels - 10}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${kind}" x="${labels}" y="${y + 3}" width="${length.toFixed(1)}" height="${line - 8}" rx="2"/>`,
      `<text class="text" x="${(labels + length + 6).toFixed(1)}" y="${y + 15}">${value.toFixed(value < 10 ? 2 : 1)}</text>`
    ]
  })
  const keys = Object.entries(legend).flatMap(([kind, meaning], index) => {
    const x = 16 + index * 230
    return [
      `<rect class="${kind}" x="${x}" y="46" width="14" height="14" rx="2"/>`,
      `<text class="text" x="${x + 20}" y="58">${escaped(meaning)}</text>`
    ]
  })
  const values = bars.map(({ label, value }) => `${label}: ${value}`).join("; ")
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped(`${description} ${values}.`)}</desc>`,
    `<style>text{font:13px system-ui,sans-serif}.heading{font-size:16px;font-weight:600}${style(0)}@media(prefers-color-scheme:dark){${style(1)}}</style>`,
    `<rect class="background" width="${width}" height="${height}"/>`,
    `<text class="text heading" x="16" y="30">${escaped(`${title}, ${unit}`)}</text>`,
    ...keys,
    ...rows,
    "</svg>"
  ].join("\n")}\n`
}
