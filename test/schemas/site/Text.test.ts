import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { BlankableText, blankableTextUpTo, Text, textUpTo } from "../../../schemas/site/Text.js"

const accepts = (schema: Schema.Schema<string>, text: string) => Either.isRight(Schema.encodeEither(schema)(text))

/** The white space that Python strips, of Unicode's categories and of ASCII's separators. */
const spaces =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

describe("a text", () => {
  it.each([...spaces])("is blank if it is %j", (space) => {
    expect(accepts(Text, space)).toBe(false)
    expect(accepts(Text, spaces + space)).toBe(false)
    expect(accepts(Text, `${space}a${space}`)).toBe(true)
    expect(accepts(BlankableText, space)).toBe(true)
  })

  it("is blank if it is empty", () => {
    expect(accepts(Text, "")).toBe(false)
    expect(accepts(BlankableText, "")).toBe(true)
  })

  it.each(["\ufeff", "\u200b", "\u180e", "\x1b"])("is not blank if it is %j, which Python does not strip", (text) =>
    expect(accepts(Text, text)).toBe(true)
  )

  it("has a length in code points, without the white space around it", () => {
    expect(accepts(textUpTo(3), "abc")).toBe(true)
    expect(accepts(textUpTo(3), "abcd")).toBe(false)
    expect(accepts(textUpTo(3), "𝔸𝔸𝔸")).toBe(true)
    expect(accepts(textUpTo(3), "𝔸𝔸𝔸𝔸")).toBe(false)
    expect(accepts(textUpTo(3), ` ${spaces}abc${spaces}`)).toBe(true)
    expect(accepts(textUpTo(3), "a  b")).toBe(false)
    expect(accepts(blankableTextUpTo(3), spaces)).toBe(true)
    expect(accepts(blankableTextUpTo(3), "\ufeff\ufeff\ufeff\ufeff")).toBe(false)
  })

  it("is sent as it is", () => expect(Schema.encodeSync(textUpTo(3))("  a ")).toBe("  a "))

  it.each(["a\0", "\ud800", "\udc00a"])("is refused if it is %j, which the server can't store", (text) => {
    expect(accepts(Text, text)).toBe(false)
    expect(accepts(BlankableText, text)).toBe(false)
  })
})
