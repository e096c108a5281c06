import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { convention } from "effect-herald/civis"
import { type Convention, Document, Names } from "effect-herald/spec"
import { formerLists, undeclaredArrays } from "../../../services/civis/nameExceptions.js"
import { readSpecification, table } from "./support/specification.js"

/** Describes the method of an operation as a row of `methods.tsv`. */
const rowOf = ({ aliases = [], descriptor, method, operation, resource }: Convention.NamedOperation) => {
  const { list, parameters = [], positional = [] } = descriptor()
  const byName = parameters.filter(({ name }) => !positional.includes(name)).map(({ name }) => name)
  return {
    http_method: operation.method,
    path: operation.path,
    resource,
    "methods (preferred first)": [method, ...aliases].join(),
    positional: positional.join(),
    // A list is iterated by another function of its method, not by a parameter.
    keyword_only: [...byName, ...(list === undefined ? [] : ["iterator"])].join(),
    iterator: String(list !== undefined)
  }
}

const namesOf = (paths: Record<string, unknown>, definitions: Record<string, unknown> = {}) =>
  Effect.map(Effect.orDie(Document.fromJson({ swagger: "2.0", info: {}, paths, definitions })), (document) =>
    Names.make(document, convention)
  )

const namedBy = (path: string, operation: Record<string, unknown> = {}, method = "get") =>
  Effect.map(namesOf({ [path]: { [method]: { responses: { 200: { description: "" } }, ...operation } } }), (names) =>
    names.operations.map(({ aliases = [], method, resource }) => [`${resource}.${method}`, ...aliases].join(" "))
  )

describe("Civis' convention", () => {
  it.effect("gives each operation the name and the parameters of Civis' own client", () =>
    Effect.gen(function* () {
      const { operations, problems } = Names.make(yield* readSpecification, convention)
      const rows = new Map(operations.map((named) => [named.operation.pointer, rowOf(named)]))
      const found = new Map([...rows.values()].map((row) => [`${row.http_method} ${row.path}`, row]))
      let same = 0
      let omitted = 0
      for (const { deprecation: _, ...expected } of table("methods.tsv")) {
        const row = found.get(`${expected["http_method"]} ${expected["path"]}`)
        if (expected["methods (preferred first)"] === "(omitted)") {
          expect(row).toBeUndefined()
          omitted += 1
        } else {
          expect(row).toEqual(expected)
          same += 1
        }
      }
      expect(problems).toEqual([])
      expect({ same, omitted, extra: found.size - same }).toEqual({ same: 340, omitted: 6, extra: 0 })
      console.log(
        `Civis: ${same} of ${same + omitted} operations have the same methods, ${omitted} are left out as there`
      )
    })
  )

  it.effect("has as deprecated what Civis' own client warns about", () =>
    Effect.gen(function* () {
      const { operations } = Names.make(yield* readSpecification, convention)
      const warned = operations
        .filter(({ aliases = [], operation }) => aliases.length > 0 || operation.deprecated)
        .map(({ operation }) => `${operation.method} ${operation.path}`)
      const expected = table("methods.tsv").filter(({ deprecation }) => deprecation !== "")
      expect(warned.sort()).toEqual(expected.map(({ http_method, path }) => `${http_method} ${path}`).sort())
    })
  )

  it("has the exceptions of Civis' own client", () => {
    const paths = (kind: string) =>
      table("nameExceptions.tsv").flatMap((row) => (row["kind"] === kind ? [row["path"]] : []))
    expect(undeclaredArrays).toEqual(paths("array_response"))
    expect(formerLists).toEqual(paths("legacy_list_alias"))
  })

  it.effect.each([
    ["/workflows/", "get", { responses: { 200: { schema: { type: "array" } } } }, "workflows.list"],
    ["/workflows/{id}", "get", {}, "workflows.get"],
    ["/workflows/{id}/executions/{execution_id}", "get", {}, "workflows.get_executions"],
    ["/users/me", "get", {}, "users.get_me list_me"],
    ["/enhancements/civis-data-match/{id}/clone", "post", {}, "enhancements.post_civis_data_match_clone"],
    ["/aliases/{object_type}/{alias}", "get", {}, "aliases.get_object_type"],
    ["/Remote-Hosts/", "delete", {}, "remote_hosts.delete"],
    ["/jobs/{id}/children", "get", {}, "jobs.list_children"],
    ["/jobs/{id}/runs", "get", { summary: "Old (Deprecated)" }, undefined]
  ] as const)("names %s %s", ([path, method, operation, name]) =>
    Effect.map(namedBy(path, operation, method), (names) => expect(names).toEqual(name === undefined ? [] : [name]))
  )
})

describe("the descriptors of Civis' convention", () => {
  const descriptorOf = (operation: Record<string, unknown>, path = "/things/{id}", method = "post") =>
    Effect.map(namesOf({ [path]: { [method]: { responses: {}, ...operation } } }), ({ operations }) =>
      operations[0]!.descriptor()
    )
  const id = { name: "id", in: "path", required: true, type: "integer" }

  it.effect("have the properties of a body as parameters, the required ones first and by position", () =>
    Effect.gen(function* () {
      const body = {
        type: "object",
        properties: { targetFileURL: { type: "string" }, name: { type: "string" }, rowCount: { type: "integer" } },
        required: ["rowCount"]
      }
      const descriptor = yield* descriptorOf({
        parameters: [id, { name: "Body", in: "body", schema: body, required: true }]
      })
      expect(descriptor.positional).toEqual(["id", "row_count"])
      expect(descriptor.body).toBeUndefined()
      expect(descriptor.parameters?.map(({ in: place, name, wire }) => [place, name, wire])).toEqual([
        ["path", "id", undefined],
        ["body", "row_count", "rowCount"],
        ["body", "target_file_url", "targetFileURL"],
        ["body", "name", undefined]
      ])
    })
  )

  it.effect("tell parameters of one name apart", () =>
    Effect.gen(function* () {
      const schema = { type: "object", properties: { id: { type: "string" }, ID: { type: "string" } } }
      const descriptor = yield* descriptorOf({ parameters: [id, { name: "Body", in: "body", schema }] })
      expect(descriptor.parameters?.map(({ name, wire }) => [name, wire])).toEqual([
        ["id", undefined],
        ["id_body", "id"],
        ["id_body_body", "ID"]
      ])
    })
  )

  it.effect("keep a body without properties as it is", () =>
    Effect.gen(function* () {
      const descriptor = yield* descriptorOf({
        parameters: [id, { name: "Body", in: "body", schema: { type: "array", items: { type: "string" } } }]
      })
      expect(Object.keys(descriptor.body?.content ?? {})).toEqual(["application/json"])
      expect(descriptor.parameters?.map(({ name }) => name)).toEqual(["id"])
    })
  )

  it.effect("send arrays in queries with brackets", () =>
    Effect.gen(function* () {
      const { parameters } = yield* descriptorOf({
        parameters: [
          id,
          { name: "state", in: "query", type: "array", items: { type: "string" } },
          { name: "q", in: "query", type: "string" }
        ]
      })
      expect(parameters?.map(({ style }) => style)).toEqual([undefined, "brackets", undefined])
    })
  )

  it.effect("have a list where a GET has `limit` and `page_num`", () =>
    Effect.gen(function* () {
      const parameters = ["limit", "page_num"].map((name) => ({ name, in: "query", type: "integer" }))
      expect((yield* descriptorOf({ parameters }, "/things", "get")).list).toEqual({
        by: "page",
        param: "page_num",
        first: 1,
        items: "",
        totalPages: { header: "x-pagination-total-pages" }
      })
      expect((yield* descriptorOf({ parameters: parameters.slice(1) }, "/things", "get")).list).toBeUndefined()
      expect((yield* descriptorOf({ parameters }, "/things", "post")).list).toBeUndefined()
    })
  )

  it.effect("keep the keys below arguments, environment variables and JSON values", () =>
    Effect.gen(function* () {
      const keysOf = (path: string, properties: Record<string, unknown>) =>
        Effect.map(
          descriptorOf({ responses: { 200: { schema: { type: "object", properties } } } }, path, "get"),
          ({ keys }) => keys?.verbatim
        )
      const own = ["arguments", "environmentVariables"]
      expect(yield* keysOf("/scripts/{id}", { value: {} })).toEqual(own)
      expect(yield* keysOf("/json_values/{id}", { value: {} })).toEqual([...own, "value"])
      expect(yield* keysOf("/jobs/{id}/outputs", { objectType: {}, value: {} })).toEqual([...own, "value"])
    })
  )
})
