import { checker } from "../../../Shape.js"
import type { Json, Shape, TypeName } from "../../../Shape.js"
import { isObject } from "../overlay/target.js"
import {
  allows,
  allowsDeep,
  below,
  childrenOf,
  count,
  hasProperty,
  longestPointer,
  membersOf,
  nodeAt,
  partsOf,
  resolve,
  siteAt,
  typeOf,
  typesOf
} from "./sites.js"
import type { Part, Sites, Use } from "./sites.js"

/** What is observed: the sites of a document, and the operation and status that values come from. */
export interface Observation {
  readonly json: Json
  readonly sites: Sites
  readonly origin: string
}

/** The members of a union that the document has. Null itself is one that was added. */
const schemasIn = (part: Part): ReadonlyArray<Use> =>
  membersOf(part).filter(({ ref }) => resolve(ref).pointer !== undefined || resolve(ref).type !== "null")

/** Records a value of a type that a schema does not allow. */
export const recordMismatch = (
  observation: Observation,
  use: Use,
  parts: ReadonlyArray<Part>,
  type: TypeName
): void => {
  const { json, origin, sites } = observation
  const isOther = isReferenceToStructure(json, use)
  if (type === "null" || isOther) {
    const site = siteAt(sites, use.pointer)
    if (type === "null") site.mismatched.add(type)
    else site.outside.add(type)
    site.origins.add(origin)
    return
  }
  const pending = [...parts]
  const passed = new Set<Shape>()
  for (const part of pending) {
    if (passed.has(part.shape)) continue
    passed.add(part.shape)
    const members = part.shape.anyOf === undefined ? undefined : membersOf(part)
    const isMember = members === undefined || members.some((member) => allowsDeep(member, type))
    const isOfType = allows(part.shape, type)
    if (isOfType && isMember) continue
    const site = siteAt(sites, part.pointer)
    if (!isOfType) site.mismatched.add(type)
    if (!isMember && isUnionAt(json, part.pointer)) site.outside.add(type)
    else if (!isMember) {
      // A union that the document has not: a schema that allows null beside others.
      for (const member of schemasIn(part)) pending.push(...partsOf(resolve(member.ref), member.pointer))
    }
    site.origins.add(origin)
  }
}

/**
 * Reports whether a schema is a reference to objects or arrays. A value of another type is then not a value of the schema that it
 * refers to, which has other uses, but of another.
 */
const isReferenceToStructure = (json: Json, use: Use): boolean => {
  const node = nodeAt(json, use.pointer)
  const shape = resolve(use.ref)
  return (
    isObject(node) &&
    typeof node["$ref"] === "string" &&
    node["anyOf"] === undefined &&
    node["oneOf"] === undefined &&
    shape.pointer !== use.pointer &&
    partsOf(shape, use.pointer).some((part) =>
      typesOf(part.shape)?.every((type) => type === "object" || type === "array")
    )
  )
}

/** Reports whether an object is none that its schema describes: it lacks most of the properties that are required. */
const isAnother = (parts: ReadonlyArray<Part>, object: Readonly<Record<string, unknown>>): boolean => {
  const required = [...new Set(parts.flatMap((part) => part.shape.required ?? []))]
  const missing = required.filter((name) => !Object.hasOwn(object, name) && !isWriteOnly(parts, name)).length
  return missing > 1 && missing > required.length / 2
}

/** Reports whether the document has a union at a pointer. */
const isUnionAt = (json: Json, pointer: string): boolean => {
  const node = nodeAt(json, pointer)
  return isObject(node) && (node["anyOf"] !== undefined || node["oneOf"] !== undefined)
}

/** Records a required property that an object has not. */
export const recordMissing = ({ origin, sites }: Observation, parts: ReadonlyArray<Part>, name: string): void => {
  for (const part of parts) {
    if (part.shape.required?.includes(name) !== true) continue
    const site = siteAt(sites, part.pointer)
    count(site.missing, name)
    site.origins.add(origin)
  }
}

const isWriteOnly = (parts: ReadonlyArray<Part>, name: string): boolean =>
  parts.some(({ shape }) => {
    const property = hasProperty(shape, name) ? shape.properties?.[name] : undefined
    return property !== undefined && partsOf(resolve(property), "").some((part) => part.shape.writeOnly === true)
  })

interface Step {
  readonly use: Use
  readonly value: unknown
  /** The shapes whose unions lead to this one, for the same value. */
  readonly within: ReadonlyArray<Shape>
}

/** The member of a union that a value is: the one that its discriminator names, one that it matches, or the closest. */
const memberOf = (part: Part, value: unknown, type: TypeName): Use | undefined => {
  const { discriminator } = part.shape
  if (discriminator !== undefined && type === "object") {
    // The type is that of an object.
    const object = value as Readonly<Record<string, unknown>>
    const tag = Object.hasOwn(object, discriminator.property) ? object[discriminator.property] : undefined
    if (typeof tag === "string" && Object.hasOwn(discriminator.mapping, tag)) {
      const ref = discriminator.mapping[tag]
      return ref === undefined ? undefined : { ref, pointer: resolve(ref).pointer ?? part.pointer }
    }
  }
  const members = membersOf(part).filter((member) => allowsDeep(member, type))
  if (members.length < 2) return members[0]
  let closest: Use | undefined
  let fewest = Infinity
  for (const member of members) {
    const issues = checker(member.ref, "response")(value).count
    if (issues < fewest) {
      closest = member
      fewest = issues
    }
  }
  return closest
}

/** Observes a value of a schema: counts the types that each schema within it has, and its mismatches. Not recursive. */
export const observe = (observation: Observation, root: Use, rootValue: unknown): void => {
  const { json, sites } = observation
  const steps: Array<Step> = [{ use: root, value: rootValue, within: [] }]
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { use, value, within } = step
    const type = typeOf(value)
    if (type === undefined || use.pointer.length > longestPointer) continue
    const shape = resolve(use.ref)
    const parts = partsOf(shape, use.pointer)
    const isAllowed = allowsDeep(use, type)
    // The type was just read.
    const isOther = isAllowed && type === "object" && isAnother(parts, value as Readonly<Record<string, unknown>>)
    const isReference = isReferenceToStructure(json, use)
    const site = siteAt(sites, use.pointer)
    if (isReference) count(site.seen, type)
    if ((isOther || !isAllowed) && isReference) {
      recordMismatch(observation, use, parts, type)
      if (type !== "array") continue
      // The type was just read.
      const items = value as ReadonlyArray<unknown>
      site.lists &&= items.every((item) => typeOf(item) === "object" && allowsDeep(use, "object"))
      // The place of the items is not one of the document, as it is not yet a list.
      const item: Use = { ref: use.ref, pointer: below(use.pointer, "items") }
      if (site.lists) for (const one of items) steps.push({ use: item, value: one, within: [] })
      continue
    }
    if (type === "null" && !isReference) count(site.seen, type)
    else if (type !== "null") for (const part of parts) count(siteAt(sites, part.pointer).seen, type)
    // The parts that do allow the type are observed all the same: they apply when the others are corrected.
    if (!isAllowed) recordMismatch(observation, use, parts, type)
    if (type === "null") continue
    if (!within.includes(shape)) {
      for (const part of parts) {
        if (part.shape.anyOf === undefined) continue
        const member = memberOf(part, value, type)
        const members = member !== undefined ? [member] : isUnionAt(json, part.pointer) ? [] : schemasIn(part)
        for (const one of members) steps.push({ use: one, value, within: [...within, shape] })
      }
    }
    if (type === "array") {
      // The type was just read.
      ;(value as ReadonlyArray<unknown>).forEach((item, index) => {
        for (const part of parts) {
          for (const child of childrenOf(json, part, index, false)) steps.push({ use: child, value: item, within: [] })
        }
      })
    } else if (type === "object") {
      // The type was just read.
      const object = value as Readonly<Record<string, unknown>>
      for (const name of new Set(parts.flatMap((part) => part.shape.required ?? []))) {
        if (!Object.hasOwn(object, name) && !isWriteOnly(parts, name)) recordMissing(observation, parts, name)
      }
      for (const key of Object.keys(object)) {
        const named = parts.some((part) => hasProperty(part.shape, key))
        for (const part of parts) {
          for (const child of childrenOf(json, part, key, named))
            steps.push({ use: child, value: object[key], within: [] })
        }
      }
    }
  }
}
