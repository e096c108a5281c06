import type { Ref, Shape } from "../../Shape.js"
import { areInCycle, type Composition } from "./cycles.js"
import { arrayIn, fieldsIn, report, textsIn, type Where } from "./fields.js"
import { emptyRecord, type Fields, isFields, lazy, typeOf } from "./node.js"
import { at, escapeToken, tokensOf } from "../jsonPointer.js"
import { type Place, problemAt, type Problems, type Reader, type Scope } from "./reader.js"
import { follow, referenceOf, resolve, scopeOf } from "./references.js"
import { type Draft, readDocumentation, readValue } from "./shapeKeywords.js"
import { shapeOf } from "../descriptor/shapeOf.js"

/** The number of schemas within each other that are read at once. Deeper ones are read when they are asked for. */
const maxDepth = 64

/** Reads a schema that is a part of another one. */
type ReadPart = (child: unknown, ...path: ReadonlyArray<string>) => Ref

/** Keywords beside a `$ref` that only describe it. */
const isDescriptive = (keyword: string): boolean =>
  keyword === "description" ||
  keyword === "title" ||
  keyword === "deprecated" ||
  keyword === "default" ||
  keyword === "example" ||
  keyword === "examples" ||
  keyword === "readOnly" ||
  keyword === "writeOnly"

/** Reports whether a keyword beside a `$ref` applies. It does from OpenAPI 3.1 on; documentation and null do anywhere, as is often meant. */
const appliesBeside = (reader: Reader, keyword: string): boolean => {
  if (keyword === "$ref" || keyword === "$dynamicRef" || keyword === "$recursiveRef") return false
  if (isDescriptive(keyword) || keyword === "nullable" || keyword === "x-nullable") return true
  return (
    (reader.specification === "3.1" || reader.specification === "3.2") &&
    !keyword.startsWith("$") &&
    !keyword.startsWith("x-") &&
    keyword !== "summary"
  )
}

const siblingsOf = (reader: Reader, node: Fields): Fields | undefined => {
  let siblings: Record<string, unknown> | undefined
  for (const keyword of Object.keys(node)) {
    if (!appliesBeside(reader, keyword) || node[keyword] === null || node[keyword] === undefined) continue
    siblings ??= emptyRecord()
    siblings[keyword] = node[keyword]
  }
  return siblings
}

const withProblems = (reader: Reader, shape: Shape, problems: Problems): Shape => {
  if (problems.length > 0) reader.problems.set(shape, problems)
  return shape
}

/** The shape of a schema that can't be read: any value. */
const unreadable = (reader: Reader, scope: Scope, pointer: string, message: string): Shape =>
  withProblems(reader, { pointer }, [problemAt(scope, pointer, message)])

const notASchema = (node: unknown): string => `A schema must be an object, and is ${typeOf(node)}; it is any value.`

const noSiblings: Fields = {}

/** The shape of a boolean schema. */
const booleanShape = (value: boolean, pointer: string): Shape => (value ? { pointer } : { enum: [], pointer })

/** Reports whether a token of a pointer says nothing of the value that a schema describes. */
const isStructural = (token: string): boolean =>
  /^(?:schema|content|parameters|items|properties|allOf|anyOf|oneOf|additionalProperties|\d{1,2})$/.test(token)

/** The name of a file, without its directory and extension. */
const fileName = (base: string): string =>
  base
    .replace(/[?#].*$/, "")
    .replace(/^.*\//, "")
    .replace(/\.[^.]*$/, "")

/** Returns the words of a name for a schema that is no component, such as `owner` for `/…/properties/owner`. */
const wordsOf = ({ pointer, scope }: Place): string => {
  const tokens = tokensOf(pointer)
  const [first, ...others] = tokens
  if (first === "paths") return others.filter((token) => !isStructural(token)).join(" ")
  const last = others.length === 0 ? first : tokens.findLast((token) => !isStructural(token))
  if (last !== undefined) return last
  const file = fileName(scope.base)
  return file === "" ? "Schema" : file
}

/** Returns the name of a schema that is referred to: that of a component, or one that no component has. */
const nameOf = (reader: Reader, place: Place): string => {
  const { pointer, scope } = place
  const name = /^(?:\/components\/schemas|\/definitions)\/([^/]+)$/.exec(pointer)?.[1]
  if (name !== undefined && scope.file.isRoot) return tokensOf(pointer).at(-1)!
  const words = name === undefined ? wordsOf(place) : tokensOf(pointer).at(-1)!
  let unique = words
  for (let count = 2; reader.names.has(unique); count += 1) unique = `${words} ${count}`
  reader.names.add(unique)
  return unique
}

/** Reads a schema that is referred to. */
const readNamed = (reader: Reader, place: Place): Shape => {
  const { node, pointer, scope } = place
  const key = isFields(node) ? node : `${scope.file.location ?? ""}#${pointer}`
  const known = reader.named.get(key)
  if (known !== undefined) return known
  const name = nameOf(reader, place)
  const shape = isFields(node)
    ? readSchema(reader, { scope: scopeOf(reader, scope, node), node, pointer }, 0, name)
    : typeof node === "boolean"
      ? { name, ...booleanShape(node, pointer) }
      : unreadable(reader, scope, pointer, notASchema(node))
  reader.named.set(key, shape)
  return shape
}

/** Reports whether a schema is no more than a reference. */
const isOnlyReference = (reader: Reader, node: unknown): node is Fields =>
  isFields(node) && referenceOf(node) !== undefined && siblingsOf(reader, node) === undefined

/** Follows the reference of a schema to one that has a structure of its own. Returns the shape of a reference without a target. */
const followSchema = (reader: Reader, start: Place): Place | Shape => {
  const { failure, place } = follow(reader, start, reader.schemaEnds, (node) =>
    isFields(node) && (node === start.node || isOnlyReference(reader, node)) ? referenceOf(node) : undefined
  )
  return failure === undefined ? place : unreadable(reader, place.scope, place.pointer, `${failure}; it is any value.`)
}

const isPlace = (found: Place | Shape): found is Place => "scope" in found

/** Reads the schema that a reference leads to. */
const readTarget = (reader: Reader, place: Place): Shape => {
  const target = followSchema(reader, place)
  return isPlace(target) ? readNamed(reader, target) : target
}

/** Reads a schema without its alternatives, which extend it. */
const readBare = (reader: Reader, place: Place): Shape => {
  const target = isOnlyReference(reader, place.node) ? followSchema(reader, place) : place
  if (!isPlace(target)) return target
  const { node, pointer, scope } = target
  if (!isFields(node)) return unreadable(reader, scope, pointer, notASchema(node))
  const known = reader.bare.get(node)
  if (known !== undefined) return known
  const shape = readSchema(reader, { scope: scopeOf(reader, scope, node), node, pointer }, 0, undefined, true)
  reader.bare.set(node, shape)
  return shape
}

/** Reads a schema of a document to a shape, or to a function that returns it, for references and deep schemas. */
export const readRef = (reader: Reader, { node, pointer, scope: outer }: Place, depth = 0): Ref => {
  if (typeof node === "boolean") return booleanShape(node, pointer)
  if (!isFields(node)) return unreadable(reader, outer, pointer, notASchema(node))
  const place = { scope: scopeOf(reader, outer, node), node, pointer }
  if (isOnlyReference(reader, node)) return lazy(() => readTarget(reader, place))
  const read = (from: number): Shape => {
    const known = reader.inline.get(node)
    if (known !== undefined) return known
    const shape = readSchema(reader, place, from, undefined)
    reader.inline.set(node, shape)
    return shape
  }
  return depth > maxDepth ? lazy(() => read(0)) : read(depth)
}

/** Reads a schema of a document to a shape. */
export const readShape = (reader: Reader, place: Place): Shape => shapeOf(readRef(reader, place))

/** Reads a component. */
export const readComponent = (reader: Reader, place: Place): Shape =>
  isOnlyReference(reader, place.node) ? readTarget(reader, place) : readNamed(reader, place)

/** Reads a list of schemas, such as `allOf`. */
const listOf = (node: Fields, keyword: string, read: ReadPart, where: Where) =>
  arrayIn(node, keyword, where).map((child, index) => read(child, keyword, String(index)))

/** The shape of the properties that have no name of their own in the schema. */
const additionalOf = (node: Fields, read: ReadPart, where: Where): Ref | false | undefined => {
  const isComposed = node.allOf ?? node.anyOf ?? node.oneOf ?? node.$ref
  const keyword =
    node.additionalProperties === undefined && isComposed === undefined
      ? "unevaluatedProperties"
      : "additionalProperties"
  const additional = node[keyword]
  const patterns = fieldsIn(node, "patternProperties", where)
  const refs = Object.keys(patterns).map((pattern) => read(patterns[pattern], "patternProperties", pattern))
  if (refs.length > 0 && additional === true) return undefined
  const isRead = isFields(additional) && Object.keys(additional).length > 0
  if (isRead) refs.push(read(additional, keyword))
  else if (isFields(additional)) return undefined
  else if (additional !== undefined && additional !== null && typeof additional !== "boolean") {
    report(where, keyword, `\`${keyword}\` must be a schema, and is ${typeOf(additional)}; it is left out.`)
  }
  if (refs.length === 0) return additional === false ? false : undefined
  return refs.length === 1 ? refs[0] : { anyOf: refs }
}

/** Reads the properties of an object. */
const propertiesOf = (node: Fields, read: ReadPart, where: Where): Record<string, Ref> | undefined => {
  if (node.properties === undefined || node.properties === null) return undefined
  const fields = fieldsIn(node, "properties", where)
  const properties = emptyRecord<Ref>()
  for (const name of Object.keys(fields)) properties[name] = read(fields[name], "properties", name)
  return properties
}

/** The member of a union that a `mapping` names: a schema's name or a reference. */
const mapped = (reader: Reader, scope: Scope, pointer: string, value: string): Ref => {
  const component = (reader.specification === "2.0" ? "#/definitions/" : "#/components/schemas/") + value
  const isFile = /[/#]|\.(?:json|ya?ml)$/i.test(value) && typeof resolve(reader, reader.root, component) === "string"
  const place: Place = isFile
    ? { scope, node: { $ref: value }, pointer }
    : { scope: reader.root, node: { $ref: component }, pointer }
  return lazy(() => readTarget(reader, place))
}

/** Reads a discriminator, for schemas with members to select from. */
const discriminatorOf = (
  reader: Reader,
  node: Fields,
  members: ReadonlyArray<unknown>,
  refs: ReadonlyArray<Ref>,
  where: Where
): Shape["discriminator"] => {
  const { discriminator } = node
  if (discriminator === undefined || discriminator === null || members.length === 0) return undefined
  if (!isFields(discriminator) || typeof discriminator.propertyName !== "string") {
    report(where, "discriminator", "A discriminator must be an object with a `propertyName`; it is left out.")
    return undefined
  }
  const own: Where = { ...where, pointer: at(where.pointer, "discriminator") }
  const mapping = emptyRecord<Ref>()
  const explicit = fieldsIn(discriminator, "mapping", own)
  const targets = new Set<string>()
  for (const value of Object.keys(explicit)) {
    const target = explicit[value]
    if (typeof target !== "string") {
      report(
        own,
        "mapping",
        `The mapping of ${JSON.stringify(value)} must be a text, and is ${typeOf(target)}; it is left out.`
      )
      continue
    }
    mapping[value] = mapped(reader, where.scope, at(at(own.pointer, "mapping"), value), target)
    targets.add(target).add(lastOf(target))
  }
  // A member that no mapping names has its own name as the value.
  members.forEach((member, index) => {
    const reference = isFields(member) ? referenceOf(member) : undefined
    if (reference === undefined || targets.has(reference)) return
    const name = lastOf(reference)
    if (!targets.has(name) && !Object.hasOwn(mapping, name)) mapping[name] = refs[index]!
  })
  return { property: discriminator.propertyName, mapping }
}

/** The name at the end of a reference: `#/components/schemas/Cat` and `cat/Cat.json` have `Cat`. */
const lastOf = (reference: string): string => {
  const last = reference.replace(/^.*\//, "")
  return (tokensOf(`/${last}`)[0] ?? last).replace(/\.(?:json|ya?ml)$/i, "")
}

const nullShape: Shape = { type: "null" }

/** Lets null through the parts of a shape that its own type does not cover. */
const withNull = (shape: Draft): Draft => {
  if (shape.allOf === undefined) {
    if (shape.anyOf !== undefined) shape.anyOf = [...shape.anyOf, nullShape]
    return shape
  }
  const { name, ...inner } = shape
  return {
    ...(name === undefined ? {} : { name }),
    anyOf: [inner.allOf?.length === 1 && Object.keys(inner).length === 1 ? inner.allOf[0]! : inner, nullShape]
  }
}

/** Reads `items` and `prefixItems`, and the tuples of earlier versions. */
const readItems = (shape: Draft, node: Fields, read: ReadPart, where: Where): void => {
  const prefix = Array.isArray(node.prefixItems) ? "prefixItems" : Array.isArray(node.items) ? "items" : undefined
  if (prefix !== undefined) shape.prefixItems = listOf(node, prefix, read, where)
  const rest = prefix === "items" ? "additionalItems" : "items"
  // An empty schema is any value, as is none. `additionalItems` may be true.
  if (node[rest] !== undefined && node[rest] !== null) shape.items = read(node[rest], rest)
}

/** Reads the schemas that describe the same value, of which some may lead back to the schema. */
const readComposition = (
  reader: Reader,
  shape: Draft,
  { node: schema, ...place }: Place,
  node: Fields,
  read: ReadPart,
  where: Where,
  isBare: boolean
): void => {
  const { pointer, scope } = place
  const reference = isFields(schema) ? referenceOf(schema) : undefined
  if ((reference ?? node.allOf ?? node.anyOf ?? node.oneOf) === undefined) return
  const isPartOfItself = (keyword: string): undefined => {
    report(
      where,
      keyword,
      `The schema is a part of itself by \`${keyword}\`, which describes no value; this part is left out.`
    )
  }
  const inCycle = (part: Place, composition: Composition): boolean =>
    areInCycle(reader, { ...place, node: schema }, part, composition)
  const extend = (part: Place, keyword: string, normal: () => Ref): Ref | undefined => {
    if (!inCycle(part, "any")) return normal()
    return inCycle(part, "allOf") ? isPartOfItself(keyword) : lazy(() => readBare(reader, part))
  }
  const list = (keyword: string): ReadonlyArray<readonly [part: Place, ref: () => Ref]> =>
    arrayIn(node, keyword, where).map((child, index) => [
      { scope, node: child, pointer: at(at(pointer, keyword), index) },
      () => read(child, keyword, String(index))
    ])
  const all: Array<Ref> = []
  const add = (ref: Ref | undefined): void => {
    if (ref !== undefined) all.push(ref)
  }
  if (reference !== undefined) {
    const part: Place = { ...place, node: { $ref: reference } }
    add(extend(part, "$ref", () => lazy(() => readTarget(reader, part))))
  }
  for (const [part, ref] of list("allOf")) add(extend(part, "allOf", ref))
  const union = (keyword: string) => {
    const parts = list(keyword).filter(([part]) => {
      const isKept = !inCycle(part, "anyOf")
      if (!isKept) isPartOfItself(keyword)
      return isKept
    })
    return { parts: parts.map(([part]) => part.node), refs: parts.map(([, ref]) => ref()) }
  }
  const [any, one] = isBare ? [] : [union("anyOf"), union("oneOf")]
  if (any !== undefined && one !== undefined) {
    const first = any.refs.length > 0 ? any : one
    if (first.refs.length > 0) {
      shape.anyOf = first.refs
      const discriminator = discriminatorOf(reader, node, first.parts, first.refs, where)
      if (discriminator !== undefined) shape.discriminator = discriminator
    }
    if (first === any && one.refs.length > 0) all.push({ anyOf: one.refs })
  }
  if (all.length > 0) shape.allOf = all
}

/** Reads a schema that is an object. `place` has its own scope. A bare one is read without its alternatives, for those to extend it. */
const readSchema = (
  reader: Reader,
  place: Place & { readonly node: Fields },
  depth: number,
  name: string | undefined,
  isBare = false
): Shape => {
  const { node: schema, pointer, scope } = place
  const problems: Problems = []
  const where: Where = { scope, pointer, problems }
  const node = referenceOf(schema) === undefined ? schema : (siblingsOf(reader, schema) ?? noSiblings)
  const read: ReadPart = (child, ...path) => {
    let own = pointer
    for (const token of path) own += "/" + escapeToken(token)
    return readRef(reader, { scope, node: child, pointer: own }, depth + 1)
  }
  const shape: Draft = {}
  if (name !== undefined) shape.name = name
  const isNull = readValue(shape, node, where)
  const properties = propertiesOf(node, read, where)
  if (properties !== undefined) shape.properties = properties
  const required = textsIn(node, "required", where)
  if (required.length > 0) shape.required = [...new Set(required)]
  const additional = additionalOf(node, read, where)
  if (additional !== undefined) shape.additional = additional
  readItems(shape, node, read, where)
  readComposition(reader, shape, place, node, read, where, isBare)
  const outer = isNull ? withNull(shape) : shape
  readDocumentation(outer, node, where)
  outer.pointer = pointer
  return withProblems(reader, outer, problems)
}
