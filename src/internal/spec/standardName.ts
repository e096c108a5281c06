import type { DocumentOperation } from "./model.js"
import { bounded, camelCase, pascalCase } from "./identifiers.js"

/** Matches a path segment that begins most paths of an API: `api`, `rest`, a version, or a date. */
const prefix = /^(?:api|rest|v?\d+(?:[._-]\d+)*(?:(?:alpha|beta|rc)\d*)?)$/i

const segmentsOf = (path: string): ReadonlyArray<string> => path.split("/").filter((segment) => segment !== "")

/** Returns the literal text at the begin of a segment, up to a parameter, an extension, or a method such as `:batchGet`. */
const literalOf = (segment: string): string => /^[^{}:.?#(]*/.exec(segment)![0]

/** Returns the index of the segment that names the resource of a path, or -1. */
const resourceIndex = (segments: ReadonlyArray<string>): number => {
  const isLiteral = (segment: string) => camelCase(literalOf(segment)) !== ""
  const index = segments.findIndex((segment) => isLiteral(segment) && !prefix.test(segment))
  return index === -1 ? segments.findIndex(isLiteral) : index
}

/** Returns the words of a segment as one: a parameter as `By` and its name. */
const wordOf = (segment: string): string =>
  segment.includes("{")
    ? segment
        .split(/(\{[^{}]*\})/)
        .map((part) => (part.startsWith("{") ? `By${pascalCase(part)}` : pascalCase(part)))
        .join("")
    : pascalCase(segment)

const nameByPath = (method: string, segments: ReadonlyArray<string>): string =>
  bounded(method.toLowerCase() + segments.map(wordOf).join(""))

/** Returns the name of an operation by its method and whole path: `GET /v1/pets/{id}` as `getV1PetsById`. */
export const wholeName = ({ method, path }: DocumentOperation): string => nameByPath(method, segmentsOf(path))

/**
 * Removes the resource at the begin of an operation's id, if a separator follows it: `repos/list-for-user` and `repos_list-for-user`
 * are `list-for-user` for the resource `repos`.
 */
const withoutResource = (operationId: string, resource: string): string => {
  if (/^[A-Za-z0-9]*$/.test(operationId)) return operationId
  const wanted = resource.toLowerCase()
  for (const { 0: separator, index } of operationId.matchAll(/[/.:#_\s-]+/g)) {
    // Names are bounded, so that a longer beginning is not that of a resource.
    if (index > 2 * resource.length) break
    const rest = operationId.slice(index + separator.length)
    if (camelCase(operationId.slice(0, index)).toLowerCase() === wanted && camelCase(rest) !== "") return rest
  }
  return operationId
}

/** Returns the resource and the method of a path: those of an operation without tag and id. */
const nameOfPath = (method: string, path: string, tagged: string) => {
  const segments = segmentsOf(path)
  const index = resourceIndex(segments)
  const literal = index === -1 ? "" : literalOf(segments[index]!)
  const resource = tagged || camelCase(literal) || "root"
  const [first = "", ...others] = segments.slice(Math.max(index, 0))
  // The resource of a path is not repeated by the method.
  const rest = camelCase(literal) === resource ? first.slice(literal.length) : first
  return { resource, method: nameByPath(method, [rest, ...others]) }
}

/**
 * Names an operation by its first tag and its operation id. Without a tag, the resource is the first literal segment of the path;
 * without an id, the method is that of the request and the path.
 */
export const standardName = (operation: DocumentOperation): { readonly resource: string; readonly method: string } => {
  const { method, operationId = "", path, tags } = operation
  const tagged = camelCase(tags[0] ?? "")
  const byPath = tagged === "" ? nameOfPath(method, path, tagged) : undefined
  const resource = byPath?.resource ?? tagged
  const named = camelCase(withoutResource(operationId, resource))
  return named === "" ? (byPath ?? nameOfPath(method, path, tagged)) : { resource, method: named }
}
