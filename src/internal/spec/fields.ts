import type { Json } from "../../Shape.js"
import { type Fields, isFields, typeOf } from "./node.js"
import { at } from "../jsonPointer.js"
import { problemAt, type Problems, type Scope } from "./reader.js"

/** The place of fields, and the list of their problems. */
export interface Where {
  readonly scope: Scope
  readonly pointer: string
  readonly problems: Problems
}

/** Adds a problem of a field. */
export const report = ({ pointer, problems, scope }: Where, field: string, message: string): void => {
  problems.push(problemAt(scope, field === "" ? pointer : at(pointer, field), message))
}

const reportType = (where: Where, field: string, expected: string, found: unknown): void =>
  report(where, field, `\`${field}\` must be ${expected}, and is ${typeOf(found)}; it is left out.`)

/** Reads a text. YAML reads `1.0` as a number, so scalars are texts, too. Null is as good as nothing: many documents have it. */
export const textIn = (fields: Fields, field: string, where: Where): string | undefined => {
  const value = fields[field]
  if (typeof value === "string") return value
  if (value === undefined || value === null) return undefined
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value)
  reportType(where, field, "a text", value)
  return undefined
}

/** Reads a truth value; false if there is none. */
export const flagIn = (fields: Fields, field: string, where: Where): boolean => {
  const value = fields[field]
  if (value === true) return true
  if (value !== undefined && value !== null && value !== false) reportType(where, field, "true or false", value)
  return false
}

/** Reads an array; empty if there is none. */
export const arrayIn = (fields: Fields, field: string, where: Where): ReadonlyArray<unknown> => {
  const value = fields[field]
  if (Array.isArray(value)) return value
  if (value !== undefined && value !== null) reportType(where, field, "an array", value)
  return []
}

/** Reads an array of texts. */
export const textsIn = (fields: Fields, field: string, where: Where): ReadonlyArray<string> =>
  arrayIn(fields, field, where).flatMap((one, index) => {
    if (typeof one === "string") return [one]
    if (typeof one === "number" || typeof one === "boolean") return [String(one)]
    report(where, field, `Item ${index} of \`${field}\` must be a text, and is ${typeOf(one)}; it is left out.`)
    return []
  })

const none: Fields = {}

/** Reads an object; empty if there is none. */
export const fieldsIn = (fields: Fields, field: string, where: Where): Fields => {
  const value = fields[field]
  if (isFields(value)) return value
  if (value !== undefined && value !== null) reportType(where, field, "an object", value)
  return none
}

/** Returns the value of a document as JSON, which all values are that were parsed from a text. */
export const jsonOf = (value: unknown): Json => value as Json
