import type { Json, Ref, Shape, TypeName } from "./Shape.js"
import type { Resolve } from "./shapeOf.js"

/** The types of values as bits. A number has one of two, so that `integer` is a part of `number`. */
export const typeBits = { string: 1, fraction: 2, integer: 4, boolean: 8, object: 16, array: 32, null: 64 } as const

const anyType = 127

const bitsOf = (type: TypeName): number =>
  // A document can have a name that is none of these.
  type === "number" ? 6 : Object.hasOwn(typeBits, type) ? typeBits[type] : 0

const typeNames: ReadonlyArray<readonly [bits: number, name: TypeName, text: string]> = [
  [1, "string", "a string"],
  [6, "number", "a number"],
  [4, "integer", "an integer"],
  [8, "boolean", "a boolean"],
  [16, "object", "an object"],
  [32, "array", "an array"],
  [64, "null", "null"]
]

/** Names types, such as `a string or null`. */
export const describeTypes = (types: number): string =>
  typeNames
    .filter(([bits]) => (types & bits) === bits && !(bits === 4 && (types & 6) === 6))
    .map(([, , text]) => text)
    .join(" or ")

/** Returns the name of the type of one bit. */
export const typeName = (bit: number): TypeName | undefined => typeNames.find(([bits]) => (bits & bit) !== 0)?.[1]

/** Returns the bit of a value's type; 0 for a value that is not JSON. */
export const typeBit = (value: unknown): number => {
  switch (typeof value) {
    case "string":
      return 1
    case "number":
      return Number.isInteger(value) ? 4 : 2
    case "bigint":
      return 4
    case "boolean":
      return 8
    case "object":
      return value === null ? 64 : Array.isArray(value) ? 32 : 16
    default:
      return 0
  }
}

/** A property of an object. Several shapes of an `allOf` can describe it. */
export interface Property {
  readonly name: string
  readonly refs: ReadonlyArray<Ref>
  readonly required: boolean
  /** True for the name of a property that all objects inherit, such as `constructor`. */
  readonly inherited: boolean
  nodes?: ReadonlyArray<Node>
}

/** The members of an `anyOf`. */
export interface Union {
  /** The shape that has the `anyOf`. */
  readonly of: Shape
  readonly shapes: ReadonlyArray<Shape>
  readonly discriminator: Shape["discriminator"]
  nodes?: ReadonlyArray<Node>
}

/** A shape with all that its `allOf` adds, so that neither cycles nor the depth of these matter. */
export interface Node {
  readonly shape: Shape
  /** The types, as bits. */
  readonly types: number
  /** True if null is one of the types that are listed. */
  readonly nullable: boolean
  /** True if the value is bytes, which a request can have in forms other than a string. */
  readonly binary: boolean
  readonly readOnly: boolean
  readonly writeOnly: boolean
  readonly enums: ReadonlyArray<ReadonlyArray<Json>>
  readonly properties: ReadonlyArray<Property>
  /** The names of the properties. */
  readonly named: ReadonlySet<string>
  readonly additional: ReadonlyArray<Ref>
  /** True if an object has no other properties. */
  readonly closed: boolean
  readonly items: ReadonlyArray<Ref>
  readonly prefixItems: ReadonlyArray<ReadonlyArray<Ref>>
  readonly unions: ReadonlyArray<Union>
  /** True if a string, number, boolean or null of these types has the shape. */
  readonly leaf: boolean
  /** The properties that have one value, which tell the members of a union apart. */
  tags?: ReadonlyArray<readonly [name: string, value: Json]>
}

/** Returns a shape and the shapes of its `allOf`, to any depth. A Set is iterated with the members that are added meanwhile. */
const partsOf = (shape: Shape, resolve: Resolve): ReadonlyArray<Shape> => {
  const parts = new Set([shape])
  for (const { allOf } of parts) for (const ref of allOf ?? []) parts.add(resolve(ref))
  return [...parts]
}

/** Reports whether a shape is an `anyOf` and nothing else. */
const isUnion = (shape: Shape): boolean =>
  shape.anyOf !== undefined &&
  shape.discriminator === undefined &&
  shape.type === undefined &&
  shape.enum === undefined &&
  shape.properties === undefined &&
  shape.required === undefined &&
  shape.additional === undefined &&
  shape.items === undefined &&
  shape.prefixItems === undefined &&
  shape.allOf === undefined

/** Returns the members of an `anyOf`, with those of members that are unions themselves. */
const membersOf = (refs: ReadonlyArray<Ref>, resolve: Resolve): ReadonlyArray<Shape> => {
  const members = new Set(refs.map(resolve))
  for (const member of members) {
    if (isUnion(member)) for (const ref of member.anyOf ?? []) members.add(resolve(ref))
  }
  return [...members].filter((member) => !isUnion(member))
}

/** Returns the types of a shape as bits. Keywords for objects or arrays stand for a type that is not written. */
const typesOf = ({ additional, items, prefixItems, properties, required, type }: Shape): number => {
  if (type !== undefined) return (typeof type === "string" ? [type] : type).reduce((bits, one) => bits | bitsOf(one), 0)
  const object = properties !== undefined || additional !== undefined || required !== undefined ? 16 : 0
  const array = items !== undefined || prefixItems !== undefined ? 32 : 0
  return object | array || anyType
}

/** Makes the node of a shape. */
export const makeNode = (shape: Shape, resolve: Resolve): Node => {
  const parts = partsOf(shape, resolve)
  const refs = new Map<string, Array<Ref>>()
  const required = new Set<string>()
  const prefixItems: Array<Array<Ref>> = []
  let types = anyType
  let nullable = false
  for (const part of parts) {
    types &= typesOf(part)
    nullable ||= part.type !== undefined && (typesOf(part) & 64) !== 0
    for (const name of part.required ?? []) {
      required.add(name)
      if (!refs.has(name)) refs.set(name, [])
    }
    for (const [name, ref] of Object.entries(part.properties ?? {})) {
      const others = refs.get(name)
      if (others === undefined) refs.set(name, [ref])
      else others.push(ref)
    }
    part.prefixItems?.forEach((ref, index) => (prefixItems[index] ??= []).push(ref))
  }
  const enums = parts.flatMap((part) => (part.enum === undefined ? [] : [part.enum]))
  const unions = parts.flatMap((part): ReadonlyArray<Union> => {
    const { anyOf, discriminator } = part
    return anyOf === undefined || anyOf.length === 0
      ? []
      : [{ of: part, shapes: membersOf(anyOf, resolve), discriminator }]
  })
  const properties = Array.from(refs, ([name, own]): Property => ({
    name,
    refs: own,
    required: required.has(name),
    inherited: name in Object.prototype
  }))
  return {
    shape,
    types,
    nullable: nullable && (types & 64) !== 0,
    binary: parts.some(({ format }) => format === "binary"),
    readOnly: parts.some(({ readOnly }) => readOnly === true),
    writeOnly: parts.some(({ writeOnly }) => writeOnly === true),
    enums,
    properties,
    named: new Set(properties.map(({ name }) => name)),
    additional: parts.flatMap(({ additional }) =>
      additional === undefined || additional === false ? [] : [additional]
    ),
    closed: parts.some(({ additional }) => additional === false),
    items: parts.flatMap(({ items }) => (items === undefined ? [] : [items])),
    prefixItems,
    unions,
    leaf: enums.length === 0 && unions.length === 0
  }
}
