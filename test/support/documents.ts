import * as Effect from "effect/Effect"

import { Document, type Shape } from "effect-herald/spec"

/** The field that names a version, and the places of the versions' parts. */
export type Version = "2.0" | "3.0" | "3.1" | "3.2"

/** A document with these fields. */
export const documentOf = (version: Version, fields: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  ...(version === "2.0" ? { swagger: "2.0" } : { openapi: `${version}.0` }),
  info: { title: "Test", version: "1" },
  paths: {},
  ...fields
})

/** Reads a document that must be one. */
export const read = (json: unknown, options: Document.Options = {}): Document.Document =>
  Effect.runSync(Document.fromJson(json, options))

/** A document with these named schemas. */
export const withSchemas = (version: Version, schemas: Readonly<Record<string, unknown>>): Document.Document =>
  read(documentOf(version, version === "2.0" ? { definitions: schemas } : { components: { schemas } }))

/**
 * A shape as plain data, without pointers. References to named shapes, and those deeper than they are looked at, are their names.
 */
export const plain = (ref: Shape.Ref, depth = 6): unknown => {
  const shape = typeof ref === "function" ? ref() : ref
  if (shape.name !== undefined) return { ref: shape.name }
  return plainFields(shape, depth)
}

const record = (refs: Readonly<Record<string, Shape.Ref>>, depth: number): unknown =>
  Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, plain(ref, depth)]))

/** The fields of a shape, of which only those below it are replaced by names. */
export const plainFields = (shape: Shape.Shape, depth = 6): Record<string, unknown> => {
  if (depth === 0) return { deeper: true }
  const {
    additional,
    allOf,
    anyOf,
    discriminator,
    items,
    name: _,
    pointer: __,
    prefixItems,
    properties,
    ...rest
  } = shape
  const list = (refs: ReadonlyArray<Shape.Ref>) => refs.map((ref) => plain(ref, depth - 1))
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: record(properties, depth - 1) }),
    ...(additional === undefined ? {} : { additional: additional === false ? false : plain(additional, depth - 1) }),
    ...(items === undefined ? {} : { items: plain(items, depth - 1) }),
    ...(prefixItems === undefined ? {} : { prefixItems: list(prefixItems) }),
    ...(allOf === undefined ? {} : { allOf: list(allOf) }),
    ...(anyOf === undefined ? {} : { anyOf: list(anyOf) }),
    ...(discriminator === undefined
      ? {}
      : { discriminator: { property: discriminator.property, mapping: record(discriminator.mapping, depth - 1) } })
  }
}

/** Returns a named shape. */
export const shapeIn = (document: Document.Document, name: string): Shape.Shape => {
  const shape = document.shapes.get(name)
  if (shape === undefined) throw new Error(`The document has no schema ${name}`)
  return shape()
}

/** Returns the details of the only operation. */
export const onlyOperation = (document: Document.Document): Document.DocumentOperation => {
  const [operation, ...others] = document.operations
  if (operation === undefined || others.length > 0) throw new Error("The document must have one operation")
  return operation
}
