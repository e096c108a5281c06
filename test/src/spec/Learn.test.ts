import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { Document, Overlay, Shape } from "effect-herald/spec"
import { Learn } from "effect-herald/spec/tools"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

type Version = "2.0" | "3.0.3" | "3.1.0"

const read = (json: unknown, overlay?: Overlay.Overlay): Promise<Document.Document> =>
  Effect.runPromise(
    Effect.gen(function* () {
      if (overlay === undefined) return yield* Document.fromJson(json)
      return yield* Document.fromJson(json, { corrections: [yield* Overlay.correction(overlay)] })
    })
  )

/** A document with a response of a schema, which has examples. */
const documentOf = (
  version: Version,
  schema: unknown,
  examples: ReadonlyArray<unknown>,
  components: Record<string, unknown> = {},
  more: Record<string, unknown> = {}
): unknown => {
  const requests = examples.map((body) => ({
    response_status: 200,
    response_body: JSON.stringify(body),
    response_content_type: "application/json"
  }))
  const response =
    version === "2.0"
      ? { description: "OK", schema }
      : { description: "OK", content: { "application/json": { schema } } }
  return {
    ...(version === "2.0"
      ? { swagger: version, produces: ["application/json"], definitions: components }
      : { openapi: version, components: { schemas: components } }),
    info: { title: "API", version: "7" },
    paths: { "/a": { get: { responses: { 200: response }, "x-examples": [{ requests }] } }, ...more }
  }
}

/** The number of examples with mismatches. */
const wrong = (document: Document.Document): number =>
  Learn.examples(document).filter(
    ({ shape, value }) => shape !== undefined && Shape.check(shape, value, "response").count > 0
  ).length

/** Learns corrections, and checks that with them all examples match, and that there is nothing more to learn. */
const learnt = async (json: unknown): Promise<Overlay.Overlay> => {
  const before = JSON.stringify(json)
  const overlay = Learn.fromExamples(await read(json))
  const corrected = await read(json, overlay)
  expect(corrected.problems()).toEqual((await read(json)).problems())
  expect(wrong(corrected)).toBe(0)
  expect(Learn.fromExamples(corrected).actions).toEqual([])
  expect(JSON.stringify(json)).toBe(before)
  expect(Learn.fromExamples(await read(json))).toEqual(overlay)
  // What is learnt is an overlay that others can read.
  expect(await Effect.runPromise(Overlay.parse(JSON.stringify(overlay)))).toEqual(overlay)
  return overlay
}

const actions = async (json: unknown): Promise<ReadonlyArray<Omit<Overlay.Action, "description">>> =>
  (await learnt(json)).actions.map(({ description: _, ...action }) => action)

const components = (version: Version): string => (version === "2.0" ? "#/definitions/" : "#/components/schemas/")

const path = (version: Version): string => (version === "2.0" ? "$.definitions" : "$.components.schemas")

const rootOf = (version: Version): string =>
  version === "2.0"
    ? "$.paths['/a'].get.responses['200'].schema"
    : "$.paths['/a'].get.responses['200'].content['application/json'].schema"

const versions: ReadonlyArray<Version> = ["2.0", "3.0.3", "3.1.0"]

describe("fromExamples", () => {
  it.each([
    ["2.0", { "x-nullable": true }],
    ["3.0.3", { nullable: true }],
    ["3.1.0", { type: ["string", "null"] }]
  ] as const)("makes a schema nullable in the way of version %s", async (version, update) => {
    const schema = { type: "object", properties: { name: { type: "string" } } }
    const json = documentOf(version, schema, [{ name: null }, { name: "a" }, { name: "b" }])
    expect(await learnt(json)).toEqual({
      overlay: "1.0.0",
      info: { title: "Corrections of API", version: "7" },
      actions: [
        {
          target: `${rootOf(version)}.properties.name`,
          description: "Seen: null once, string twice (GET /a 200).",
          update
        }
      ]
    })
  })

  it.each([
    ["2.0", [{ target: "$.definitions.A.properties.b", update: { "x-nullable": true } }]],
    ["3.0.3", [{ target: "$.components.schemas.A.properties.b", update: { nullable: true } }]],
    [
      "3.1.0",
      [
        { target: "$.components.schemas.A.properties.b['$ref']", remove: true },
        {
          target: "$.components.schemas.A.properties.b",
          update: { anyOf: [{ $ref: "#/components/schemas/B" }, { type: "null" }] }
        }
      ]
    ]
  ] as const)("makes a reference nullable where it is used, version %s", async (version, expected) => {
    const json = documentOf(version, { $ref: `${components(version)}A` }, [{ b: null }, { b: { c: 1 } }], {
      A: { type: "object", properties: { b: { $ref: `${components(version)}B` } } },
      B: { type: "object", properties: { c: { type: "integer" } } }
    })
    expect(await actions(json)).toEqual(expected)
  })

  it.each(versions)("adds a type that was seen to the declared one, version %s", async (version) => {
    const schema = { type: "object", properties: { id: { type: "string", format: "uuid" } } }
    expect(await actions(documentOf(version, schema, [{ id: 1 }, { id: "a" }, { id: 2 }, { id: 3 }]))).toEqual([
      { target: `${rootOf(version)}.properties.id`, update: { type: ["string", "integer"] } }
    ])
  })

  it("replaces a declared type that none of at least three values has", async () => {
    const schema = { type: "object", properties: { id: { type: "string", format: "uuid", enum: ["a"] } } }
    expect(await actions(documentOf("2.0", schema, [{ id: 1 }, { id: 2 }]))).toEqual([
      { target: `${rootOf("2.0")}.properties.id.enum`, remove: true },
      { target: `${rootOf("2.0")}.properties.id`, update: { type: ["string", "integer"] } }
    ])
    expect(await actions(documentOf("2.0", schema, [{ id: 1 }, { id: 2 }, { id: 3 }]))).toEqual([
      { target: `${rootOf("2.0")}.properties.id.format`, remove: true },
      { target: `${rootOf("2.0")}.properties.id.enum`, remove: true },
      { target: `${rootOf("2.0")}.properties.id`, update: { type: "integer" } }
    ])
  })

  it("keeps the declared type of items, of several other types, and of what requests have", async () => {
    const list = { type: "array", items: { type: "string" } }
    expect(await actions(documentOf("3.1.0", list, [[1, 2, 3, 4]]))).toEqual([
      { target: `${rootOf("3.1.0")}.items`, update: { type: ["string", "integer"] } }
    ])
    const object = { type: "object", properties: { id: { type: "string" } } }
    expect(await actions(documentOf("3.1.0", object, [{ id: 1 }, { id: 2 }, { id: true }, { id: 3 }]))).toEqual([
      { target: `${rootOf("3.1.0")}.properties.id`, update: { type: ["string", "integer", "boolean"] } }
    ])
    const $ref = "#/components/schemas/A"
    const post = {
      requestBody: { content: { "application/json": { schema: { type: "array", items: { $ref } } } } },
      responses: {}
    }
    const json = documentOf("3.1.0", { $ref }, [{ id: 1 }, { id: 2 }, { id: 3 }], { A: object }, { "/b": { post } })
    expect(await actions(json)).toEqual([
      { target: "$.components.schemas.A.properties.id", update: { type: ["string", "integer"] } }
    ])
  })

  it("makes an integer a number", async () => {
    const json = documentOf("3.0.3", { type: "object", properties: { a: { type: "integer" } } }, [{ a: 1 }, { a: 1.5 }])
    expect(await actions(json)).toEqual([{ target: `${rootOf("3.0.3")}.properties.a`, update: { type: "number" } }])
  })

  it.each(versions)("requires no longer what was missing, version %s", async (version) => {
    const schema = { allOf: [{ $ref: `${components(version)}A` }, { required: ["b"], properties: { b: {} } }] }
    const json = documentOf(
      version,
      schema,
      [
        { a: 1, c: 2 },
        { b: 1, c: 1 }
      ],
      {
        A: { type: "object", required: ["a", "c"] }
      }
    )
    expect((await learnt(json)).actions).toEqual([
      {
        target: `${path(version)}.A.required[?@ == 'a']`,
        description: "Missing in 1 of 2 objects (GET /a 200).",
        remove: true
      },
      {
        target: `${rootOf(version)}.allOf[1].required[?@ == 'b']`,
        description: "Missing in 1 of 2 objects (GET /a 200).",
        remove: true
      }
    ])
  })

  it("corrects a schema that several operations refer to once, with all that was seen", async () => {
    const get = (bodies: ReadonlyArray<unknown>, $ref = "#/definitions/A") => ({
      get: {
        responses: { "2XX": { description: "", schema: { type: "array", items: { $ref } } } },
        "x-examples": [{ requests: bodies.map((body) => ({ response_status: 201, response_body: body })) }]
      }
    })
    const json = {
      swagger: "2.0",
      info: { title: "", version: "" },
      paths: {
        "/d": get([[{ a: null }]]),
        "/c": get([[{ a: 1 }], '[{"a":null}]']),
        "/b": get([[{ a: null }, { a: null }]]),
        "/a": get([[{ a: null }]], "#/definitions/B")
      },
      definitions: { A: { type: "object", properties: { a: { type: "integer" } } }, B: { $ref: "#/definitions/A" } }
    }
    expect((await learnt(json)).actions).toEqual([
      {
        target: "$.definitions.A.properties.a",
        description: "Seen: null 5 times, integer once (GET /a 2XX, GET /b 2XX, GET /c 2XX and 1 more).",
        update: { "x-nullable": true }
      }
    ])
  })

  it("learns nothing from values that an enum does not list, from other properties, and from other media types", async () => {
    const schema = { type: "object", properties: { a: { type: "string", enum: ["x"] } }, additionalProperties: false }
    expect(await actions(documentOf("3.1.0", schema, [{ a: "y", b: 1 }]))).toEqual([])
    const json = {
      openapi: "3.0.0",
      paths: {
        "/a": {
          get: { responses: { 200: { content: { "text/csv": { schema: { type: "object" }, example: "a,b" } } } } }
        }
      }
    }
    expect(await actions(json)).toEqual([])
  })

  it.each(versions)(
    "tells an object of another schema from one without some properties, version %s",
    async (version) => {
      const $ref = `${components(version)}A`
      const A = { type: "object", required: ["a", "b", "c"], properties: { a: {}, b: {}, c: {} } }
      expect(await actions(documentOf(version, { $ref }, [{ success: true }], { A }))).toEqual([
        { target: `${rootOf(version)}['$ref']`, remove: true },
        { target: rootOf(version), update: { anyOf: [{ $ref }, { type: "object" }] } }
      ])
      expect(await actions(documentOf(version, { $ref }, [{ a: 1, b: 1 }], { A }))).toEqual([
        { target: `${path(version)}.A.required[?@ == 'c']`, remove: true }
      ])
    }
  )

  it.each(versions)("tells a list of what is declared, version %s", async (version) => {
    const $ref = `${components(version)}A`
    const A = { type: "object", required: ["a"], properties: { a: { type: "string" } } }
    const update = { type: "array", items: { $ref } }
    expect(await actions(documentOf(version, { $ref }, [[{ a: "" }], []], { A }))).toEqual([
      { target: `${rootOf(version)}['$ref']`, remove: true },
      { target: rootOf(version), update: { anyOf: [{ $ref }, update] } }
    ])
    expect(await actions(documentOf(version, { $ref }, [[{ a: "" }], [], [{}]], { A }))).toEqual([
      { target: `${path(version)}.A.required[?@ == 'a']`, remove: true },
      { target: `${rootOf(version)}['$ref']`, remove: true },
      { target: rootOf(version), update }
    ])
  })

  it.each(["anyOf", "oneOf"])("adds a member to %s, and corrects the member that is closest", async (keyword) => {
    const cat = { type: "object", required: ["meows", "name"], properties: { meows: {}, name: { type: "string" } } }
    const dog = { type: "object", required: ["barks", "name"], properties: { barks: {}, name: { type: "string" } } }
    const json = documentOf("3.1.0", { [keyword]: [cat, dog] }, [{ barks: 1, name: null }, "none", null])
    expect(await actions(json)).toEqual([
      { target: rootOf("3.1.0"), update: { [keyword]: [{ type: "null" }, { type: "string" }] } },
      { target: `${rootOf("3.1.0")}.${keyword}[1].properties.name`, update: { type: ["string", "null"] } }
    ])
  })

  it("follows a discriminator", async () => {
    const json = documentOf(
      "3.0.3",
      {
        oneOf: [{ $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Dog" }],
        discriminator: { propertyName: "kind" }
      },
      [{ kind: "Dog", name: null }],
      {
        Cat: { type: "object", properties: { kind: { type: "string" }, name: { type: "string", nullable: true } } },
        Dog: { type: "object", properties: { kind: { type: "string" }, name: { type: "string" } } }
      }
    )
    expect(await actions(json)).toEqual([
      { target: "$.components.schemas.Dog.properties.name", update: { nullable: true } }
    ])
  })

  it("learns from the examples of OpenAPI", async () => {
    const schema = { type: "object", properties: { a: { type: "string" } } }
    const second = {
      swagger: "2.0",
      paths: {
        "/a": {
          get: {
            produces: ["application/json"],
            responses: { 200: { description: "", schema, examples: { "application/json": { a: null } } } }
          }
        }
      }
    }
    expect(await actions(second)).toEqual([{ target: `${rootOf("2.0")}.properties.a`, update: { "x-nullable": true } }])
    const third = (media: object) => ({
      openapi: "3.0.0",
      paths: { "/a": { get: { responses: { 200: { content: { "application/json": { schema, ...media } } } } } } },
      components: { examples: { nothing: { value: { a: null } }, loop: { $ref: "#/components/examples/loop" } } }
    })
    const expected = [{ target: `${rootOf("3.0.3")}.properties.a`, update: { nullable: true } }]
    expect(await actions(third({ example: { a: null } }))).toEqual(expected)
    expect(await actions(third({ example: '{ "a": null }' }))).toEqual(expected)
    expect(await actions(third({ examples: { one: { value: { a: null } } } }))).toEqual(expected)
    const references = { one: { $ref: "#/components/examples/nothing" }, two: { $ref: "#/components/examples/loop" } }
    expect(await actions(third({ examples: references }))).toEqual(expected)
    expect(await actions(third({ examples: { one: { externalValue: "https://example.com" }, two: null } }))).toEqual([])
  })

  it("reads recorded exchanges whatever they are", async () => {
    const json = documentOf("2.0", { type: "string" }, [])
    const operation = (json as any).paths["/a"].get
    for (const examples of [
      null,
      1,
      "x",
      {},
      [null, 1, [], { requests: 1 }, { requests: [null, 1, {}, { response_status: {} }] }]
    ]) {
      operation["x-examples"] = examples
      expect(Learn.examples(await read(json))).toEqual([])
    }
    operation["x-examples"] = [
      { requests: [{ response_status: 200, response_body: "{", response_content_type: "application/json" }] }
    ]
    expect(Learn.examples(await read(json))).toEqual([])
  })

  it("observes values and schemas of any depth, and schemas that contain themselves", async () => {
    let value: unknown = null
    for (let depth = 0; depth < 5000; depth++) value = { next: value }
    const node = { type: "object", properties: { next: { $ref: "#/definitions/Node" } } }
    const json = documentOf("2.0", { $ref: "#/definitions/Node" }, [], {
      Node: node,
      Self: { $ref: "#/definitions/Self" }
    })
    ;(json as any).paths["/a"].get["x-examples"] = [{ requests: [{ response_status: 200, response_body: value }] }]
    expect(Learn.fromExamples(await read(json)).actions).toMatchObject([
      { target: "$.definitions.Node.properties.next", update: { "x-nullable": true } }
    ])
    const all = { allOf: [{ $ref: "#/definitions/A" }], type: "string" }
    const any = { anyOf: [{ $ref: "#/definitions/B" }, { type: "string" }] }
    await learnt(documentOf("2.0", { $ref: "#/definitions/A" }, [1], { A: all }))
    await learnt(documentOf("2.0", { $ref: "#/definitions/B" }, [1, null, "a"], { B: any }))
  })

  it("names properties that need quotes, and those of prototypes", async () => {
    const properties = JSON.parse(
      '{ "__proto__": { "type": "string" }, "it\'s": { "type": "string" }, "a/b~c": { "type": "string" } }'
    )
    const json = documentOf("2.0", { type: "object", properties, required: ["constructor"] }, [
      JSON.parse('{ "__proto__": 1, "it\'s": null, "a/b~c": true }')
    ])
    expect(await actions(json)).toEqual([
      { target: `${rootOf("2.0")}.required[?@ == 'constructor']`, remove: true },
      { target: `${rootOf("2.0")}.properties.__proto__`, update: { type: ["string", "integer"] } },
      { target: `${rootOf("2.0")}.properties['a/b~c']`, update: { type: ["string", "boolean"] } },
      { target: `${rootOf("2.0")}.properties['it\\'s']`, update: { "x-nullable": true } }
    ])
  })

  const names = ["a", "b", "__proto__"]
  const schemas = fc.letrec<{ schema: Record<string, unknown> }>((tie) => {
    const types = fc.constantFrom("string", "integer", "number", "boolean", "null", "object", "array")
    const refs = fc.constantFrom({ $ref: "A" }, { $ref: "B" })
    const object = fc.record(
      {
        type: fc.constant("object"),
        properties: fc.dictionary(fc.constantFrom(...names), tie("schema"), { maxKeys: 2 }),
        required: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }),
        additionalProperties: fc.oneof(fc.boolean(), tie("schema"))
      },
      { requiredKeys: [] }
    )
    const list = fc.array(tie("schema"), { minLength: 1, maxLength: 2 })
    return {
      schema: fc.oneof(
        { maxDepth: 3 },
        fc.record({ type: types }),
        fc.record({ type: fc.uniqueArray(types, { minLength: 1, maxLength: 2 }) }),
        fc.record({ enum: fc.constant(["x"]), type: fc.constantFrom("string", "integer") }),
        refs,
        object,
        fc.record({ type: fc.constant("array"), items: tie("schema") }),
        fc.record({ anyOf: list }),
        fc.record({ oneOf: list }),
        fc.record({ allOf: list, type: fc.constantFrom(undefined, "object") }),
        fc.record({ nullable: fc.boolean(), "x-nullable": fc.boolean(), allOf: list })
      )
    }
  }).schema

  const values = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, "x", 1, 1.5, true),
      fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 3 }),
      fc.array(tie("value"), { maxLength: 3 })
    )
  })).value

  /** A schema whose references are to the components of a version. */
  const withReferences = (version: Version, schema: unknown): unknown =>
    JSON.parse(JSON.stringify(schema).replaceAll(/"\$ref":"(.)"/g, `"$ref":"${components(version)}$1"`))

  it("makes examples of any schema match, and learns nothing more from a corrected document", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...versions),
        schemas,
        schemas,
        schemas,
        fc.array(values, { maxLength: 4 }),
        async (version, schema, A, B, examples) => {
          const parts = withReferences(version, { A, B }) as Record<string, unknown>
          await learnt(documentOf(version, withReferences(version, schema), examples, parts))
        }
      ),
      { numRuns: 300 }
    )
  })
})

const fixtures = join(import.meta.dirname, "../../../node_modules/@readme/oas-examples")

const documents = readdirSync(fixtures, { recursive: true, encoding: "utf8" })
  .filter((file) => /json[\\/][^\\/]*\.json$/.test(file))
  .map((file) => [file, join(fixtures, file)] as const)

describe("fromExamples, of real documents", () => {
  it.each(documents)("makes all examples match: %s", async (_, file) => {
    await learnt(JSON.parse(readFileSync(file, "utf8")))
  })
})

describe("fromMismatches", () => {
  const schema = {
    type: "array",
    items: {
      type: "object",
      required: ["id", "owner"],
      properties: { id: { type: "integer" }, owner: { $ref: "#/components/schemas/User" }, tags: {} },
      additionalProperties: { type: "string" }
    }
  }
  const User = { type: "object", required: ["name"], properties: { name: { type: "string" } } }

  it("learns what mismatches say, and nothing else", async () => {
    const document = await read(documentOf("3.1.0", schema, [], { User }))
    const value = [
      { id: "1", owner: null, other: 1 },
      { owner: { name: null }, id: 2 },
      { id: "1", owner: {} }
    ]
    const { shape } = document.operations[0]!.details().responses.get("200")!.content.get("application/json")!
    const { issues } = Shape.check(shape!, value, "response")
    const mismatches = issues.map((issue) => ({ ...issue, operation: "GET /a", status: 200 }))
    const overlay = Learn.fromMismatches(document, mismatches)
    expect(overlay.actions).toEqual([
      {
        target: "$.components.schemas.User.required[?@ == 'name']",
        description: "Missing once (GET /a 200).",
        remove: true
      },
      {
        target: "$.components.schemas.User.properties.name",
        description: "Seen: null once, string never (GET /a 200).",
        update: { type: ["string", "null"] }
      },
      {
        target: `${rootOf("3.1.0")}.items.additionalProperties`,
        description: "Seen: number once, string never (GET /a 200).",
        update: { type: ["string", "number"] }
      },
      {
        target: `${rootOf("3.1.0")}.items.properties.id`,
        description: "Seen: string twice, integer never (GET /a 200).",
        update: { type: ["integer", "string"] }
      },
      {
        target: `${rootOf("3.1.0")}.items.properties.owner['$ref']`,
        description: "Seen: null once (GET /a 200).",
        remove: true
      },
      {
        target: `${rootOf("3.1.0")}.items.properties.owner`,
        description: "Seen: null once (GET /a 200).",
        update: { anyOf: [{ $ref: "#/components/schemas/User" }, { type: "null" }] }
      }
    ])
    const corrected = await read(documentOf("3.1.0", schema, [], { User }), overlay)
    const again = corrected.operations[0]!.details().responses.get("200")!.content.get("application/json")!
    expect(Shape.check(again.shape!, value, "response").issues).toEqual([])
    expect(Learn.fromMismatches(corrected, mismatches).actions).toEqual([])
  })

  it("never replaces a declared type, and counts what it is told", async () => {
    const document = await read(documentOf("2.0", { type: "object", properties: { a: { type: "string" } } }, []))
    const mismatch = {
      operation: "GET /a",
      status: 200,
      pointer: "/a",
      kind: "type",
      found: "integer",
      count: 9
    } as const
    expect(Learn.fromMismatches(document, [mismatch]).actions).toMatchObject([
      { update: { type: ["string", "integer"] }, description: "Seen: integer 9 times, string never (GET /a 200)." }
    ])
  })

  it("ignores what the document does not describe", async () => {
    const document = await read(documentOf("2.0", { type: "object", properties: { a: { type: "string" } } }, []))
    const mismatch = { operation: "GET /a", status: 200, pointer: "/a", kind: "null", found: "null" } as const
    const others: ReadonlyArray<Learn.SeenMismatch> = [
      { ...mismatch, operation: "GET /b" },
      { ...mismatch, status: 404 },
      { ...mismatch, pointer: "/b/*/c" },
      { ...mismatch, pointer: "" },
      { ...mismatch, pointer: "/constructor" },
      { ...mismatch, kind: "enum" },
      { ...mismatch, kind: "empty" },
      { ...mismatch, kind: "missing", pointer: "" }
    ]
    for (const one of others.slice(0, 3).concat(others.slice(4))) {
      expect(Learn.fromMismatches(document, [one]).actions).toEqual([])
    }
    expect(Learn.fromMismatches(document, others.slice(3, 4)).actions).toMatchObject([{ target: rootOf("2.0") }])
  })
})

describe("fromExamples, of Civis", () => {
  it("delivers all recorded examples strictly", async () => {
    const json: unknown = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../fixtures/civis/specification.json"), "utf8")
    )
    const document = await read(json)
    const examples = Learn.examples(document).filter(({ shape }) => shape !== undefined).length
    const before = examples - wrong(document)
    const overlay = await learnt(json)
    console.log(
      `Civis' examples: ${examples}; strict ${before}, corrected ${examples}: ${overlay.actions.length} actions`
    )
    expect(before).toBeLessThan(examples / 2)
    expect(overlay.actions).toContainEqual({
      target: "$.definitions.WorkflowSummary.properties.archived",
      description: "Seen: boolean 6 times, string never (GET /jobs/{id}/workflows 200, GET /workflows/ 200).",
      update: { type: "boolean" }
    })
  })
})
