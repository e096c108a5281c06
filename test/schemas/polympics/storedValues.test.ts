import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Account } from "../../../schemas/polympics/Account.js"
import { CreateAccount } from "../../../schemas/polympics/forms.js"
import { Team } from "../../../schemas/polympics/Team.js"

/*
 * The server stores values that it would not accept in a request. Schemas of responses permit them.
 */

const wire = {
  id: "1",
  name: "Bob",
  discriminator: "0001",
  avatar_url: null,
  team: null,
  permissions: 0,
  created_at: 1617278400,
  awards: []
}

const decode = Schema.decodeUnknownSync(Account)

describe("an account", () => {
  const odd = FastCheck.oneof(
    FastCheck.string(),
    FastCheck.constantFrom("", "n".repeat(300), "\0", "\ud800", "مرحبا", "👨‍👩‍👧")
  )

  it.prop("can have any name, discriminator and avatar", [odd, odd, odd], ([name, discriminator, avatar_url]) => {
    const account = decode({ ...wire, name, discriminator, avatar_url })
    expect([account.name, account.discriminator, account.avatarUrl]).toEqual([name, discriminator, avatar_url])
  })

  it("can have any mask", () => {
    for (const permissions of [-17, 2 ** 40, -(2n ** 63n), 2n ** 64n]) {
      expect(decode({ ...wire, permissions }).permissions.mask).toBe(BigInt(permissions))
    }
  })

  it("can have unknown fields", () => {
    expect(decode({ ...wire, more: 1 })).toEqual(decode(wire))
  })

  it("must have all fields", () => {
    for (const key of Object.keys(wire)) {
      const { [key as keyof typeof wire]: _, ...rest } = wire
      expect(() => decode(rest), key).toThrow(key)
    }
  })

  it("must have an id that is a text, since a number would not be exact", () => {
    expect(() => decode({ ...wire, id: 1 })).toThrow()
  })
})

describe("the schema of a request", () => {
  it("refuses them", () => {
    const is = Schema.is(CreateAccount)
    const form = { id: "1", name: "Bob", discriminator: "0001" }
    expect(is(form)).toBe(true)
    for (const more of [{ name: "n".repeat(300) }, { name: "\0" }, { discriminator: "" }, { discriminator: "x" }]) {
      expect(is({ ...form, ...more })).toBe(false)
    }
  })
})

describe("a team", () => {
  it("can have an empty name", () => {
    const team = { id: 9, name: "", created_at: 1617278400, member_count: 0, awards: [] }
    expect(Schema.decodeUnknownSync(Team)(team).name).toBe("")
  })
})
