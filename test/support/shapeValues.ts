import * as fc from "effect/FastCheck"
import type * as Descriptor from "effect-herald/descriptor"
import type { Shape } from "effect-herald/spec"

type Ref = Shape.Ref

const shapeOf = (ref: Ref): Shape.Shape => (typeof ref === "function" ? ref() : ref)

/** The formats whose values are not any text. */
const texts: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  date: fc.constant("2024-02-29"),
  "date-time": fc.constant("2024-02-29T12:00:00Z"),
  uuid: fc.uuid(),
  email: fc.constant("ada@example.com"),
  uri: fc.constant("https://example.com/ä?b=c#d")
}

/** Texts that every place of a request can hold. */
const text = fc
  .string({ minLength: 1, maxLength: 8, unit: fc.constantFrom("a", "B", "7", "-", "_", "%", "é", "+", "&") })
  .map(
    // A segment of dots, and what begins or ends with a space, can't be sent everywhere.
    (value) => `x${value}`
  )

const typesOf = ({ type }: Shape.Shape): ReadonlyArray<string> =>
  type === undefined ? [] : typeof type === "string" ? [type] : type

/** The greatest depth of values. Below it, optional parts are left out. */
const deepest = 3

/** The properties that an object has, with those of its `allOf`. */
const propertiesOf = (shape: Shape.Shape, depth: number): Map<string, Ref> => {
  const found = new Map<string, Ref>()
  const required = new Set(shape.required)
  if (depth < 10) {
    for (const part of shape.allOf ?? [])
      for (const [name, ref] of propertiesOf(shapeOf(part), depth + 1)) found.set(name, ref)
  }
  for (const [name, ref] of Object.entries(shape.properties ?? {})) {
    if (shapeOf(ref).readOnly === true || (depth >= deepest && !required.has(name))) continue
    found.set(name, ref)
  }
  for (const name of required) if (!found.has(name)) found.set(name, {})
  return found
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 8 })

/** Returns the parts of an `allOf`, and of theirs. */
const partsOf = (shape: Shape.Shape, depth = 0): ReadonlyArray<Shape.Shape> =>
  depth > 10 ? [] : [shape, ...(shape.allOf ?? []).flatMap((part) => partsOf(shapeOf(part), depth + 1))]

/** Returns the part of an `allOf` that tells the type of the whole, which is no object. */
const scalarPart = (shape: Shape.Shape): Shape.Shape | undefined => {
  const parts = partsOf(shape)
  if (parts.some((part) => part.properties !== undefined || typesOf(part).includes("object"))) return undefined
  return parts.find((part) => typesOf(part).length > 0 || part.enum !== undefined || part.anyOf !== undefined)
}

/** Makes values of a shape, as requests have them. Binary values are bytes in forms, and text elsewhere. */
export const shapeValues = (ref: Ref | undefined, binary = false, depth = 0): fc.Arbitrary<unknown> => {
  if (ref === undefined) return binary ? bytes : text
  const shape = shapeOf(ref)
  if (shape.enum !== undefined && shape.enum.length > 0) return fc.constantFrom(...shape.enum)
  // Recursion without an end has no value: a text is as good as any.
  if (depth > 12) return text
  const options = Object.entries(shape.discriminator?.mapping ?? {})
  if (shape.discriminator !== undefined && options.length > 0) {
    const { property } = shape.discriminator
    return fc
      .constantFrom(...options)
      .chain(([value, one]) =>
        shapeValues(one, binary, depth + 1).map((made) => ({ ...(made as object), [property]: value }))
      )
  }
  if (shape.anyOf !== undefined && shape.anyOf.length > 0) {
    const { anyOf, ...rest } = shape
    const first = shapeOf(anyOf[0]!)
    // Members of an object often tell no more than which of its properties are required together.
    if (shape.properties !== undefined && first.name === undefined) {
      return shapeValues(
        { ...rest, required: [...(rest.required ?? []), ...(first.required ?? [])] },
        binary,
        depth + 1
      )
    }
    return fc.nat().chain((index) => shapeValues(shape.anyOf![index % shape.anyOf!.length], binary, depth + 1))
  }
  const types = typesOf(shape)
  const type =
    types.find((one) => one !== "null") ??
    types[0] ??
    (shape.properties !== undefined || shape.allOf !== undefined
      ? "object"
      : shape.items !== undefined
        ? "array"
        : "string")
  switch (type) {
    case "null":
      return fc.constant(null)
    case "boolean":
      return fc.boolean()
    case "integer":
      return fc.integer()
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case "array": {
      const items = (shape.prefixItems ?? []).map((one) => shapeValues(one, binary, depth + 1))
      return items.length > 0
        ? fc.tuple(...items)
        : fc.array(shapeValues(shape.items, binary, depth + 1), { minLength: 1, maxLength: depth < deepest ? 2 : 1 })
    }
    case "object": {
      const scalar = scalarPart(shape)
      if (scalar !== undefined && scalar !== shape) return shapeValues(scalar, binary, depth + 1)
      return fc.record(
        Object.fromEntries(
          Array.from(propertiesOf(shape, depth), ([name, one]) => [name, shapeValues(one, binary, depth + 1)])
        )
      )
    }
    default:
      return binary && shape.format === "binary" ? bytes : (texts[shape.format ?? ""] ?? text)
  }
}

/** Makes inputs of an operation, with all its parameters and its default body. */
export const inputs = ({ body, parameters = [] }: Descriptor.Descriptor): fc.Arbitrary<Record<string, unknown>> => {
  const record = (some: ReadonlyArray<Descriptor.Parameter>) =>
    fc.record(Object.fromEntries(some.map(({ name, shape }) => [name, shapeValues(shape)])))
  const of = (...places: ReadonlyArray<Descriptor.Parameter["in"]>) =>
    parameters.filter((one) => places.includes(one.in))
  const [first] = Object.entries(body?.content ?? {})
  const isBinary = first !== undefined && !/json|x-www-form-urlencoded|text|xml/.test(first[0])
  return fc
    .record({
      flat: record(of("path", "query", "querystring", "body")),
      headers: record(of("header")),
      cookies: record(of("cookie")),
      body: first === undefined ? fc.constant(undefined) : shapeValues(first[1].shape, isBinary)
    })
    .map(({ body, cookies, flat, headers }) => ({
      ...flat,
      ...(Object.keys(headers).length > 0 && { headers }),
      ...(Object.keys(cookies).length > 0 && { cookies }),
      ...(body !== undefined && { body })
    }))
}
