import type { Keys } from "../../../Descriptor.js"
import type { Ref, Shape } from "../../../Shape.js"
import { makeUnique, typeName } from "./identifiers.js"
import { shapeOf } from "../../descriptor/shapeOf.js"

/** The direction in which a value travels, and the keys that a caller reads. It determines the type of a shape. */
export interface Variant {
  readonly id: string
  readonly direction: "request" | "response"
  readonly keys?: Keys | undefined
  /** True for the fields of a multipart form, which can be files. */
  readonly files?: boolean | undefined
}

export const requestVariant: Variant = { id: "request", direction: "request" }
export const formVariant: Variant = { id: "form", direction: "request", files: true }
export const responseVariant: Variant = { id: "response", direction: "response" }

/** The variant of the values of a response. */
export const variantOf = (keys: Keys | undefined): Variant =>
  keys === undefined ? responseVariant : { id: JSON.stringify(keys), direction: "response", keys }

/** The variant of the value of a property. */
export const variantBelow = (variant: Variant, property: string): Variant =>
  variant.keys?.verbatim?.includes(property) === true ? responseVariant : variant

/** A shape with a declaration of its own. */
export interface Unit {
  readonly shape: Shape
  readonly name: string
  /** The variants that the code needs. */
  readonly variants: Map<string, Variant>
}

/** A use of a shape by an operation, or by the document itself. */
export interface Use {
  readonly ref: Ref
  readonly variant: Variant
  /** From which the name of a shape without name is made. */
  readonly owner: string
  /** Tells uses in different places apart. */
  readonly place: object
}

/** Nesting up to which shapes are written in place. Deeper ones have declarations of their own, so that no compiler runs out of stack. */
const maxDepth = 5

/** The length up to which a title is the name of a shape that has none, in characters. */
const maxTitle = 60

/** The references of a shape, each with the text by which a name for it is made. */
export const children = (shape: Shape): ReadonlyArray<readonly [ref: Ref, label: string, property?: string]> => [
  ...Object.entries(shape.properties ?? {}).map(([name, ref]) => [ref, name, name] as const),
  ...(shape.additional === undefined || shape.additional === false ? [] : [[shape.additional, "value"] as const]),
  ...(shape.items === undefined ? [] : [[shape.items, "item"] as const]),
  ...(shape.prefixItems ?? []).map((ref, index) => [ref, `item ${index}`] as const),
  ...(shape.allOf ?? []).map((ref, index) => [ref, `part ${index + 1}`] as const),
  ...(shape.anyOf ?? []).map((ref, index) => [ref, `option ${index + 1}`] as const),
  ...Object.entries(shape.discriminator?.mapping ?? {}).map(([value, ref]) => [ref, value] as const)
]

/** Reports whether a shape has parts. */
const isStructure = (shape: Shape): boolean =>
  (shape.properties !== undefined && Object.keys(shape.properties).length > 0) ||
  (shape.additional !== undefined && shape.additional !== false) ||
  shape.items !== undefined ||
  (shape.prefixItems ?? shape.allOf ?? shape.anyOf) !== undefined

/** Finds a property of an object, or of the parts that its `allOf` names. */
export const findProperty = (shape: Shape, name: string): Ref | undefined => {
  const parts = new Set([shape])
  for (const { allOf = [], properties } of parts) {
    if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]
    for (const ref of allOf.slice(0, maxParts)) if (parts.size < maxParts) parts.add(shapeOf(ref))
  }
  return undefined
}

/** The number of parts of an object in which properties are looked for. More are those of no person. */
const maxParts = 100

/**
 * The shapes of properties that tell the members of a union apart: enums of one value. In responses, too, they have no other value.
 */
const tagsOf = (shape: Shape): ReadonlyArray<Shape> => {
  const found: Array<Shape> = []
  for (const ref of shape.anyOf ?? []) {
    const parts = new Set([shapeOf(ref)])
    for (const { allOf = [], properties = {} } of parts) {
      for (const property of Object.values(properties)) {
        const own = shapeOf(property)
        if (own.enum?.length === 1) found.push(own)
      }
      for (const part of allOf.slice(0, maxParts)) if (parts.size < maxParts) parts.add(shapeOf(part))
    }
  }
  return found
}

/** The shapes that have declarations. */
export interface Units {
  readonly get: (shape: Shape) => Unit | undefined
  readonly all: ReadonlyArray<Unit>
  /** Reports whether a shape is that of a property that tells the members of a union apart. */
  readonly isTag: (shape: Shape) => boolean
}

/**
 * Finds the shapes that have declarations: the components, those that are used in several places, and those that are deeply nested.
 * Each has the variants in which it is used; components that no operation uses have that of responses.
 */
export const findUnits = (components: Iterable<Shape>, uses: Iterable<Use>): Units => {
  const unique = makeUnique(["Descriptor", "Descriptors"])
  const units = new Map<Shape, Unit>()
  const tags = new Set<Shape>()
  /** The place in which a shape was found first, and its variants. */
  const found = new Map<Shape, { readonly place: object; readonly variants: Map<string, Variant> }>()
  interface Step {
    readonly shape: Shape
    readonly variant: Variant
    readonly depth: number
    readonly owner: string
    readonly label: string
    readonly place: object
  }
  const stack: Array<Step> = []

  const declare = (shape: Shape, owner: string, label: string): Unit => {
    const title = shape.title !== undefined && shape.title.length <= maxTitle ? shape.title : undefined
    const text = shape.name ?? title ?? `${owner} ${label}`
    const unit: Unit = { shape, name: unique(typeName(text, "Shape")), variants: new Map(found.get(shape)?.variants) }
    units.set(shape, unit)
    return unit
  }

  const visit = ({ depth, label, owner, place, shape, variant }: Step) => {
    let inner = { depth: depth + 1, owner: label === "" ? owner : `${owner} ${label}` }
    const first = found.get(shape)
    const known = units.get(shape)
    const shared = first !== undefined && first.place !== place
    if (known !== undefined || shape.name !== undefined || (isStructure(shape) && (shared || depth > maxDepth))) {
      const unit = known ?? declare(shape, owner, label)
      if (known?.variants.has(variant.id) === true) return
      unit.variants.set(variant.id, variant)
      inner = { depth: 1, owner: unit.name }
    }
    if (first === undefined) found.set(shape, { place, variants: new Map([[variant.id, variant]]) })
    else first.variants.set(variant.id, variant)
    for (const tag of tagsOf(shape)) tags.add(tag)
    const steps = children(shape).map(([ref, label, property]): Step => ({
      shape: shapeOf(ref),
      variant: property === undefined ? variant : variantBelow(variant, property),
      label,
      place: shape,
      ...inner
    }))
    // The last step is the next one.
    for (const step of steps.reverse()) stack.push(step)
  }

  const visitAll = (step: Step, skip: (shape: Shape) => boolean) => {
    stack.push(step)
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) if (!skip(next.shape)) visit(next)
  }

  // Components have their names before other shapes do, and are declared in the order of the document.
  const shapes = new Set(components)
  for (const shape of shapes) if (!units.has(shape)) declare(shape, "", "")
  for (const { owner, place, ref, variant } of uses) {
    visitAll({ shape: shapeOf(ref), variant, depth: 0, owner, label: "", place }, () => false)
  }
  const isUsed = new Set([...units.values()].flatMap((unit) => (unit.variants.size > 0 ? [unit.shape] : [])))
  for (const shape of shapes) {
    const step = { shape, variant: responseVariant, depth: 0, owner: "", label: "", place: shape }
    visitAll(step, (shape) => isUsed.has(shape))
  }
  return { get: (shape) => units.get(shape), all: [...units.values()], isTag: (shape) => tags.has(shape) }
}
