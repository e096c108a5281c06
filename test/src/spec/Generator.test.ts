import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { GeneratedFiles } from "effect-herald/node"
import { Names } from "effect-herald/spec"
import { Generator } from "effect-herald/spec/tools"
import { documentOf, read } from "../../support/documents.js"
import { compile, directory, writeFiles } from "../../support/generated.js"

const generate = (fields: Readonly<Record<string, unknown>>, version: "2.0" | "3.0" | "3.1" = "3.1") => {
  const document = read(documentOf(version, fields))
  return Generator.generate(document, Names.make(document))
}

const json = (schema: unknown) => ({ content: { "application/json": { schema } } })

const ok = (schema: unknown) => ({ responses: { 200: { description: "ok", ...json(schema) } } })

const hostile = "*/ ` ${x} \u2028 @ts-expect-error </script> \r\n @deprecated"

describe("Generator.generate", () => {
  it.scoped("writes code that compiles for names and texts that would end comments, texts and declarations", () =>
    Effect.gen(function* () {
      const place = yield* directory
      const schemas = {
        Pet: {
          type: "object",
          description: hostile,
          properties: JSON.parse(
            `{ "__proto__": { "type": "string" }, "constructor": { "type": "integer" }, "toString": { "enum": ["a", "b"] }, "a b": { "const": 1 } }`
          ),
          required: ["absent"]
        },
        pet: { type: "string", enum: [hostile, "__proto__"] },
        string: { type: "string" },
        Descriptor: { type: "null" },
        Descriptors: { type: "object", properties: { one: { $ref: "#/components/schemas/Pet" } } },
        "*/": { type: "object", properties: { "*/": { type: "string", description: hostile } } },
        "with space": { anyOf: [{ $ref: "#/components/schemas/with space" }, { type: "string" }] },
        Tuple: { type: "array", prefixItems: [{ type: "string" }, { $ref: "#/components/schemas/Tuple" }] },
        One: { allOf: [{ $ref: "#/components/schemas/Other" }, { properties: { one: { type: "string" } } }] },
        Other: { allOf: [{ $ref: "#/components/schemas/One" }, { properties: { other: { type: "string" } } }] }
      }
      const use = { anyOf: Object.keys(schemas).map((name) => ({ $ref: `#/components/schemas/${name}` })) }
      const operation = (operationId: string, tag: string) => ({
        operationId,
        tags: [tag],
        summary: hostile,
        ...ok(use)
      })
      const files = generate({
        info: { title: hostile, version: "1\n// 2" },
        paths: {
          "/a": { get: operation("delete", "con"), post: operation("default", "index") },
          "/b": { get: operation(`x${hostile}`, "api"), post: operation("__proto__", "Shapes") },
          "/c": { get: operation("Descriptor", "default"), post: operation("constructor", "INDEX") },
          "/d/{*/}": { get: operation("\u{1F600}", "\u202E") },
          "/e": { get: operation("Descriptors", "descriptors") }
        },
        components: { schemas }
      })
      writeFiles(place, "hostile", files)
      expect(yield* compile(place)).toEqual([])
      // Names of files are those that Windows can have, and differ in more than case.
      const names = [...files.keys()].map((name) => name.toLowerCase())
      expect(new Set(names).size).toBe(names.length)
      for (const name of names) expect(name).toMatch(/^(?!(?:con|aux|nul|prn)\.)[\w-]+\.ts$/)
    })
  )

  it("writes the same texts for the same document, and another digest for a corrected one", () => {
    const fields = { paths: { "/a": { get: ok({ type: "string" }) } } }
    expect([...generate(fields)]).toEqual([...generate(fields)])
    const digest = (files: ReadonlyMap<string, string>) => /Digest.*/.exec(files.get("api.ts")!)![0]
    expect(digest(generate(fields))).not.toBe(digest(generate({ paths: { "/a": { get: ok({ type: "null" }) } } })))
  })

  it("writes an enum that is open in responses, and closed in requests", () => {
    const Size = { type: "string", enum: ["small", "large"] }
    const Pet = {
      type: "object",
      properties: { size: Size, id: { type: "integer", readOnly: true }, key: { type: "string", writeOnly: true } }
    }
    const shapes = generate({
      paths: {
        "/a": {
          post: { requestBody: json({ $ref: "#/components/schemas/Pet" }), ...ok({ $ref: "#/components/schemas/Pet" }) }
        }
      },
      components: { schemas: { Pet } }
    }).get("shapes.ts")!
    const interfaceOf = (name: string) => shapes.split(/^}$/m).find((text) => text.includes(`interface ${name} {`))!
    expect(interfaceOf("Pet")).toContain(`"small" | "large" | (string & {}) | undefined`)
    expect(interfaceOf("Pet")).not.toContain("key")
    expect(interfaceOf("PetInput")).toContain(`"small" | "large" | undefined`)
    expect(interfaceOf("PetInput")).not.toContain("id")
  })

  it("writes twenty thousand levels, and ten thousand operations", () => {
    let deep: unknown = { type: "string" }
    for (let level = 0; level < 20_000; level += 1) deep = { type: "object", properties: { a: deep } }
    const files = generate({ paths: { "/a": { get: ok(deep) } } })
    expect(files.get("shapes.ts")!.length).toBeGreaterThan(100_000)
    const paths = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`/a/${index}`, { get: { operationId: "same", ...ok({}) } }])
    )
    expect(
      generate({ paths })
        .get("a.ts")!
        .match(/^export const /gm)
    ).toHaveLength(10_000)
  })
})

describe("GeneratedFiles", () => {
  const header = "// Generated by effect-herald 0.1.0"
  const run = <A, E>(effect: Effect.Effect<A, E, FileSystem.FileSystem>) => Effect.provide(effect, NodeFileSystem.layer)

  it.scoped("writes what differs, removes stale files, and leaves the files of others", () =>
    Effect.gen(function* () {
      const place = join(yield* directory, "client")
      const files = new Map([
        ["a.ts", `${header}\na`],
        ["b.ts", `${header}\nb`]
      ])
      expect((yield* run(GeneratedFiles.check(place, files))).added).toEqual(["a.ts", "b.ts"])
      expect((yield* run(GeneratedFiles.write(place, files))).added).toEqual(["a.ts", "b.ts"])
      writeFileSync(join(place, "own.ts"), "// mine")
      const next = new Map([["a.ts", `${header}\nchanged`]])
      expect(yield* run(GeneratedFiles.check(place, next))).toEqual({
        added: [],
        changed: ["a.ts"],
        removed: ["b.ts"],
        unchanged: []
      })
      yield* run(GeneratedFiles.write(place, next))
      expect(readdirSync(place).sort()).toEqual(["a.ts", "own.ts"])
      expect(readFileSync(join(place, "a.ts"), "utf8")).toBe(`${header}\nchanged`)
      expect((yield* run(GeneratedFiles.check(place, next))).unchanged).toEqual(["a.ts"])
    })
  )

  it.scoped("writes nothing where a file of another kind has the name of one of its files", () =>
    Effect.gen(function* () {
      const place = join(yield* directory, "client")
      mkdirSync(place)
      writeFileSync(join(place, "b.ts"), "// mine")
      const files = new Map([
        ["a.ts", `${header}\na`],
        ["b.ts", `${header}\nb`]
      ])
      const error = yield* Effect.flip(run(GeneratedFiles.write(place, files)))
      expect(error.message).toContain("b.ts")
      expect(existsSync(join(place, "a.ts"))).toBe(false)
    })
  )
})
