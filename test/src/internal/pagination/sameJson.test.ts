import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { sameJson } from "../../../../src/internal/pagination/sameJson.js"

const hidden = Object.defineProperty({ name: "x" }, "id", { value: 2 })
const inherited = Object.assign(Object.create({ id: 2 }), { name: "x" })
const cyclic: Record<string, unknown> = { id: 1 }
cyclic["self"] = cyclic

describe("the comparison of items by their JSON", () => {
  it.each<[title: string, one: unknown, other: unknown, same: boolean]>([
    ["equal fields", { id: 1, name: "x" }, { id: 1, name: "x" }, true],
    ["another order of fields", { id: 1, name: "x" }, { name: "x", id: 1 }, false],
    ["another text", { id: "1" }, { id: "2" }, false],
    ["another number", { id: 1 }, { id: 2 }, false],
    ["another type", { id: 1 }, { id: "1" }, false],
    ["a difference within a field", { id: { of: 1 } }, { id: { of: 2 } }, false],
    ["zeros of both signs", { id: 0 }, { id: -0 }, true],
    ["numbers that JSON does not have", { id: Number.NaN }, { id: Number.POSITIVE_INFINITY }, true],
    ["a field that JSON does not have", { id: 1, more: undefined }, { id: 1 }, true],
    ["a field that is not enumerable", { id: 1, name: "x" }, hidden, false],
    ["a field that is inherited", { id: 1, name: "x" }, inherited, false],
    ["a JSON of their own", { id: 1, toJSON: () => "x" }, { id: 2, toJSON: () => "x" }, true],
    ["long integers", { id: 900719925474099301n }, { id: 900719925474099302n }, false],
    ["the same long integer", { id: 900719925474099301n }, { id: 900719925474099301n }, true],
    ["dates", new Date(1), new Date(2), false],
    ["the same date", new Date(1), new Date(1), true],
    ["objects that contain themselves", cyclic, { ...cyclic }, false],
    ["one object that contains itself", cyclic, cyclic, true],
    ["arrays", [1, "x"], [1, "x"], true],
    ["other arrays", [1, "x"], [1, "y"], false],
    ["null and an object", null, { id: 1 }, false],
    ["undefined", undefined, undefined, true]
  ])("decides on %s", (_, one, other, same) => {
    expect(sameJson(one, other)).toBe(same)
    expect(sameJson(other, one)).toBe(same)
  })

  it("is that of their texts", () => {
    const scalar = FastCheck.constantFrom(
      0,
      -0,
      1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      "",
      "1",
      "a",
      true,
      null,
      undefined
    )
    const field = FastCheck.oneof(scalar, FastCheck.array(scalar, { maxLength: 2 }), FastCheck.record({ a: scalar }))
    const fields = FastCheck.dictionary(FastCheck.constantFrom("a", "b", "0", "__proto__"), field, { maxKeys: 3 })
    const item = FastCheck.oneof(fields, field)
    FastCheck.assert(
      FastCheck.property(item, item, (one, other) => {
        expect(sameJson(one, other)).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
      { numRuns: 2000 }
    )
  })
})
