import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Json from "../../../../src/internal/http/json.js"

/** Parses a text beside a long integer, so that the slower parser is used for the whole. */
const parseSlowly = (text: string) => {
  const [value, long] = Json.parse(`[${text},12345678901234567890]`) as [unknown, unknown]
  expect(long).toBe(12345678901234567890n)
  return value
}

const parsers = [
  ["without long integers", Json.parse],
  ["beside a long integer", parseSlowly]
] as const

describe("Json", () => {
  describe("parse", () => {
    it.each([
      ["9007199254740991", 9007199254740991],
      ["9007199254740992", 9007199254740992n],
      ["9007199254740993", 9007199254740993n],
      ["-9007199254740993", -9007199254740993n],
      [" 900719925474099300 ", 900719925474099300n],
      ["1000000000000000", 1000000000000000],
      ["12345678901234567890123456789012345678901234567890", 12345678901234567890123456789012345678901234567890n]
    ])("parses an integer: %s", (text, value) => {
      expect(Json.parse(text)).toBe(value)
    })

    it.each([
      ['{"id":9007199254740993}', { id: 9007199254740993n }],
      ['{"id" : \n-9007199254740993}', { id: -9007199254740993n }],
      ["[9007199254740993]", [9007199254740993n]],
      ["[1,9007199254740993]", [1, 9007199254740993n]]
    ])("parses a long integer as a property or an element: %s", (text, value) => {
      expect(Json.parse(text)).toEqual(value)
    })

    it.each([
      ["12345678901234567.5", Number("12345678901234567.5")],
      ["1234567890123456789e3", Number("1234567890123456789e3")],
      ["1E400", Number.POSITIVE_INFINITY],
      ["1e-400", 0]
    ])("parses a fraction or an exponent as a number, as JSON.parse does: %s", (text, value) => {
      expect(Json.parse(text)).toBe(value)
      expect(parseSlowly(text)).toBe(value)
    })

    it("keeps digits in strings and keys", () => {
      const text = '{"a":"9007199254740993","b":",9007199254740993","9007199254740993":"\\" 9007199254740993"}'
      expect(Json.parse(text)).toEqual(JSON.parse(text))
    })

    it.each(parsers)("returns the same as JSON.parse for every value, %s", (_, parse) => {
      fc.assert(
        fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 5 }), (value) => {
          const text = JSON.stringify(value)
          fc.pre(!/\d{16}|"__proto__":/.test(text))
          expect(parse(text)).toStrictEqual(JSON.parse(text))
        })
      )
    })

    it.each(parsers)("keeps minus zero, %s", (_, parse) => {
      expect(parse("-0")).toBe(-0)
    })

    it.each(parsers)("returns the last of two values with the same key, %s", (_, parse) => {
      expect(parse('{"a":1,"a":2}')).toEqual({ a: 2 })
    })

    it.each([
      '{"__proto__":{"admin":true},"constructor":1}',
      '{"__proto__":{"admin":true},"constructor":12345678901234567890}',
      '{"\\u005f_proto_\\u005F":{"admin":true},"constructor":12345678901234567890}',
      '{"__\\u0070roto__":{"admin":true},"constructor":12345678901234567890}'
    ])("keeps a key __proto__ as an own property, and sets no prototype: %s", (text) => {
      const value = Json.parse(text) as Record<string, unknown>
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
      expect(Object.keys(value).sort()).toEqual(["__proto__", "constructor"])
      expect(Object.getOwnPropertyDescriptor(value, "__proto__")?.value).toEqual({ admin: true })
      expect(value["admin"]).toBeUndefined()
      expect(Object.hasOwn(Object.prototype, "admin")).toBe(false)
    })

    it("parses long integers exactly beside a string __proto__", () => {
      expect(Json.parse('{"name":"__proto__","mask":12345678901234567890,"at":"\\"__proto__\\":"}')).toEqual({
        name: "__proto__",
        mask: 12345678901234567890n,
        at: '"__proto__":'
      })
    })

    it.each(parsers)("parses deep nesting without a stack overflow, %s", (_, parse) => {
      const depth = 100_000
      let value = parse("[".repeat(depth) + "]".repeat(depth)) as Array<unknown> | undefined
      let levels = 0
      for (; value !== undefined; levels += 1) value = value[0] as Array<unknown> | undefined
      expect(levels).toBe(depth)
    })

    it.each(parsers)("throws a SyntaxError for a text that JSON.parse rejects, %s", (_, parse) => {
      const invalid = [
        "{",
        "[1,]",
        "{'a':1}",
        '{"a"}',
        "01",
        "1.",
        ".5",
        "+1",
        "NaN",
        "Infinity",
        "undefined",
        '"\t"',
        '"\\x"',
        "// 1",
        "1 2",
        "\u00a01"
      ]
      const accepted = invalid.filter((text) => {
        try {
          parse(text)
          return true
        } catch (error) {
          return !(error instanceof SyntaxError)
        }
      })
      expect(accepted).toEqual([])
    })

    it("throws a SyntaxError for an incomplete text with a long integer", () => {
      expect(() => Json.parse('{"id":9007199254740993')).toThrow(SyntaxError)
      expect(() => Json.parse("9007199254740993x")).toThrow(SyntaxError)
    })

    it.each([
      ["a string without an end, of escapes", `[12345678901234567890,"${'\\"'.repeat(1_000_000)}`],
      ["backslashes", `[12345678901234567890,"${"\\".repeat(2_000_001)}`],
      ["minus signs", `[12345678901234567890,${"-".repeat(2_000_000)}`],
      ["an exponent without an end", `[12345678901234567890,1${"e".repeat(2_000_000)}`]
    ])("refuses a long text that is not JSON in linear time: %s", (_, text) => {
      // In quadratic time this would take hours.
      expect(() => Json.parse(text)).toThrow(SyntaxError)
    })

    it("parses a string of 30 million characters beside a long integer", () => {
      const value = Json.parse(`[12345678901234567890,"${"x".repeat(30_000_000)}"]`) as ReadonlyArray<unknown>
      expect(value[0]).toBe(12345678901234567890n)
      expect(String(value[1]).length).toBe(30_000_000)
    })

    it("parses an integer of 10,000 digits exactly", () => {
      const digits = `7${"0".repeat(9_998)}3`
      expect(String(Json.parse(`[-${digits}]`))).toBe(`-${digits}`)
    })

    it("keeps escapes beside a long integer", () => {
      const text = '[12345678901234567890,"\\\\","\\"","a\\\\\\"12345678901234567890",{"\\"k\\\\":"v"}]'
      expect(Json.parse(text)).toEqual([12345678901234567890n, "\\", '"', 'a\\"12345678901234567890', { '"k\\': "v" }])
    })

    it("refuses leading zeros and a long integer as a key", () => {
      for (const text of [
        "[01234567890123456789]",
        "{12345678901234567890:1}",
        "[1-12345678901234567890]",
        "[.12345678901234567890]"
      ]) {
        expect(() => Json.parse(text), text).toThrow(SyntaxError)
      }
    })

    it("parses every integer exactly", () => {
      fc.assert(
        fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (integer) => {
          expect(BigInt(Json.parse(`${integer}`) as number | bigint)).toBe(integer)
        })
      )
    })
  })

  describe("stringify", () => {
    it("returns the same as JSON.stringify for values without a bigint", () => {
      fc.assert(
        fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
          expect(Json.stringify(value)).toBe(JSON.stringify(value))
        })
      )
    })

    it("writes a bigint as an integer, which parse reads back", () => {
      const value = fc.letrec((tie) => ({
        value: fc.oneof(
          { maxDepth: 3 },
          fc.bigInt({ min: 2n ** 53n }),
          fc.bigInt({ max: -(2n ** 53n) }),
          fc.integer(),
          fc.string({ unit: "binary" }),
          fc.constant(null),
          fc.array(tie("value")),
          fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true })
        )
      })).value
      fc.assert(
        fc.property(value, (value) => {
          expect(Json.parse(Json.stringify([value, 2n ** 64n]))).toEqual([value, 2n ** 64n])
        })
      )
    })

    it("writes an integer although a program gave bigint a toJSON", () => {
      Object.defineProperty(BigInt.prototype, "toJSON", { configurable: true, value: String })
      try {
        expect(Json.stringify({ id: 2n ** 64n, ids: [1n], date: new Date(0) })).toBe(
          '{"id":18446744073709551616,"ids":[1],"date":"1970-01-01T00:00:00.000Z"}'
        )
      } finally {
        Reflect.deleteProperty(BigInt.prototype, "toJSON")
      }
    })

    it("escapes lone surrogates, also beside a bigint", () => {
      expect(Json.stringify(["\ud800", "\udc00x", "👩‍🚀", 2n ** 64n])).toBe(
        '["\\ud800","\\udc00x","👩‍🚀",18446744073709551616]'
      )
    })

    it("leaves out properties that are undefined, also beside a bigint", () => {
      expect(Json.stringify({ a: undefined, b: 2n ** 64n })).toBe('{"b":18446744073709551616}')
    })
  })
})
