import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Snowflake } from "effect-herald"
import { Id, IdText } from "../../../schemas/site/Id.js"

const encode = Schema.encodeEither(Id)
const encodeText = Schema.encodeEither(IdText)

describe("the id of a request", () => {
  it("is an exact integer in a body, and digits elsewhere", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (integer) => {
        const id = Snowflake.Snowflake.make(String(integer))
        const encoded = Either.getOrThrow(encode(id))
        expect(BigInt(encoded)).toBe(integer)
        expect(typeof encoded).toBe(integer <= 2n ** 53n - 1n ? "number" : "bigint")
        expect(encodeText(id)).toEqual(Either.right(String(integer)))
        expect(Schema.decodeEither(Id)(encoded)).toEqual(Either.right(id))
      })
    )
  })

  it.each(["-1", "-9223372036854775808"])("is refused if it is %s", (text) => {
    const id = Snowflake.Snowflake.make(text)
    expect(Either.isLeft(encode(id))).toBe(true)
    expect(Either.isLeft(encodeText(id))).toBe(true)
  })

  it.each(["9223372036854775808", "4.09e17", "01", "", " 1", "1n"])(
    "is refused if it is %j, which is no snowflake",
    (id) => {
      expect(Either.isLeft(encode(id as Snowflake.Snowflake))).toBe(true)
      expect(Either.isLeft(encodeText(id as Snowflake.Snowflake))).toBe(true)
    }
  )
})
