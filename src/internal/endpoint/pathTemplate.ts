import * as Either from "effect/Either"

/** A parameter of a path. */
export interface Parameter {
  readonly name: string
  /** True for `{+name}` (RFC 6570, 3.2.3), whose value may have slashes. */
  readonly keepsSlashes: boolean
}

/** A part of a path between two slashes. */
export interface Segment {
  readonly parts: ReadonlyArray<Parameter | { readonly literal: string }>
  /** True for `{/name}` (RFC 6570, 3.2.6), which is left out with its slash if it has no value. */
  readonly optional: boolean
}

/** The parameters of a path. */
export const parametersOf = (segments: ReadonlyArray<Segment>): ReadonlyArray<Parameter> =>
  segments.flatMap(({ parts }) => parts.flatMap((part) => ("name" in part ? [part] : [])))

/** Percent-encodes the literal text of a template. Text that is already percent-encoded stays as it is. */
export const escapeLiteral = (text: string): string => encodeURI(text).replaceAll(/%25([\da-f]{2})/gi, "%$1")

/**
 * Reports whether a segment is `.` or `..`, percent-encoded or not. URL parsers resolve such a segment instead of sending it
 * (WHATWG URL, 4.4).
 */
export const isDotSegment = (segment: string): boolean => /^(?:\.|%2e){1,2}$/i.test(segment)

/** Matches braces with a name between them. Empty braces are literal text. */
const expression = /\{([+/]?)([^{}]+)\}/g

/** Matches the name of a parameter: that of an RFC 6570 variable, or with hyphens, which many APIs use. */
const validName = /^[\p{L}\p{N}_.$-]+$/u

const segmentOf = (text: string): Segment => {
  const parts: Array<Segment["parts"][number]> = []
  let end = 0
  for (const match of text.matchAll(expression)) {
    if (match.index > end) parts.push({ literal: escapeLiteral(text.slice(end, match.index)) })
    parts.push({ name: match[2]!, keepsSlashes: match[1] === "+" })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push({ literal: escapeLiteral(text.slice(end)) })
  return { parts, optional: false }
}

/** Splits a path into segments. `{/name}` is a segment of its own. The path may lack its first slash. */
export const segmentsOf = (path: string): ReadonlyArray<Segment> => {
  if (path === "") return []
  const segments: Array<Segment> = []
  for (const piece of path.replace(/^\//, "").split(/\/(?![^{}]*\})|(?=\{\/)/)) {
    const optional = /^\{\/([^{}]*)\}$/.exec(piece)
    if (optional !== null) segments.push({ parts: [{ name: optional[1]!, keepsSlashes: false }], optional: true })
    else segments.push(segmentOf(piece))
  }
  return segments
}

/** Parses the path of a declared endpoint. Returns the reason if it is invalid. */
export const parsePath = (path: string): Either.Either<ReadonlyArray<Segment>, string> => {
  if (!path.startsWith("/")) return Either.left("a path begins with a slash")
  if (/[?#]/.test(path)) return Either.left("a path has no query and no fragment: declare parameters in `query`")
  if (!path.isWellFormed()) return Either.left("the path is not well-formed Unicode")
  if (/\{[+/]?\}/.test(path)) return Either.left("a parameter has no name")
  if (/[{}]/.test(path.replaceAll(expression, ""))) return Either.left("the path has a brace without its partner")
  if (/\{\/[^{}]*\}(?!$|\/|\{\/)/.test(path)) {
    return Either.left("nothing can follow an optional segment but a slash")
  }
  const segments = segmentsOf(path)
  for (const { parts } of segments) {
    if (isDotSegment(parts.map((part) => ("literal" in part ? part.literal : "{}")).join(""))) {
      return Either.left("the path has a segment of dots, which a URL resolves")
    }
    for (const part of parts) {
      if ("name" in part && !validName.test(part.name))
        return Either.left(`{${part.name}} is not the name of a parameter`)
    }
  }
  return Either.right(segments)
}

const expressionOf = ({ keepsSlashes, name }: Parameter): string => (keepsSlashes ? `{+${name}}` : `{${name}}`)

/** Formats a path as a template (RFC 6570), without values. */
export const templateOf = (segments: ReadonlyArray<Segment>): string =>
  segments
    .map(({ optional, parts }) => {
      const text = parts.map((part) => ("literal" in part ? part.literal : expressionOf(part))).join("")
      return optional ? `{/${text.slice(1)}` : `/${text}`
    })
    .join("")

/** The template of calls to a whole URL (RFC 6570, 3.2.3). The path itself is not shown, since it may hold values. */
export const anyPath = "/{+path}"
