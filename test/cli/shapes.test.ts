import { describe, expect, it } from "@effect/vitest"
import { describeType, type Json, textOfJson } from "../../cli/src/shapes.js"

describe("the values of an enum", () => {
  it("are given and named as JSON if they are no texts, whatever integers are in them", () => {
    const values: ReadonlyArray<Json> = ["red", 409107086526644233n, 1.5, null, true, { id: 409107086526644233n }, [1]]
    expect(values.map(textOfJson)).toEqual([
      "red",
      "409107086526644233",
      "1.5",
      "null",
      "true",
      '{"id":409107086526644233}',
      "[1]"
    ])
    expect(describeType({ enum: [{ id: 409107086526644233n }, "red"] })).toBe('{"id":409107086526644233}|red')
  })
})
