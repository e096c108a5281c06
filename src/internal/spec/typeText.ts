import type { Json, Ref, Shape } from "../../Shape.js"
import { typesOf } from "./shapes.js"
import { shapeOf } from "../descriptor/shapeOf.js"

/** The limits of a type in help: alternatives, depth, and length of a value of an enum. */
const limits = { members: 12, depth: 3, value: 40 }

/** Formats JSON as one line, cut after a length. */
export const jsonText = (value: Json, length: number): string => {
  const text = JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one))
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

const unionOf = (members: ReadonlyArray<string>, separator: string): string => {
  const unique = Array.from(new Set(members))
  return unique.length > limits.members
    ? `${unique.slice(0, limits.members).join(separator)}${separator}…`
    : unique.join(separator)
}

const itemText = (text: string): string => (/ [|&] /.test(text) ? `(${text})[]` : `${text}[]`)

const ofType = (shape: Shape, type: string, depth: number): string => {
  const { additional, format, items, prefixItems, properties } = shape
  switch (type) {
    case "array":
      if (prefixItems !== undefined && items === undefined) {
        return `[${prefixItems
          .slice(0, limits.members)
          .map((one) => textOf(one, depth + 1))
          .join(", ")}]`
      }
      return itemText(items === undefined ? "any" : textOf(items, depth + 1))
    case "object":
      if (properties !== undefined && Object.keys(properties).length > 0) return "object"
      return additional === undefined || additional === false
        ? "object"
        : `Record<string, ${textOf(additional, depth + 1)}>`
    case "string":
    case "number":
    case "integer":
      return format === undefined || format === "" ? type : `${type}(${format})`
    default:
      return type
  }
}

const textOf = (ref: Ref, depth: number): string => {
  const shape = shapeOf(ref)
  if (shape.name !== undefined) return shape.name
  if (depth > limits.depth) return "…"
  if (shape.enum !== undefined) {
    return unionOf(
      // One more than is shown tells that there are others.
      shape.enum.slice(0, limits.members + 1).map((value) => jsonText(value, limits.value)),
      " | "
    )
  }
  if (shape.anyOf !== undefined && shape.anyOf.length > 0) {
    const members = shape.anyOf.slice(0, limits.members + 1).map((one) => textOf(one, depth + 1))
    return unionOf(typesOf(shape).includes("null") ? [...members, "null"] : members, " | ")
  }
  const types = typesOf(shape)
  if (shape.allOf !== undefined && shape.allOf.length > 0 && shape.properties === undefined) {
    return unionOf(
      shape.allOf.slice(0, limits.members + 1).map((one) => textOf(one, depth + 1)),
      " & "
    )
  }
  if (types.length === 0)
    return shape.properties === undefined && shape.items === undefined
      ? "any"
      : ofType(shape, shape.items === undefined ? "object" : "array", depth)
  return unionOf(
    types.map((type) => ofType(shape, type, depth)),
    " | "
  )
}

/** Returns the type of a shape for people: its name, or its structure to a small depth. */
export const typeText = (ref: Ref | undefined): string => (ref === undefined ? "any" : textOf(ref, 0))
