import { describe, expect, it } from "@effect/vitest"
import { nearestName, unknownName } from "../../../../src/internal/descriptor/names.js"

describe("nearestName", () => {
  it.each([
    ["pagenum", "page_num"],
    ["page-num", "page_num"],
    ["limt", "limit"],
    ["PageNumber", "page_num"],
    ["paginate", undefined],
    ["idd", "id"],
    ["zzz", undefined],
    ["", undefined]
  ])("of %s is %s", (name, expected) => {
    expect(nearestName(name, ["id", "limit", "page_num"])).toBe(expected)
  })
})

describe("unknownName", () => {
  it("tells the nearest name, and all that there are", () => {
    expect(unknownName("pagenum", ["limit", "pageNum"], "a parameter")).toBe(
      "is not a parameter; did you mean pageNum? There are: limit, pageNum"
    )
    expect(unknownName("zzz", ["limit"], "a parameter")).toBe("is not a parameter. There are: limit")
    expect(unknownName("zzz", [], "a parameter")).toBe("is not a parameter: there are none")
  })

  it("is of bounded length, and takes bounded time", () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `${index}`.repeat(10_000 / 5))
    const message = unknownName("a".repeat(1_000_000), names, "a parameter")
    expect(message.length).toBeLessThan(2000)
    expect(message).toContain(", and 99980 more")
  })
})
