import type { Json, Ref, Shape, TypeName } from "../../Shape.js"
import { arrayIn, fieldsIn, flagIn, jsonOf, report, textIn, textsIn, type Where } from "./fields.js"
import { at, emptyRecord, escapeToken, type Fields, isFields, lazy, tokensOf, typeOf } from "./node.js"
import { type Place, problemAt, type Problems, type Reader, type Scope } from "./reader.js"
import { resolve, scopeOf } from "./references.js"

/** A shape that is being made. */
type Draft = { -readonly [Key in keyof Shape]: Shape[Key] }

/** The number of schemas within each other that are read at once. Deeper ones are read when they are asked for. */
const maxDepth = 64

const isTypeName = (type: unknown): type is TypeName =>
  type === "string" ||
  type === "number" ||
  type === "integer" ||
  type === "boolean" ||
  type === "object" ||
  type === "array" ||
  type === "null"

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

const isNullable = (node: Fields): boolean => node.nullable === true || node["x-nullable"] === true

/** Returns the reference of a schema. Dynamic references are read as plain ones, whose target they have by default. */
const referenceOf = (node: Fields): string | undefined => {
  const reference = node.$ref ?? node.$dynamicRef ?? node.$recursiveRef
  return typeof reference === "string" ? reference : undefined
}

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

/** The shape of a boolean schema. */
const booleanShape = (value: boolean, pointer: string): Shape => (value ? { pointer } : { enum: [], pointer })

/** Returns the words of a name for a schema that is no component, such as `owner` for `/…/properties/owner`. */
const wordsOf = ({ pointer, scope }: Place): string => {
  const tokens = tokensOf(pointer)
  if (tokens[0] === "paths")
    return tokens
      .slice(1)
      .filter((token) => !/^(schema|content|parameters|properties|\d{1,2})$/.test(token))
      .join(" ")
  const last = tokens.findLast(
    (token) => !/^(schema|items|properties|allOf|anyOf|oneOf|additionalProperties|\d+)$/.test(token)
  )
  const file = scope.base
    .replace(/[?#].*$/, "")
    .replace(/^.*\//, "")
    .replace(/\.[^.]*$/, "")
  return last ?? (file === "" ? "Schema" : file)
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
  const { node, pointer } = place
  const key = isFields(node) ? node : `${place.scope.file.location ?? ""}#${pointer}`
  const known = reader.named.get(key)
  if (known !== undefined) return known
  const scope = scopeOf(reader, place.scope, node)
  const name = nameOf(reader, place)
  const shape = isFields(node)
    ? readSchema(reader, node, pointer, scope, 0, name)
    : typeof node === "boolean"
      ? { name, ...booleanShape(node, pointer) }
      : unreadable(reader, scope, pointer, `A schema must be an object, and is ${typeOf(node)}; it is any value.`)
  reader.named.set(key, shape)
  return shape
}

/** Reports whether a schema is no more than a reference. */
const isOnlyReference = (reader: Reader, node: unknown): node is Fields =>
  isFields(node) && referenceOf(node) !== undefined && siblingsOf(reader, node) === undefined

/** Follows the reference of a schema, at a place, to a schema that has a structure of its own. */
const targetOf = (reader: Reader, scope: Scope, node: Fields, pointer: string): Shape => {
  const passed = new Set<unknown>()
  let place: Place = { scope, node, pointer }
  let reference = referenceOf(node)
  while (reference !== undefined) {
    const target = passed.has(place.node) ? "refers to itself" : resolve(reader, place.scope, reference)
    if (typeof target === "string") {
      return unreadable(reader, place.scope, place.pointer, `The reference ${reference} ${target}; it is any value.`)
    }
    passed.add(place.node)
    place = target
    reference = isOnlyReference(reader, place.node) ? referenceOf(place.node) : undefined
  }
  return readNamed(reader, place)
}

/** Reads a schema of a document to a shape, or to a function that returns it, for references and deep schemas. */
export const readRef = (reader: Reader, { node, pointer, scope: outer }: Place, depth = 0): Ref => {
  if (typeof node === "boolean") return booleanShape(node, pointer)
  if (!isFields(node)) {
    return unreadable(reader, outer, pointer, `A schema must be an object, and is ${typeOf(node)}; it is any value.`)
  }
  const scope = scopeOf(reader, outer, node)
  if (isOnlyReference(reader, node)) return lazy(() => targetOf(reader, scope, node, pointer))
  const read = (from: number): Shape => {
    const known = reader.inline.get(node)
    if (known !== undefined) return known
    const shape = readSchema(reader, node, pointer, scope, from, undefined)
    reader.inline.set(node, shape)
    return shape
  }
  return depth > maxDepth ? lazy(() => read(0)) : read(depth)
}

/** Reads a schema of a document to a shape. */
export const readShape = (reader: Reader, place: Place): Shape => {
  const ref = readRef(reader, place)
  return typeof ref === "function" ? ref() : ref
}

/** Reads a component. */
export const readComponent = (reader: Reader, place: Place): Shape =>
  isOnlyReference(reader, place.node)
    ? targetOf(reader, place.scope, place.node, place.pointer)
    : readNamed(reader, place)

/** The types of a schema; `null` among them only if it is alone. */
const typesOf = (node: Fields, where: Where): ReadonlyArray<TypeName> | undefined => {
  const { type } = node
  if (type === undefined || type === null) return undefined
  if (type === "file") return ["string"]
  const types = Array.isArray(type) ? (type as ReadonlyArray<unknown>) : [type]
  const known = types.filter(isTypeName)
  if (known.length < types.length || known.length === 0) {
    report(where, "type", `The type ${JSON.stringify(type)} is not one of JSON Schema; the schema has any type.`)
    return undefined
  }
  return [...new Set(known)]
}

/** The format of binary content, which OpenAPI 3.1 describes by its encoding and media type. */
const formatOf = (node: Fields, where: Where): string | undefined => {
  const format = textIn(node, "format", where)
  if (format !== undefined) return format
  if (node.type === "file") return "binary"
  const { contentEncoding: encoding, contentMediaType: type } = node
  if (typeof encoding === "string") return /^base64(?:url)?$/i.test(encoding) ? "byte" : undefined
  return typeof type === "string" && !/^text\/|[/+](?:json|xml)\b/i.test(type) ? "binary" : undefined
}

/** Reads the values of an `enum`. Those of a text are texts, which YAML may have read as numbers. */
const enumOf = (node: Fields, types: ReadonlyArray<TypeName> | undefined, where: Where): Array<Json> | undefined => {
  if (Object.hasOwn(node, "const")) return [jsonOf(node.const)]
  if (node.enum === undefined || node.enum === null) return undefined
  const values = arrayIn(node, "enum", where)
  if (values.length === 0) {
    if (Array.isArray(node.enum)) report(where, "enum", "`enum` is empty; it is left out.")
    return undefined
  }
  const areTexts = types !== undefined && types.every((type) => type === "string" || type === "null")
  return values.map((value) => (areTexts && typeof value === "number" ? String(value) : jsonOf(value)))
}

/** Reads a list of schemas, such as `allOf`. */
const listOf = (
  node: Fields,
  keyword: string,
  read: (child: unknown, ...path: ReadonlyArray<string>) => Ref,
  where: Where
) => arrayIn(node, keyword, where).map((child, index) => read(child, keyword, String(index)))

/** The shape of the properties that have no name of their own in the schema. */
const additionalOf = (
  node: Fields,
  read: (child: unknown, ...path: ReadonlyArray<string>) => Ref,
  where: Where
): Ref | false | undefined => {
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
const propertiesOf = (
  node: Fields,
  read: (child: unknown, ...path: ReadonlyArray<string>) => Ref,
  where: Where
): Record<string, Ref> | undefined => {
  if (node.properties === undefined || node.properties === null) return undefined
  const fields = fieldsIn(node, "properties", where)
  const properties = emptyRecord<Ref>()
  for (const name of Object.keys(fields)) properties[name] = read(fields[name], "properties", name)
  return properties
}

/** The member of a union that a `mapping` names: a schema's name or a reference. */
const mapped = (reader: Reader, scope: Scope, pointer: string, value: string): Ref => {
  const isName = /^[\w.-]+$/.test(value)
  const component = reader.specification === "2.0" ? "#/definitions/" : "#/components/schemas/"
  const byName = isName ? resolve(reader, reader.root, component + value) : "is not a name"
  const $ref = typeof byName === "string" ? value : component + value
  const from = typeof byName === "string" ? scope : reader.root
  return lazy(() => targetOf(reader, from, { $ref }, pointer))
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

/** Reads a schema that is an object. `scope` is its own. */
const readSchema = (
  reader: Reader,
  schema: Fields,
  pointer: string,
  scope: Scope,
  depth: number,
  name: string | undefined
): Shape => {
  const problems: Problems = []
  const where: Where = { scope, pointer, problems }
  const reference = referenceOf(schema)
  const node = reference === undefined ? schema : (siblingsOf(reader, schema) ?? emptyRecord<unknown>())
  const read = (child: unknown, ...path: ReadonlyArray<string>): Ref => {
    let place = pointer
    for (const token of path) place += "/" + escapeToken(token)
    return readRef(reader, { scope, node: child, pointer: place }, depth + 1)
  }
  const shape: Draft = {}
  if (name !== undefined) shape.name = name

  const types = typesOf(node, where)
  const values = enumOf(node, types, where)
  const isNull =
    isNullable(node) || (types !== undefined && (types.includes("null") || values?.includes(null) === true))
  const implied = types ?? (isNull ? impliedType(node) : undefined)
  const own =
    implied === undefined || !isNull ? implied : [...implied.filter((type) => type !== "null"), "null" as const]
  if (own !== undefined) shape.type = own.length === 1 ? own[0] : own
  if (values !== undefined) shape.enum = isNull && !values.includes(null) ? [...values, null] : values
  const format = formatOf(node, where)
  if (format !== undefined) shape.format = format
  if (format === "binary" && shape.type === undefined && types === undefined) shape.type = "string"

  const properties = propertiesOf(node, read, where)
  if (properties !== undefined) shape.properties = properties
  const required = textsIn(node, "required", where)
  if (required.length > 0) shape.required = [...new Set(required)]
  const additional = additionalOf(node, read, where)
  if (additional !== undefined) shape.additional = additional

  const prefix = Array.isArray(node.prefixItems) ? "prefixItems" : Array.isArray(node.items) ? "items" : undefined
  if (prefix !== undefined) shape.prefixItems = listOf(node, prefix, read, where)
  const rest = prefix === "items" ? "additionalItems" : "items"
  if (node[rest] !== undefined && node[rest] !== null) shape.items = read(node[rest], rest)

  const all = listOf(node, "allOf", read, where)
  if (reference !== undefined) all.unshift(lazy(() => targetOf(reader, scope, schema, pointer)))
  const any = listOf(node, "anyOf", read, where)
  const one = listOf(node, "oneOf", read, where)
  if (any.length > 0 && one.length > 0) all.push({ anyOf: one })
  if (all.length > 0) shape.allOf = all
  const union = any.length > 0 ? any : one
  if (union.length > 0) {
    shape.anyOf = union
    const discriminator = discriminatorOf(
      reader,
      node,
      arrayIn(node, any.length > 0 ? "anyOf" : "oneOf", where),
      union,
      where
    )
    if (discriminator !== undefined) shape.discriminator = discriminator
  }

  const outer = isNull ? withNull(shape) : shape
  document(outer, node, where)
  outer.pointer = pointer
  return withProblems(reader, outer, problems)
}

/** The type that a nullable schema without one describes. */
const impliedType = (node: Fields): ReadonlyArray<TypeName> | undefined => {
  if (node.properties !== undefined || node.additionalProperties !== undefined) return ["object"]
  return node.items === undefined ? undefined : ["array"]
}

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

/** Adds the documentation of a schema to its shape. */
const document = (shape: Draft, node: Fields, where: Where): void => {
  if (flagIn(node, "readOnly", where)) shape.readOnly = true
  if (flagIn(node, "writeOnly", where)) shape.writeOnly = true
  const title = textIn(node, "title", where)
  if (title !== undefined) shape.title = title
  const description = textIn(node, "description", where)
  if (description !== undefined) shape.description = description
  if (flagIn(node, "deprecated", where)) shape.deprecated = true
  if (node.default !== undefined) shape.default = jsonOf(node.default)
  const example =
    node.example === undefined && Array.isArray(node.examples) ? (node.examples[0] as unknown) : node.example
  if (example !== undefined) shape.example = jsonOf(example)
}
