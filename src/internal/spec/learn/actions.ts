import type { Json, TypeName } from "../../../Shape.js"
import type { Document } from "../model.js"
import type { Action } from "../overlay/model.js"
import { isArray, isObject, quote, writeTarget } from "../overlay/target.js"
import type { Path } from "../overlay/target.js"
import { nodeAt } from "./sites.js"
import type { Site } from "./sites.js"
import { tokensOf } from "../../jsonPointer.js"

/** The number of values of another type, without one of the declared type, from which on the declared type is replaced. */
const replacedFrom = 3

/** The number of operations that a description names. */
const namedOrigins = 3

type Schema = Readonly<Record<string, Json>>

/** The path of a pointer in a document, whose arrays have indexes for keys. */
const pathOf = (json: Json, pointer: string): Path => {
  let node: Json | undefined = json
  return tokensOf(pointer).map((token) => {
    const key = isArray(node) ? Number(token) : token
    // The pointer is that of a node of the document.
    node = (node as Readonly<Record<string, Json>>)[token]
    return key
  })
}

const typeNames = ["string", "number", "integer", "boolean", "object", "array", "null"] as const

const isTypeName = (value: unknown): value is TypeName => typeNames.some((name) => name === value)

/** The types that a schema declares, without null; undefined if it has none. Its keywords stand for a type that is not written. */
const declaredTypes = (schema: Schema): ReadonlyArray<TypeName> | undefined => {
  const { type } = schema
  if (type === "file") return ["string"]
  const written = (isArray(type) ? type : [type]).filter(isTypeName)
  if (written.length > 0) return written.filter((name) => name !== "null")
  const isObject =
    schema["properties"] !== undefined ||
    schema["required"] !== undefined ||
    schema["additionalProperties"] !== undefined
  const isArray_ = schema["items"] !== undefined || schema["prefixItems"] !== undefined
  if (!isObject && !isArray_) return undefined
  return [...(isObject ? (["object"] as const) : []), ...(isArray_ ? (["array"] as const) : [])]
}

const typesOfSeen = (site: Site): ReadonlyArray<TypeName> =>
  typeNames.filter((name) => name !== "null" && site.mismatched.has(name))

/** Adds types to others. An integer is a number. */
const addTypes = (types: ReadonlyArray<TypeName>, more: ReadonlyArray<TypeName>): ReadonlyArray<TypeName> => {
  const all = new Set([...types, ...more])
  if (all.has("number")) all.delete("integer")
  return [...all]
}

const isOfType = (value: Json, types: ReadonlyArray<TypeName>): boolean =>
  types.some((type) => {
    switch (type) {
      case "array":
        return isArray(value)
      case "object":
        return isObject(value)
      case "null":
        return value === null
      case "integer":
      case "number":
        return typeof value === "number" || typeof value === "bigint"
      default:
        return typeof value === type
    }
  })

/** A change of a schema: the keywords that are removed first, and the update. */
interface Change {
  readonly removed: Array<string>
  readonly update: Record<string, Json>
}

/** Sets the types of a schema. An update of an array is appended to it, so that types which go are removed first. */
const setTypes = (schema: Schema, types: ReadonlyArray<TypeName>, { removed, update }: Change): void => {
  const { type } = schema
  if (!isArray(type)) {
    update["type"] = types.length === 1 && types[0] !== undefined ? types[0] : types
    return
  }
  const isKept = type.every((name) => types.some((one) => one === name))
  if (!isKept) removed.push("type")
  update["type"] = isKept ? types.filter((name) => !type.includes(name)) : types
}

/** Reports whether a schema is of one value, not of the items of a collection, whose types can differ. */
const isSingle = (pointer: string): boolean => {
  const [last, parent] = tokensOf(pointer).toReversed()
  return parent === "properties" || (last !== "items" && last !== "additionalProperties")
}

/** Reports whether values had one other type only, several times, and none had the declared type. */
const isReplaced = (site: Site, more: ReadonlyArray<TypeName>, keepsTypes: boolean): boolean => {
  const [type] = more
  if (type === undefined || more.length > 1 || keepsTypes || !isSingle(site.pointer)) return false
  const others = [...site.seen.keys()].some((name) => name !== type && name !== "null")
  return !others && (site.seen.get(type) ?? 0) >= replacedFrom
}

/** Adds the types that no member of a schema's union has to the union, or to what the schema refers to. */
const addMembers = (schema: Schema, site: Site, keepsTypes: boolean, { removed, update }: Change): void => {
  const types = typeNames.filter((name) => site.outside.has(name))
  if (types.length === 0) return
  const reference = schema["$ref"]
  const members = types.map((type): Json => {
    const isList = type === "array" && site.lists && reference !== undefined
    return isList ? { type, items: { $ref: reference } } : { type }
  })
  const keyword = schema["oneOf"] === undefined ? "anyOf" : "oneOf"
  const isUnion = schema[keyword] !== undefined
  if (reference !== undefined && !isUnion && !removed.includes("$ref")) removed.push("$ref")
  const [member] = members
  const known = update[keyword] ?? (reference === undefined || isUnion ? [] : [{ $ref: reference }])
  if (!isUnion && isReplaced(site, types, keepsTypes) && update[keyword] === undefined) Object.assign(update, member)
  // An update of the keyword was made as an array.
  else update[keyword] = [...(known as ReadonlyArray<Json>), ...members]
}

/** The change by which a schema allows the types that were seen of it, in the way of the document's version. */
const changeOf = (
  schema: Schema,
  site: Site,
  specification: Document["specification"],
  keepsTypes: boolean
): Change => {
  const change: Change = { removed: [], update: {} }
  const { removed, update } = change
  const hasTypeOfNull = specification === "3.1" || specification === "3.2"
  const isNull = site.mismatched.has("null")
  const declared = declaredTypes(schema)
  const more = typesOfSeen(site)

  let types = declared
  if (declared !== undefined && more.length > 0) {
    const isWrong = isReplaced(site, more, keepsTypes)
    types = isWrong ? addTypes([], more) : addTypes(declared, more)
    if (isWrong && schema["format"] !== undefined) removed.push("format")
    // Its values have other types than those that were seen.
    const values = schema["enum"]
    if (isArray(values) && !values.some((value) => isOfType(value, more))) removed.push("enum")
  }
  const wasNull = isArray(schema["type"]) ? schema["type"].includes("null") : schema["type"] === "null"
  const addsNull = isNull && hasTypeOfNull && types !== undefined
  if (types !== undefined && (types !== declared || addsNull)) {
    setTypes(schema, wasNull || addsNull ? [...types, "null"] : types, change)
  }
  if (isNull && !hasTypeOfNull) {
    update[specification === "2.0" ? "x-nullable" : "nullable"] = true
    // A schema of any type has null already; one of no written type needs it.
    if (schema["type"] === undefined && types !== undefined) setTypes(schema, types, change)
  }
  if (isNull && hasTypeOfNull) {
    if (isArray(schema["enum"]) && !removed.includes("enum")) update["enum"] = [null]
    const keywords = ["anyOf", "oneOf"].filter((keyword) => schema[keyword] !== undefined)
    for (const keyword of keywords) update[keyword] = [{ type: "null" }]
    // Null beside `allOf` has no form of its own but this one, which is that of OpenAPI 3.0.
    if (schema["allOf"] !== undefined || (schema["$ref"] !== undefined && keywords.length > 0))
      update["nullable"] = true
    else if (schema["$ref"] !== undefined) {
      removed.push("$ref")
      update["anyOf"] = [{ $ref: schema["$ref"] }, { type: "null" }]
    }
  }
  addMembers(schema, site, keepsTypes, change)
  return change
}

const times = (number: number): string => (number === 1 ? "once" : number === 2 ? "twice" : `${number} times`)

/** Says where a mismatch was seen. */
const originsOf = (site: Site): string => {
  const origins = [...site.origins].sort()
  const named = origins.slice(0, namedOrigins).join(", ")
  return origins.length > namedOrigins ? `${named} and ${origins.length - namedOrigins} more` : named
}

/** Says which types were seen, and how often. */
const describeTypes = (schema: Schema, site: Site): string => {
  const wrong = typeNames.filter((name) => site.mismatched.has(name) || site.outside.has(name))
  const seen = wrong.map((name) => `${name} ${times(site.seen.get(name) ?? 0)}`)
  const declared = declaredTypes(schema)
  const rest = typeNames.filter((name) => !wrong.includes(name) && (site.seen.get(name) ?? 0) > 0)
  if (site.outside.has("object"))
    return `Seen: ${seen.join(", ")}, without most of the required properties (${originsOf(site)}).`
  const others =
    rest.length > 0
      ? rest.map((name) => `${name} ${times(site.seen.get(name) ?? 0)}`)
      : (declared ?? []).map((name) => `${name} never`)
  return `Seen: ${[...seen, ...others].join(", ")} (${originsOf(site)}).`
}

/** The actions that correct a schema. With `keepsTypes` no declared type is replaced. Empty if none of its values differs, or if the document has no such schema. */
export const actionsOf = (
  { json, specification }: Pick<Document, "json" | "specification">,
  site: Site,
  keepsTypes: boolean
): ReadonlyArray<Action> => {
  if (site.mismatched.size === 0 && site.outside.size === 0 && site.missing.size === 0) return []
  const schema = nodeAt(json, site.pointer)
  if (!isObject(schema)) return []
  const path = pathOf(json, site.pointer)
  const actions: Array<Action> = []
  if (site.mismatched.size > 0 || site.outside.size > 0) {
    const { removed, update } = changeOf(schema, site, specification, keepsTypes)
    const description = describeTypes(schema, site)
    for (const keyword of removed) {
      actions.push({ target: writeTarget([...path, keyword]), description, remove: true })
    }
    if (Object.keys(update).length > 0) actions.push({ target: writeTarget(path), description, update })
  }
  for (const [name, missing] of [...site.missing].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const objects = site.seen.get("object")
    actions.push({
      target: `${writeTarget([...path, "required"])}[?@ == ${quote(name)}]`,
      description: `Missing ${objects === undefined ? times(missing) : `in ${missing} of ${objects} objects`} (${originsOf(site)}).`,
      remove: true
    })
  }
  return actions
}
