import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { Document, Help, Names } from "effect-herald/spec"

const namesOf = (paths: object, more: object = {}) => {
  const json = { openapi: "3.1.0", info: { title: "Pets", version: "1" }, paths, ...more }
  const document = Effect.runSync(Document.fromJson(json))
  return { document, names: Names.make(document) }
}

const only = (operation: object, method = "post", more: object = {}) =>
  namesOf({ "/things/{id}": { [method]: { operationId: "one", tags: ["things"], responses: {}, ...operation } } }, more)
    .names.operations[0]!

describe("Help.ofMethod", () => {
  it("shows how a method is called, its input with types and requirements, and its responses", () => {
    const operation = only(
      {
        summary: "Changes a thing",
        description: "The thing must exist.\n\nIt is changed\nat once.",
        deprecated: true,
        parameters: [
          {
            name: "id",
            in: "path",
            required: true,
            description: "The id",
            schema: { type: "integer", format: "int64" }
          },
          { name: "filter[name]", in: "query", schema: { type: "string", enum: ["a", "b"] }, deprecated: true },
          { name: "X-Trace", in: "header", required: true, schema: { type: "string" } },
          { name: "session", in: "cookie", schema: { type: ["string", "null"] } }
        ],
        requestBody: {
          required: true,
          description: "The change",
          content: {
            "application/xml": { schema: { type: "string" } },
            "application/json": { schema: { $ref: "#/components/schemas/Change" } }
          }
        },
        responses: {
          200: {
            description: "Done",
            content: {
              "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/Change" } } }
            }
          },
          default: { description: "Failed" }
        }
      },
      "put",
      {
        components: {
          schemas: {
            Change: {
              allOf: [{ type: "object", required: ["name"], properties: { name: { type: "string" } } }],
              properties: {
                id: { type: "integer", readOnly: true },
                tags: { type: "array", items: { type: "string" }, default: [] },
                of: { anyOf: [{ type: "string" }, { type: "null" }] },
                more: { type: "object", additionalProperties: { type: "number" } }
              }
            }
          }
        }
      }
    )
    expect(Help.ofMethod(operation).split("\n")).toEqual([
      'things.one({ id, "filter[name]"?, headers, cookies?, body })',
      "PUT /things/{id}",
      "",
      "Deprecated.",
      "",
      "Changes a thing",
      "",
      "The thing must exist.",
      "",
      "It is changed at once.",
      "",
      "Input",
      "  id               integer(int64)          Required. The id",
      '  filter[name]     "a" | "b"               Deprecated.',
      "  headers.X-Trace  string                  Required.",
      "  cookies.session  string | null",
      "  body             Change                  Required. The change. Content types: application/json,",
      "                                           application/xml.",
      "  body.tags        string[]                Default: [].",
      "  body.of          string | null",
      "  body.more        Record<string, number>",
      "  body.name        string                  Required.",
      "",
      "Responses",
      "  200      Change[]  Done",
      "  default            Failed"
    ])
  })

  it("leaves out optional fields that do not fit into a line", () => {
    const parameters = [
      { name: "id", in: "path", required: true, schema: {} },
      ...Array.from({ length: 50 }, (_, index) => ({ name: `parameter${index}`, in: "query", schema: {} }))
    ]
    const [first] = Help.ofMethod(only({ parameters }), { width: 60 }).split("\n")
    expect(first).toBe("things.one({ id, … })")
  })

  it("shows nothing that acts on a terminal", () => {
    const hostile = "\u001b[31mred\u001b]0;title\u0007 \u202Ereversed\r\nline\u0000"
    const operation = only({
      summary: hostile,
      description: hostile,
      parameters: [
        {
          name: hostile,
          in: "query",
          description: hostile,
          schema: { type: "string", enum: [hostile], default: hostile }
        }
      ],
      responses: { 200: { description: hostile } }
    })
    for (const text of [
      Help.ofMethod(operation),
      Help.ofResource({ operations: [operation], problems: [] }, "things")
    ]) {
      expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202A-\u202E\u2066-\u2069]/u)
    }
  })

  it("is bounded for texts, enums and schemas of any size, and for recursive ones", () => {
    const long = "word ".repeat(100_000)
    const deep = Array.from({ length: 5000 }).reduce<object>((items) => ({ type: "array", items }), { type: "string" })
    const operation = only(
      {
        summary: long,
        description: long,
        parameters: [
          {
            name: "a",
            in: "query",
            description: long,
            schema: { enum: Array.from({ length: 10_000 }, (_, index) => `${index}`) }
          },
          { name: "b", in: "query", schema: deep },
          { name: "c", in: "query", schema: { anyOf: Array.from({ length: 1000 }, (_, index) => ({ const: index })) } },
          { name: "x".repeat(10_000), in: "query", schema: {} }
        ],
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Loop" } } } }
      },
      "post",
      {
        components: {
          schemas: {
            Loop: {
              allOf: [{ $ref: "#/components/schemas/Loop" }],
              properties: Object.fromEntries(
                Array.from({ length: 500 }, (_, index) => [`p${index}`, { $ref: "#/components/schemas/Loop" }])
              )
            }
          }
        }
      }
    )
    const text = Help.ofMethod(operation)
    expect(text.length).toBeLessThan(30_000)
    expect(text).toContain("… 400 more")
  })

  it("has lines that fit the width, but for words that are longer", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "."), maxLength: 300 })
    fc.assert(
      fc.property(text, text, fc.integer({ min: 40, max: 120 }), (summary, description, width) => {
        const operation = only({
          summary,
          description,
          parameters: [{ name: "limit", in: "query", description, schema: { type: "integer" } }]
        })
        for (const line of Help.ofMethod(operation, { width }).split("\n")) {
          const longest = line.split(" ").reduce((most, { length }) => Math.max(most, length), 0)
          expect(line.length <= width || longest > width - 30).toBe(true)
        }
      }),
      { numRuns: 50 }
    )
  })
})

describe("Help.ofResource", () => {
  it("shows a method in a line, by its summary, its description, or its path", () => {
    const { names } = namesOf({
      "/a": {
        get: { operationId: "a", summary: "First", responses: {} },
        post: { operationId: "b", description: "Second.\nMore.", responses: {}, deprecated: true },
        put: { operationId: "c", summary: " ", responses: {} },
        delete: {
          operationId: "theOneWithAVeryLongNameThatWouldTakeTheRoomOfAllOthers",
          summary: "Last",
          responses: {}
        }
      }
    })
    expect(Help.ofResource(names, "a", { width: 80 }).split("\n")).toEqual([
      "a: 4 methods",
      "  a()  First",
      "  b()  (deprecated) Second.",
      "  c()  PUT /a",
      "  theOneWithAVeryLongNameThatWouldTakeTheRoomOfAllOthers()  Last"
    ])
    expect(Help.ofResource(names, "none")).toBe("none: 0 methods")
  })
})

describe("Help.ofDocument", () => {
  it("shows a resource in a line, whatever the number of its methods", () => {
    const paths = Object.fromEntries(
      Array.from({ length: 910 }, (_, index) => [`/resource${index % 40}/${index}`, { get: { responses: {} } }])
    )
    const { document, names } = namesOf(paths)
    const lines = Help.ofDocument(document, names, { width: 72 }).split("\n")
    expect(lines).toHaveLength(41)
    expect(lines[0]).toBe("Pets 1: 910 methods in 40 resources")
    expect(lines[1]).toBe("  resource0   23  get0, get40, get80, get120, get160, get200, get240, g…")
    expect(lines.every(({ length }) => length <= 72)).toBe(true)
  })
})
