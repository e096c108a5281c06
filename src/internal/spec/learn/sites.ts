import type { Json, Ref, Shape, TypeName } from "../../../Shape.js"

/** The values that were seen at a schema of a document. */
export interface Site {
  /** The JSON pointer of the schema as it is written, which may be a reference. */
  readonly pointer: string
  /** The number of values, by type. Nulls are counted where the schema is used, other values where it is described. */
  readonly seen: Map<TypeName, number>
  /** The types of values that the schema does not allow. */
  readonly mismatched: Set<TypeName>
  /** The types of values that no member of the schema's union allows, or that are not what the schema refers to. */
  readonly outside: Set<TypeName>
  /** True if each array among these is a list of what the schema refers to. */
  lists: boolean
  /** The required properties that were absent, with the number of objects without them. */
  readonly missing: Map<string, number>
  /** The operations and statuses where a mismatch was seen. */
  readonly origins: Set<string>
}

/** The sites of a document, by pointer. */
export type Sites = Map<string, Site>

export const siteAt = (sites: Sites, pointer: string): Site => {
  const known = sites.get(pointer)
  if (known !== undefined) return known
  const site: Site = {
    pointer,
    seen: new Map(),
    mismatched: new Set(),
    outside: new Set(),
    lists: true,
    missing: new Map(),
    origins: new Set()
  }
  sites.set(pointer, site)
  return site
}

export const count = <K>(counts: Map<K, number>, key: K, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

/** The type of a value; undefined if it is not JSON. */
export const typeOf = (value: unknown): TypeName | undefined => {
  switch (typeof value) {
    case "string":
      return "string"
    case "boolean":
      return "boolean"
    case "number":
      return Number.isInteger(value) ? "integer" : "number"
    case "bigint":
      return "integer"
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "array" : "object"
    default:
      return undefined
  }
}

/** A schema where it is used. */
export interface Use {
  readonly ref: Ref
  /** The pointer of the schema as it is written, which may be a reference. */
  readonly pointer: string
}

/** A part of a shape: itself, or one that its `allOf` adds. */
export interface Part {
  readonly shape: Shape
  readonly pointer: string
}

export const resolve = (ref: Ref): Shape => (typeof ref === "function" ? ref() : ref)

/** Appends tokens to a JSON pointer. */
export const below = (pointer: string, ...tokens: ReadonlyArray<string | number>): string =>
  tokens.reduce<string>(
    (text, token) => `${text}/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`,
    pointer
  )

/** The length of a pointer, in characters, beyond which schemas are not corrected. No person nests schemas so deeply. */
export const longestPointer = 10_000

/** The parts of a shape. A shape without a pointer was made from the schema that is around it. */
export const partsOf = (shape: Shape, pointer: string): ReadonlyArray<Part> => {
  const parts: Array<Part> = [{ shape, pointer: shape.pointer ?? pointer }]
  const seen = new Set([shape])
  for (const part of parts) {
    for (const ref of part.shape.allOf ?? []) {
      const member = resolve(ref)
      if (seen.has(member) || (member.pointer?.length ?? 0) > longestPointer) continue
      seen.add(member)
      parts.push({ shape: member, pointer: member.pointer ?? part.pointer })
    }
  }
  return parts
}

/** The types that a shape allows by its own keywords; undefined for any. Keywords of objects and arrays stand for a type that is not written. */
export const typesOf = (shape: Shape): ReadonlyArray<TypeName> | undefined => {
  if (shape.type !== undefined) return typeof shape.type === "string" ? [shape.type] : shape.type
  if (shape.properties !== undefined || shape.additional !== undefined || shape.required !== undefined) {
    return shape.items === undefined && shape.prefixItems === undefined ? ["object"] : ["object", "array"]
  }
  return shape.items === undefined && shape.prefixItems === undefined ? undefined : ["array"]
}

export const allows = (shape: Shape, type: TypeName): boolean => {
  const types = typesOf(shape)
  return types === undefined || types.includes(type) || (type === "integer" && types.includes("number"))
}

/** Reports whether all parts of a shape allow a type, and one of the members of each of its unions. */
export const allowsDeep = (use: Use, type: TypeName, within: ReadonlyArray<Shape> = []): boolean => {
  const shape = resolve(use.ref)
  // A union that contains itself adds nothing.
  if (within.includes(shape) || within.length > 50) return false
  const parts = partsOf(shape, use.pointer)
  if (!parts.every((part) => allows(part.shape, type))) return false
  if (type === "null" && parts.some((part) => typesOf(part.shape)?.includes("null"))) return true
  return parts.every(
    (part) =>
      part.shape.anyOf === undefined || membersOf(part).some((member) => allowsDeep(member, type, [...within, shape]))
  )
}

/** The members of a part's union. Their place is that of the part, for members that were made from it. */
export const membersOf = ({ pointer, shape }: Part): ReadonlyArray<Use> =>
  (shape.anyOf ?? []).map((ref) => ({ ref, pointer: resolve(ref).pointer ?? pointer }))

/** The first of the places that exists, or else that of the schema itself. */
const placeOf = (json: Json, ref: Ref, places: ReadonlyArray<string>): string => {
  for (const place of places) if (nodeAt(json, place) !== undefined) return place
  return resolve(ref).pointer ?? ""
}

/** The uses that a part has for a child of a value, by its key. `named` is true if another part has a property of this name. */
export const childrenOf = (
  json: Json,
  { pointer, shape }: Part,
  key: string | number,
  named: boolean
): ReadonlyArray<Use> => {
  const use = (ref: Ref, ...places: ReadonlyArray<string>): ReadonlyArray<Use> => [
    { ref, pointer: placeOf(json, ref, places) }
  ]
  if (typeof key === "number") {
    const prefix = shape.prefixItems?.[key]
    // Before 2020-12, JSON Schema had the first items in an array of `items`.
    if (prefix !== undefined) return use(prefix, below(pointer, "prefixItems", key), below(pointer, "items", key))
    if (shape.items === undefined) return []
    const rest = shape.prefixItems === undefined ? "items" : "additionalItems"
    return use(shape.items, below(pointer, rest), below(pointer, "items"))
  }
  if (hasProperty(shape, key)) {
    // The name was just looked up.
    return use(shape.properties?.[key] as Ref, below(pointer, "properties", key))
  }
  return named || shape.additional === undefined || shape.additional === false
    ? []
    : use(shape.additional, below(pointer, "additionalProperties"), below(pointer, "unevaluatedProperties"))
}

export const hasProperty = (shape: Shape, name: string): boolean =>
  shape.properties !== undefined && Object.hasOwn(shape.properties, name)

/** The node at a JSON pointer. Never a member of a prototype. */
export const nodeAt = (json: Json, pointer: string): Json | undefined => {
  let node: Json | undefined = json
  for (const token of tokensOf(pointer)) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, token)) return undefined
    // The token was just looked up; an index of an array is a key as well.
    node = (node as Readonly<Record<string, Json>>)[token]
  }
  return node
}

export const tokensOf = (pointer: string): ReadonlyArray<string> =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
