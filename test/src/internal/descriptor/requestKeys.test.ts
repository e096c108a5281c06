import { describe, expect, it } from "@effect/vitest"
import { requestRenamer } from "../../../../src/internal/descriptor/requestKeys.js"
import type { Shape } from "effect-herald/spec"

const rename = requestRenamer({ case: "snake_case", verbatim: ["arguments"] })

const node: Shape.Shape = {
  type: "object",
  properties: {
    rowCount: { type: "integer" },
    arguments: { type: "object" },
    childNodes: { type: "array", items: () => node }
  }
}

describe("the keys of a request", () => {
  it("have the names of the shape, in either case and at any depth", () => {
    expect(rename(node, { row_count: 1, child_nodes: [{ rowCount: 2 }, { row_count: 3 }] })).toEqual({
      rowCount: 1,
      childNodes: [{ rowCount: 2 }, { rowCount: 3 }]
    })
  })

  it("stay as they are below verbatim keys, where the shape has no such key, and where both are given", () => {
    const value = { arguments: { row_count: 1 }, other_key: { row_count: 2 }, rowCount: 3, row_count: 4 }
    expect(rename(node, value)).toEqual(value)
  })

  it("are renamed in members, and of 20,000 levels", () => {
    const joined: Shape.Shape = { allOf: [() => joined, { anyOf: [{ properties: { aB: {} } }, () => node] }] }
    expect(rename(joined, JSON.parse('{"a_b":1,"row_count":2,"__proto__":3}'))).toEqual(
      JSON.parse('{"aB":1,"rowCount":2,"__proto__":3}')
    )
    let deep: unknown = { row_count: 0 }
    for (let level = 0; level < 20_000; level += 1) deep = { child_nodes: [deep] }
    expect(Object.keys(rename(node, deep) as object)).toEqual(["childNodes"])
  })

  it("are renamed by functions that return a new shape at each call, as those of generated code do", () => {
    const One = (): Shape.Shape => ({ allOf: [Other, { anyOf: [One, { properties: { aB: One } }] }] })
    const Other = (): Shape.Shape => ({ allOf: [One] })
    expect(rename(One, { a_b: { a_b: 1 } })).toEqual({ aB: { aB: 1 } })
  })
})
