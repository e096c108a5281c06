import type { Json, Ref, Shape, TypeName } from "../../../Shape.js"
import {
  array,
  bracketed,
  type Code,
  comment,
  joined,
  memberKey,
  members,
  prefixed,
  print,
  scalarLiteral
} from "./code.js"
import { makeUnique } from "./identifiers.js"
import { keyOf } from "./keys.js"
import { findProperty, type Unit, type Units, type Variant, variantBelow } from "./units.js"
import { shapeOf } from "../../descriptor/shapeOf.js"

/** Writes the types of shapes. */
export interface ShapeTypes {
  /** The type of a shape, for code that has the namespace of shapes as `prefix`, such as `Shapes.`. */
  readonly typeOf: (ref: Ref, variant: Variant, prefix: string) => Code
  /** The members of the type of an object, and undefined for types that can't be an interface. */
  readonly membersOf: (ref: Ref, variant: Variant, prefix: string) => ReadonlyArray<Code> | undefined
  /** The declarations of a unit: one for each of its variants that differs from the others. */
  readonly declarations: (unit: Unit) => string
}

/** The name of a unit in a variant. */
type NameOf = (unit: Unit, variant: Variant) => string

const typesOf = ({ additional, items, prefixItems, properties, required, type }: Shape): ReadonlyArray<TypeName> => {
  if (type !== undefined) return typeof type === "string" ? [type] : type
  if (properties !== undefined || required !== undefined || additional !== undefined) return ["object"]
  return items !== undefined || prefixItems !== undefined ? ["array"] : []
}

/** A type that needs parentheses within an array of members. */
const grouped = (code: Code): Code =>
  typeof code !== "string" && code.operator === "|" ? bracketed("(", [code], ")") : code

/** The union of types, without the members that say nothing beside the others. */
export const union = (types: ReadonlyArray<Code>): Code => combine("|", types)

const combine = (operator: "|" | "&", types: ReadonlyArray<Code>): Code => {
  if (types.length === 1) return types[0]!
  const seen = new Set<string>()
  const distinct = types
    .flatMap((code) => (typeof code !== "string" && code.operator === operator ? code.items : [code]))
    .filter((code) => {
      const text = typeof code === "string" ? code : (code.flat ?? print(code, "", 0))
      return !seen.has(text) && seen.add(text)
    })
  // `unknown` absorbs every other member of a union, and is absorbed by those of an intersection.
  if (operator === "|" && seen.has("unknown")) return "unknown"
  const neutral = operator === "|" ? "never" : "unknown"
  const needed = distinct.filter((code) => code !== neutral)
  if (needed.length === 0) return neutral
  return needed.length === 1 ? needed[0]! : joined(operator, operator === "&" ? needed.map(grouped) : needed)
}

/** The type of an enum. In responses it has values that the document does not list, unless it is that of a tag. */
const enumType = (
  values: ReadonlyArray<Json>,
  types: ReadonlyArray<TypeName>,
  { direction }: Variant,
  isTag: boolean
): Code => {
  const literals: Array<Code> = []
  const others = new Set<string>()
  for (const value of values) {
    const literal = scalarLiteral(value)
    if (literal === undefined) return types.length === 0 ? "unknown" : union(types.map(bareType))
    literals.push(Object.is(value, -0) ? "0" : literal)
    if (typeof value === "string" || typeof value === "number") others.add(`(${typeof value} & {})`)
  }
  // Null goes last.
  const nullable = literals.includes("null") || (literals.length > 0 && types.includes("null"))
  const listed = literals.filter((literal) => literal !== "null")
  return union([...listed, ...(direction === "response" && !isTag ? others : []), ...(nullable ? ["null"] : [])])
}

const bareType = (type: TypeName): string => {
  switch (type) {
    case "object":
      return "{ readonly [key: string]: unknown }"
    case "array":
      return "ReadonlyArray<unknown>"
    case "integer":
      return "number"
    default:
      return type
  }
}

/** The type of bytes in a multipart form. */
const fileType = ["Blob", "Uint8Array", "ArrayBuffer"]

/** The properties that an object has by all of its parts; undefined for shapes that can't be an interface. */
interface Parts {
  readonly extended: ReadonlyArray<Unit>
  readonly own: Readonly<Record<string, Ref>>
  readonly required: ReadonlySet<string>
  /** The names of all properties, with those of the extended interfaces. */
  readonly all: ReadonlySet<string>
}

/** Nesting of `allOf` up to which it is written as interfaces that extend each other. */
const maxExtends = 30

const makeParts = (units: Units) => {
  const known = new Map<Shape, Parts | undefined>()
  const isObject = (shape: Shape): boolean => {
    const types = typesOf(shape)
    return (
      (types.length === 1 ? types[0] === "object" : types.length === 0 && shape.allOf !== undefined) &&
      shape.enum === undefined &&
      shape.anyOf === undefined &&
      shape.additional === undefined
    )
  }
  const read = (shape: Shape, depth: number): Parts | undefined => {
    if (known.has(shape)) return known.get(shape)
    // A shape that extends itself is none.
    known.set(shape, undefined)
    if (!isObject(shape) || depth > maxExtends) return undefined
    const own: Record<string, Ref> = Object.create(null)
    const required = new Set<string>()
    const extended: Array<Unit> = []
    const all = new Set<string>()
    const add = (names: Iterable<string>): boolean => {
      for (const name of names) {
        if (all.has(name)) return false
        all.add(name)
      }
      return true
    }
    const addOwn = ({ properties = {}, required: names = [] }: Shape): boolean => {
      for (const [name, ref] of Object.entries(properties)) own[name] = ref
      for (const name of names) required.add(name)
      return add(Object.keys(properties))
    }
    for (const ref of shape.allOf ?? []) {
      const part = shapeOf(ref)
      const unit = units.get(part)
      if (unit === undefined) {
        if (!isObject(part) || part.allOf !== undefined || !addOwn(part)) return undefined
        continue
      }
      const parts = read(part, depth + 1)
      if (parts === undefined || !add(parts.all)) return undefined
      extended.push(unit)
    }
    if (!addOwn(shape)) return undefined
    if ([...required].some((name) => !Object.hasOwn(own, name))) return undefined
    if (extended.length === 0 && Object.keys(own).length === 0) return undefined
    const parts: Parts = { extended, own, required, all }
    known.set(shape, parts)
    return parts
  }
  return (shape: Shape) => read(shape, 0)
}

/** The references of a shape whose types its own type is made of, without an object or an array between. */
const directRefs = (shape: Shape): ReadonlyArray<Ref> => [
  ...(shape.allOf ?? []),
  ...(shape.anyOf ?? []),
  // TypeScript reads the elements of a tuple at once, too.
  ...(shape.prefixItems ?? [])
]

/**
 * Finds the groups of units whose types would be made of each other, which TypeScript refuses (Tarjan's algorithm, without
 * recursion). Returns the number of a unit's group.
 */
const findCycles = (units: Units, isAlias: (unit: Unit) => boolean): ReadonlyMap<Unit, number> => {
  const targets = new Map<Unit, ReadonlyArray<Unit>>()
  for (const unit of units.all) {
    const found = new Set<Unit>()
    if (isAlias(unit)) {
      const seen = new Set<Shape>()
      const stack = [...directRefs(unit.shape)]
      for (let ref = stack.pop(); ref !== undefined; ref = stack.pop()) {
        const shape = shapeOf(ref)
        const target = units.get(shape)
        if (target !== undefined) {
          if (isAlias(target)) found.add(target)
        } else if (!seen.has(shape)) {
          seen.add(shape)
          stack.push(...directRefs(shape))
        }
      }
    }
    targets.set(unit, [...found])
  }
  const index = new Map<Unit, number>()
  const low = new Map<Unit, number>()
  const group = new Map<Unit, number>()
  const path: Array<Unit> = []
  let groups = 0
  for (const root of targets.keys()) {
    if (index.has(root)) continue
    const stack = [{ unit: root, next: 0 }]
    while (stack.length > 0) {
      const step = stack[stack.length - 1]!
      const { unit } = step
      if (step.next === 0) {
        index.set(unit, index.size)
        low.set(unit, index.get(unit)!)
        path.push(unit)
      }
      const target = targets.get(unit)![step.next]
      step.next += 1
      if (target !== undefined) {
        if (!index.has(target)) stack.push({ unit: target, next: 0 })
        else if (!group.has(target)) low.set(unit, Math.min(low.get(unit)!, index.get(target)!))
        continue
      }
      stack.pop()
      const parent = stack[stack.length - 1]
      if (parent !== undefined) low.set(parent.unit, Math.min(low.get(parent.unit)!, low.get(unit)!))
      if (low.get(unit) !== index.get(unit)) continue
      const start = path.lastIndexOf(unit)
      const [...cycle] = path.splice(start)
      for (const member of cycle) group.set(member, groups)
      groups += 1
    }
  }
  return group
}

export const makeShapeTypes = (units: Units): ShapeTypes => {
  const partsOf = makeParts(units)
  const isAlias = ({ shape }: Unit) => partsOf(shape) === undefined
  const cycles = findCycles(units, isAlias)

  /** The writer of types that name each unit by a function. */
  const makeWriter = (nameOf: NameOf) => {
    /** Writes a type. `alias` is the unit whose type is directly made of it. */
    const write = (ref: Ref, variant: Variant, alias: Unit | undefined): Code => {
      const shape = shapeOf(ref)
      const unit = units.get(shape)
      if (unit === undefined) return inline(shape, variant, alias)
      if (alias !== undefined && isAlias(unit) && cycles.get(alias) === cycles.get(unit)) {
        return unit === alias ? "never" : "unknown"
      }
      return nameOf(unit, variant)
    }

    const member = (name: string, key: string, ref: Ref | undefined, isRequired: boolean, variant: Variant): Code => {
      const type = ref === undefined ? "unknown" : write(ref, variantBelow(variant, name), undefined)
      const { default: value, deprecated, description, title } = ref === undefined ? {} : shapeOf(ref)
      const isUnit = ref !== undefined && units.get(shapeOf(ref)) !== undefined
      const initial = value === undefined ? undefined : scalarLiteral(value)
      const text = isUnit
        ? ""
        : comment(
            [description ?? title],
            [
              ...(initial === undefined ? [] : [{ tag: "default", text: initial }]),
              ...(deprecated === true ? [{ tag: "deprecated", text: "" }] : [])
            ]
          )
      return prefixed(
        `${text}readonly ${memberKey(key)}${isRequired ? "" : "?"}: `,
        isRequired ? type : union([type, "undefined"])
      )
    }

    const membersOf = (
      properties: Readonly<Record<string, Ref>>,
      required: ReadonlySet<string>,
      variant: Variant
    ): ReadonlyArray<Code> => {
      const result: Array<Code> = []
      const keys = new Set<string>()
      for (const [name, ref] of Object.entries(properties)) {
        const { readOnly, writeOnly } = shapeOf(ref)
        if ((variant.direction === "request" ? readOnly : writeOnly) === true) continue
        const renamed = keyOf(name, variant, properties)
        const key = keys.has(renamed) ? name : renamed
        keys.add(key)
        result.push(member(name, key, ref, required.has(name), variant))
      }
      return result
    }

    const objectType = (shape: Shape, variant: Variant): Code => {
      const { additional, properties = {} } = shape
      const required = new Set(shape.required)
      const result = [...membersOf(properties, required, variant)]
      for (const name of required) {
        if (Object.hasOwn(properties, name)) continue
        const ref = findProperty(shape, name) ?? (additional === false ? undefined : additional)
        const direction = ref === undefined ? undefined : shapeOf(ref)
        if ((variant.direction === "request" ? direction?.readOnly : direction?.writeOnly) === true) continue
        result.push(member(name, keyOf(name, variant, properties), ref, true, variant))
      }
      if (additional === false) {
        if (result.length === 0) result.push("readonly [key: string]: never")
      } else if (additional !== undefined) {
        const value = write(additional, variant, undefined)
        const others = Object.keys(properties).length === 0 && required.size === 0 ? value : "unknown"
        result.push(prefixed("readonly [key: string]: ", others))
      } else if (result.length === 0) {
        if (Object.keys(properties).length > 0) return "{}"
        result.push("readonly [key: string]: unknown")
      }
      return members(result)
    }

    const arrayType = ({ items, prefixItems }: Shape, variant: Variant, alias: Unit | undefined): Code => {
      const item = items === undefined ? "unknown" : write(items, variant, undefined)
      const rest = bracketed("ReadonlyArray<", [item], ">")
      if (prefixItems === undefined) return rest
      const first = prefixItems.map((ref) => {
        const type = write(ref, variant, alias)
        return type === "never" ? "unknown" : type
      })
      return prefixed("readonly ", array([...first, prefixed("...", rest)]))
    }

    const ownType = (shape: Shape, variant: Variant, alias: Unit | undefined): Code | undefined => {
      const types = typesOf(shape)
      if (shape.enum !== undefined) return enumType(shape.enum, types, variant, units.isTag(shape))
      if (types.length === 0) return undefined
      const isBare = shape.properties === undefined && shape.required === undefined && shape.additional === undefined
      // An object type without properties would say nothing beside those of the parts.
      if (types.length === 1 && types[0] === "object" && isBare && (shape.allOf ?? shape.anyOf) !== undefined)
        return undefined
      return union(
        types.flatMap((type): ReadonlyArray<Code> => {
          if (type === "object") return [objectType(shape, variant)]
          if (type === "array") return [arrayType(shape, variant, alias)]
          if (type === "string" && shape.format === "binary" && variant.files === true) return fileType
          // JSON with an integer that a number can't hold is read as a bigint.
          return type === "integer" && shape.format === "int64" ? ["number", "bigint"] : [bareType(type)]
        })
      )
    }

    /** The type of a member of a union, with the values of the discriminator that select it. */
    const option = (ref: Ref, { discriminator }: Shape, variant: Variant, alias: Unit | undefined): Code => {
      const type = write(ref, variant, alias)
      if (discriminator === undefined) return type
      const { mapping, property } = discriminator
      const shape = shapeOf(ref)
      const values = Object.entries(mapping).flatMap(([value, other]) => (shapeOf(other) === shape ? [value] : []))
      const found = findProperty(shape, property)
      if (values.length === 0 || found === undefined) return type
      const { enum: permitted, type: kind } = shapeOf(found)
      const fits = permitted === undefined ? kind === "string" : values.every((value) => permitted.includes(value))
      // A member whose property already has this one value needs no other.
      if (!fits || permitted?.length === 1) return type
      const literal = union(values.map((value) => scalarLiteral(value)!))
      return combine("&", [members([prefixed(`readonly ${memberKey(keyOf(property, variant))}: `, literal)]), type])
    }

    const inline = (shape: Shape, variant: Variant, alias: Unit | undefined): Code => {
      const own = ownType(shape, variant, alias)
      const all = (shape.allOf ?? []).map((ref) => write(ref, variant, alias)).filter((type) => type !== "never")
      const any = shape.anyOf === undefined ? [] : [union(shape.anyOf.map((ref) => option(ref, shape, variant, alias)))]
      return combine("&", [...all, ...any, ...(own === undefined ? [] : [own])])
    }

    return { write, inline, membersOf }
  }

  const names = nameVariants(units, (nameOf) => makeWriter(nameOf).inline)
  const nameOf =
    (prefix: string): NameOf =>
    (unit, variant) =>
      prefix + names(unit, variant)
  const writers = new Map<string, ReturnType<typeof makeWriter>>()
  const writerOf = (prefix: string) => {
    const known = writers.get(prefix) ?? makeWriter(nameOf(prefix))
    writers.set(prefix, known)
    return known
  }

  const declaration = (unit: Unit, variant: Variant, name: string): string => {
    const { shape } = unit
    const text = comment(
      [shape.title === shape.name ? undefined : shape.title, shape.description],
      shape.deprecated === true ? [{ tag: "deprecated", text: "" }] : []
    )
    const writer = writerOf("")
    const parts = partsOf(shape)
    if (parts === undefined) {
      const head = `export type ${name} = `
      const type = writer.inline(shape, variant, unit)
      return `${text}${print(prefixed(head, type), "", 0)}\n`
    }
    const extended = parts.extended.map((other) => names(other, variant))
    const heritage = extended.length === 0 ? "" : ` extends ${extended.join(", ")}`
    const inner = writer.membersOf(parts.own, parts.required, variant)
    const body = inner.map((member) => `  ${print(member, "  ", 2)}\n`).join("")
    return body === ""
      ? `${text}export interface ${name}${heritage} {}\n`
      : `${text}export interface ${name}${heritage} {\n${body}}\n`
  }

  return {
    typeOf: (ref, variant, prefix) => writerOf(prefix).write(ref, variant, undefined),
    membersOf: (ref, variant, prefix) => {
      const shape = shapeOf(ref)
      const parts = units.get(shape) !== undefined ? undefined : partsOf(shape)
      return parts === undefined || parts.extended.length > 0
        ? undefined
        : writerOf(prefix).membersOf(parts.own, parts.required, variant)
    },
    declarations: (unit) => {
      const written = new Set<string>()
      const texts: Array<string> = []
      for (const variant of inOrder(unit)) {
        const name = names(unit, variant)
        if (written.has(name)) continue
        written.add(name)
        texts.push(declaration(unit, variant, name))
      }
      return texts.join("\n")
    }
  }
}

/** The variants of a unit. Those of responses come first, and so have the plain name. */
const inOrder = ({ variants }: Unit): ReadonlyArray<Variant> =>
  [...variants.values()].sort(
    (one, other) => Number(one.direction === "request") - Number(other.direction === "request")
  )

/**
 * Names the types of units. The variants of a unit share a type unless they differ, in themselves or in a unit that they refer to.
 */
const nameVariants = (
  units: Units,
  makeInline: (nameOf: NameOf) => (shape: Shape, variant: Variant, alias: Unit | undefined) => Code
): NameOf => {
  /** Pairs of variants of a unit. */
  interface Pair {
    readonly unit: Unit
    readonly one: Variant
    readonly other: Variant
  }
  const pairKey = (one: Variant, other: Variant) => `${one.id} ${other.id}`
  const differing = new Map<Unit, Set<string>>()
  const users = new Map<Unit, Map<string, Array<Pair>>>()
  const pending: Array<Pair> = []
  for (const unit of units.all) {
    const variants = [...unit.variants.values()]
    for (const [index, one] of variants.entries()) {
      for (const other of variants.slice(index + 1)) {
        const pair = { unit, one, other }
        const used: Array<[Unit, Variant]> = []
        const write = makeInline((target, variant) => {
          used.push([target, variant])
          return target.name
        })
        const first = print(write(unit.shape, one, unit), "", 0)
        const count = used.length
        const second = print(write(unit.shape, other, unit), "", 0)
        if (first !== second) {
          pending.push(pair)
          continue
        }
        for (let index = 0; index < count; index += 1) {
          const [target, oneVariant] = used[index]!
          const otherVariant = used[count + index]![1]
          if (oneVariant.id === otherVariant.id) continue
          const ofTarget = users.get(target) ?? new Map<string, Array<Pair>>()
          users.set(target, ofTarget)
          for (const key of [pairKey(oneVariant, otherVariant), pairKey(otherVariant, oneVariant)]) {
            const pairs = ofTarget.get(key)
            if (pairs === undefined) ofTarget.set(key, [pair])
            else pairs.push(pair)
          }
        }
      }
    }
  }
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const { one, other, unit } = pair
    const known = differing.get(unit) ?? new Set()
    differing.set(unit, known)
    if (known.has(pairKey(one, other))) continue
    known.add(pairKey(one, other))
    known.add(pairKey(other, one))
    pending.push(...(users.get(unit)?.get(pairKey(one, other)) ?? []))
  }

  const unique = makeUnique(["Descriptor", "Descriptors", ...units.all.map(({ name }) => name)])
  const names = new Map<Unit, Map<string, string>>()
  for (const unit of units.all) {
    const variants = inOrder(unit)
    const named = new Map<string, string>()
    for (const [index, variant] of variants.entries()) {
      const alike = variants.slice(0, index).find((other) => differing.get(unit)?.has(pairKey(variant, other)) !== true)
      const suffix = variant.direction === "response" ? "AsSent" : variant.files === true ? "Form" : "Input"
      named.set(
        variant.id,
        index === 0 ? unit.name : alike === undefined ? unique(`${unit.name}${suffix}`) : named.get(alike.id)!
      )
    }
    names.set(unit, named)
  }
  return (unit, variant) => names.get(unit)?.get(variant.id) ?? unit.name
}
