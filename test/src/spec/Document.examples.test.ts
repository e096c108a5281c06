import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { Document } from "effect-herald/spec"
import { documentOf, plain, read } from "../../support/documents.js"

const directory = join(import.meta.dirname, "../../../node_modules/@readme/oas-examples")

const files = readdirSync(directory, { recursive: true, encoding: "utf8" })
  .filter((name) => /^[23]\.\d.*\.(?:json|yaml)$/.test(name))
  .sort()

/** The problems of these documents, by message without names: all are faults of the documents. */
const known = [
  /^The operation has no responses\.$/,
  /^A GET request has no body/,
  /^There is no security scheme "api_key"\.$/
]

const load = (name: string) =>
  Effect.runPromise(Document.parse(readFileSync(join(directory, name), "utf8"), { source: name }))

describe("Document reads real documents", () => {
  it("all of @readme/oas-examples, with every operation", async () => {
    const counts = new Map<string, number>()
    let operations = 0
    for (const name of files) {
      const document = await load(name)
      operations += document.operations.length
      for (const problem of document.problems()) {
        const pattern = known.find((one) => one.test(problem.message))
        expect(pattern, `${name} ${problem.pointer} ${problem.message}`).toBeDefined()
        expect(document.position(problem)!.line).toBeGreaterThan(1)
        counts.set(problem.message, (counts.get(problem.message) ?? 0) + 1)
      }
    }
    expect([files.length, operations]).toEqual([129, expect.any(Number)])
    expect(operations).toBeGreaterThan(1_000)
    console.log(`${files.length} documents, ${operations} operations, problems:`, Object.fromEntries(counts))
  })

  it("JSON and YAML of the same document alike", async () => {
    const outline = (document: Document.Document) =>
      document.operations.map(({ details, method, path }) => {
        const { body, parameters, responses } = details()
        return [
          method,
          path,
          parameters.map((one) => [one.name, one.in, plain(one.shape)]),
          [...(body?.content.keys() ?? [])],
          [...responses.keys()]
        ]
      })
    const pairs = files.filter((name) => name.includes("json/") && files.includes(name.replaceAll("json", "yaml")))
    expect(pairs.length).toBeGreaterThan(40)
    for (const name of pairs) {
      const [first, second] = [await load(name), await load(name.replaceAll("json", "yaml"))]
      // The two of some pairs are of different releases.
      if (first.version === second.version && first.operations.length === second.operations.length) {
        expect(outline(second).length, relative(directory, name)).toBe(outline(first).length)
      }
    }
  })
})

const name = fc.stringMatching(/^[a-zA-Z_][\w.~-]{0,8}$/)

const schema = fc.constantFrom(
  { type: "string" },
  { type: "integer", format: "int64" },
  { type: "array", items: { type: "boolean" } },
  { $ref: "#/components/schemas/a b/c" }
)

const parameter = fc.record({ name, in: fc.constantFrom("query", "header", "cookie"), required: fc.boolean(), schema })

const operation = fc.record({
  method: fc.constantFrom("get", "post", "delete", "patch"),
  path: fc.uniqueArray(name, { maxLength: 3 }).map((names) => names.map((one) => `/x~/{${one}}`).join("") + "/y"),
  parameters: fc.uniqueArray(parameter, { maxLength: 4, selector: (one) => `${one.in} ${one.name.toLowerCase()}` }),
  statuses: fc.uniqueArray(fc.constantFrom("200", "404", "2XX", "default"), { minLength: 1 }),
  deprecated: fc.boolean(),
  tags: fc.array(fc.string()),
  security: fc.option(fc.array(fc.uniqueArray(fc.constantFrom("k", "o"))), { nil: undefined })
})

describe("Document", () => {
  it("returns random operations as they were written", () => {
    fc.assert(
      fc.property(fc.uniqueArray(operation, { selector: (one) => `${one.method} ${one.path}` }), (operations) => {
        const paths: Record<string, Record<string, unknown>> = {}
        for (const { deprecated, method, parameters, path, security, statuses, tags } of operations) {
          const inPath = [...path.matchAll(/\{(.*?)\}/g)].map(([, one]) => ({
            name: one,
            in: "path",
            required: true,
            schema: { type: "string" }
          }))
          const content = { "application/json": { schema: { $ref: "#/components/schemas/a b~1c" } } }
          const item = (paths[path] ??= {})
          item[method] = {
            deprecated,
            tags,
            ...(security === undefined
              ? {}
              : { security: security.map((names) => Object.fromEntries(names.map((one) => [one, []]))) }),
            parameters: [
              ...inPath,
              ...parameters.map((one) => ({
                ...one,
                schema: "$ref" in one.schema ? { $ref: "#/components/schemas/a%20b~1c" } : one.schema
              }))
            ],
            responses: Object.fromEntries(statuses.map((status) => [status, { description: status, content }]))
          }
        }
        const securitySchemes = { k: { type: "http", scheme: "basic" }, o: { type: "oauth2", flows: {} } }
        const document = read(
          documentOf("3.0", { paths, components: { schemas: { "a b/c": { type: "object" } }, securitySchemes } })
        )
        expect(document.problems()).toEqual([])
        expect(document.operations).toHaveLength(operations.length)
        for (const written of operations) {
          const found = document.operations.find(
            (one) => one.method === written.method.toUpperCase() && one.path === written.path
          )!
          expect([found.deprecated, found.tags, found.security]).toEqual([
            written.deprecated,
            written.tags,
            written.security
          ])
          const { parameters, responses } = found.details()
          const own = parameters.filter((one) => one.in !== "path")
          const isOrdinary = (one: { readonly in: string; readonly name: string }) =>
            !(one.in === "header" && /^(accept|authorization|content-type)$/i.test(one.name))
          expect(own.map((one) => [one.name, one.in, one.required, plain(one.shape)])).toEqual(
            written.parameters
              .filter(isOrdinary)
              .map((one) => [one.name, one.in, one.required, "$ref" in one.schema ? { ref: "a b/c" } : one.schema])
          )
          expect([...responses.keys()].sort()).toEqual([...written.statuses].sort())
        }
      })
    )
  })
})
