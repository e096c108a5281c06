import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { parseJson } from "../../../cli/src/jsonText.js"
import { toJson } from "../../../cli/src/text/json.js"
import { parse } from "../../../src/internal/http/json.js"

describe("toJson", () => {
  it("writes what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(toJson(value)).toBe(JSON.stringify(value))
        expect(toJson(value, { pretty: true })).toBe(JSON.stringify(value, undefined, 2))
      })
    )
  })

  it("writes big integers as numbers, and values that JSON does not have as null", () => {
    expect(toJson({ id: 12345678901234567890n, a: undefined, b: Number.NaN, c: () => 1 })).toBe(
      '{"id":12345678901234567890,"a":null,"b":null,"c":null}'
    )
  })

  it("writes values of any depth, and keys such as __proto__", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`
    expect(toJson(JSON.parse(deep))).toBe(deep)
    expect(toJson(JSON.parse('{"__proto__":{"a":1},"constructor":2}'))).toBe('{"__proto__":{"a":1},"constructor":2}')
  })

  it("escapes what could change a terminal, where it is asked to", () => {
    const text = "a\u001b[31mb\u009bc\u202ed\u007f"
    const written = toJson([text], { visible: true })
    expect(written).toBe('["a\\u001b[31mb\\u009bc\\u202ed\\u007f"]')
    expect(JSON.parse(written)).toEqual([text])
  })

  it("stops early for previews", () => {
    expect(
      toJson(
        Array.from({ length: 1000 }, (_, index) => index),
        { atMost: 20 }
      ).length
    ).toBeLessThan(30)
  })
})

describe("parseJson", () => {
  it("keeps integers that a double can't hold, and reads everything else as JSON.parse does", () => {
    expect(
      parseJson('{"a":12345678901234567890,"b":"12345678901234567890","c":[9007199254740993,1e20,1234567890123456]}')
    ).toEqual({
      a: 12345678901234567890n,
      b: "12345678901234567890",
      c: [9007199254740993n, 1e20, 1234567890123456]
    })
    expect(parseJson("\ufeff{}")).toEqual({})
    expect(() => parseJson("{")).toThrow(SyntaxError)
    const text = `\\"${"x".repeat(20_000_000)}\\\\`
    expect(parseJson(`{"text":"${text}","1234567890123456789":"\\\\","id":12345678901234567890}`)).toEqual({
      text: `"${"x".repeat(20_000_000)}\\`,
      "1234567890123456789": "\\",
      id: 12345678901234567890n
    })
    expect(parseJson("[9007199254740991,9007199254740992,-9007199254740992,-0]")).toEqual([
      9007199254740991,
      9007199254740992n,
      -9007199254740992n,
      -0
    ])
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        // The parser of the client reads these texts, too: one rule tells which integers are big.
        expect(parseJson(text)).toEqual(parse(text))
        expect(toJson(parseJson(text))).toBe(text)
      })
    )
  })
})
