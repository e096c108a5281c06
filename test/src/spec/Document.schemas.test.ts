import { describe, expect, it } from "@effect/vitest"
import { plain, plainFields, shapeIn, type Version, withSchemas } from "../../support/documents.js"

/** Reads a schema, beside the schemas that it refers to. */
const read = (schema: unknown, version: Version = "3.1", others: Readonly<Record<string, unknown>> = {}) => {
  const document = withSchemas(version, { S: schema, ...others })
  const { name: _, ...shape } = plainFields(shapeIn(document, "S"))
  return { shape, problems: document.problems().map(({ message, pointer }) => `${pointer}: ${message}`) }
}

const Pet = { type: "object", properties: { id: { type: "integer" } } }
const Cat = { type: "object", properties: { kind: { type: "string" } } }

type Case = readonly [title: string, schema: unknown, shape: Record<string, unknown>, version?: Version]

const cases: ReadonlyArray<Case> = [
  ["an empty schema", {}, {}],
  ["true", true, {}],
  ["false, which no value has", false, { enum: [] }],
  ["a type", { type: "string", format: "date" }, { type: "string", format: "date" }],
  ["several types", { type: ["string", "integer"] }, { type: ["string", "integer"] }],
  ["one type in a list", { type: ["string"] }, { type: "string" }],
  ["nullable", { type: "string", nullable: true }, { type: ["string", "null"] }, "3.0"],
  ["x-nullable", { type: "string", "x-nullable": true }, { type: ["string", "null"] }, "2.0"],
  ["a list of types with null", { type: ["null", "string"] }, { type: ["string", "null"] }],
  ["null alone", { type: "null" }, { type: "null" }],
  [
    "an enum with null beside a type without it",
    { type: "string", enum: ["a", null] },
    { type: ["string", "null"], enum: ["a", null] }
  ],
  [
    "a nullable enum without null",
    { type: "string", nullable: true, enum: ["a"] },
    { type: ["string", "null"], enum: ["a", null] },
    "3.0"
  ],
  [
    "null in anyOf",
    { anyOf: [{ type: "string" }, { type: "null" }] },
    { anyOf: [{ type: "string" }, { type: "null" }] }
  ],
  [
    "nullable beside oneOf",
    { oneOf: [{ $ref: "#/components/schemas/Pet" }], nullable: true },
    { anyOf: [{ ref: "Pet" }, { type: "null" }] },
    "3.0"
  ],
  [
    "nullable beside allOf",
    { allOf: [{ $ref: "#/components/schemas/Pet" }], nullable: true, description: "d" },
    { anyOf: [{ ref: "Pet" }, { type: "null" }], description: "d" },
    "3.0"
  ],
  [
    "nullable beside allOf and properties",
    { type: "object", allOf: [{ $ref: "#/components/schemas/Pet" }], properties: { a: {} }, nullable: true },
    {
      anyOf: [{ type: ["object", "null"], properties: { a: {} }, allOf: [{ ref: "Pet" }] }, { type: "null" }]
    },
    "3.0"
  ],
  [
    "nullable properties without a type",
    { properties: { a: {} }, nullable: true },
    { type: ["object", "null"], properties: { a: {} } },
    "3.0"
  ],
  ["nullable of any type", { nullable: true }, {}, "3.0"],
  ["const", { const: "a" }, { enum: ["a"] }],
  ["const null", { const: null }, { enum: [null] }],
  ["an enum of numbers that are texts", { type: "string", enum: [1, "b"] }, { type: "string", enum: ["1", "b"] }],
  ["an enum of any type", { enum: [1, "b", null, { a: 1 }] }, { enum: [1, "b", null, { a: 1 }] }],
  [
    "properties without a type",
    { properties: { a: { type: "string" } }, required: ["a", "a"] },
    { properties: { a: { type: "string" } }, required: ["a"] }
  ],
  ["additionalProperties true", { type: "object", additionalProperties: true }, { type: "object" }],
  [
    "additionalProperties false",
    { type: "object", additionalProperties: false },
    { type: "object", additional: false }
  ],
  ["empty additionalProperties", { type: "object", additionalProperties: {} }, { type: "object" }],
  [
    "additionalProperties",
    { type: "object", additionalProperties: { type: "string" } },
    { type: "object", additional: { type: "string" } }
  ],
  [
    "one pattern",
    { type: "object", patternProperties: { "^x": { type: "string" } }, additionalProperties: false },
    { type: "object", additional: { type: "string" } }
  ],
  [
    "several patterns",
    { patternProperties: { "^x": { type: "string" }, "^y": { type: "integer" } } },
    { additional: { anyOf: [{ type: "string" }, { type: "integer" }] } }
  ],
  [
    "a pattern beside additionalProperties",
    { patternProperties: { "^x": { type: "string" } }, additionalProperties: { type: "integer" } },
    { additional: { anyOf: [{ type: "string" }, { type: "integer" }] } }
  ],
  [
    "a pattern beside any properties",
    { patternProperties: { "^x": { type: "string" } }, additionalProperties: true },
    {}
  ],
  ["unevaluatedProperties", { type: "object", unevaluatedProperties: false }, { type: "object", additional: false }],
  [
    "unevaluatedProperties beside allOf, which may evaluate them",
    { allOf: [{ type: "object" }], unevaluatedProperties: false },
    { allOf: [{ type: "object" }] }
  ],
  ["items", { type: "array", items: { type: "string" } }, { type: "array", items: { type: "string" } }],
  [
    "prefixItems",
    { prefixItems: [{ type: "string" }], items: false },
    { prefixItems: [{ type: "string" }], items: { enum: [] } }
  ],
  [
    "a tuple of earlier versions",
    { items: [{ type: "string" }, {}], additionalItems: { type: "integer" } },
    { prefixItems: [{ type: "string" }, {}], items: { type: "integer" } }
  ],
  ["allOf", { allOf: [{ $ref: "#/components/schemas/Pet" }, {}] }, { allOf: [{ ref: "Pet" }, {}] }],
  ["oneOf", { oneOf: [{ type: "string" }, {}] }, { anyOf: [{ type: "string" }, {}] }],
  [
    "anyOf and oneOf",
    { anyOf: [{ type: "string" }], oneOf: [{ format: "date" }] },
    { anyOf: [{ type: "string" }], allOf: [{ anyOf: [{ format: "date" }] }] }
  ],
  [
    "a discriminator with the names of its members",
    {
      oneOf: [{ $ref: "#/components/schemas/Pet" }, { $ref: "#/components/schemas/Cat" }, { type: "object" }],
      discriminator: { propertyName: "kind" }
    },
    {
      anyOf: [{ ref: "Pet" }, { ref: "Cat" }, { type: "object" }],
      discriminator: { property: "kind", mapping: { Pet: { ref: "Pet" }, Cat: { ref: "Cat" } } }
    },
    "3.0"
  ],
  [
    "a discriminator with a mapping by name, by reference, and of another schema",
    {
      oneOf: [{ $ref: "#/components/schemas/Pet" }, { $ref: "#/components/schemas/Cat" }],
      discriminator: {
        propertyName: "kind",
        mapping: { pet: "Pet", kitten: "#/components/schemas/Cat", cat: "#/components/schemas/Cat" }
      }
    },
    {
      anyOf: [{ ref: "Pet" }, { ref: "Cat" }],
      discriminator: {
        property: "kind",
        mapping: { pet: { ref: "Pet" }, kitten: { ref: "Cat" }, cat: { ref: "Cat" } }
      }
    }
  ],
  [
    "a discriminator without alternatives to select from",
    { type: "object", discriminator: { propertyName: "kind" } },
    { type: "object" }
  ],
  ["the discriminator of Swagger 2.0", { type: "object", discriminator: "kind" }, { type: "object" }, "2.0"],
  ["type file", { type: "file" }, { type: "string", format: "binary" }, "2.0"],
  ["base64", { type: "string", contentEncoding: "base64" }, { type: "string", format: "byte" }],
  ["a binary media type", { contentMediaType: "image/png" }, { type: "string", format: "binary" }],
  ["a media type of text", { type: "string", contentMediaType: "application/json" }, { type: "string" }],
  [
    "documentation",
    {
      title: "t",
      description: "d",
      deprecated: true,
      readOnly: true,
      writeOnly: false,
      default: 1,
      examples: [2, 3]
    },
    { title: "t", description: "d", deprecated: true, readOnly: true, default: 1, example: 2 }
  ],
  ["a default of null", { default: null, example: false }, { default: null, example: false }],
  [
    "null in place of keywords, which is as none",
    { description: null, type: null, properties: null, required: null, items: null, enum: null, allOf: null },
    {}
  ],
  [
    "a property named $ref",
    { properties: { $ref: { type: "string" }, constructor: { type: "integer" }, example: {} } },
    { properties: { $ref: { type: "string" }, constructor: { type: "integer" }, example: {} } }
  ],
  [
    "a $ref with keywords beside it, which apply from OpenAPI 3.1 on",
    { $ref: "#/components/schemas/Pet", description: "d", required: ["id"] },
    { required: ["id"], allOf: [{ ref: "Pet" }], description: "d" }
  ],
  [
    "a $ref with keywords beside it, of which documentation applies in OpenAPI 3.0",
    { $ref: "#/components/schemas/Pet", description: "d", required: ["id"], nullable: true },
    { anyOf: [{ ref: "Pet" }, { type: "null" }], description: "d" },
    "3.0"
  ],
  [
    "a $dynamicRef",
    { type: "array", items: { $dynamicRef: "#/components/schemas/Pet" } },
    { type: "array", items: { ref: "Pet" } }
  ]
]

describe("Document reads schemas", () => {
  for (const [title, schema, shape, version] of cases) {
    it(title, () => {
      const { problems, shape: found } = read(schema, version, { Pet, Cat })
      expect(found).toEqual(shape)
      expect(problems).toEqual([])
    })
  }

  it("a property named __proto__ is one like others, and the record of properties has no prototype", () => {
    const document = withSchemas("3.1", {
      S: JSON.parse('{"properties":{"__proto__":{"type":"string"},"toString":{"type":"integer"}}}')
    })
    const { properties } = shapeIn(document, "S")
    expect(Object.getPrototypeOf(properties)).toBe(null)
    expect(Object.keys(properties!)).toEqual(["__proto__", "toString"])
    expect(plain(properties!["__proto__"]!)).toEqual({ type: "string" })
    expect(properties!["valueOf"]).toBe(undefined)
  })

  it("each shape has its pointer, escaped", () => {
    const document = withSchemas("3.0", {
      "a/b": { properties: { "~x": { type: "array", items: { oneOf: [{}, { type: "string" }] } } } }
    })
    const { pointer, properties } = shapeIn(document, "a/b")
    expect(pointer).toBe("/components/schemas/a~1b")
    const property = properties!["~x"] as { items: { anyOf: ReadonlyArray<{ pointer: string }> } }
    expect(property.items.anyOf[1]!.pointer).toBe("/components/schemas/a~1b/properties/~0x/items/oneOf/1")
  })

  it("a named schema is one shape wherever it is referred to", () => {
    const document = withSchemas("3.0", {
      Tree: {
        properties: { left: { $ref: "#/components/schemas/Tree" }, right: { $ref: "#/components/schemas/Tree" } }
      },
      Alias: { $ref: "#/components/schemas/Tree" }
    })
    const tree = shapeIn(document, "Tree")
    const { left, right } = tree.properties as Record<string, () => unknown>
    expect(left!()).toBe(tree)
    expect(right!()).toBe(tree)
    expect(shapeIn(document, "Alias")).toBe(tree)
  })

  it("a schema that is no component but is referred to has a name that no component has", () => {
    const document = withSchemas("3.0", {
      node: {},
      Tree: { properties: { node: { properties: { next: { $ref: "#/components/schemas/Tree/properties/node" } } } } }
    })
    const { node } = shapeIn(document, "Tree").properties as Record<
      string,
      { properties: Record<string, () => unknown> }
    >
    const next = node!.properties["next"]!() as { name: string; properties: Record<string, () => unknown> }
    expect(next.name).toBe("node 2")
    expect(next.properties["next"]!()).toBe(next)
  })
})

type Wrong = readonly [
  title: string,
  schema: unknown,
  shape: Record<string, unknown>,
  problem: string | ReadonlyArray<string>,
  version?: Version
]

const at = "/components/schemas/S"

const wrong: ReadonlyArray<Wrong> = [
  ["a text in place of a schema", "string", {}, `${at}: A schema must be an object, and is a text; it is any value.`],
  ["an array in place of a schema", [], {}, `${at}: A schema must be an object, and is an array; it is any value.`],
  [
    "null in place of a property",
    { properties: { a: null } },
    { properties: { a: {} } },
    `${at}/properties/a: A schema must be an object, and is null; it is any value.`
  ],
  [
    "an unknown type",
    { type: "date", format: "x" },
    { format: "x" },
    `${at}/type: The type "date" is not one of JSON Schema; the schema has any type.`
  ],
  [
    "a type that is an object",
    { type: {} },
    {},
    `${at}/type: The type an object is not one of JSON Schema; the schema has any type.`
  ],
  [
    "required as true",
    { type: "string", required: true },
    { type: "string" },
    `${at}/required: \`required\` must be an array, and is true; it is left out.`
  ],
  [
    "a number among required names",
    { required: [{}, "a"] },
    { required: ["a"] },
    `${at}/required: Item 0 of \`required\` must be a text, and is an object; it is left out.`
  ],
  [
    "properties that are an array",
    { properties: [] },
    { properties: {} },
    `${at}/properties: \`properties\` must be an object, and is an array; it is left out.`
  ],
  [
    "an enum that is a text",
    { enum: "a" },
    {},
    `${at}/enum: \`enum\` must be an array, and is a text; it is left out.`
  ],
  ["an empty enum", { enum: [] }, {}, `${at}/enum: \`enum\` is empty; it is left out.`],
  [
    "allOf that is an object",
    { allOf: {} },
    {},
    `${at}/allOf: \`allOf\` must be an array, and is an object; it is left out.`
  ],
  [
    "a text in allOf",
    { allOf: ["x"] },
    { allOf: [{}] },
    `${at}/allOf/0: A schema must be an object, and is a text; it is any value.`
  ],
  [
    "a text as additionalProperties",
    { additionalProperties: "false" },
    {},
    `${at}/additionalProperties: \`additionalProperties\` must be a schema, and is a text; it is left out.`
  ],
  [
    "a number as items",
    { items: 1 },
    { items: {} },
    `${at}/items: A schema must be an object, and is a number; it is any value.`
  ],
  [
    "an object as description",
    { description: {} },
    {},
    `${at}/description: \`description\` must be a text, and is an object; it is left out.`
  ],
  [
    "a text as readOnly",
    { readOnly: "yes" },
    {},
    `${at}/readOnly: \`readOnly\` must be true or false, and is a text; it is left out.`
  ],
  [
    "a discriminator that is a text",
    { oneOf: [{}], discriminator: "kind" },
    { anyOf: [{}] },
    `${at}/discriminator: A discriminator must be an object with a \`propertyName\`; it is left out.`
  ],
  [
    "a mapping to nothing",
    { oneOf: [{}], discriminator: { propertyName: "a", mapping: { b: "B", c: 1 } } },
    { anyOf: [{}], discriminator: { property: "a", mapping: { b: {} } } },
    [
      `${at}/discriminator/mapping: The mapping of "c" must be a text, and is a number; it is left out.`,
      `${at}/discriminator/mapping/b: The reference #/components/schemas/B is not in the document; it is any value.`
    ]
  ],
  [
    "a missing reference",
    { items: { $ref: "#/components/schemas/No" } },
    { items: {} },
    `${at}/items: The reference #/components/schemas/No is not in the document; it is any value.`
  ],
  [
    "a reference to another file",
    { items: { $ref: "a.yaml#/b" } },
    { items: {} },
    `${at}/items: The reference a.yaml#/b is in a file that was not read; it is any value.`
  ],
  [
    "an empty reference",
    { items: { $ref: "" } },
    { items: {} },
    `${at}/items: The reference  is empty; it is any value.`
  ],
  [
    "a reference to itself",
    { $ref: "#/components/schemas/S" },
    {},
    `${at}: The reference #/components/schemas/S refers to itself; it is any value.`
  ],
  [
    "a part of itself by allOf",
    { allOf: [{ $ref: "#/components/schemas/S" }], type: "object" },
    { type: "object" },
    `${at}/allOf: The schema is a part of itself by \`allOf\`, which describes no value; this part is left out.`
  ],
  [
    "a part of itself by anyOf",
    { anyOf: [{ $ref: "#/components/schemas/S" }, { type: "null" }] },
    { anyOf: [{ type: "null" }] },
    `${at}/anyOf: The schema is a part of itself by \`anyOf\`, which describes no value; this part is left out.`
  ]
]

describe("Document reports what it can't use of a schema, and reads the rest", () => {
  for (const [title, schema, shape, problem, version] of wrong) {
    it(title, () => {
      const { problems, shape: found } = read(schema, version)
      expect(found).toEqual(shape)
      expect(problems).toEqual(typeof problem === "string" ? [problem] : problem)
    })
  }

  it("references to each other end, each with a problem", () => {
    const document = withSchemas("3.1", {
      A: { $ref: "#/components/schemas/B" },
      B: { $ref: "#/components/schemas/C" },
      C: { $ref: "#/components/schemas/A" },
      S: { $ref: "#/components/schemas/A", description: "d" }
    })
    expect(plain(shapeIn(document, "A"))).toEqual({})
    expect(document.problems().length).toBeGreaterThan(0)
  })

  it("an alternative extends its base without the base's alternatives", () => {
    const document = withSchemas("3.0", {
      Pet: {
        type: "object",
        properties: { kind: { type: "string" } },
        oneOf: [{ $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Dog" }],
        discriminator: { propertyName: "kind" }
      },
      Cat: { allOf: [{ $ref: "#/components/schemas/Pet" }, { properties: { claws: {} } }] },
      Dog: { allOf: [{ $ref: "#/components/schemas/Pet" }], properties: { tail: {} } }
    })
    expect(plainFields(shapeIn(document, "Pet"))).toEqual({
      type: "object",
      properties: { kind: { type: "string" } },
      anyOf: [{ ref: "Cat" }, { ref: "Dog" }],
      discriminator: { property: "kind", mapping: { Cat: { ref: "Cat" }, Dog: { ref: "Dog" } } }
    })
    const base = { type: "object", properties: { kind: { type: "string" } } }
    expect(plainFields(shapeIn(document, "Cat"))).toEqual({ allOf: [base, { properties: { claws: {} } }] })
    expect(plainFields(shapeIn(document, "Dog"))).toEqual({ allOf: [base], properties: { tail: {} } })
    expect(document.problems()).toEqual([])
  })
})
