import type { Body, Request } from "../../testing/Exchange.js"
import { stringify } from "../http/json.js"
import { isFormType } from "../http/mediaType.js"
import { at } from "../jsonPointer.js"
import { isPlaceholder, placeholderPattern } from "./placeholders.js"

/** A part of a request that differs from the recorded one. */
export interface Difference {
  /** The part, such as `query page`. */
  readonly part: string
  /** Undefined if it is absent. */
  readonly recorded: string | undefined
  readonly requested: string | undefined
}

/** The comparison of a request with a recorded one. */
export interface Comparison {
  /** Differences of method, URL and body. */
  readonly differences: ReadonlyArray<Difference>
  readonly headerDifferences: ReadonlyArray<Difference>
  /** The texts in the places of placeholders. */
  readonly secrets: ReadonlyArray<readonly [placeholder: string, text: string]>
}

type Capture = (placeholder: string, text: string) => void

/** Reports whether a text matches a recorded one, in which a placeholder matches any text that is not empty. */
const matches = (recorded: string, requested: string, capture: Capture): boolean => {
  if (recorded === requested) return true
  const names = recorded.match(placeholderPattern())
  if (names === null) return false
  const literals = recorded.split(placeholderPattern())
  let index = literals[0]!.length
  if (!requested.startsWith(literals[0]!)) return false
  for (const [number, name] of names.entries()) {
    const literal = literals[number + 1]!
    const isLast = number === names.length - 1
    const end = isLast ? requested.length - literal.length : requested.indexOf(literal, index + 1)
    if (end <= index || (isLast && !requested.endsWith(literal))) return false
    capture(name, requested.slice(index, end))
    index = end + literal.length
  }
  return true
}

type Pairs = ReadonlyArray<readonly [name: string, value: string]>

/** Compares parameters, or headers, by name, whatever the order of the names. */
const comparePairs = (recorded: Pairs, requested: Pairs, part: string, capture: Capture): ReadonlyArray<Difference> => {
  const names = [...new Set([...recorded, ...requested].map(([name]) => name))]
  return names.flatMap((name) => {
    const valuesOf = (pairs: Pairs) => pairs.flatMap(([other, value]) => (other === name ? [value] : []))
    const [old, given] = [valuesOf(recorded), valuesOf(requested)]
    return Array.from({ length: Math.max(old.length, given.length) }, (_, index): Difference => ({
      part: `${part} ${name}`,
      recorded: old[index],
      requested: given[index]
    })).filter(
      ({ recorded, requested }) =>
        recorded === undefined || requested === undefined || !matches(recorded, requested, capture)
    )
  })
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const show = (value: unknown): string | undefined =>
  value === undefined || typeof value === "string" ? value : stringify(value)

const compareJson = (
  recorded: unknown,
  requested: unknown,
  place: string,
  capture: Capture
): ReadonlyArray<Difference> => {
  if (typeof recorded === "string") {
    const isScalar = typeof requested === "number" || typeof requested === "bigint"
    if (isScalar && isPlaceholder(recorded)) return []
    if (typeof requested === "string" && matches(recorded, requested, capture)) return []
  } else if (Array.isArray(recorded) && Array.isArray(requested)) {
    return Array.from({ length: Math.max(recorded.length, requested.length) }, (_, index) =>
      compareJson(recorded[index], requested[index], at(place, index), capture)
    ).flat()
  } else if (isFields(recorded) && isFields(requested)) {
    return [...new Set([...Object.keys(recorded), ...Object.keys(requested)])].flatMap((key) => {
      const name = Object.hasOwn(requested, key) || Object.hasOwn(recorded, key) ? key : ""
      const own = (fields: Readonly<Record<string, unknown>>) =>
        Object.hasOwn(fields, name) ? fields[name] : undefined
      return compareJson(own(recorded), own(requested), at(place, key), capture)
    })
  } else if (recorded === requested) return []
  // A number and the text of its digits.
  const format = show(recorded) === show(requested) ? stringify : show
  return [{ part: `body ${place}`.trim(), recorded: format(recorded), requested: format(requested) }]
}

const describe = (body: Body | undefined): string | undefined =>
  body === undefined
    ? undefined
    : "json" in body
      ? stringify(body.json)
      : "text" in body
        ? body.text
        : `${body.bytes.length} bytes`

const compareLines = (recorded: string, requested: string): ReadonlyArray<Difference> => {
  const [old, given] = [recorded.split("\n"), requested.split("\n")]
  const index = old.findIndex((line, index) => !matches(line, given[index] ?? "", () => {}))
  const first = index === -1 ? old.length : index
  return [{ part: `body, line ${first + 1}`, recorded: old[first], requested: given[first] }]
}

const compareBodies = (recorded: Request, requested: Request, capture: Capture): ReadonlyArray<Difference> => {
  const [old, given] = [recorded.body, requested.body]
  if (recorded.cut === true || (old === undefined && given === undefined)) return []
  if (old !== undefined && given !== undefined) {
    if ("json" in old && "json" in given) return compareJson(old.json, given.json, "", capture)
    if ("text" in old && "text" in given) {
      const isForm = [recorded, requested].every(({ headers }) => isFormType(headers["content-type"] ?? ""))
      if (isForm) {
        const [one, other] = [new URLSearchParams(old.text), new URLSearchParams(given.text)]
        return comparePairs([...one], [...other], "form field", capture)
      }
      return matches(old.text, given.text, capture) ? [] : compareLines(old.text, given.text)
    }
    if ("bytes" in old && "bytes" in given) {
      const { bytes } = given
      const first = old.bytes.findIndex((byte, index) => byte !== bytes[index])
      if (first === -1 && old.bytes.length === bytes.length) return []
      const place = first === -1 ? Math.min(old.bytes.length, bytes.length) : first
      return [{ part: `body, from byte ${place}`, recorded: describe(old), requested: describe(given) }]
    }
  }
  return [{ part: "body", recorded: describe(old), requested: describe(given) }]
}

const decodePath = (path: string): string => {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

/** Compares a request with a recorded one. */
export const compare = (recorded: Request, requested: Request): Comparison => {
  const secrets: Array<readonly [string, string]> = []
  const capture: Capture = (placeholder, text) => {
    secrets.push([placeholder, text])
  }
  const [old, given] = [new URL(recorded.url), new URL(requested.url)]
  const whole = (part: string, one: string, other: string): ReadonlyArray<Difference> =>
    matches(one, other, capture) ? [] : [{ part, recorded: one, requested: other }]
  const differences = [
    ...whole("method", recorded.method, requested.method),
    ...whole("origin", old.origin, given.origin),
    ...whole("path", decodePath(old.pathname), decodePath(given.pathname)),
    ...comparePairs([...old.searchParams], [...given.searchParams], "query", capture),
    ...compareBodies(recorded, requested, capture)
  ]
  const headerDifferences = comparePairs(
    Object.entries(recorded.headers),
    Object.entries(requested.headers),
    "header",
    capture
  )
  return { differences, headerDifferences, secrets }
}
