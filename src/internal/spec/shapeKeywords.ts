import type { Json, Shape, TypeName } from "../../Shape.js"
import { arrayIn, flagIn, jsonOf, report, textIn, type Where } from "./fields.js"
import { type Fields, showValue } from "./node.js"

/** A shape that is being made. */
export type Draft = { -readonly [Key in keyof Shape]: Shape[Key] }

const isTypeName = (type: unknown): type is TypeName =>
  type === "string" ||
  type === "number" ||
  type === "integer" ||
  type === "boolean" ||
  type === "object" ||
  type === "array" ||
  type === "null"

const isNullable = (node: Fields): boolean => node.nullable === true || node["x-nullable"] === true

/** Reports whether a value is none of JSON, as a document that was given as a value may have: it is absent, as `JSON.stringify` has it. */
const isAbsent = (value: unknown): boolean =>
  value === undefined || typeof value === "function" || typeof value === "symbol"

/** The types of a schema; `null` among them only if it is alone. */
const typesOf = (node: Fields, where: Where): ReadonlyArray<TypeName> | undefined => {
  const { type } = node
  if (type === undefined || type === null) return undefined
  if (type === "file") return ["string"]
  const types = Array.isArray(type) ? (type as ReadonlyArray<unknown>) : [type]
  const known = types.filter(isTypeName)
  if (known.length < types.length || known.length === 0) {
    report(where, "type", `The type ${showValue(type)} is not one of JSON Schema; the schema has any type.`)
    return undefined
  }
  return [...new Set(known)]
}

/** The format of binary content, which OpenAPI 3.1 describes by its encoding and media type. */
const formatOf = (node: Fields, where: Where): string | undefined => {
  const format = textIn(node, "format", where)
  if (format !== undefined) return format
  if (node.type === "file") return "binary"
  const { contentEncoding: encoding, contentMediaType: type } = node
  if (typeof encoding === "string") return /^base64(?:url)?$/i.test(encoding) ? "byte" : undefined
  return typeof type === "string" && !/^text\/|[/+](?:json|xml)\b/i.test(type) ? "binary" : undefined
}

/** Reads the values of an `enum`. Those of a text are texts, which YAML may have read as numbers. */
const enumOf = (node: Fields, types: ReadonlyArray<TypeName> | undefined, where: Where): Array<Json> | undefined => {
  if (Object.hasOwn(node, "const") && !isAbsent(node.const)) return [jsonOf(node.const)]
  if (node.enum === undefined || node.enum === null) return undefined
  const values = arrayIn(node, "enum", where).filter((value) => !isAbsent(value))
  if (values.length === 0) {
    if (Array.isArray(node.enum)) report(where, "enum", "`enum` is empty; it is left out.")
    return undefined
  }
  const areTexts = types !== undefined && types.every((type) => type === "string" || type === "null")
  return values.map((value) => (areTexts && typeof value === "number" ? String(value) : jsonOf(value)))
}

/** The type that a nullable schema without one describes. */
const impliedType = (node: Fields): ReadonlyArray<TypeName> | undefined => {
  if (node.properties !== undefined || node.additionalProperties !== undefined) return ["object"]
  return node.items === undefined ? undefined : ["array"]
}

/** Reads the keywords of a schema that are about its own value: type, values and format. Reports whether null is one of them. */
export const readValue = (shape: Draft, node: Fields, where: Where): boolean => {
  const types = typesOf(node, where)
  const values = enumOf(node, types, where)
  const isNull =
    isNullable(node) || (types !== undefined && (types.includes("null") || values?.includes(null) === true))
  const implied = types ?? (isNull ? impliedType(node) : undefined)
  const own =
    implied === undefined || !isNull ? implied : [...implied.filter((type) => type !== "null"), "null" as const]
  if (own !== undefined) shape.type = own.length === 1 ? own[0] : own
  if (values !== undefined) shape.enum = isNull && !values.includes(null) ? [...values, null] : values
  const format = formatOf(node, where)
  if (format !== undefined) shape.format = format
  if (format === "binary" && shape.type === undefined) shape.type = "string"
  return isNull
}

/** Adds the documentation of a schema to its shape. */
export const readDocumentation = (shape: Draft, node: Fields, where: Where): void => {
  if (flagIn(node, "readOnly", where)) shape.readOnly = true
  if (flagIn(node, "writeOnly", where)) shape.writeOnly = true
  const title = textIn(node, "title", where)
  if (title !== undefined) shape.title = title
  const description = textIn(node, "description", where)
  if (description !== undefined) shape.description = description
  if (flagIn(node, "deprecated", where)) shape.deprecated = true
  if (!isAbsent(node.default)) shape.default = jsonOf(node.default)
  const example =
    node.example === undefined && Array.isArray(node.examples) ? (node.examples[0] as unknown) : node.example
  if (!isAbsent(example)) shape.example = jsonOf(example)
}
