import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { columnsOf, cut, fill, harmless } from "../../../src/terminal/text.js"

describe("a label", () => {
  it("is one line without characters that change a terminal", () => {
    expect(harmless("  a\r\n\tb\u2028c  ")).toBe("a b c")
    expect(harmless("\u001b[2J\u0007\u009b1A\u0085")).toBe("�[2J��1A�")
    // Bidirectional formatting, and half a surrogate pair.
    expect(harmless("exe\u202etxt\ud83d")).toBe("exe�txt�")
    expect(harmless("日本語 👩‍👩‍👧 é")).toBe("日本語 👩‍👩‍👧 é")
    expect(harmless("x".repeat(1_000_000)).length).toBeLessThan(10_000)
  })

  it("has none of these characters, whatever it was", () => {
    const texts = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units))
    fc.assert(
      fc.property(texts, (label) => {
        expect(harmless(label)).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
        expect(harmless(harmless(label))).toBe(harmless(label))
      })
    )
  })
})

describe("columns", () => {
  it("are two for East Asian wide characters and emoji, and none for combining characters", () => {
    for (const [text, columns] of [
      ["", 0],
      ["abc", 3],
      ["日本", 4],
      ["한글", 4],
      ["ｆ", 2],
      ["é", 1],
      ["e\u0301", 1],
      ["\u200b", 0],
      ["🎉", 2],
      ["👩‍👩‍👧", 2],
      ["🇳🇴", 2],
      ["❤️", 2]
    ] as const) {
      expect(columnsOf(text), text).toBe(columns)
    }
  })

  it("are cut by graphemes, with an ellipsis", () => {
    expect(cut("abcdef", 6)).toBe("abcdef")
    expect(cut("abcdef", 4)).toBe("abc…")
    expect(cut("日本語", 5)).toBe("日本…")
    expect(cut("日本語", 4)).toBe("日…")
    expect(cut("👩‍👩‍👧👩‍👩‍👧", 3)).toBe("👩‍👩‍👧…")
    expect(cut("abc", 1)).toBe("…")
    expect(cut("abc", 0)).toBe("")
  })

  it("are never more than asked for after a cut, and exactly so many when filled", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, columns) => {
        const line = cut(harmless(text), columns)
        expect(columnsOf(line)).toBeLessThanOrEqual(columns)
        expect(columnsOf(fill(line, columns))).toBe(columns)
      })
    )
  })
})
