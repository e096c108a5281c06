import type { Direction, Json, Ref, Shape, TypeName } from "../../../Shape.js"
import type { Found, Level } from "./change.js"
import { listed } from "./change.js"
import { viewOf } from "./view.js"
import type { View } from "./view.js"
import { shapeOf } from "../../descriptor/shapeOf.js"

/** A pair of shapes that are compared once, whatever number of operations leads to it. */
export interface Pair {
  readonly before: Shape
  readonly after: Shape
  readonly direction: Direction
  /** The name of the place in messages. */
  readonly label: string
  readonly changes: Array<Found>
  readonly children: Array<Pair>
}

/** Compares shapes. Pairs are made by `pairOf`, and compared by `compareAll`. Not recursive, and safe for shapes that contain themselves. */
export interface Comparison {
  readonly pairOf: (before: Ref, after: Ref, direction: Direction, label: string) => Pair
  readonly compareAll: () => void
}

const any: Shape = {}

const text = (value: Json): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one))

const typeText = (types: ReadonlySet<TypeName> | undefined): string => (types === undefined ? "any" : listed(types))

const includes = (types: ReadonlySet<TypeName> | undefined, type: TypeName): boolean =>
  types === undefined || types.has(type) || (type === "integer" && types.has("number"))

const allTypes: ReadonlyArray<TypeName> = ["string", "number", "boolean", "object", "array", "null"]

/** The types of one set that the other has not. */
const without = (
  one: ReadonlySet<TypeName> | undefined,
  other: ReadonlySet<TypeName> | undefined
): ReadonlyArray<TypeName> => [...(one ?? allTypes)].filter((type) => !includes(other, type))

/** What tells the members of unions apart: their names, or what they have at first sight. */
const signatureOf = (shape: Shape): string => {
  if (shape.name !== undefined) return `name ${shape.name}`
  const view = viewOf(shape)
  return text([
    typeText(view.types),
    [...view.properties.keys()].sort(),
    (view.enum ?? []).map(text).sort(),
    view.format ?? "",
    view.unions.length
  ])
}

export const makeComparison = (): Comparison => {
  const known = new Map<Direction, Map<Shape, Map<Shape, Pair>>>()
  const waiting: Array<Pair> = []
  const views = new Map<Shape, View>()
  const mergedRefs = new Map<ReadonlyArray<Ref>, Ref>()

  /** The shape of a property, which several parts of an `allOf` can describe. */
  const merged = (refs: ReadonlyArray<Ref>): Ref => {
    const [first] = refs
    if (first !== undefined && refs.length === 1) return first
    const made = mergedRefs.get(refs) ?? { allOf: refs }
    mergedRefs.set(refs, made)
    return made
  }

  const view = (shape: Shape): View => {
    const made = views.get(shape) ?? viewOf(shape)
    views.set(shape, made)
    return made
  }

  const pairOf: Comparison["pairOf"] = (beforeRef, afterRef, direction, outer) => {
    const [before, after] = [shapeOf(beforeRef), shapeOf(afterRef)]
    const byBefore = known.get(direction) ?? new Map<Shape, Map<Shape, Pair>>()
    known.set(direction, byBefore)
    const byAfter = byBefore.get(before) ?? new Map<Shape, Pair>()
    byBefore.set(before, byAfter)
    const found = byAfter.get(after)
    if (found !== undefined) return found
    const label = after.name ?? before.name ?? outer
    const pair: Pair = { before, after, direction, label, changes: [], children: [] }
    byAfter.set(after, pair)
    waiting.push(pair)
    return pair
  }

  const compare = (pair: Pair): void => {
    const { children, direction, label } = pair
    const [before, after] = [view(pair.before), view(pair.after)]
    const isRequest = direction === "request"
    const pointer = pair.after.pointer ?? pair.before.pointer ?? ""
    const add = (level: Level, message: string, at = pointer): void => {
      pair.changes.push({ level, message, pointer: at })
    }
    /** A change that allows less than before breaks requests; one that allows more breaks responses. */
    const narrowed: Level = isRequest ? "breaking" : "compatible"
    const widened: Level = isRequest ? "compatible" : "breaking"
    const child = (one: Ref, other: Ref, name: string): void => {
      children.push(pairOf(one, other, direction, name))
    }

    compareTypes(before, after, label, { add, narrowed, widened })
    compareValues(before, after, label, isRequest, add)
    compareDocumentation(pair, add)

    // Properties.
    const isSeen = (refs: ReadonlyArray<Ref>): boolean =>
      !refs.some((ref) => (isRequest ? shapeOf(ref).readOnly : shapeOf(ref).writeOnly) === true)
    for (const [name, refs] of before.properties) {
      if (!isSeen(refs)) continue
      const others = after.properties.get(name)
      const place = `${label}.${name}`
      if (others === undefined || !isSeen(others)) {
        add("breaking", `${place}: the property was removed`, shapeOf(refs[0] ?? any).pointer ?? pointer)
        continue
      }
      const [wasRequired, isRequired] = [before.required.has(name), after.required.has(name)]
      if (wasRequired !== isRequired) {
        add(isRequired ? narrowed : widened, `${place}: the property is ${isRequired ? "now" : "no longer"} required`)
      }
      child(merged(refs), merged(others), place)
    }
    for (const [name, refs] of after.properties) {
      const others = before.properties.get(name)
      if (!isSeen(refs) || (others !== undefined && isSeen(others))) continue
      const isRequired = after.required.has(name)
      add(
        isRequest && isRequired ? "breaking" : "compatible",
        `${label}.${name}: ${isRequired ? "a required" : "an optional"} property was added`,
        shapeOf(refs[0] ?? any).pointer ?? pointer
      )
    }
    // Properties that are required without a description.
    for (const name of new Set([...before.required, ...after.required])) {
      if (before.properties.has(name)) continue
      const isRequired = after.required.has(name)
      if (isRequired === before.required.has(name) || (isRequired && after.properties.has(name))) continue
      add(
        isRequired ? narrowed : widened,
        `${label}.${name}: the property is ${isRequired ? "now" : "no longer"} required`
      )
    }
    if (before.additional !== false && after.additional === false) {
      add(narrowed, `${label}: other properties are no longer allowed`)
    } else if (before.additional === false && after.additional !== false) {
      add("compatible", `${label}: other properties are allowed`)
    } else if (before.additional !== after.additional) {
      child(before.additional || any, after.additional || any, `${label}.*`)
    }

    // Items.
    if (before.items !== after.items) child(before.items ?? any, after.items ?? any, `${label}[]`)
    if (before.prefixItems.length !== after.prefixItems.length) {
      add(
        "breaking",
        `${label}: the number of its first items is ${after.prefixItems.length}, and was ${before.prefixItems.length}`
      )
    }
    before.prefixItems.forEach((ref, index) => {
      const other = after.prefixItems[index]
      if (other !== undefined) child(ref, other, `${label}[${index}]`)
    })

    compareMembers(before, after, label, { add, narrowed, widened }, child)
  }

  return {
    pairOf,
    compareAll: () => {
      // The list grows meanwhile.
      for (const pair of waiting) compare(pair)
      waiting.length = 0
    }
  }
}

interface Levels {
  readonly add: (level: Level, message: string, at?: string) => void
  readonly narrowed: Level
  readonly widened: Level
}

const compareTypes = (before: View, after: View, label: string, { add, narrowed, widened }: Levels): void => {
  const isOfMembers = ({ types, unions }: View): boolean => unions.length > 0 && types === undefined
  if (isOfMembers(before) || isOfMembers(after)) {
    // The types of such unions are those of their members.
    if (before.nullable !== after.nullable) {
      const isNow = after.nullable
      add(isNow ? widened : narrowed, `${label}: null is ${isNow ? "now" : "no longer"} allowed`)
    }
    return
  }
  const removed = without(before.types, after.types)
  const added = without(after.types, before.types)
  if (removed.length === 0 && added.length === 0) return
  const isBreaking = (removed.length > 0 && narrowed === "breaking") || (added.length > 0 && widened === "breaking")
  const level: Level = isBreaking ? "breaking" : "compatible"
  if (added.length === 1 && added[0] === "null" && removed.length === 0) add(level, `${label}: null is now allowed`)
  else if (removed.length === 1 && removed[0] === "null" && added.length === 0) {
    add(level, `${label}: null is no longer allowed`)
  } else add(level, `${label}: the type is ${typeText(after.types)}, and was ${typeText(before.types)}`)
}

const compareValues = (before: View, after: View, label: string, isRequest: boolean, add: Levels["add"]): void => {
  if (before.format !== after.format) {
    const isChanged = before.format !== undefined && after.format !== undefined
    add(
      isChanged || (before.format === "binary") !== (after.format === "binary") ? "breaking" : "documentation",
      `${label}: the format is ${after.format ?? "no longer given"}, and was ${before.format ?? "not given"}`
    )
  }
  if (before.enum === undefined && after.enum === undefined) return
  const [were, are] = [before.enum?.map(text), after.enum?.map(text)]
  if (were === undefined || are === undefined) {
    // Enums are open in responses.
    add(
      isRequest && are !== undefined ? "breaking" : "compatible",
      are === undefined ? `${label}: any value is allowed` : `${label}: the values are ${listed(are)}`
    )
    return
  }
  const removed = were.filter((value) => !are.includes(value))
  const added = are.filter((value) => !were.includes(value))
  if (removed.length > 0)
    add(isRequest ? "breaking" : "compatible", `${label}: the values ${listed(removed)} were removed`)
  if (added.length > 0) add("compatible", `${label}: the values ${listed(added)} were added`)
}

const compareDocumentation = ({ after, before, label }: Pair, add: Levels["add"]): void => {
  if ((before.deprecated ?? false) !== (after.deprecated ?? false)) {
    add("documentation", `${label}: ${after.deprecated === true ? "is deprecated" : "is no longer deprecated"}`)
  }
  if (before.description !== after.description || before.title !== after.title) {
    add("documentation", `${label}: the description changed`)
  }
  if (before.default !== after.default && text(before.default ?? null) !== text(after.default ?? null)) {
    add(
      "documentation",
      `${label}: the default is ${after.default === undefined ? "no longer given" : text(after.default)}, and was ${before.default === undefined ? "not given" : text(before.default)}`
    )
  }
}

/** Compares the members of unions: those of the same name or signature with each other, the rest in order if there are as many. */
const compareMembers = (
  before: View,
  after: View,
  label: string,
  levels: Levels,
  child: (one: Ref, other: Ref, name: string) => void
): void => {
  const [were, are] = [before.unions, after.unions]
  if (were.length === are.length) {
    were.forEach((members, index) => compareUnion(members, are[index] ?? [], label, levels, child))
    return
  }
  const { add, narrowed, widened } = levels
  const isUnion = were.length === 0
  const [members = [], other] = isUnion ? are : were
  if (other !== undefined || (were.length > 0 && are.length > 0)) {
    add("breaking", `${label}: is composed of other schemas`)
    return
  }
  const single = isUnion ? before.shape : after.shape
  const signature = signatureOf(single)
  const member = members.find((one) => signatureOf(one) === signature)
  if (member !== undefined) child(isUnion ? single : member, isUnion ? member : single, nameOf(label, member))
  const level = isUnion ? widened : narrowed
  add(member === undefined ? "breaking" : level, `${label}: is ${isUnion ? "now" : "no longer"} one of several schemas`)
}

/** Compares the members of two unions. */
const compareUnion = (
  before: ReadonlyArray<Shape>,
  after: ReadonlyArray<Shape>,
  label: string,
  { add, narrowed, widened }: Levels,
  child: (one: Ref, other: Ref, name: string) => void
): void => {
  const rest = new Map<string, Array<Shape>>()
  // The last one is taken first.
  for (const member of after.toReversed()) {
    const signature = signatureOf(member)
    const same = rest.get(signature)
    if (same === undefined) rest.set(signature, [member])
    else same.push(member)
  }
  const unmatched = before.filter((member) => {
    const other = rest.get(signatureOf(member))?.pop()
    if (other !== undefined) child(member, other, nameOf(label, other))
    return other === undefined
  })
  const others = [...rest.values()].flat()
  if (unmatched.length === others.length) {
    unmatched.forEach((member, index) => child(member, others[index] ?? any, nameOf(label, member)))
    return
  }
  for (const member of unmatched)
    add(narrowed, `${label}: ${member.name ?? "a schema"} is no longer one of its schemas`)
  for (const member of others) add(widened, `${label}: ${member.name ?? "another schema"} is now one of its schemas`)
}

const nameOf = (label: string, member: Shape): string => member.name ?? `${label} (one of several)`
