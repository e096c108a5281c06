import * as Either from "effect/Either"
import { escapeLiteral, isDotSegment, type Segment } from "../endpoint/pathTemplate.js"

/** The parameter name of a wildcard in the platform's router. */
const wildcard = "*"

/**
 * Matches one part of a path of the platform's router. The name of a parameter is that in the platform's OpenAPI document. A
 * parameter's pattern, in parentheses, is for the server.
 */
const token = /::|:(?<name>\w+)(?:\((?:\\.|[^()\\]|\((?:\\.|[^()\\])*\))*\))?(?<optional>\?)?|[:*/]|[^:*/]+/g

/**
 * Parses a path of an `HttpApiEndpoint`: `:name`, `:name?` for an optional segment, `:name(pattern)`, `*` at the end, which may
 * have several segments, and `::` for a colon. Where `::name` names a declared parameter, it is a colon and that parameter, as
 * in the OpenAPI document of the platform. Returns the reason if it is invalid.
 */
export const parsePath = (
  path: string,
  declared: ReadonlyArray<PropertyKey> = []
): Either.Either<ReadonlyArray<Segment>, string> => {
  if (!path.startsWith("/")) return Either.left("a path begins with a slash")
  if (!path.isWellFormed()) return Either.left("the path is not well-formed Unicode")
  const segments: Array<{ readonly parts: Array<Segment["parts"][number]>; optional: boolean }> = []
  const named = path.replaceAll(/::(\w+)/g, (text, name: string) => (declared.includes(name) ? `:${text}` : text))
  for (const { groups, index, 0: text } of named.matchAll(token)) {
    if (text === "/") {
      segments.push({ parts: [], optional: false })
      continue
    }
    const segment = segments.at(-1)!
    const last = segment.parts.at(-1)
    const name = groups?.["name"] ?? (text === wildcard ? wildcard : undefined)
    if (name !== undefined) {
      if (name === wildcard && index !== named.length - 1)
        return Either.left("a wildcard has to be at the end of the path")
      if (last !== undefined && "name" in last) {
        return Either.left(`nothing separates the parameters ${last.name} and ${name}`)
      }
      segment.parts.push({ name, keepsSlashes: name === wildcard })
      if (groups?.["optional"] !== undefined) segment.optional = true
    } else if (text === ":") {
      return Either.left("the path has a colon without a name: write a colon as ::")
    } else if (/[?#]/.test(text)) {
      return Either.left("a path has no query and no fragment: declare parameters by setUrlParams")
    } else {
      const literal = escapeLiteral(text === "::" ? ":" : text)
      if (last !== undefined && "literal" in last) segment.parts.splice(-1, 1, { literal: last.literal + literal })
      else segment.parts.push({ literal })
    }
  }
  for (const { optional, parts } of segments) {
    if (optional && parts.length > 1) return Either.left("an optional parameter has to be a whole segment of the path")
    // Neighbouring literals were joined, so a segment of dots has one part.
    const [only] = parts
    if (parts.length === 1 && only !== undefined && "literal" in only && isDotSegment(only.literal)) {
      return Either.left("the path has a segment of dots, which a URL resolves")
    }
  }
  return Either.right(segments)
}
