import { type Stage, stages } from "./stages.js"

/** Colors for light and dark backgrounds, in this order. */
const colors: Readonly<Record<string, readonly [fill: string, stroke: string, text: string]>> = {
  light: ["#ffffff", "#818b98", "#1f2328"],
  dark: ["#0d1117", "#6e7681", "#e6edf3"]
}

/** Further colors: of muted text, of the frame of an attempt, of errors. */
const tones: Readonly<Record<string, readonly [muted: string, frame: string, errors: string, accent: string]>> = {
  light: ["#59636e", "#f6f8fa", "#cf222e", "#0550ae"],
  dark: ["#9198a1", "#151b23", "#f85149", "#58a6ff"]
}

const styleOf = (scheme: "light" | "dark"): string => {
  const [fill, stroke, text] = colors[scheme]!
  const [muted, frame, errors, accent] = tones[scheme]!
  return [
    `.back{fill:${fill}}`,
    `.box{fill:${fill};stroke:${stroke}}`,
    `.frame{fill:${frame};stroke:${stroke};stroke-dasharray:5 4}`,
    `.arrow{fill:none;stroke:${accent};stroke-width:1.5}`,
    `.tip{fill:${accent}}`,
    `.name{fill:${text}}`,
    `.more{fill:${muted}}`,
    `.errors{fill:${errors}}`,
    `.loop{fill:${accent}}`
  ].join("")
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const [width, left, boxWidth, boxHeight, step, top] = [960, 90, 500, 44, 60, 104] as const
const errorsLeft = left + boxWidth + 110

const box = ({ fails, text, title }: Stage, y: number): ReadonlyArray<string> => [
  `<rect class="box" x="${left}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="6"/>`,
  `<text class="name" x="${left + 14}" y="${y + 19}">${escaped(title)}</text>`,
  `<text class="more small" x="${left + 14}" y="${y + 35}">${escaped(text)}</text>`,
  ...(fails === "" ? [] : [`<text class="errors small" x="${errorsLeft}" y="${y + 27}">${escaped(fails)}</text>`])
]

/** An arrow straight down, between two boxes. */
const down = (y: number): ReadonlyArray<string> => {
  const x = left + 40
  return [
    `<path class="arrow" d="M${x} ${y}V${y + step - boxHeight - 6}"/>`,
    `<path class="tip" d="M${x - 4} ${y + step - boxHeight - 7}h8l-4 7z"/>`
  ]
}

const turned = (x: number, y: number, kind: string, label: string): string =>
  `<text class="${kind} small" transform="translate(${x} ${y}) rotate(-90)" text-anchor="middle">${escaped(label)}</text>`

/** An arrow from the side of a box to the same side of another one, at a distance from the boxes. */
const around = (
  from: number,
  to: number,
  side: "left" | "right",
  distance: number,
  label: string
): ReadonlyArray<string> => {
  const [edge, sign] = side === "left" ? [left, -1] : [left + boxWidth, 1]
  const x = edge + sign * distance
  const [begin, end] = [from + boxHeight / 2, to + boxHeight / 2]
  return [
    `<path class="arrow" d="M${edge} ${begin}H${x}V${end}H${edge + sign * 7}"/>`,
    `<path class="tip" d="M${edge + sign * 8} ${end - 4}v8l${-sign * 7} -4z"/>`,
    turned(x + (side === "left" ? -8 : 16), (begin + end) / 2, "loop", label)
  ]
}

/** Draws the stages of a call as SVG, for light and dark backgrounds. */
export const drawLifeOfARequest = (): string => {
  const tops = new Map(stages.map(({ id }, index) => [id, top + index * step]))
  const topOf = (id: string) => tops.get(id)!
  const attempt = stages.filter(({ ofAttempt }) => ofAttempt)
  const frameTop = topOf(attempt[0]!.id) - 10
  const frameBottom = topOf(attempt.at(-1)!.id) + boxHeight + 10
  const height = top + stages.length * step + 8
  const description = stages
    .map(({ fails, text, title }) => `${title}: ${text}${fails === "" ? "" : ` (${fails})`}`)
    .join("; ")
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    "<title>The life of a request</title>",
    `<desc>${escaped(`The stages of a call, in order: ${description}.`)}</desc>`,
    `<style>text{font:14px system-ui,sans-serif}.small{font-size:12px}.heading{font-size:16px;font-weight:600}${styleOf("light")}@media(prefers-color-scheme:dark){${styleOf("dark")}}</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    '<text class="name heading" x="24" y="34">The life of a request</text>',
    '<text class="more small" x="24" y="56">The stages of a call, in order. A call passes only those that it needs.</text>',
    `<text class="errors small" x="${errorsLeft}" y="${top - 14}">can fail with</text>`,
    `<rect class="frame" x="${left - 66}" y="${frameTop}" width="${boxWidth + 160}" height="${frameBottom - frameTop}" rx="10"/>`,
    turned(left - 44, (topOf(attempt[0]!.id) + topOf("send") + boxHeight) / 2, "more", "each attempt"),
    ...stages.flatMap((stage, index) => [
      ...box(stage, topOf(stage.id)),
      // After the wait an attempt begins.
      ...(index === stages.length - 1 || stage.id === "wait" ? [] : down(topOf(stage.id) + boxHeight))
    ]),
    ...around(topOf("receive"), topOf("decode"), "left", 24, "a success"),
    ...around(topOf("refresh"), topOf("authorize"), "right", 20, "with other credentials"),
    ...around(topOf("wait"), topOf("admission"), "right", 56, "the next attempt"),
    "</svg>"
  ].join("\n")}\n`
}
