import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Shape } from "effect-herald/spec"

const string: Shape.Shape = { type: "string" }
const integer: Shape.Shape = { type: "integer" }

/** The kinds and pointers of the issues of a value. */
const found = (shape: Shape.Ref, value: unknown, direction: Shape.Direction = "response") =>
  Shape.check(shape, value, direction).issues.map(({ kind, pointer }) => `${kind} ${pointer}`)

const object = (properties: Readonly<Record<string, Shape.Ref>>, ...required: ReadonlyArray<string>): Shape.Shape => ({
  type: "object",
  properties,
  required
})

const nested = (depth: number, leaf: unknown): unknown => {
  let value = leaf
  for (let level = 0; level < depth; level += 1) value = [value]
  return value
}

describe("Shape.check", () => {
  const Pet = object(
    { id: integer, name: string, tags: { type: "array", items: string }, owner: object({ age: integer }) },
    "id",
    "name"
  )

  it("names the place, the kind and the types of a mismatch, without the value", () => {
    const { count, issues } = Shape.check(
      { ...Pet, pointer: "/components/schemas/Pet" },
      { id: "secret", tags: ["a", null, 3], owner: { age: 1.5 } },
      "response"
    )
    expect(issues).toEqual([
      {
        path: ["id"],
        pointer: "/id",
        kind: "type",
        message: "should be an integer, and is a string",
        found: "string",
        schema: undefined
      },
      {
        path: ["name"],
        pointer: "/name",
        kind: "missing",
        message: "is missing",
        found: undefined,
        schema: "/components/schemas/Pet"
      },
      {
        path: ["tags", 1],
        pointer: "/tags/*",
        kind: "null",
        message: "should be a string, and is null",
        found: "null",
        schema: undefined
      },
      expect.objectContaining({ path: ["tags", 2], pointer: "/tags/*", kind: "type" }),
      expect.objectContaining({ path: ["owner", "age"], message: "should be an integer, and is a number" })
    ])
    expect(count).toBe(5)
    expect(JSON.stringify(issues)).not.toContain("secret")
  })

  it("has at most 20 issues, and the count of all", () => {
    const { count, issues } = Shape.check({ type: "array", items: string }, Array(1000).fill(1), "response")
    expect([issues.length, count]).toEqual([20, 1000])
  })

  it("takes integers as numbers without a fraction and as bigints", () => {
    expect(found(integer, 3)).toEqual([])
    expect(found(integer, 2n ** 60n)).toEqual([])
    expect(found({ type: "number" }, 2n ** 60n)).toEqual([])
    expect(found(integer, 3.5)).toEqual(["type "])
  })

  it("has open enums in responses, and closed ones in requests", () => {
    const shape = object({ state: { type: "string", enum: ["on", "off"] } })
    expect(found(shape, { state: "new" })).toEqual([])
    expect(found(shape, { state: 1 })).toEqual(["type /state"])
    expect(Shape.check(shape, { state: "new" }, "request").issues).toMatchObject([
      { kind: "enum", pointer: "/state", message: "should be one of on, off" }
    ])
    expect(found({ enum: [{ a: [1] }, 3n] }, { a: [1] }, "request")).toEqual([])
    expect(found({ enum: [{ a: [1] }, 3n] }, 3, "request")).toEqual([])
    expect(found({ type: ["string", "null"], enum: ["a"] }, null, "request")).toEqual([])
  })

  it("requires readOnly properties of responses, and writeOnly properties of requests", () => {
    const shape = object(
      { id: { type: "integer", readOnly: true }, key: { type: "string", writeOnly: true } },
      "id",
      "key"
    )
    expect(found(shape, {})).toEqual(["missing /id"])
    expect(found(shape, {}, "request")).toEqual(["missing /key"])
  })

  it("refuses other properties in requests only, and not those of another part of an allOf", () => {
    const closed: Shape.Shape = { ...object({ a: string }), additional: false }
    expect(found(closed, { a: "", b: 1 })).toEqual([])
    expect(found(closed, { a: "", b: 1 }, "request")).toEqual(["unknown /*"])
    const whole: Shape.Shape = { allOf: [closed, { ...object({ b: integer }), additional: false }] }
    expect(found(whole, { a: "", b: 1 }, "request")).toEqual([])
    expect(found(whole, { a: "", b: "", c: 1 }, "request")).toEqual(["type /b", "unknown /*"])
    const outer: Shape.Shape = {
      ...object({ c: string }),
      anyOf: [closed, { ...object({ b: integer }), additional: false }]
    }
    expect(found(outer, { c: "", a: "" }, "request")).toEqual([])
  })

  it("checks the properties of records, with one place for all of their keys", () => {
    const record: Shape.Shape = { type: "object", properties: { own: string }, additional: integer }
    const { issues } = Shape.check(record, { own: "a", "x/y": "b", z: 1 }, "response")
    expect(issues).toMatchObject([{ path: ["x/y"], pointer: "/*" }])
    expect(found(object({ "x/~": string }), { "x/~": 1 })).toEqual(["type /x~1~0"])
  })

  it("checks the first items of an array by their own shapes", () => {
    const tuple: Shape.Shape = { type: "array", prefixItems: [string, integer], items: { type: "boolean" } }
    expect(found(tuple, ["a", 1, true, false])).toEqual([])
    expect(found(tuple, ["a"])).toEqual([])
    expect(found(tuple, [1, "a", true, 1])).toEqual(["type /0", "type /1", "type /*"])
  })

  it("takes keywords of objects and arrays for their type", () => {
    expect(found({ properties: { a: string } }, "text")).toEqual(["type "])
    expect(found({ items: string }, {})).toEqual(["type "])
    expect(found({}, "anything")).toEqual([])
  })

  it("reports the closest member of a union", () => {
    const Cat = object({ kind: { enum: ["cat"] }, lives: integer }, "kind", "lives")
    const Dog = object({ kind: { enum: ["dog"] }, bark: string }, "kind", "bark")
    const either: Shape.Shape = { anyOf: [Cat, Dog, { type: "null" }] }
    expect(found(either, null)).toEqual([])
    expect(found(either, { kind: "cat", lives: null })).toEqual(["null /lives"])
    expect(found(either, { kind: "dog", bark: 1 })).toEqual(["type /bark"])
    expect(Shape.check(either, 3, "response").issues).toMatchObject([
      { message: "should be an object or null, and is an integer" }
    ])
    const untagged: Shape.Shape = { anyOf: [object({ a: integer, b: integer }, "a", "b"), object({ c: integer }, "c")] }
    expect(found(untagged, { a: 1, b: "x" })).toEqual(["type /b"])
    // An enum that a member does not list selects it all the same, if no other one matches.
    expect(found(either, { kind: "cow", bark: "", lives: 1 })).toEqual([])
  })

  it("selects by the discriminator, which is open in responses", () => {
    const Cat: Shape.Shape = { allOf: [() => Base, object({ lives: integer }, "lives")] }
    const Dog: Shape.Shape = { allOf: [() => Base, object({ bark: string })] }
    const Base: Shape.Shape = {
      ...object({ kind: string }, "kind"),
      anyOf: [() => Cat, () => Dog],
      discriminator: { property: "kind", mapping: { cat: () => Cat, dog: () => Dog } }
    }
    expect(found(Base, { kind: "cat" })).toEqual(["missing /lives"])
    expect(found(Base, { kind: "dog" })).toEqual([])
    expect(found(Base, { kind: "cow" })).toEqual([])
    expect(found(Base, { kind: "constructor" }, "request")).toEqual(["enum /kind"])
    expect(found(Base, {})).toEqual(["missing /kind"])
  })

  it("sees the content of a Redacted value of a request", () => {
    expect(found(object({ key: string }), { key: Redacted.make("secret") }, "request")).toEqual([])
    expect(found(object({ key: integer }), { key: Redacted.make("secret") }, "request")).toEqual(["type /key"])
  })

  it("takes names of inherited properties for what they are", () => {
    const shape = object({ constructor: string, toString: string, ["__proto__"]: integer }, "constructor")
    expect(found(shape, {})).toEqual(["missing /constructor"])
    expect(found(shape, JSON.parse('{"constructor": 1, "toString": null, "__proto__": "x"}'))).toEqual([
      "type /constructor",
      "null /toString",
      "type /__proto__"
    ])
  })

  it("follows values and shapes of any depth", () => {
    const List: Shape.Shape = { type: "array", items: () => List }
    expect(Shape.check(List, nested(20_000, null), "response").issues).toMatchObject([{ kind: "null" }])
    const Json: Shape.Shape = {
      anyOf: [
        { type: ["string", "null", "boolean"] },
        { type: "array", items: () => Json },
        { type: "object", additional: () => Json }
      ]
    }
    expect(Shape.check(Json, nested(20_000, 1), "response").count).toBe(1)
    let chain: Shape.Shape = string
    for (let level = 0; level < 20_000; level += 1) {
      const inner = chain
      chain = level % 2 === 0 ? { allOf: [() => inner] } : { anyOf: [() => inner] }
    }
    expect(found(chain, 1).length).toBeLessThanOrEqual(1)
    const wide: Shape.Shape = { allOf: Array.from({ length: 20_000 }, () => string) }
    expect(found(wide, 1)).toEqual(["type "])
  })

  it("ends for shapes and values that contain themselves", () => {
    const self: { allOf?: ReadonlyArray<Shape.Ref>; anyOf?: ReadonlyArray<Shape.Ref> } & Shape.Shape = {
      type: "object"
    }
    self.allOf = [self, () => self]
    self.anyOf = [self, { allOf: [self] }]
    expect(found(self, {})).toEqual([])
    expect(found(self, 1)).toEqual(["type "])
    const empty: Shape.Shape = { anyOf: [() => empty] }
    expect(found(empty, 1)).toEqual([])
    const endless = (): Shape.Shape => endless as never
    expect(found(endless, 1)).toEqual([])
    const value: Record<string, unknown> = {}
    value["self"] = value
    value["all"] = [value]
    const Node: Shape.Shape = {
      type: "object",
      additional: { anyOf: [() => Node, { type: "array", items: () => Node }] }
    }
    expect(Shape.check(Node, value, "request").issues[0]).toMatchObject({ message: "contains itself" })
  })

  it("ends for unions whose members can only be told apart at the end of the value", () => {
    const A: Shape.Shape = object({ next: () => Either, a: string }, "next")
    const B: Shape.Shape = object({ next: () => Either, b: string }, "next")
    const Either: Shape.Shape = { anyOf: [() => A, () => B] }
    const chain = (depth: number) => {
      let value: unknown = 1
      for (let level = 0; level < depth; level += 1) value = { next: value }
      return value
    }
    expect(found(Either, chain(8))).toHaveLength(1)
    // Beyond the limits nothing is certain.
    expect(found(Either, chain(1000))).toEqual([])
    expect(
      found(
        { type: "array", items: Either },
        Array.from({ length: 50 }, () => chain(30))
      )
    ).toEqual([])
  })
})

/** A shape, and an arbitrary of its values. */
interface Sample {
  readonly shape: Shape.Shape
  readonly values: fc.Arbitrary<unknown>
}

/** JSON without keys that the output of a schema can't have. */
const jsonValue = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__"))

const name = fc.constantFrom("a", "b", "c", "constructor", "x/y")

const scalars: ReadonlyArray<Sample> = [
  { shape: { type: "string" }, values: fc.string() },
  { shape: { type: "integer" }, values: fc.integer() },
  { shape: { type: "integer", format: "int64" }, values: fc.bigInt() },
  { shape: { type: "number" }, values: fc.double({ noNaN: true }) },
  { shape: { type: "boolean" }, values: fc.boolean() },
  { shape: { type: "null" }, values: fc.constant(null) },
  { shape: { type: ["string", "null"] }, values: fc.option(fc.string()) },
  { shape: { type: "string", enum: ["on", "off"] }, values: fc.constantFrom("on", "off") },
  { shape: { enum: [1, "one", null, true] }, values: fc.constantFrom(1, "one", null, true) },
  { shape: { enum: [{ a: 1 }, [2]] }, values: fc.constantFrom({ a: 1 }, [2]) },
  { shape: {}, values: jsonValue }
]

/** Random shapes, with random values of them. */
const samples = (depth: number): fc.Arbitrary<Sample> => {
  if (depth === 0) return fc.constantFrom(...scalars)
  const inner = samples(depth - 1)
  const objects = fc
    .tuple(
      fc.dictionary(name, inner, { maxKeys: 3 }),
      fc.boolean(),
      fc.option(fc.oneof(fc.constant(false as const), inner))
    )
    .map(([fields, allRequired, additional]): Sample => {
      const names = Object.keys(fields)
      const own = fc.record(Object.fromEntries(names.map((key) => [key, fields[key]!.values])), {
        requiredKeys: allRequired ? names : []
      })
      const others =
        additional === null || additional === false
          ? fc.constant({})
          : fc.dictionary(fc.constantFrom("other"), additional.values, { maxKeys: 1 })
      return {
        shape: {
          type: "object",
          properties: Object.fromEntries(names.map((key) => [key, fields[key]!.shape])),
          required: allRequired ? names : [],
          ...(additional === null ? {} : { additional: additional === false ? additional : additional.shape })
        },
        values: fc.tuple(own, others).map(([one, other]) => ({ ...other, ...one }))
      }
    })
  return fc.oneof(
    { arbitrary: fc.constantFrom(...scalars), weight: 1 },
    { arbitrary: objects, weight: 3 },
    {
      arbitrary: inner.map(({ shape, values }): Sample => ({
        shape: { type: "array", items: () => shape },
        values: fc.array(values, { maxLength: 3 })
      })),
      weight: 1
    },
    {
      arbitrary: fc.tuple(inner, inner, inner).map(([one, two, rest]): Sample => ({
        shape: { type: "array", prefixItems: [one.shape, two.shape], items: rest.shape },
        values: fc
          .tuple(one.values, two.values, fc.array(rest.values, { maxLength: 2 }), fc.nat(4))
          .map(([a, b, c, length]) => [a, b, ...c].slice(0, length))
      })),
      weight: 1
    },
    {
      arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((members): Sample => ({
        shape: {
          anyOf: members.map(
            ({ shape }) =>
              () =>
                shape
          )
        },
        values: fc.oneof(...members.map(({ values }) => values))
      })),
      weight: 2
    },
    {
      arbitrary: inner.map(({ shape, values }): Sample => ({
        shape: { allOf: [{ description: "part" }, () => shape] },
        values
      })),
      weight: 1
    }
  )
}

/** A shape with a value: one of its own, or any. */
const checks = samples(3).chain(({ shape, values }) =>
  fc.tuple(
    fc.constant(shape),
    fc.oneof(
      values.map((value) => [value, true] as const),
      samples(2).chain((other) => other.values.map((value) => [value, false] as const)),
      jsonValue.map((value) => [value, false] as const)
    )
  )
)

describe("Shape, by its laws", () => {
  it("has no issue with a value that was made from the shape", () => {
    fc.assert(
      fc.property(
        samples(3).chain(({ shape, values }) => fc.tuple(fc.constant(shape), values)),
        ([shape, value]) => {
          expect(Shape.check(shape, value, "request").issues).toEqual([])
          expect(Shape.check(shape, value, "response").issues).toEqual([])
        }
      ),
      { numRuns: 300 }
    )
  })

  it("makes a schema that accepts what `check` accepts of a request, and changes nothing", () => {
    fc.assert(
      fc.property(checks, ([shape, [value]]) => {
        const { count } = Shape.check(shape, value, "request")
        const decoded = Schema.decodeUnknownEither(Shape.toSchema(shape))(value)
        expect(Either.isRight(decoded)).toBe(count === 0)
        if (Either.isRight(decoded)) expect(decoded.right).toEqual(value)
      }),
      { numRuns: 300 }
    )
  })

  it("accepts in a response all that it accepts in a request", () => {
    fc.assert(
      fc.property(checks, ([shape, [value]]) => {
        fc.pre(Shape.check(shape, value, "request").count === 0)
        expect(Shape.check(shape, value, "response").issues).toEqual([])
      })
    )
  })
})

describe("Shape.toSchema", () => {
  it("makes schemas of shapes that are part of themselves, which are identified by their names", () => {
    const Tree: Shape.Shape = {
      name: "Tree",
      description: "A tree",
      ...object({ value: integer, children: { type: "array", items: () => Tree } }, "value")
    }
    const schema = Shape.toSchema<{ readonly value: number }>(Tree)
    expect(String(schema)).toBe("Tree")
    const is = Schema.is(schema)
    expect(is({ value: 1, children: [{ value: 2, children: [] }] })).toBe(true)
    expect(is({ value: 1, children: [{ value: "2" }] })).toBe(false)
  })

  it("accepts the values of a discriminator's mapping", () => {
    const Cat: Shape.Shape = { allOf: [() => Base, object({ lives: integer }, "lives")] }
    const Base: Shape.Shape = {
      ...object({ kind: string }, "kind"),
      anyOf: [() => Cat],
      discriminator: { property: "kind", mapping: { cat: () => Cat } }
    }
    const is = Schema.is(Shape.toSchema(Base))
    expect(is({ kind: "cat", lives: 9 })).toBe(true)
    expect(is({ kind: "cat" })).toBe(false)
    expect(is({ kind: "cow", lives: 9 })).toBe(false)
  })

  it("is made of shapes of any depth", () => {
    let chain: Shape.Shape = string
    for (let level = 0; level < 20_000; level += 1) {
      const inner = chain
      chain = { type: "array", items: () => inner }
    }
    expect(Schema.is(Shape.toSchema(chain))([[]])).toBe(true)
    expect(Schema.is(Shape.toSchema(chain))([[1]])).toBe(false)
  })
})

describe("the functions of generated code, which return a new shape at each call", () => {
  const One = (): Shape.Shape => ({ allOf: [Other], properties: { one: One } })
  const Other = (): Shape.Shape => ({ allOf: [One], anyOf: [Any, { properties: { other: string } }] })
  const Any = (): Shape.Shape => ({ anyOf: [Any, Typed] })
  const Typed = (): Shape.Shape => ({
    type: "object",
    anyOf: [Typed, One],
    properties: { n: Typed, m: Typed, o: Typed }
  })

  it("are checked where they are parts or members of themselves", () => {
    for (const ref of [One, Other, Any, Typed]) {
      expect(found(ref, { one: { one: { other: "x" } } })).toEqual([])
      expect(found(ref, { other: "x" }, "request")).toEqual([])
    }
    expect(found(Typed, 1)).toEqual(["type "])
  })

  it("are made a schema where they have themselves as several properties", () => {
    const Tree = (): Shape.Shape => object({ a: Tree, b: Tree, c: Tree, d: string })
    const is = Schema.is(Shape.toSchema(Tree))
    expect(is({ a: { b: { c: { d: "x" } } } })).toBe(true)
    expect(is({ a: { b: { c: { d: 1 } } } })).toBe(false)
  })
})

describe("the schema of shapes that share others", () => {
  it("is made in linear time", () => {
    const shapes: Array<Shape.Shape> = []
    for (let level = 0; level < 60; level += 1) {
      const next = () => shapes[level + 1]!
      shapes.push({ type: "object", name: `S${level}`, properties: { a: next, b: next } })
    }
    shapes.push(string)
    const is = Schema.is(Shape.toSchema(shapes[0]!))
    expect(is({ a: { b: {} }, b: { a: {} } })).toBe(true)
    expect(is({ a: { b: 1 } })).toBe(false)
  })
})
