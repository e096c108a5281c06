import type { Descriptor, List, Parameter } from "../../src/Descriptor.js"
import type { Shape } from "../../src/Shape.js"
import type { Convention, OperationName } from "../../src/spec/Convention.js"
import type { DocumentOperation } from "../../src/spec/Document.js"
import { formerLists, undeclaredArrays } from "./nameExceptions.js"
import { shapeOf } from "../../src/internal/descriptor/shapeOf.js"
import { snakeCase } from "../../src/internal/descriptor/snakeCase.js"

const isPlaceholder = (segment: string): boolean => /^\{.*\}$/.test(segment)

const withoutBraces = (segment: string): string => segment.replace(/^\{|\}$/g, "")

const withoutOuterSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, "")

const toIdentifier = (text: string): string => text.replaceAll("-", "_")

const hasType = (shape: Shape | undefined, name: "array" | "object"): boolean =>
  shape?.type === name || (Array.isArray(shape?.type) && shape.type.includes(name))

/** Returns the shape of the first media type. */
const firstShape = (content: ReadonlyMap<string, { readonly shape?: Shape | undefined }> | undefined) =>
  content?.values().next().value?.shape

const successShape = (operation: DocumentOperation): Shape | undefined =>
  firstShape(operation.details().responses.get("200")?.content)

/** The segments of a method's name. A placeholder that follows another one contributes the name of that other one. */
const nameSegments = (segments: ReadonlyArray<string>): ReadonlyArray<string> =>
  segments.flatMap((segment, index) => {
    if (!isPlaceholder(segment)) return [segment]
    const previous = segments[index - 1]
    return previous !== undefined && isPlaceholder(previous) ? [withoutBraces(previous)] : []
  })

/** Returns the name of the operation, or undefined if Civis' client leaves it out: its summary has the word "deprecated". */
const nameOf = (operation: DocumentOperation): OperationName | undefined => {
  if (/deprecated/i.test(operation.summary ?? "")) return undefined
  const path = withoutOuterSlashes(operation.path)
  const [first = "", ...rest] = path.split("/")
  const name = (verb: string) => toIdentifier([verb, ...nameSegments(rest)].join("_"))
  const verb = operation.method.toLowerCase()
  const isList =
    operation.method === "GET" && (undeclaredArrays.includes(path) || hasType(successShape(operation), "array"))
  return {
    resource: toIdentifier(withoutBraces(first).toLowerCase()),
    method: name(isList ? "list" : verb),
    ...(operation.method === "GET" && !isList && formerLists.includes(path) && { aliases: [name("list")] })
  }
}

/** Names a parameter in snake_case. An array in a query is sent as `status[]=a&status[]=b`. */
const toParameter = (parameter: Parameter): Parameter => {
  const { name, in: place, shape, wire = name } = parameter
  const snake = snakeCase(wire)
  const { explode, style, wire: _, ...rest } = parameter
  const isArray = place === "query" && shape !== undefined && hasType(shapeOf(shape), "array")
  return {
    ...rest,
    name: snake,
    ...(snake !== wire && { wire }),
    ...(isArray ? { style: "brackets" } : { ...(style && { style }), ...(explode !== undefined && { explode }) })
  }
}

/** Makes parameters of the properties of a body. */
const bodyParameters = ({ properties = {}, required = [] }: Shape): ReadonlyArray<Parameter> =>
  Object.entries(properties).map(([name, shape]) => {
    const snake = snakeCase(name)
    return {
      name: snake,
      ...(snake !== name && { wire: name }),
      in: "body",
      ...(required.includes(name) && { required: true }),
      shape
    }
  })

/** Gives each parameter a name of its own: a name that another parameter has gets the place as a suffix, such as `id_body`. */
const withUniqueNames = (parameters: ReadonlyArray<Parameter>): ReadonlyArray<Parameter> => {
  const taken = new Set<string>()
  return parameters.map((parameter) => {
    let name = parameter.name
    while (taken.has(name)) name = `${name}_${parameter.in}`
    taken.add(name)
    return name === parameter.name ? parameter : { ...parameter, name, wire: parameter.wire ?? parameter.name }
  })
}

const hasQuery = (parameters: ReadonlyArray<Parameter>, name: string): boolean =>
  parameters.some((parameter) => parameter.in === "query" && parameter.name === name)

/** Lists have the query parameters `limit` and `page_num`. A page is an array, and its headers have the totals. */
const listOf = (method: string, parameters: ReadonlyArray<Parameter>): List | undefined =>
  method === "GET" && hasQuery(parameters, "limit") && hasQuery(parameters, "page_num")
    ? { by: "page", param: "page_num", first: 1, items: "", totalPages: { header: "x-pagination-total-pages" } }
    : undefined

/** The keys whose content is the user's own: arguments of scripts, environment variables of services, and JSON values. */
const verbatimKeys = (resource: string, response: Shape | undefined): ReadonlyArray<string> => {
  const object = response?.items === undefined ? response : shapeOf(response.items)
  const properties = object?.properties ?? {}
  // Outputs of runs are objects of any type, whose `value` is JSON if `objectType` is `JSONValue`.
  const hasJsonValue = resource === "json_values" || ("value" in properties && "objectType" in properties)
  return ["arguments", "environmentVariables", ...(hasJsonValue ? ["value"] : [])]
}

/**
 * Civis' form of calls: the parameters and the properties of the body in one input, named in snake_case. The required ones come first,
 * and can be given by position.
 */
const adapt = (descriptor: Descriptor, operation: DocumentOperation): Descriptor => {
  const { body, parameters = [], ...rest } = descriptor
  const bodyRef = body && Object.values(body.content)[0]?.shape
  const bodyShape = bodyRef && shapeOf(bodyRef)
  const isSpread = bodyShape?.properties !== undefined
  const isNamed = ({ in: place }: Parameter) => place === "path" || place === "query"
  const named = withUniqueNames([
    ...parameters.filter(isNamed).map(toParameter),
    ...(isSpread ? bodyParameters(bodyShape) : [])
  ])
  const required = named.filter((parameter) => parameter.required === true)
  const list = listOf(operation.method, named)
  return {
    ...rest,
    ...(body && !isSpread && { body }),
    parameters: [
      ...required,
      ...named.filter((parameter) => parameter.required !== true),
      ...parameters.filter((parameter) => !isNamed(parameter))
    ],
    positional: required.map(({ name }) => name),
    ...(list && { list }),
    keys: { case: "snake_case", verbatim: verbatimKeys(nameOf(operation)?.resource ?? "", successShape(operation)) },
    undeclaredNulls: true
  }
}

/**
 * The names and the form of calls of Civis' own client.
 *
 * - `GET /workflows/{id}/executions/{execution_id}` is `workflows.get_executions`; a GET that returns an array is `list`
 * - the properties of a body are parameters, and all parameters are in snake_case; required ones come first, by position
 * - the keys of responses are in snake_case, except below `arguments`, `environmentVariables` and the `value` of JSON values
 * - operations whose summary has the word "deprecated" are left out
 *
 * @example
 * ```ts
 * import * as Civis from "effect-herald/civis"
 * import { Document, Names } from "effect-herald/spec"
 *
 * const named = (document: Document.Document) => Names.make(document, Civis.convention).operations
 * ```
 */
export const convention: Convention = { nameOf, adapt }
