/** A trace as a tree of text. */
import { recordOf, type Span } from "./otlp.js"

const millis = (nanos: bigint) => `${(Number(nanos) / 1e6).toFixed(0)} ms`

const kinds: Readonly<Record<number, string>> = { 2: "server", 3: "client" }

/** The attributes that are shown, by their names in the tree. */
const shown = {
  "http.route": "route",
  "http.response.status_code": "status",
  "error.type": "error",
  "http.request.resend_count": "resends",
  "herald.cache.result": "cache",
  "herald.verdict": "verdict",
  "herald.wait": "wait (s)"
} as const

const detailsOf = (attributes: Span["attributes"]) => {
  const record = recordOf(attributes)
  return Object.entries(shown).flatMap(([name, short]) => {
    const value = record[name]
    return value === undefined
      ? []
      : [`${short}=${typeof value === "number" ? Number(value.toFixed(3)) : String(value)}`]
  })
}

/** Draws the spans of a trace, with their starts after that of the root, durations, attributes and events. */
export const traceTree = (spans: ReadonlyArray<Span>): string => {
  const root = spans.find(({ parentSpanId }) => !spans.some(({ spanId }) => spanId === parentSpanId))
  if (root === undefined) return "no spans"
  const at = (nanos: bigint) => `+${millis(nanos - root.startTimeUnixNano)}`
  const linesOf = (span: Span): ReadonlyArray<string> => {
    const { attributes, endTimeUnixNano, events, kind, name, spanId, startTimeUnixNano } = span
    const head = [
      name,
      `(${kinds[kind] ?? "internal"})`,
      at(startTimeUnixNano),
      millis(endTimeUnixNano - startTimeUnixNano)
    ]
    const children = [
      ...events
        // Exceptions, and log records, are events, too.
        .filter((event) => event.name.startsWith("herald."))
        .map((event) => ({
          at: event.timeUnixNano,
          lines: [["event", event.name, at(event.timeUnixNano), ...detailsOf(event.attributes)].join(" ")]
        })),
      ...spans
        .filter(({ parentSpanId }) => parentSpanId === spanId)
        .map((child) => ({ at: child.startTimeUnixNano, lines: linesOf(child) }))
    ].sort((one, other) => Number(one.at - other.at))
    return [
      [...head, ...detailsOf(attributes)].join(" "),
      ...children.flatMap(({ lines }, index) => {
        const isLast = index === children.length - 1
        return lines.map((line, row) => `${row === 0 ? (isLast ? "└─ " : "├─ ") : isLast ? "   " : "│  "}${line}`)
      })
    ]
  }
  return linesOf(root).join("\n")
}
