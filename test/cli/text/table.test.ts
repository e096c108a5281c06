import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { layOut, makeTable } from "../../../cli/src/text/table.js"
import { visible, visibleLine } from "../../../cli/src/text/visible.js"
import { cut, fill, widthOf, wrap } from "../../../cli/src/text/width.js"

const lines = (items: ReadonlyArray<unknown>, columns: number) => {
  const table = makeTable(items, columns)
  return [table.header, ...items.map(table.row)]
}

describe("widthOf", () => {
  it("counts columns: wide characters and emoji have two, combining marks none", () => {
    expect(["abc", "é", "e\u0301", "日本", "한글", "👍🏽", "👨‍👩‍👧", "🇳🇴", "ｱ", "Ａ"].map(widthOf)).toEqual([
      3, 1, 1, 4, 4, 2, 2, 2, 1, 2
    ])
  })
})

describe("cut", () => {
  it("never exceeds its columns, and never divides a grapheme", () => {
    expect(cut("日本語", 4)).toBe("日…")
    expect(cut("日本語", 6)).toBe("日本語")
    expect(cut("e\u0301e\u0301e\u0301", 2)).toBe("e\u0301…")
    fc.assert(
      fc.property(fc.fullUnicodeString(), fc.integer({ min: 1, max: 20 }), (text, columns) => {
        const line = visibleLine(text)
        expect(widthOf(cut(line, columns))).toBeLessThanOrEqual(columns)
        if (widthOf(line) <= columns) expect(cut(line, columns)).toBe(line)
      })
    )
  })

  it("takes little time for a long line", () => {
    expect(cut("日".repeat(10_000_000), 10)).toBe("日日日日…")
  })
})

describe("visible", () => {
  it("lets no control character through", () => {
    expect(visible("a\u001b]0;title\u0007b\r\n\tc\u009b")).toBe("a\\u001b]0;title\\u0007b\\u000d\n\tc\\u009b")
    fc.assert(
      fc.property(fc.fullUnicodeString(), (text) => {
        expect(visibleLine(text)).not.toMatch(/[\p{Cc}\u202a-\u202e]/u)
      })
    )
  })
})

describe("makeTable", () => {
  it("aligns columns: numbers right, texts left", () => {
    expect(
      lines(
        [
          { id: 1, name: "Ada", state: null },
          { id: 200, name: "日本", state: null }
        ],
        40
      )
    ).toEqual([" id  name  state", "  1  Ada", "200  日本"])
  })

  it("leaves columns out that have no room, the empty and the nested ones first, and names them", () => {
    const items = [{ id: 1, empty: null, nested: { a: [1, 2] }, name: "x".repeat(30) }]
    const table = makeTable(items, 40)
    expect(table.header).toBe(`id  ${"name".padEnd(30)}`.trimEnd())
    expect(table.hidden).toEqual(["nested", "empty"])
  })

  it("shows items of any type, and no escape sequence of the server", () => {
    expect(lines([1, "two", null, true, { a: "x\u001b[2J\ny" }, [3]], 60)).toEqual([
      "a",
      "               1",
      "               two",
      "",
      "               true",
      "x\\u001b[2J\\ny",
      "               [3]"
    ])
  })

  it("never exceeds the width of the terminal", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 80 }), (items, columns) => {
        for (const line of lines(items, columns)) expect(widthOf(line)).toBeLessThanOrEqual(columns)
      })
    )
  })
})

describe("layOut", () => {
  it("aligns columns, and cuts the last one", () => {
    expect(
      layOut(
        [
          ["a", "first one"],
          ["long", "second one of them"]
        ],
        24
      )
    ).toEqual(["  a     first one", "  long  second one of t…"])
  })
})

describe("wrap", () => {
  it("breaks at spaces", () => {
    expect(wrap("one two three\nfour", 8)).toEqual(["one two", "three", "four"])
    expect(wrap("averylongwordindeed no", 8)).toEqual(["averylongwordindeed", "no"])
    expect(fill("日", 4)).toBe("日  ")
  })
})
