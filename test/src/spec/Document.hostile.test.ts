import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import type { Shape } from "effect-herald/spec"
import { Document } from "effect-herald/spec"
import {
  documentOf,
  onlyOperation,
  plainFields,
  read,
  shapeIn,
  type Version,
  withSchemas
} from "../../support/documents.js"

const response = (schema: unknown) => ({
  responses: { 200: { description: "ok", content: { "application/json": { schema } } } }
})

/** A schema with all keywords that are read. */
const schema = {
  type: ["object", "null"],
  format: "f",
  title: "t",
  description: "d",
  enum: [1, null],
  properties: { a: { $ref: "#/components/schemas/A" }, b: { type: "string", nullable: true } },
  required: ["a"],
  additionalProperties: { type: "string" },
  patternProperties: { "^x": { type: "integer" } },
  items: { type: "array", items: [{}], additionalItems: {} },
  prefixItems: [{ type: "boolean" }],
  allOf: [{ $ref: "#/components/schemas/A" }],
  anyOf: [{ $ref: "#/components/schemas/A", description: "d" }, { type: "null" }],
  oneOf: [{ $ref: "#/components/schemas/B" }],
  discriminator: { propertyName: "a", mapping: { b: "B" } },
  readOnly: true,
  writeOnly: false,
  deprecated: false,
  default: 1,
  examples: [1],
  contentEncoding: "base64",
  contentMediaType: "image/png",
  $defs: { x: { $anchor: "x" } }
}

/** Documents with all fields that are read. */
const full: Readonly<Record<"2.0" | "3.2", unknown>> = {
  "3.2": documentOf("3.2", {
    servers: [
      {
        url: "https://{a}.example",
        description: "d",
        variables: { a: { default: "x", enum: ["x"], description: "d" } }
      }
    ],
    security: [{ key: [] }],
    tags: [{ name: "t", description: "d" }],
    paths: {
      "/a/{id}": {
        summary: "s",
        parameters: [{ $ref: "#/components/parameters/id" }],
        servers: [{ url: "/" }],
        post: {
          operationId: "o",
          tags: ["t"],
          summary: "s",
          description: "d",
          deprecated: false,
          security: [{ key: ["a"] }],
          servers: [{ url: "/" }],
          "x-a": 1,
          parameters: [
            {
              name: "a",
              in: "query",
              style: "form",
              explode: false,
              allowReserved: true,
              required: true,
              deprecated: true,
              schema
            },
            { name: "b", in: "header", content: { "application/json": { schema } } }
          ],
          requestBody: { $ref: "#/components/requestBodies/b" },
          responses: {
            "2XX": {
              description: "d",
              headers: { "X-A": { $ref: "#/components/headers/h" } },
              content: { "a/b": { schema, itemSchema: schema } }
            },
            default: { $ref: "#/components/responses/r" }
          }
        },
        additionalOperations: { LINK: {} }
      },
      "/b": { $ref: "#/paths/~1a~1{id}", get: response({}) }
    },
    components: {
      parameters: { id: { name: "id", in: "path", required: true, schema: { type: "string" } } },
      requestBodies: {
        b: {
          required: true,
          description: "d",
          content: {
            "multipart/form-data": { schema, encoding: { a: { contentType: "a/b", style: "form", explode: true } } }
          }
        }
      },
      headers: { h: { description: "d", schema } },
      responses: { r: { description: "d" } },
      schemas: { A: schema, B: { allOf: [{ $ref: "#/components/schemas/A" }] } },
      securitySchemes: {
        key: { type: "apiKey", in: "header", name: "k" },
        o: { type: "oauth2", flows: { password: { tokenUrl: "x", scopes: { a: "" } } } }
      }
    }
  }),
  "2.0": documentOf("2.0", {
    host: "a.example",
    basePath: "/v1",
    schemes: ["https"],
    consumes: ["application/json"],
    produces: ["application/json"],
    securityDefinitions: { b: { type: "basic" }, o: { type: "oauth2", flow: "accessCode", scopes: { a: "" } } },
    definitions: { A: { ...schema, type: "object" }, B: {} },
    paths: {
      "/a/{id}": {
        parameters: [{ name: "id", in: "path", type: "array", items: { type: "string" }, collectionFormat: "csv" }],
        post: {
          consumes: ["multipart/form-data"],
          produces: ["text/xml"],
          schemes: ["http"],
          parameters: [
            { name: "f", in: "formData", type: "file", description: "d" },
            { name: "g", in: "formData", type: "array", items: {}, collectionFormat: "multi" }
          ],
          responses: {
            200: { description: "d", schema: { $ref: "#/definitions/A" }, headers: { a: { type: "string" } } }
          }
        },
        put: {
          parameters: [{ name: "b", in: "body", required: true, schema: { $ref: "#/definitions/A" } }],
          responses: { 200: {} }
        }
      }
    }
  })
}

/** All pointers of a value. */
const placesOf = (value: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> =>
  typeof value === "object" && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, child]) => placesOf(child, [...path, key]))]
    : [path]

/** Replaces what is at a place. */
const replace = (value: unknown, [key, ...rest]: ReadonlyArray<string>, by: unknown): unknown => {
  if (key === undefined) return by
  const child = replace((value as Record<string, unknown>)[key], rest, by)
  return Array.isArray(value) ? value.with(Number(key), child) : { ...(value as object), [key]: child }
}

/** Reads all that a document has, as a client and a generator do. */
const readAll = (document: Document.Document): number => {
  const seen = new Set<Shape.Shape>()
  const rest: Array<Shape.Ref | undefined> = [...document.shapes.values()]
  for (const { details } of document.operations) {
    const { body, parameters, responses } = details()
    rest.push(...parameters.map(({ shape }) => shape))
    for (const { content } of [...responses.values(), ...(body === undefined ? [] : [body])]) {
      for (const { items, shape } of content.values()) rest.push(shape, items)
    }
  }
  while (rest.length > 0) {
    const ref = rest.pop()
    if (ref === undefined) continue
    const shape = typeof ref === "function" ? ref() : ref
    if (seen.has(shape)) continue
    seen.add(shape)
    rest.push(...Object.values(shape.properties ?? {}), shape.additional || undefined, shape.items)
    rest.push(...(shape.prefixItems ?? []), ...(shape.allOf ?? []), ...(shape.anyOf ?? []))
    rest.push(...Object.values(shape.discriminator?.mapping ?? {}))
  }
  return seen.size
}

const values: ReadonlyArray<unknown> = [
  null,
  true,
  false,
  0,
  -1,
  Number("1e400"),
  12n,
  "",
  "x",
  "#",
  "#/",
  "#/paths",
  "#/components/schemas/A",
  "http://[",
  "constructor",
  [],
  [null],
  [[]],
  ["x"],
  {},
  { $ref: "#" },
  { $ref: 1 },
  { $ref: "#/components/schemas/A" },
  { x: null },
  JSON.parse('{"__proto__":{"a":1}}')
]

describe("Document reads", () => {
  it.each(Object.entries(full))(
    "%s, with a value of any type in every place: never a failure, and every problem has a place",
    (_, document) => {
      const faults: Array<unknown> = []
      for (const place of placesOf(document).slice(1)) {
        for (const value of values) {
          const hostile = replace(document, place, value)
          const result = Effect.runSync(Effect.either(Document.fromJson(hostile)))
          if (result._tag === "Left") {
            if (place.length > 1) faults.push(place)
            continue
          }
          readAll(result.right)
          for (const { message, pointer } of result.right.problems()) {
            if (!message.endsWith(".") || !(pointer === "" || pointer.startsWith("/"))) faults.push([pointer, message])
          }
        }
      }
      expect(faults).toEqual([])
    }
  )

  it("any JSON", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6 }),
        fc.constantFrom("paths", "components", "definitions", "servers", "security"),
        (value, field) => {
          for (const version of ["2.0", "3.1"] as const) {
            const document = read(documentOf(version, { [field]: value }))
            readAll(document)
            document.problems()
          }
        }
      )
    )
  })

  it("schemas nested 20,000 deep, in place and by references", async () => {
    const depth = 20_000
    const nested = (open: string, close: string) => open.repeat(depth) + "{}" + close.repeat(depth)
    const texts = [
      nested('{"properties":{"a":', "}}"),
      nested('{"items":', "}"),
      nested('{"allOf":[', "]}"),
      nested('{"anyOf":[', "]}"),
      nested('{"additionalProperties":', "}"),
      nested('{"not":', "}"),
      nested("[", "]")
    ]
    for (const text of texts) {
      const document = await Effect.runPromise(
        Document.parse(`{"openapi":"3.1.0","components":{"schemas":{"A":${text}}}}`)
      )
      readAll(document)
      const problem = document.problems()[0] ?? { pointer: document.shapes.get("A")!().pointer! }
      expect(document.position(problem)).toMatchObject({ line: 1 })
    }
    const chain = Object.fromEntries(
      Array.from({ length: depth }, (_, index) => [`s${index}`, { $ref: `#/components/schemas/s${index + 1}` }])
    )
    const document = withSchemas("3.1", { ...chain, [`s${depth}`]: { type: "string" } })
    expect(plainFields(shapeIn(document, "s0"))).toEqual({ type: "string" })
    expect(document.problems()).toEqual([])
    const composed = Object.fromEntries(
      Array.from({ length: depth }, (_, index) => [
        `s${index}`,
        { allOf: [{ $ref: `#/components/schemas/s${(index + 1) % depth}` }] }
      ])
    )
    expect(withSchemas("3.1", composed).problems().length).toBeGreaterThan(0)
  })

  it("other parts nested 20,000 deep", async () => {
    const nested = '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000)
    for (const text of [
      `{"openapi":"3.1.0","x-a":${nested},"paths":${nested}}`,
      `{"openapi":"3.1.0","paths":{"/a":{"get":${nested}}}}`
    ]) {
      const document = await Effect.runPromise(Document.parse(text, { read: () => Effect.succeed("") }))
      readAll(document)
      document.problems()
    }
  })

  it("YAML nested more than 200 deep: a failure that says so, whatever room the stack has", async () => {
    const nested = (depth: number) => `openapi: 3.1.0\nx-a: ${"[".repeat(depth)}${"]".repeat(depth)}`
    // The mapping of the document counts.
    await Effect.runPromise(Document.parse(nested(199)))
    for (const depth of [200, 20_000]) {
      const error = await Effect.runPromise(Effect.flip(Document.parse(nested(depth))))
      expect(error.message).toBe("The document is not valid YAML: it is nested too deeply")
    }
  })

  it("values that JSON has not as absent ones", () => {
    const none = [undefined, () => 1, Symbol("a")]
    for (const value of none) {
      const document = withSchemas("3.1", {
        A: { type: "string", enum: [value, "a"], const: value, default: value, example: value },
        B: { type: "string", enum: [value] }
      } as never)
      expect(plainFields(shapeIn(document, "A"))).toEqual({ type: "string", enum: ["a"] })
      expect(plainFields(shapeIn(document, "B"))).toEqual({ type: "string" })
    }
  })

  it("YAML 1.1, and tags of values that JSON has not: each is read as it is written", async () => {
    const document = await Effect.runPromise(
      Document.parse(
        `%YAML 1.1\n---\nopenapi: 3.1.0\ninfo: { title: !!binary aGVsbG8=, version: 2020-01-01 }\nx-a: [yes, !!timestamp 2020-01-01, !!set { a }]\n`
      )
    )
    expect(document.json).toEqual({
      openapi: "3.1.0",
      info: { title: "aGVsbG8=", version: "2020-01-01" },
      "x-a": ["yes", "2020-01-01", { a: null }]
    })
    expect(document.problems()).toEqual([])
  })

  it("a text of several YAML documents: the first one, and a problem", async () => {
    const document = await Effect.runPromise(Document.parse("---\nopenapi: 3.1.0\n---\nopenapi: 3.0.0\n"))
    expect(document.json).toEqual({ openapi: "3.1.0" })
    expect(document.problems()).toEqual([
      { pointer: "", message: "The text has several YAML documents; those after the first one are left out." }
    ])
  })

  it("references in a JSON pointer through references that go in circles", () => {
    const document = read({
      openapi: "3.1.0",
      components: {
        schemas: {
          A: { $ref: "#/components/schemas/A/a" },
          B: { $ref: "#/components/schemas/B/x/y/z" },
          C: { $ref: "#/components/schemas/D/x" },
          D: { $ref: "#/components/schemas/C/x" }
        }
      }
    })
    readAll(document)
    expect(document.problems().length).toBe(4)
  })

  it("a JSON pointer that passes through a reference", () => {
    const document = read(
      documentOf("3.0", {
        paths: { "/a": { get: response({ $ref: "#/components/schemas/B/properties/a" }) } },
        components: { schemas: { A: { properties: { a: { type: "string" } } }, B: { $ref: "#/components/schemas/A" } } }
      })
    )
    const [media] = onlyOperation(document).details().responses.get("200")!.content.values()
    expect(plainFields(media!.shape!)).toMatchObject({ type: "string" })
  })

  it("no members of prototypes", () => {
    for (const name of ["constructor", "__proto__", "toString", "length", "hasOwnProperty"]) {
      const document = read(
        documentOf("3.1", {
          paths: {
            "/a": { get: { ...response({ $ref: `#/components/schemas/${name}` }), security: [{ [name]: [] }] } }
          },
          components: { schemas: {}, parameters: [] }
        })
      )
      readAll(document)
      expect(document.shapes.get(name)).toBe(undefined)
      expect(document.problems().map(({ message }) => message)).toContain(
        `The reference #/components/schemas/${name} is not in the document; it is any value.`
      )
    }
  })

  it("components, paths, parameters, headers and media types named as members of prototypes are", async () => {
    const names = ["__proto__", "constructor", "toString", "valueOf", "hasOwnProperty"]
    for (const name of names) {
      const text = `{"openapi":"3.1.0","paths":{"/{${name}}":{"get":{"security":[{"${name}":[]}],"x-${name}":1,
        "parameters":[{"name":"${name}","in":"path","schema":{"$ref":"#/components/schemas/${name}"}},{"name":"${name}","in":"query"}],
        "responses":{"200":{"headers":{"${name}":{"schema":{"type":"string"}}},"content":{"${name}":{"schema":{"properties":{"${name}":{"type":"string"}},"required":["${name}"]}}}}}}}},
        "components":{"schemas":{"${name}":{"type":"integer"}},"securitySchemes":{"${name}":{"type":"http","scheme":"basic"}}}}`
      const document = await Effect.runPromise(Document.parse(text))
      expect(document.problems()).toEqual([])
      expect(document.shapes.get(name)!()).toMatchObject({ name, type: "integer" })
      expect(document.securitySchemes.get(name)).toMatchObject({ scheme: "basic" })
      const operation = onlyOperation(document)
      expect(operation.security).toEqual([[name]])
      const { parameters, responses } = operation.details()
      expect(parameters.map((parameter) => [parameter.name, parameter.in, parameter.shape.type])).toEqual([
        [name, "path", "integer"],
        [name, "query", undefined]
      ])
      const { content, headers } = responses.get("200")!
      expect(headers.get(name.toLowerCase())!.shape.type).toBe("string")
      expect(Object.keys(content.get(name)!.shape!.properties!)).toEqual([name])
    }
  })

  it("a value that contains itself, such as a document whose references were replaced by their targets", () => {
    const tree: Record<string, unknown> = { type: "object" }
    tree["properties"] = { child: tree, list: { type: "array", items: tree } }
    tree["allOf"] = [tree]
    const document = read(
      documentOf("3.0", { paths: { "/a": { get: response(tree) } }, components: { schemas: { Tree: tree } } })
    )
    expect(readAll(document)).toBeLessThan(400)
    expect(document.problems().length).toBeGreaterThan(0)
  })

  it("ten thousand operations", () => {
    const paths = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `/a${index}/{id}`,
        { get: { operationId: "same", ...response({ $ref: "#/components/schemas/A" }) } }
      ])
    )
    const document = read(documentOf("3.0", { paths, components: { schemas: { A: {} } } }))
    expect(document.operations).toHaveLength(10_000)
    expect(document.problems()).toHaveLength(19_999)
  })

  it("positions of ten thousand problems", async () => {
    const schemas = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`s${index}`, { type: "wrong" }]))
    const text = JSON.stringify(documentOf("3.0", { components: { schemas } }), null, 1)
    for (const written of [text, `# YAML\n${text}`]) {
      const { position, problems } = await Effect.runPromise(Document.parse(written))
      const lines = problems().map((problem) => position(problem)!.line)
      expect(new Set(lines).size).toBe(10_000)
    }
  })
})

describe("Document.parse of YAML", () => {
  const bomb = (levels: number, width: number) =>
    [
      "openapi: 3.1.0",
      "x-0: &a0 [x]",
      ...Array.from(
        { length: levels },
        (_, level) => `x-${level + 1}: &a${level + 1} [${Array(width).fill(`*a${level}`).join(",")}]`
      )
    ].join("\n")

  it.each([
    ["aliases that make too much of a text", bomb(20, 10)],
    ["more of them", bomb(4, 1000)],
    ["an alias within its own anchor", "openapi: 3.1.0\nx-a: &a { b: *a }"]
  ])("refuses %s", async (_, text) => {
    const error = await Effect.runPromise(Effect.flip(Document.parse(text)))
    expect(error.message).toMatch(/^The document is not valid YAML: .*alias/i)
  })

  it("reads an anchor with thousands of aliases, as real documents have", async () => {
    const operations = Array.from({ length: 5_000 }, (_, index) => `  /a${index}: { get: { responses: *r } }`)
    const document = await Effect.runPromise(
      Document.parse(["openapi: 3.1.0", "x-r: &r { 200: { description: ok } }", "paths:", ...operations].join("\n"))
    )
    expect(document.operations).toHaveLength(5_000)
    expect(document.problems()).toEqual([])
  })

  it.each([
    "a: *b",
    "? {}\n: 1",
    "!!js/function 'x'",
    "{a: 1}}",
    "a: b: c",
    "\t- a",
    "%TAG x",
    "'",
    "- - -",
    "&a",
    "<<: 1",
    "? ? ? a",
    "---\na: 1\n---\nb: 2",
    "\0"
  ])("fails, and does not throw, for %j", async (text) => {
    const error = await Effect.runPromise(Effect.flip(Document.parse(text)))
    expect(error).toBeInstanceOf(Document.DocumentError)
  })
})

describe("Versions", () => {
  it.each<Version>(["2.0", "3.0", "3.1", "3.2"])(
    "%s: an empty document has no operations, and no problems",
    (version) => {
      const document = read(documentOf(version, {}))
      expect([document.operations.length, document.shapes.size, document.problems()]).toEqual([0, 0, []])
    }
  )
})
