import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { notEmpty, textUpTo } from "../../../schemas/polympics/Text.js"

const text = FastCheck.string({
  unit: FastCheck.constantFrom("a", "é", "😀", "\u0301", "\0", "\ud800", "\udc00"),
  maxLength: 8
})

/** The code points, where lone surrogates stay as they are. */
const points = (text: string) => Array.from(text, (character) => character.codePointAt(0) ?? 0)

describe("text of at most four characters", () => {
  it.prop("has at most four code points, without NUL and lone surrogates", [text], ([text]) => {
    const storable = points(text).every((point) => point !== 0 && (point < 0xd800 || point > 0xdfff))
    expect(Schema.is(textUpTo(4))(text)).toBe(storable && points(text).length <= 4)
  })
})

describe("text that must not be empty", () => {
  it("is refused with the reason", () => {
    expect(Schema.is(notEmpty(textUpTo(4)))("a")).toBe(true)
    expect(() => Schema.decodeSync(notEmpty(textUpTo(4)))("")).toThrow("the server would ignore it")
  })
})
