import type { List, Parameter } from "../descriptor/Descriptor.js"
import type { Shape } from "../../Shape.js"
import type { DocumentOperation, DocumentResponse, OperationDetails } from "./model.js"
import { propertiesOf, shapeOf, typesOf } from "./shapes.js"

type Json = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === "string"

/** Matches a JSON pointer (RFC 6901, 3). */
const pointerSyntax = /^(?:\/(?:[^~/]|~[01])*)*$/

const isPointer = (value: unknown): value is string => isText(value) && pointerSyntax.test(value)

/** Returns the problem of a value that should be a `Fact`, or undefined. */
const factProblem = (key: string, value: unknown, required: boolean): string | undefined => {
  if (value === undefined) return required ? `\`${key}\` is missing` : undefined
  const isFact = isRecord(value) && (isPointer(value["pointer"]) || (isText(value["header"]) && value["header"] !== ""))
  return isFact ? undefined : `\`${key}\` must be { "header": ... } or { "pointer": ... } with a JSON pointer`
}

/** Returns the problem of an `x-pagination`, or undefined if it is a `List` of this operation. */
const listProblem = (value: unknown, parameters: ReadonlyArray<Parameter>): string | undefined => {
  if (!isRecord(value)) return "it must be an object"
  const paramProblem = (key: string, required: boolean) => {
    const name = value[key]
    if (name === undefined && !required) return undefined
    const isParam = parameters.some((one) => one.name === name && one.in !== "header" && one.in !== "cookie")
    return isParam ? undefined : `\`${key}\` must be the name of a parameter in the path or query`
  }
  if (!isPointer(value["items"]))
    return '`items` must be a JSON pointer into the body, such as "/data", or "" for the body'
  switch (value["by"]) {
    case "link":
      return undefined
    case "page":
      if (value["first"] !== undefined && !Number.isSafeInteger(value["first"])) return "`first` must be an integer"
      return paramProblem("param", true) ?? factProblem("totalPages", value["totalPages"], false)
    case "offset":
      return (
        paramProblem("param", true) ??
        paramProblem("limitParam", false) ??
        factProblem("totalItems", value["totalItems"], false)
      )
    case "cursor":
      return paramProblem("param", true) ?? factProblem("next", value["next"], true)
    default:
      return '`by` must be "page", "offset", "cursor" or "link"'
  }
}

/** Returns the pointer of the only array in a body: the body itself, or one of its properties. */
const itemsOf = (shape: Shape): string | undefined => {
  if (typesOf(shape).includes("array")) return ""
  const arrays = Array.from(propertiesOf(shape)).filter(([, { ref }]) => typesOf(shapeOf(ref)).includes("array"))
  return arrays.length === 1 ? `/${arrays[0]![0].replaceAll("~", "~0").replaceAll("/", "~1")}` : undefined
}

const bodyShape = ({ content }: DocumentResponse): Shape | undefined =>
  Array.from(content).find(([type]) => /^[^;]*[/+]json *(?:;|$)/i.test(type))?.[1].shape

/** Returns the list that a document declares, by the extension `x-pagination` or by a `Link` header (RFC 8288) of a success. */
export const listOf = (
  { extensions, method, pointer }: DocumentOperation,
  { responses }: OperationDetails,
  parameters: ReadonlyArray<Parameter>,
  report: (pointer: string, message: string) => void
): List | undefined => {
  if (Object.hasOwn(extensions, "x-pagination")) {
    const declared = extensions["x-pagination"]
    const problem = listProblem(declared, parameters)
    // `listProblem` has checked it.
    if (problem === undefined) return declared as List
    report(`${pointer}/x-pagination`, `x-pagination is not used, since ${problem}`)
  }
  if (method !== "GET") return undefined
  for (const [status, response] of responses) {
    if (!status.startsWith("2") || !response.headers.has("link")) continue
    const shape = bodyShape(response)
    const items = shape && itemsOf(shape)
    if (items !== undefined) return { by: "link", items }
  }
  return undefined
}
