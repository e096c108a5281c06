import type { Json, Ref, Shape, TypeName } from "../../../Shape.js"
import { shapeOf } from "../../descriptor/shapeOf.js"

/** A shape with all that its `allOf` adds, as one. Shapes that mean the same have the same view, however they are composed. */
export interface View {
  readonly shape: Shape
  /** The types, `number` also for integers; undefined for any. */
  readonly types: ReadonlySet<TypeName> | undefined
  readonly format: string | undefined
  readonly enum: ReadonlyArray<Json> | undefined
  readonly properties: ReadonlyMap<string, ReadonlyArray<Ref>>
  readonly required: ReadonlySet<string>
  readonly additional: Ref | false | undefined
  readonly items: Ref | undefined
  readonly prefixItems: ReadonlyArray<Ref>
  /** The members of each union, without null. */
  readonly unions: ReadonlyArray<ReadonlyArray<Shape>>
  /** True if null is allowed. */
  readonly nullable: boolean
}

const typesOf = ({ additional, items, prefixItems, properties, type }: Shape): ReadonlySet<TypeName> | undefined => {
  if (type !== undefined) return new Set(typeof type === "string" ? [type] : type)
  if (properties !== undefined || additional !== undefined) return new Set(["object"])
  return items === undefined && prefixItems === undefined ? undefined : new Set(["array"])
}

const both = (
  one: ReadonlySet<TypeName> | undefined,
  other: ReadonlySet<TypeName> | undefined
): ReadonlySet<TypeName> | undefined => {
  if (one === undefined || other === undefined) return one ?? other
  const types = [...one].filter((type) => other.has(type) || (type === "integer" && other.has("number")))
  if (one.has("number") && other.has("integer")) types.push("integer")
  return new Set(types)
}

/** Reports whether a shape is null and nothing else. */
const isNull = ({ type }: Shape): boolean => type === "null"

/** Reports whether a shape has no keyword but for a union and documentation. */
const isOnlyUnion = (shape: Shape): boolean =>
  shape.type === undefined &&
  shape.enum === undefined &&
  shape.properties === undefined &&
  shape.required === undefined &&
  shape.additional === undefined &&
  shape.items === undefined &&
  shape.prefixItems === undefined &&
  shape.allOf === undefined

/** The members of a union without null, and whether null is one of them. Unions of unions are one. */
const membersOf = (shape: Shape): { readonly members: ReadonlyArray<Shape>; readonly nullable: boolean } => {
  const members = new Set((shape.anyOf ?? []).map(shapeOf))
  let nullable = false
  // A Set is iterated with the members that are added meanwhile.
  for (const member of members) {
    if (isNull(member)) nullable = true
    if (member.anyOf !== undefined && isOnlyUnion(member)) for (const ref of member.anyOf) members.add(shapeOf(ref))
  }
  return {
    members: [...members].filter((member) => !isNull(member) && !(member.anyOf !== undefined && isOnlyUnion(member))),
    nullable
  }
}

/** Makes the view of a shape. Not recursive. */
export const viewOf = (shape: Shape): View => {
  const parts = new Set([shape])
  /** The parts beside which null is allowed. */
  const besideNull = new Set<Shape>()
  const unions: Array<ReadonlyArray<Shape>> = []
  const properties = new Map<string, Array<Ref>>()
  const required = new Set<string>()
  const prefixItems: Array<Ref> = []
  let types: ReadonlySet<TypeName> | undefined
  let nullable = true
  let view: { -readonly [Key in "format" | "enum" | "additional" | "items"]?: View[Key] } = {}
  const add = (part: Shape, isBesideNull: boolean): void => {
    if (isBesideNull && !parts.has(part)) besideNull.add(part)
    parts.add(part)
  }
  // A Set is iterated with the parts that are added meanwhile.
  for (const part of parts) {
    const isBesideNull = besideNull.has(part)
    for (const ref of part.allOf ?? []) add(shapeOf(ref), isBesideNull)
    const own = typesOf(part)
    types = both(types, own !== undefined && isBesideNull ? new Set([...own, "null" as const]) : own)
    if (part.anyOf !== undefined) {
      const union = membersOf(part)
      const [only] = union.members
      // A union of one schema and null is that schema, or null.
      if (only === undefined) types = both(types, new Set(["null" as const]))
      else if (union.members.length === 1) add(only, union.nullable || isBesideNull)
      else {
        unions.push(union.members)
        nullable &&= union.nullable || isBesideNull
      }
    }
    view = {
      format: view.format ?? part.format,
      enum: view.enum ?? part.enum,
      additional: view.additional ?? part.additional,
      items: view.items ?? part.items
    }
    for (const [name, ref] of Object.entries(part.properties ?? {})) {
      const refs = properties.get(name)
      if (refs === undefined) properties.set(name, [ref])
      else refs.push(ref)
    }
    for (const name of part.required ?? []) required.add(name)
    if (prefixItems.length === 0) prefixItems.push(...(part.prefixItems ?? []))
  }
  return {
    shape,
    types,
    format: view.format,
    enum: view.enum?.filter((value) => value !== null),
    properties,
    required,
    additional: view.additional,
    items: view.items,
    prefixItems,
    unions,
    nullable: nullable && types?.has("null") !== false
  }
}
