import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { Document, Shape } from "effect-herald/spec"
import { Diff } from "effect-herald/spec/tools"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const read = (json: unknown): Document.Document => Effect.runSync(Document.fromJson(json))

const document = (paths: unknown, more: object = {}): unknown => ({
  openapi: "3.1.0",
  info: { title: "API", version: "1" },
  paths,
  ...more
})

const operation = (more: object = {}): unknown => document({ "/a": { get: { responses: {}, ...more } } })

const response = (schema: unknown, schemas: unknown = {}): unknown =>
  document(
    { "/a": { get: { responses: { 200: { description: "", content: { "application/json": { schema } } } } } } },
    { components: { schemas } }
  )

const request = (schema: unknown, schemas: unknown = {}): unknown =>
  document(
    { "/a": { post: { requestBody: { content: { "application/json": { schema } } }, responses: {} } } },
    { components: { schemas } }
  )

/** Compares, and checks that the comparison of each document with itself finds nothing. */
const changes = (before: unknown, after: unknown): ReadonlyArray<Diff.Change> => {
  expect(Diff.compare(read(before), read(structuredClone(before)))).toEqual([])
  expect(Diff.compare(read(after), read(structuredClone(after)))).toEqual([])
  const found = Diff.compare(read(before), read(after))
  expect(Diff.compare(read(before), read(after))).toEqual(found)
  return found
}

const texts = (before: unknown, after: unknown): ReadonlyArray<string> =>
  changes(before, after).map(({ level, message }) => `${level}: ${message}`)

describe("compare, of operations", () => {
  const get = { responses: {} }

  it("finds operations that were removed and added", () => {
    expect(changes(document({ "/a": { get }, "/b": { get } }), document({ "/b": { get, put: get } }))).toEqual([
      { level: "breaking", pointer: "/paths/~1a/get", operations: ["GET /a"], message: "was removed" },
      { level: "compatible", pointer: "/paths/~1b/put", operations: ["PUT /b"], message: "was added" }
    ])
  })

  it("finds an operation that was moved by its operationId", () => {
    expect(
      changes(
        document({ "/a": { get: { ...get, operationId: "list" } } }),
        document({ "/b": { get: { ...get, operationId: "list" } } })
      )
    ).toEqual([{ level: "breaking", pointer: "/paths/~1b/get", operations: ["GET /b"], message: "was GET /a" }])
  })

  it.each<[string, object, object, ReadonlyArray<string>]>([
    ["an operationId", { operationId: "a" }, { operationId: "b" }, ["breaking: the operationId is b, and was a"]],
    ["a new operationId", {}, { operationId: "b" }, ["compatible: the operationId is b, and was not given"]],
    [
      "the first tag",
      { tags: ["a", "b"] },
      { tags: ["b"] },
      ["breaking: the first tag, which names its resource, is b, and was a"]
    ],
    ["deprecation", {}, { deprecated: true }, ["documentation: is deprecated"]],
    ["a summary", { summary: "a" }, { summary: "b" }, ["documentation: the summary or description changed"]]
  ])("compares %s", (_, before, after, expected) => {
    expect(texts(operation(before), operation(after))).toEqual(expected)
  })

  it("knows a path by its template, and names a parameter that has another name", () => {
    const id = (name: string) => ({ name, in: "path", required: true, schema: { type: "string" } })
    expect(
      texts(
        document({ "/a/{id}": { get: { ...get, parameters: [id("id")] } } }),
        document({ "/a/{key}": { get: { ...get, parameters: [id("key")] } } })
      )
    ).toEqual(["breaking: parameter id in path: is now called key"])
  })
})

describe("compare, of requests", () => {
  const limit = { name: "limit", in: "query", schema: { type: "integer" } }

  it.each<[string, ReadonlyArray<object>, ReadonlyArray<object>, ReadonlyArray<string>]>([
    ["a removal", [limit], [], ["breaking: parameter limit in query: was removed"]],
    ["an addition", [], [limit], ["compatible: parameter limit in query: was added, and is optional"]],
    [
      "an addition that is required",
      [],
      [{ ...limit, required: true }],
      ["breaking: parameter limit in query: was added, and is required"]
    ],
    ["required", [limit], [{ ...limit, required: true }], ["breaking: parameter limit in query: is now required"]],
    [
      "no longer required",
      [{ ...limit, required: true }],
      [limit],
      ["compatible: parameter limit in query: is no longer required"]
    ],
    ["style", [limit], [{ ...limit, explode: false }], ["breaking: parameter limit in query: is sent in another form"]],
    [
      "deprecation",
      [limit],
      [{ ...limit, deprecated: true }],
      ["documentation: parameter limit in query: is deprecated"]
    ],
    [
      "description",
      [limit],
      [{ ...limit, description: "a" }],
      ["documentation: parameter limit in query: the description changed"]
    ],
    [
      "a narrower type",
      [{ ...limit, schema: { type: "number" } }],
      [limit],
      ["breaking: parameter limit in query: the type is integer, and was number"]
    ],
    [
      "a wider type",
      [limit],
      [{ ...limit, schema: { type: "number" } }],
      ["compatible: parameter limit in query: the type is number, and was integer"]
    ],
    ["headers, whose names have no case", [{ ...limit, in: "header" }], [{ ...limit, name: "Limit", in: "header" }], []]
  ])("compares parameters: %s", (_, before, after, expected) => {
    expect(texts(operation({ parameters: before }), operation({ parameters: after }))).toEqual(expected)
  })

  it.each<[string, object, object, ReadonlyArray<string>]>([
    [
      "a removed value of an enum",
      { enum: ["a", "b"] },
      { enum: ["a"] },
      ['breaking: request body: the values "b" were removed']
    ],
    [
      "an added value of an enum",
      { enum: ["a"] },
      { enum: ["a", "b"] },
      ['compatible: request body: the values "b" were added']
    ],
    [
      "a required property",
      { type: "object" },
      { properties: { a: {} }, required: ["a"], type: "object" },
      ["breaking: request body.a: a required property was added"]
    ],
    [
      "an optional property",
      { type: "object" },
      { properties: { a: {} }, type: "object" },
      ["compatible: request body.a: an optional property was added"]
    ],
    [
      "a property that is only in responses",
      { type: "object" },
      { properties: { a: { readOnly: true } }, required: ["a"], type: "object" },
      []
    ],
    [
      "a removed property",
      { properties: { a: {} }, type: "object" },
      { type: "object" },
      ["breaking: request body.a: the property was removed"]
    ],
    ["null", { type: ["string", "null"] }, { type: "string" }, ["breaking: request body: null is no longer allowed"]],
    [
      "other properties",
      { type: "object" },
      { type: "object", additionalProperties: false },
      ["breaking: request body: other properties are no longer allowed"]
    ],
    [
      "items",
      { type: "array", items: { type: "string" } },
      { type: "array", items: { type: "integer" } },
      ["breaking: request body[]: the type is integer, and was string"]
    ],
    ["a default", { default: 1 }, { default: 2 }, ["documentation: request body: the default is 2, and was 1"]],
    [
      "a format",
      { type: "string", format: "date" },
      { type: "string", format: "date-time" },
      ["breaking: request body: the format is date-time, and was date"]
    ],
    [
      "one of several",
      { type: "string" },
      { anyOf: [{ type: "string" }, { type: "integer" }] },
      ["compatible: request body: is now one of several schemas"]
    ],
    [
      "members",
      { anyOf: [{ type: "string" }, { type: "boolean" }, { type: "integer" }] },
      { anyOf: [{ type: "integer" }, { type: "string" }] },
      ["breaking: request body: a schema is no longer one of its schemas"]
    ]
  ])("compares bodies: %s", (_, before, after, expected) => {
    expect(texts(request(before), request(after))).toEqual(expected)
  })

  it("compares whether there is a body, and its media types", () => {
    const post = (more: object) => document({ "/a": { post: { responses: {}, ...more } } })
    const body = (content: object, required = false) => post({ requestBody: { content, required } })
    const json = { "application/json": {} }
    expect(texts(post({}), body(json))).toEqual(["compatible: request body: was added, and is optional"])
    expect(texts(post({}), body(json, true))).toEqual(["breaking: request body: was added, and is required"])
    expect(texts(body(json), post({}))).toEqual(["breaking: request body: was removed"])
    expect(texts(body(json), body(json, true))).toEqual(["breaking: request body: is now required"])
    expect(texts(body(json), body({ "text/csv": {} }))).toEqual([
      "breaking: request body: the media type application/json was removed",
      "compatible: request body: the media type text/csv was added"
    ])
  })
})

describe("compare, of responses", () => {
  it.each<[string, unknown, unknown, ReadonlyArray<string>]>([
    ["null", { type: "string" }, { type: ["string", "null"] }, ["breaking: response 200: null is now allowed"]],
    [
      "null no longer",
      { type: ["string", "null"] },
      { type: "string" },
      ["compatible: response 200: null is no longer allowed"]
    ],
    [
      "null of a union",
      { anyOf: [{ type: "string" }, { type: "integer" }] },
      { anyOf: [{ type: "string" }, { type: "integer" }, { type: "null" }] },
      ["breaking: response 200: null is now allowed"]
    ],
    [
      "a wider type",
      { type: "integer" },
      { type: "number" },
      ["breaking: response 200: the type is number, and was integer"]
    ],
    [
      "an added value of an enum",
      { enum: ["a"] },
      { enum: ["a", "b"] },
      ['compatible: response 200: the values "b" were added']
    ],
    [
      "a property that is no longer required",
      { properties: { a: {} }, required: ["a"] },
      { properties: { a: {} } },
      ["breaking: response 200.a: the property is no longer required"]
    ],
    [
      "a removed property",
      { properties: { a: {} } },
      { properties: {} },
      ["breaking: response 200.a: the property was removed"]
    ],
    [
      "an added property",
      { properties: {} },
      { properties: { a: {} }, required: ["a"] },
      ["compatible: response 200.a: a required property was added"]
    ],
    ["a property that is only in requests", { properties: {} }, { properties: { a: { writeOnly: true } } }, []],
    [
      "map values",
      { additionalProperties: { type: "string" } },
      { additionalProperties: { type: "integer" } },
      ["breaking: response 200.*: the type is integer, and was string"]
    ],
    [
      "the first items",
      { prefixItems: [{ type: "string" }] },
      { prefixItems: [{ type: "string" }, {}] },
      ["breaking: response 200: the number of its first items is 2, and was 1"]
    ],
    [
      "members",
      { oneOf: [{ type: "string" }, { type: "boolean" }] },
      { oneOf: [{ type: "string" }, { type: "boolean" }, { type: "integer" }] },
      ["breaking: response 200: another schema is now one of its schemas"]
    ]
  ])("compares schemas: %s", (_, before, after, expected) => {
    expect(texts(response(before), response(after))).toEqual(expected)
  })

  it("compares statuses, media types and headers", () => {
    const of = (responses: object) => operation({ responses })
    const ok = { description: "", headers: { "X-Total": { schema: {} } } }
    expect(texts(of({ 200: ok, 404: ok }), of({ 201: { description: "" } }))).toEqual([
      "breaking: response 200: was removed",
      "compatible: response 201: was added",
      "compatible: response 404: was removed"
    ])
    expect(texts(of({ 200: ok }), of({ 200: { description: "" } }))).toEqual([
      "breaking: response 200: the header x-total was removed"
    ])
  })

  it("finds no change in schemas that are named, placed or composed in another way", () => {
    const name = { type: "string" }
    const before = response(
      { $ref: "#/components/schemas/A" },
      {
        A: { type: "object", properties: { name, next: { $ref: "#/components/schemas/A" } }, required: ["name"] }
      }
    )
    const after = response(
      {
        allOf: [
          { $ref: "#/components/schemas/Base" },
          { type: "object", properties: { next: { $ref: "#/components/schemas/B" } } }
        ]
      },
      {
        Base: { type: "object", properties: { name: { $ref: "#/components/schemas/Name" } }, required: ["name"] },
        B: { allOf: [{ $ref: "#/components/schemas/Base" }], properties: { next: { $ref: "#/components/schemas/B" } } },
        Name: name
      }
    )
    expect(texts(before, after)).toEqual([])
    expect(
      texts(response({ type: ["string", "null"] }), response({ anyOf: [{ type: "string" }, { type: "null" }] }))
    ).toEqual([])
  })

  it("finds no change between a document of Swagger 2.0 and the same one of OpenAPI 3", () => {
    const schema = { type: "object", properties: { a: { type: "string", "x-nullable": true } } }
    const before = {
      swagger: "2.0",
      info: { title: "API", version: "1" },
      host: "example.com",
      schemes: ["https"],
      produces: ["application/json"],
      consumes: ["application/json"],
      paths: {
        "/a": {
          post: {
            parameters: [
              { name: "ids", in: "query", type: "array", items: { type: "string" }, collectionFormat: "multi" },
              { name: "body", in: "body", schema }
            ],
            responses: { 200: { description: "", schema } }
          }
        }
      }
    }
    const content = {
      "application/json": { schema: { type: "object", properties: { a: { type: "string", nullable: true } } } }
    }
    const after = {
      openapi: "3.0.0",
      info: { title: "API", version: "1" },
      servers: [{ url: "https://example.com" }],
      paths: {
        "/a": {
          post: {
            parameters: [{ name: "ids", in: "query", schema: { type: "array", items: { type: "string" } } }],
            requestBody: { content },
            responses: { 200: { description: "", content } }
          }
        }
      }
    }
    expect(texts(before, after)).toEqual([])
  })

  it("reports a change of a schema once, with the operations that have it", () => {
    const pet = (type: string) => {
      const content = { "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/Pet" } } } }
      const get = { responses: { 200: { description: "", content } } }
      const owner = { type: "object", properties: { pet: { $ref: "#/components/schemas/Pet" }, id: { type } } }
      return document(
        {
          "/b": { get },
          "/a": { get, put: { requestBody: { content }, responses: {} } },
          "/c": { get: { responses: {} } }
        },
        {
          components: {
            schemas: {
              Pet: { type: "object", properties: { owner: { $ref: "#/components/schemas/Owner" } } },
              Owner: owner
            }
          }
        }
      )
    }
    expect(changes(pet("string"), pet("integer"))).toEqual([
      {
        level: "breaking",
        pointer: "/components/schemas/Owner/properties/id",
        operations: ["GET /a", "GET /b", "PUT /a"],
        message: "Owner.id: the type is integer, and was string"
      }
    ])
  })
})

describe("compare, of documents", () => {
  const paths = { "/a": { get: { responses: {} } } }

  it("compares servers", () => {
    const of = (...urls: ReadonlyArray<string>) => document(paths, { servers: urls.map((url) => ({ url })) })
    expect(texts(of("https://a.example", "https://b.example"), of("https://a.example", "https://c.example"))).toEqual([
      "breaking: the server https://b.example was removed",
      "compatible: the server https://c.example was added"
    ])
    expect(texts(of("https://a.example"), of("https://b.example"))).toEqual([
      "breaking: the server is https://b.example, and was https://a.example"
    ])
    const variable = (value: string) =>
      document(paths, { servers: [{ url: "https://{a}.example", variables: { a: { default: value } } }] })
    expect(texts(variable("x"), variable("y"))).toEqual(["breaking: the server variable a is y by default, and was x"])
  })

  it("compares security: what sufficed before must suffice still", () => {
    const schemes = {
      key: { type: "apiKey", in: "header", name: "X-Key" },
      token: { type: "http", scheme: "bearer" }
    }
    const of = (...security: ReadonlyArray<object>) =>
      document(paths, { security, components: { securitySchemes: schemes } })
    const [key, token] = [{ key: [] }, { token: [] }]
    expect(texts(of(key), of(key, token))).toEqual(["compatible: needs as credentials key, or token, and needed key"])
    expect(texts(of(key, token), of(key))).toEqual(["breaking: needs as credentials key, and needed key, or token"])
    expect(texts(of(key), of({ key: [], token: [] }))).toEqual([
      "breaking: needs as credentials key and token, and needed key"
    ])
    expect(texts(of({ key: [], token: [] }), of(key))).toEqual([
      "compatible: needs as credentials key, and needed key and token"
    ])
    expect(texts(of(), of(key))).toEqual(["breaking: needs as credentials key, and needed none"])
    expect(texts(of(key), of({}))).toEqual(["compatible: needs as credentials none, and needed key"])
    expect(texts(of(key, token), of(token, key))).toEqual([])
  })

  it("compares security schemes and the title", () => {
    const of = (title: string, securitySchemes: object) => ({
      ...(document(paths, { components: { securitySchemes } }) as object),
      info: { title, version: "1" }
    })
    const key = { type: "apiKey", in: "header", name: "X-Key", description: "a" }
    expect(
      texts(of("A", { key, old: key }), of("B", { key: { ...key, name: "X", description: "b" }, new: key }))
    ).toEqual([
      "breaking: the security scheme key changed",
      "breaking: the security scheme old was removed",
      "compatible: the security scheme new was added",
      "documentation: the title is B, and was A"
    ])
  })

  it("compares schemas that contain themselves, and of any depth", () => {
    const node = (type: string) => ({
      N: { type: "object", properties: { next: { $ref: "#/components/schemas/N" }, v: { type } } },
      S: { $ref: "#/components/schemas/S" },
      A: { allOf: [{ $ref: "#/components/schemas/A" }] }
    })
    const all = { anyOf: ["N", "S", "A"].map((name) => ({ $ref: `#/components/schemas/${name}` })) }
    expect(texts(response(all, node("string")), response(all, node("string")))).toEqual([])
    expect(texts(response(all, node("string")), response(all, node("boolean")))).toEqual([
      "breaking: N.v: the type is boolean, and was string"
    ])
    const deep = (type: string): unknown => {
      let schema: unknown = { type }
      for (let depth = 0; depth < 3000; depth++) schema = { type: "array", items: schema }
      return response(schema)
    }
    expect(Diff.compare(read(deep("string")), read(deep("integer")))).toHaveLength(1)
  })

  const type = fc.constantFrom("string", "integer", "number", "boolean", "null", "object", "array")
  const schemas = fc.letrec<{ schema: object }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 2 },
      fc.record({ type: fc.uniqueArray(type, { minLength: 1, maxLength: 3 }) }),
      fc.constant({}),
      fc.record(
        {
          type: fc.constant("object"),
          properties: fc.dictionary(fc.constantFrom("a", "b"), tie("schema"), { maxKeys: 2 }),
          required: fc.uniqueArray(fc.constantFrom("a", "b"))
        },
        { requiredKeys: ["type", "properties"] }
      ),
      fc.record({ type: fc.constant("array"), items: tie("schema") }),
      fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) })
    )
  })).schema
  const values = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(null, "x", 1, 1.5, true, {}, []),
      fc.dictionary(fc.constantFrom("a", "b"), tie("value"), { maxKeys: 2 }),
      fc.array(tie("value"), { maxLength: 2 })
    )
  })).value

  it("says breaking of a response that can have a value that it could not have, and of a request that can have one no more", () => {
    const isBreaking = (before: unknown, after: unknown) =>
      changes(before, after).some(({ level }) => level === "breaking")
    const shapeOf = (json: unknown) =>
      read(json).operations[0]!.details().responses.get("200")!.content.get("application/json")!.shape!
    fc.assert(
      fc.property(schemas, schemas, fc.array(values, { maxLength: 5 }), (before, after, examples) => {
        const [one, other] = [shapeOf(response(before)), shapeOf(response(after))]
        for (const value of examples) {
          const [was, is] = [one, other].map((shape) => Shape.check(shape, value, "response").count === 0)
          if (!was && is) expect(isBreaking(response(before), response(after))).toBe(true)
          // A property that a schema does not describe can have any value, until it is described: its addition is compatible.
          const hasProperties = /"[ab]"/.test(JSON.stringify(value))
          if (was && !is && !hasProperties) expect(isBreaking(request(before), request(after))).toBe(true)
        }
      }),
      { numRuns: 500 }
    )
  })
})

describe("print", () => {
  it("prints changes by their effect and operation", () => {
    const found: ReadonlyArray<Diff.Change> = [
      { level: "breaking", pointer: "", operations: ["GET /a"], message: "one" },
      { level: "breaking", pointer: "", operations: ["GET /a"], message: "two\u001b[31m" },
      { level: "breaking", pointer: "", operations: ["a", "b", "c", "d", "e"], message: "three" },
      { level: "documentation", pointer: "", operations: [], message: "four" }
    ]
    expect(Diff.print(found)).toBe(`Breaking changes (3)
  GET /a
    one
    two\ufffd[31m
  a, b, c and 2 more
    three

Changes of documentation (1)
  The document
    four
`)
    expect(Diff.print([])).toBe("No changes.\n")
  })
})

const fixtures = join(import.meta.dirname, "../../../node_modules/@readme/oas-examples")

describe("compare, of real documents", () => {
  it.each(
    readdirSync(fixtures, { recursive: true, encoding: "utf8" }).filter((file) => /json[\\/][^\\/]*\.json$/.test(file))
  )("finds no change between a document and itself: %s", (file) => {
    const text = readFileSync(join(fixtures, file), "utf8")
    expect(Diff.compare(read(JSON.parse(text)), read(JSON.parse(text)))).toEqual([])
  })
})
