import * as Schema from "effect/Schema"
import type { Json, Ref, Shape } from "./Shape.js"
import { isListed } from "./sameJson.js"
import { makeNode, type Node, typeBits, type Union } from "./shapeNode.js"
import { makeResolve } from "./shapeOf.js"

type AnySchema = Schema.Schema.AnyNoContext

/** The nesting of shapes that is made at once. Shapes below are made when a value reaches them. */
const maxDepth = 50

const isScalar = (value: Json): value is string | number | bigint | boolean | null =>
  typeof value !== "object" || value === null

/** Makes a function that reports whether a value is of a schema. The schema is compiled when a value is first checked. */
const lazyIs = (schema: () => AnySchema): ((value: unknown) => boolean) => {
  let is: ((value: unknown) => boolean) | undefined
  return (value) => (is ??= Schema.is(schema()))(value)
}

/** Restricts a schema to values that are of other schemas, too. None of these schemas changes a value. */
const restrict = (
  schema: AnySchema,
  others: ReadonlyArray<(value: unknown) => boolean>,
  description: string
): AnySchema =>
  others.length === 0 ? schema : schema.pipe(Schema.filter((value) => others.every((is) => is(value)), { description }))

/** A number without a fraction. Unlike `Schema.Int` it can exceed the safe integers, as that of other JSON parsers. */
const integer = (): AnySchema => Schema.Number.pipe(Schema.filter(Number.isInteger, { description: "an integer" }))

const unionOf = (members: ReadonlyArray<AnySchema>): AnySchema =>
  // Without members, no value.
  members.length === 1 ? members[0]! : Schema.Union(...members)

/** Makes the schema of a shape. Its decoded and its encoded side are the same. */
export const schemaOf = (root: Ref): AnySchema => {
  const resolve = makeResolve()
  const nodes = new Map<Shape, Node>()
  const ids = new Map<Shape, number>()
  const made = new Map<string, AnySchema | "in progress">()

  const nodeOf = (shape: Shape): Node => {
    const node = nodes.get(shape) ?? makeNode(shape, resolve)
    nodes.set(shape, node)
    return node
  }

  const idOf = (shape: Shape): number => {
    const id = ids.get(shape) ?? ids.size
    ids.set(shape, id)
    return id
  }

  /**
   * Returns the schema of a shape, or one that makes it when a value reaches it, for shapes that are part of themselves.
   *
   * - `enclosing`: the shapes whose unions describe the same value, and say nothing more about it
   */
  const schemaFor = (ref: Ref, depth: number, enclosing: ReadonlyArray<Shape> = []): AnySchema => {
    const shape = resolve(ref)
    const key = [idOf(shape), ...enclosing.map(idOf)].join()
    const known = made.get(key)
    // Effect follows a schema to its end each time that it is part of another one: a shape that many share is suspended.
    if (
      known === "in progress" ||
      (known === undefined && (depth > maxDepth || (depth > 0 && typeof ref === "function")))
    ) {
      return Schema.suspend(() => {
        const later = made.get(key)
        return later === undefined || later === "in progress" ? schemaFor(shape, 0, enclosing) : later
      })
    }
    if (known !== undefined) return known
    made.set(key, "in progress")
    const schema = named(shape, make(nodeOf(shape), depth + 1, enclosing), enclosing.length === 0)
    made.set(key, schema)
    return schema
  }

  const named = ({ description, name, title }: Shape, schema: AnySchema, isWhole: boolean): AnySchema =>
    schema.annotations({
      ...(name === undefined || !isWhole ? {} : { identifier: name }),
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description })
    })

  const make = (node: Node, depth: number, enclosing: ReadonlyArray<Shape>): AnySchema => {
    const unions = node.unions.filter(({ of, shapes }) => !enclosing.includes(of) && shapes.length > 0)
    const members = unions.map((union) => unionSchema(union, depth, [...enclosing, union.of]))
    const isFree =
      node.types === 127 &&
      node.properties.length === 0 &&
      node.items.length === 0 &&
      node.prefixItems.length === 0 &&
      node.additional.length === 0 &&
      !node.closed
    // A null that the types list is allowed, whatever the enum and the unions are.
    const nullable = node.nullable && (node.enums.length > 0 || unions.length > 0)
    const schema = isFree && node.enums.length === 0 && members.length > 0 ? members[0]! : typed(node, isFree, depth)
    const others = schema === members[0] ? members.slice(1) : members
    const whole = restrict(
      schema,
      others.map((member) => lazyIs(() => member)),
      "a value of all of these shapes"
    )
    return nullable ? Schema.NullOr(whole) : whole
  }

  const typed = (node: Node, isFree: boolean, depth: number): AnySchema => {
    const [first] = node.enums
    if (node.enums.length === 1 && first!.length > 0 && first!.every(isScalar) && isFree)
      return Schema.Literal(...first)
    if (node.enums.length === 1 && first!.length > 0 && first!.every(isScalar)) {
      const literal: AnySchema = Schema.Literal(...first)
      return restrict(literal, [lazyIs(() => byType(node, depth))], "a value of the type of the enum")
    }
    return restrict(
      isFree ? Schema.Unknown : byType(node, depth),
      node.enums.map((values) => (value: unknown) => isListed(values, value)),
      "a value of the enum"
    )
  }

  const byType = (node: Node, depth: number): AnySchema => {
    const has = (bits: number) => (node.types & bits) !== 0
    const members: ReadonlyArray<readonly [present: boolean, make: () => AnySchema]> = [
      [has(typeBits.string), () => Schema.String],
      [has(typeBits.fraction), () => Schema.Union(Schema.Number, Schema.BigIntFromSelf)],
      [has(typeBits.integer) && !has(typeBits.fraction), () => Schema.Union(integer(), Schema.BigIntFromSelf)],
      [has(typeBits.boolean), () => Schema.Boolean],
      [has(typeBits.object), () => objectSchema(node, depth)],
      [has(typeBits.array), () => arraySchema(node, depth)],
      [has(typeBits.null), () => Schema.Null]
    ]
    return unionOf(members.flatMap(([present, make]) => (present ? [make()] : [])))
  }

  const allOf = (refs: ReadonlyArray<Ref>, depth: number): AnySchema => {
    const [first, ...others] = refs
    if (first === undefined) return Schema.Unknown
    return restrict(
      schemaFor(first, depth),
      others.map((ref) => lazyIs(() => schemaFor(ref, depth))),
      "a value of all of these shapes"
    )
  }

  const objectSchema = (node: Node, depth: number): AnySchema => {
    const fields = Object.fromEntries(
      node.properties
        // A schema takes what an object inherits for its own.
        .filter(({ inherited }) => !inherited)
        .map(({ name, refs, required }) => {
          const schema = allOf(refs, depth)
          return [
            name,
            required ? restrict(schema, [(value) => value !== undefined], "a value") : Schema.optional(schema)
          ]
        })
    )
    const inherited = node.properties.flatMap(({ inherited, name, refs, required }) =>
      inherited ? [{ name, required, is: lazyIs(() => allOf(refs, depth)) }] : []
    )
    // A schema of fields only would drop other properties.
    const open = Schema.Struct(fields, { key: Schema.String, value: Schema.Unknown })
    const additional = node.additional.map((ref) => lazyIs(() => schemaFor(ref, depth)))
    const isOther = (name: string) => !node.named.has(name)
    const known = new Set(node.unions.flatMap(({ shapes }) => shapes.flatMap((shape) => [...nodeOf(shape).named])))
    return open.pipe(
      Schema.filter(
        (value) =>
          // An array has properties, too.
          !Array.isArray(value) &&
          inherited.every(({ is, name, required }) => (Object.hasOwn(value, name) ? is(value[name]) : !required)) &&
          Object.entries(value).every(
            ([name, one]) =>
              !isOther(name) ||
              one === undefined ||
              (additional.every((is) => is(one)) && !(node.closed && !known.has(name)))
          ),
        { description: node.closed ? "an object without other properties" : "an object" }
      )
    )
  }

  const arraySchema = ({ items, prefixItems }: Node, depth: number): AnySchema => {
    const rest = allOf(items, depth)
    const first = prefixItems.map((refs) => Schema.optionalElement(allOf(refs, depth)))
    return first.length === 0 ? Schema.Array(rest) : Schema.Tuple(first, rest)
  }

  const unionSchema = ({ discriminator, shapes }: Union, depth: number, enclosing: ReadonlyArray<Shape>): AnySchema => {
    const union = unionOf(shapes.map((shape) => schemaFor(shape, depth, enclosing)))
    if (discriminator === undefined || Object.keys(discriminator.mapping).length === 0) return union
    const { mapping, property } = discriminator
    const members = new Map(
      Object.entries(mapping).map(([tag, ref]) => [tag, lazyIs(() => schemaFor(ref, depth, enclosing))])
    )
    const tagOf = (value: unknown): unknown =>
      typeof value === "object" && value !== null && Object.hasOwn(value, property)
        ? (value as Readonly<Record<string, unknown>>)[property]
        : undefined
    return restrict(
      union,
      [
        (value) => {
          const tag = tagOf(value)
          return typeof tag !== "string" || members.get(tag)?.(value) === true
        }
      ],
      `a value of the shape that ${property} names`
    )
  }

  return schemaFor(root, 0)
}
