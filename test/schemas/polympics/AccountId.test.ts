import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { AccountId } from "../../../schemas/polympics/Account.js"

const is = Schema.is(AccountId)

/** Reports whether a text is an integer of 64 bits, in the only way in which the server writes it. */
const isId = (text: string): boolean => {
  try {
    const id = BigInt(text)
    return id.toString() === text && id >= -(2n ** 63n) && id <= 2n ** 63n - 1n
  } catch {
    return false
  }
}

describe("an account id", () => {
  const numbers = FastCheck.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String)
  const near = FastCheck.stringMatching(/^[-+ 0]{0,3}[0-9a-f_.]{0,22}\n?$/)

  it.prop("is an integer of 64 bits, in digits", [FastCheck.oneof(numbers, near, FastCheck.string())], ([text]) => {
    expect([text, is(text)]).toEqual([text, isId(text)])
  })

  it("has the range of 64 bits", () => {
    expect(is("9223372036854775807")).toBe(true)
    expect(is("9223372036854775808")).toBe(false)
    expect(is("-9223372036854775808")).toBe(true)
    expect(is("-9223372036854775809")).toBe(false)
  })

  it("has one spelling", () => {
    for (const text of ["", "-0", "00", "01", "+1", " 1", "1 ", "1\n", "1_000", "0x1", "1e3", "1.0", "١"]) {
      expect([text, is(text)]).toEqual([text, false])
    }
  })

  it.prop("is valid if its own arbitrary makes it", [AccountId], ([id]) => {
    expect(isId(id)).toBe(true)
  })
})
