import * as Either from "effect/Either"

/** A parameter of a path, by its operator (RFC 6570): `{name}`, or `{+name}`, whose value keeps its slashes. */
export interface Parameter {
  readonly name: string
  readonly keepsSlashes: boolean
}

/** A part of a path between two slashes. A segment of one optional parameter, `{/name}`, is left out with its slash. */
export interface Segment {
  readonly parts: ReadonlyArray<Parameter | { readonly literal: string }>
  readonly optional: boolean
}

/** Text of a template as a URL has it. Text that is percent-encoded already stays as it is. */
export const escapeLiteral = (text: string): string => encodeURI(text).replaceAll(/%25([\da-f]{2})/gi, "%$1")

const dots = /^\.{1,2}$/

/** Braces with a name between them. Empty braces are literal text. */
const expression = /\{([+/]?)([^{}]+)\}/g

/** The name of a parameter: that of an RFC 6570 variable, and a hyphen, which many APIs use. */
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

/**
 * Splits a path into segments. `{/name}` begins a segment of its own. The path may lack its first slash.
 */
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

/** The path of a declared endpoint, or the reason why it is not one. */
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
    const literal = parts.map((part) => ("literal" in part ? part.literal : "")).join("")
    // A URL parser resolves dots, encoded or not.
    if (parts.every((part) => "literal" in part) && dots.test(literal.replaceAll(/%2e/gi, "."))) {
      return Either.left("the path has a segment of dots, which a URL resolves")
    }
    for (const part of parts) {
      if ("name" in part && !validName.test(part.name)) return Either.left(`{${part.name}} is not the name of a parameter`)
    }
  }
  return Either.right(segments)
}

const expressionOf = ({ keepsSlashes, name }: Parameter): string => (keepsSlashes ? `{+${name}}` : `{${name}}`)

/** A path as a template (RFC 6570), without values. */
export const templateOf = (segments: ReadonlyArray<Segment>): string =>
  segments
    .map(({ optional, parts }) => {
      const text = parts.map((part) => ("literal" in part ? part.literal : expressionOf(part))).join("")
      return optional ? `{/${text.slice(1)}` : `/${text}`
    })
    .join("")
