import type { Ref, Shape } from "effect-herald/descriptor"
import { toJson } from "./text/json.js"

/** A value of JSON. */
export type Json = NonNullable<Shape["enum"]>[number]

/** Returns the shape of a reference. */
export const shapeOf = (ref: Ref | undefined): Shape => (typeof ref === "function" ? ref() : (ref ?? {}))

/** What a text on the command line can be for a shape. */
export interface Accepted {
  /** The types; empty for any. */
  readonly types: ReadonlySet<string>
  /** The values, if they are a closed list. */
  readonly values: ReadonlyArray<Json> | undefined
  /** The shape of items, where an array is accepted. */
  readonly items: Ref | undefined
  /** The properties, where an object is accepted. */
  readonly properties: ReadonlyMap<string, Ref>
  readonly required: ReadonlySet<string>
  readonly format: string | undefined
}

const typeOfJson = (value: Json): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number"
  return typeof value === "bigint" ? "integer" : typeof value
}

const nothing: ReadonlyMap<string, Ref> = new Map()

/** Shapes inside a shape are followed so deep. Documents can nest them thousands of times. */
const deepest = 32

const unknown: Accepted = {
  types: new Set(),
  values: undefined,
  items: undefined,
  properties: nothing,
  required: new Set(),
  format: undefined
}

/** Returns what a shape accepts. `allOf` narrows and `anyOf` widens it. */
export const acceptedBy = (ref: Ref | undefined): Accepted => combined(ref, new Map(), 0)

/** `known` has the shapes that were followed, so that each is followed once. One that is still being followed is unknown. */
const combined = (ref: Ref | undefined, known: Map<Shape, Accepted>, depth: number): Accepted => {
  const shape = shapeOf(ref)
  const found = known.get(shape)
  if (found !== undefined || depth > deepest) return found ?? unknown
  known.set(shape, unknown)
  const declared = shape.type === undefined ? [] : typeof shape.type === "string" ? [shape.type] : shape.type
  const implied = shape.properties !== undefined ? ["object"] : shape.items !== undefined ? ["array"] : []
  const types =
    declared.length > 0 ? declared : shape.enum !== undefined ? shape.enum.map((value) => typeOfJson(value)) : implied
  let accepted: Accepted = {
    types: new Set<string>(types),
    values: shape.enum,
    items: shape.items,
    properties: shape.properties === undefined ? nothing : new Map(Object.entries(shape.properties)),
    required: new Set(shape.required ?? []),
    format: shape.format
  }
  for (const member of shape.allOf ?? []) accepted = both(accepted, combined(member, known, depth + 1))
  const [first, ...others] = (shape.anyOf ?? []).map((member) => combined(member, known, depth + 1))
  if (first !== undefined) accepted = both(accepted, others.reduce(either, first))
  known.set(shape, accepted)
  return accepted
}

const both = (one: Accepted, other: Accepted): Accepted => ({
  types: one.types.size === 0 ? other.types : one.types,
  values: one.values ?? other.values,
  items: one.items ?? other.items,
  properties: new Map([...one.properties, ...other.properties]),
  required: new Set([...one.required, ...other.required]),
  format: one.format ?? other.format
})

const either = (one: Accepted, other: Accepted): Accepted => ({
  types: one.types.size === 0 || other.types.size === 0 ? new Set() : new Set([...one.types, ...other.types]),
  values: one.values && other.values && [...one.values, ...other.values],
  items: one.items ?? other.items,
  properties: new Map([...one.properties, ...other.properties]),
  required: new Set([...one.required].filter((name) => other.required.has(name))),
  format: one.format === other.format ? one.format : undefined
})

/** Names the type of a value for a person: `integer`, `string...` for a list, `red|green` for a short list of values. */
export const describeType = (ref: Ref | undefined, depth = 0): string => {
  const { format, items, types, values } = acceptedBy(ref)
  if (values !== undefined) {
    const joined = values.map(textOfJson).join("|")
    if (joined.length <= 60) return joined
  }
  const named = [...types].filter((type) => type !== "null")
  if (named.length === 0) return "any"
  if (named.length === 1 && named[0] === "array") return depth > 0 ? "array" : `${describeType(items, depth + 1)}...`
  return named.map((type) => (type === "string" && format !== undefined ? format : type)).join("|")
}

/** Returns a value of an `enum` as it is given on the command line. */
export const textOfJson = (value: Json): string => (typeof value === "string" ? value : toJson(value))
