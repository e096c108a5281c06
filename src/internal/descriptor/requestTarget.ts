import type { Parameter } from "./Descriptor.js"
import { escapeLiteral, isDotSegment } from "../endpoint/pathTemplate.js"

/** A part of a template: literal text, or the parameter between two braces. */
type TemplatePart = string | Parameter

/** The texts of the path parameters, percent-encoded. */
type Texts = ReadonlyMap<Parameter, string>

/** The target of an operation's requests. */
export interface RequestTarget {
  /** The parameters of the template, each once. */
  readonly parameters: ReadonlyArray<Parameter>
  /** Makes the path, with its first slash. Returns the parameter that makes a segment of dots, if there is one: a URL resolves these. */
  readonly path: (texts: Texts) => string | Parameter
  /** Makes the query, with its question mark: that of the template, without the parameters of these pairs, and the pairs. */
  readonly query: (texts: Texts, pairs: ReadonlyArray<string>) => string
}

/** Returns the name that is sent. */
export const wireOf = ({ name, wire }: Parameter): string => wire ?? name

const isParameter = (part: TemplatePart): part is Parameter => typeof part !== "string"

/** Splits a template at the braces that have the name of a parameter between them. Other braces are literal text. */
const partsOf = (template: string, parameters: ReadonlyArray<Parameter>): ReadonlyArray<TemplatePart> => {
  const parts: Array<TemplatePart> = []
  let start = 0
  for (let brace = template.indexOf("{"); brace >= 0; brace = template.indexOf("{", brace + 1)) {
    const at = brace
    const parameter = parameters.find((one) => template.startsWith(`${wireOf(one)}}`, at + 1))
    if (parameter === undefined) continue
    parts.push(template.slice(start, brace), parameter)
    brace += wireOf(parameter).length + 1
    start = brace + 1
  }
  return [...parts, template.slice(start)]
}

/** Splits the parts of a template at the first separator that is literal text. */
const splitAt = (
  parts: ReadonlyArray<TemplatePart>,
  separator: string
): readonly [before: ReadonlyArray<TemplatePart>, after: ReadonlyArray<TemplatePart>] => {
  for (const [index, part] of parts.entries()) {
    const end = isParameter(part) ? -1 : part.indexOf(separator)
    if (isParameter(part) || end < 0) continue
    return [
      [...parts.slice(0, index), part.slice(0, end)],
      [part.slice(end + 1), ...parts.slice(index + 1)]
    ]
  }
  return [parts, []]
}

const expand = (parts: ReadonlyArray<TemplatePart>, texts: Texts): string => {
  let expanded = ""
  for (const part of parts) expanded += isParameter(part) ? (texts.get(part) ?? "") : part
  return expanded
}

/** Matches a path that may have a segment of dots. */
const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/** Returns the first parameter that makes a segment of dots. Only literal texts have slashes. */
const makesDots = (parts: ReadonlyArray<TemplatePart>, segments: ReadonlyArray<string>): Parameter | undefined => {
  let segment = 0
  for (const part of parts) {
    if (!isParameter(part)) segment += part.split("/").length - 1
    else if (isDotSegment(segments[segment] ?? "")) return part
  }
  return undefined
}

/** Converts the literal texts of parts. */
const mapTexts = (parts: ReadonlyArray<TemplatePart>, convert: (text: string) => string): ReadonlyArray<TemplatePart> =>
  parts.map((part) => (isParameter(part) ? part : convert(part)))

const nameOf = (pair: string): string => pair.split("=")[0] ?? ""

/**
 * Reads the path of a descriptor, such as `/a/{id}.{ext}:get?type=x`. It may have a query, in which there may be parameters, too. A fragment
 * is not sent: documents tell operations of one path apart by it. What RFC 6570 has for both, such as `{?limit}`, is left out, since
 * documents describe these parameters apart.
 */
export const targetOf = (path: string, declared: ReadonlyArray<Parameter>): RequestTarget => {
  const template = partsOf(path.toWellFormed().replace(/^\//, ""), declared)
  const [target] = splitAt(
    mapTexts(template, (text) => text.replaceAll(/\{[?&#][^{}]*\}/g, "")),
    "#"
  )
  const [pathParts, queryParts] = splitAt(mapTexts(target, escapeLiteral), "?")
  const parameters = [...new Set(target.filter(isParameter))]
  return {
    parameters,
    path: (texts) => {
      const text = `${path === "" ? "" : "/"}${expand(pathParts, texts)}`
      // The template's own dots are the document's.
      return (dotSegment.test(text) ? makesDots(pathParts, text.slice(1).split("/")) : undefined) ?? text
    },
    query: (texts, pairs) => {
      if (queryParts.length === 0) return pairs.length === 0 ? "" : `?${pairs.join("&")}`
      const given = new Set(pairs.map(nameOf))
      const own = expand(queryParts, texts)
        .split("&")
        .filter((pair) => pair !== "" && !given.has(nameOf(pair)))
      const query = [...own, ...pairs].join("&")
      return query === "" ? "" : `?${query}`
    }
  }
}
