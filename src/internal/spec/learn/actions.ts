import type { Json, TypeName } from "../../../Shape.js"
import type { Document } from "../../../spec/Document.js"
import type { Action } from "../overlay/model.js"
import { isArray, isObject, quote, writeTarget } from "../overlay/target.js"
import type { Path } from "../overlay/target.js"
import { nodeAt, tokensOf } from "./sites.js"
import type { Site } from "./sites.js"

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

/** The change by which a schema allows the types that were seen of it, in the way of the document's version. */
const changeOf = (
  schema: Schema,
  site: Site,
  specification: Document["specification"],
  isRequested: boolean
): Change => {
  const change: Change = { removed: [], update: {} }
  const { removed, update } = change
  const hasTypeOfNull = specification === "3.1" || specification === "3.2"
  const isNull = site.mismatched.has("null")
  const declared = declaredTypes(schema)
  const more = typesOfSeen(site)
  const inUnions = typeNames.filter((name) => site.outside.has(name))

  let types = declared
  if (declared !== undefined && more.length > 0) {
    const sum = (names: Iterable<TypeName>): number =>
      [...names].reduce((total, name) => total + (site.seen.get(name) ?? 0), 0)
    // A schema of requests keeps its types: callers send what it declares.
    const isWrong = !isRequested && sum(declared) === 0 && sum(more) >= replacedFrom
    types = isWrong ? addTypes([], more) : addTypes(declared, more)
    if (isWrong && schema["format"] !== undefined) removed.push("format")
    // Its values have other types than those that were seen.
    const values = schema["enum"]
    if (isArray(values) && !values.some((value) => isOfType(value, more))) removed.push("enum")
  }
  const wasNull = isArray(schema["type"]) && schema["type"].includes("null")
  const addsNull = isNull && hasTypeOfNull && types !== undefined
  if (types !== undefined && (types !== declared || addsNull)) {
    setTypes(schema, wasNull || addsNull ? [...types, "null"] : types, change)
  }
  if (isNull && !hasTypeOfNull) update[specification === "2.0" ? "x-nullable" : "nullable"] = true
  if (isNull && hasTypeOfNull) {
    if (isArray(schema["enum"]) && !removed.includes("enum")) update["enum"] = [null]
    const wrapped = ["$ref", "allOf"].filter((keyword) => schema[keyword] !== undefined)
    const hasUnion = schema["anyOf"] !== undefined || schema["oneOf"] !== undefined
    for (const keyword of ["anyOf", "oneOf"]) {
      if (schema[keyword] !== undefined) update[keyword] = [{ type: "null" }]
    }
    if (wrapped.length > 0 && !hasUnion) {
      removed.push(...wrapped)
      // Each keyword was just found in the schema.
      update["anyOf"] = [
        Object.fromEntries(wrapped.map((keyword) => [keyword, schema[keyword] as Json])),
        { type: "null" }
      ]
    } else if (wrapped.length > 0) update["nullable"] = true
  }
  if (inUnions.length > 0) {
    const members = inUnions.map((type) => ({ type }))
    const keyword = schema["anyOf"] === undefined ? "oneOf" : "anyOf"
    const known = update[keyword]
    update[keyword] = isArray(known) ? [...members, ...known] : members
  }
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
  const others =
    rest.length > 0
      ? rest.map((name) => `${name} ${times(site.seen.get(name) ?? 0)}`)
      : (declared ?? []).map((name) => `${name} never`)
  return `Seen: ${[...seen, ...others].join(", ")} (${originsOf(site)}).`
}

/** The actions that correct a schema. Empty if none of its values differs, or if the document has no such schema. */
export const actionsOf = (
  { json, specification }: Pick<Document, "json" | "specification">,
  site: Site,
  isRequested: boolean
): ReadonlyArray<Action> => {
  if (site.mismatched.size === 0 && site.outside.size === 0 && site.missing.size === 0) return []
  const schema = nodeAt(json, site.pointer)
  if (!isObject(schema)) return []
  const path = pathOf(json, site.pointer)
  const actions: Array<Action> = []
  if (site.mismatched.size > 0 || site.outside.size > 0) {
    const { removed, update } = changeOf(schema, site, specification, isRequested)
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
