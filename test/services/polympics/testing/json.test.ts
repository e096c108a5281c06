import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type Json, JsonDecodeError, parse } from "../../../../services/polympics/testing/json.js"

/** A value with its integers as numbers. */
const withNumbers = (value: Json): unknown => {
  if (typeof value === "bigint") return Number(value)
  if (Array.isArray(value)) return value.map(withNumbers)
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item)]))
    : value
}

describe("JSON of the test server", () => {
  it.prop("has the values that JSON.parse has", [FastCheck.json()], ([text]) => {
    // JSON.parse makes -0 of an integer, which Python has not.
    const expected = JSON.parse(text, (_, value: unknown) => (value === 0 ? 0 : value))
    expect(withNumbers(parse(text))).toEqual(expected)
  })

  it("distinguishes integers of any size from other numbers", () => {
    expect(parse(` [0, -1, ${2n ** 70n}, 1.0, 1e2, -0.5]\n`)).toEqual([0n, -1n, 2n ** 70n, 1, 100, -0.5])
  })

  it("has keys such as __proto__, and the last value of a repeated key", () => {
    expect(Object.entries(parse('{"__proto__": 1, "a": 2, "a": 3}') as object)).toEqual([
      ["__proto__", 1n],
      ["a", 3n]
    ])
  })

  // As Python 3.11 reports them.
  const mistakes: ReadonlyArray<readonly [text: string, message: string, position: number]> = [
    ["", "Expecting value", 0],
    ["  ", "Expecting value", 2],
    ["{", "Expecting property name enclosed in double quotes", 1],
    ['{"a"', "Expecting ':' delimiter", 4],
    ['{"a":', "Expecting value", 5],
    ['{"a":}', "Expecting value", 5],
    ['{"a":1', "Expecting ',' delimiter", 6],
    ['{"a":1,', "Expecting property name enclosed in double quotes", 7],
    ['{"a":1,}', "Expecting property name enclosed in double quotes", 7],
    ['{"a":1 "b":2}', "Expecting ',' delimiter", 7],
    ["{a:1}", "Expecting property name enclosed in double quotes", 1],
    ["[", "Expecting value", 1],
    ["[1", "Expecting ',' delimiter", 2],
    ["[1,", "Expecting value", 3],
    ["[1 2]", "Expecting ',' delimiter", 3],
    ["[1,]", "Expecting value", 3],
    ["nul", "Expecting value", 0],
    ["-", "Expecting value", 0],
    ["01", "Extra data", 1],
    ["1.", "Extra data", 1],
    [".5", "Expecting value", 0],
    ['"abc', "Unterminated string starting at", 0],
    ['"a\nb"', "Invalid control character at", 2],
    ['"\\x"', "Invalid \\escape", 1],
    ['"\\u12g4"', "Invalid \\uXXXX escape", 2],
    ['"\\u12', "Invalid \\uXXXX escape", 2],
    ['"\\', "Unterminated string starting at", 0],
    ["1 2", "Extra data", 2],
    ["{} x", "Extra data", 3],
    ["\n\n [tru]", "Expecting value", 4]
  ]
  it.each(mistakes)("reports the mistake of %j", (text, message, position) => {
    try {
      parse(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(JsonDecodeError)
      expect(error).toMatchObject({ message, position })
    }
  })
})
