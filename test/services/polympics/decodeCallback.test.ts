import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Issue } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { account, team } from "./support/wire.js"

const secret = "Xyzzy"

describe("decodeCallback", () => {
  it.effect("returns the event", () =>
    Effect.gen(function* () {
      // The mask is not a safe integer.
      const body = JSON.stringify({ account: account("1", { permissions: "MASK" }), team: team(3) })
      const event = yield* Polympics.decodeCallback(body.replace('"MASK"', "-1152921504606846977"))
      expect(event.account.permissions.mask).toBe(-(2n ** 60n) - 1n)
      expect(event.team?.id).toBe(3)
    })
  )

  const of = (more: object) => JSON.stringify({ account: account("1", more), team: null })
  const cases = [
    { title: "an empty body", body: "", issues: ["is not JSON"] },
    { title: "text that is not JSON", body: secret, issues: ["is not JSON"] },
    { title: "incomplete JSON", body: `{"account":{"name":"${secret}`, issues: ["is not JSON"] },
    {
      title: "JSON that is not an object",
      body: `"${secret}"`,
      issues: ["should be AccountTeamUpdate, and is string"]
    },
    { title: "an empty object", body: "{}", issues: ["account: is missing"] },
    {
      title: "an invalid id",
      body: of({ id: secret }),
      issues: ["account.id: must be an integer from -2^63 to 2^63-1, in digits"]
    },
    {
      title: "permissions that are a name",
      body: of({ permissions: secret }),
      issues: [
        "account.permissions: should be a number, and is string",
        "account.permissions: should be a bigint, and is string"
      ]
    },
    {
      title: "an invalid timestamp",
      body: of({ created_at: secret }),
      issues: ["account.created_at: should be a number, and is string"]
    },
    {
      title: "an invalid team",
      body: JSON.stringify({ account: account("1"), team: secret }),
      issues: ["team: should be an object, and is string", "team: should be null, and is string"]
    }
  ]
  it.effect.each(cases)("fails with the issues, without the values: $title", ({ body, issues }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Polympics.decodeCallback(body))
      expect(error._tag).toBe("InvalidCallback")
      expect(error.issues.map(Issue.format)).toEqual(issues)
      expect([inspect(error, { depth: 9 }), JSON.stringify(error), String(error)].join()).not.toContain(secret)
    })
  )
})
