import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { TeamSearch } from "../../../schemas/polympics/search.js"

/** A pattern of PostgreSQL's LIKE, as a regular expression. */
const like = (pattern: string): RegExp => {
  const parts = [...pattern.matchAll(/\\([\s\S])|([\s\S])/g)].map(([, escaped, plain]) => {
    if (plain === "%") return "[\\s\\S]*"
    if (plain === "_") return "[\\s\\S]"
    return `\\u{${((escaped ?? plain) as string).charCodeAt(0).toString(16)}}`
  })
  return new RegExp(`^${parts.join("")}$`, "u")
}

const tricky = FastCheck.string({ unit: FastCheck.constantFrom("a", "b", "%", "_", "\\", " ") })

describe("text to search for", () => {
  it.prop("matches itself only", [tricky, tricky], ([text, other]) => {
    const { q = "" } = Schema.encodeSync(TeamSearch)({ search: text })
    expect(like(q).test(text)).toBe(true)
    expect(like(q).test(other)).toBe(text === other)
  })

  it.prop("is decoded to the same text", [tricky], ([text]) => {
    const wire = Schema.encodeSync(TeamSearch)({ search: text })
    expect(Schema.decodeSync(TeamSearch)(wire)).toEqual({ search: text })
  })
})

describe("page and pageSize", () => {
  const integer = FastCheck.oneof(FastCheck.integer({ min: 0, max: 100 }), FastCheck.maxSafeNat())
  it.prop("have a product that the server can compute", [integer, integer], ([page, pageSize]) => {
    const fits = pageSize > 0 && BigInt(page) * BigInt(pageSize) < 2n ** 63n
    expect(Schema.encodeEither(TeamSearch)({ page, pageSize })._tag).toBe(fits ? "Right" : "Left")
  })
})
