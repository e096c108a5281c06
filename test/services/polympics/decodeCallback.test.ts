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

  const text = JSON.stringify({ account: account("1", { team: team(3) }), team: team(3) })
  const bytes = new TextEncoder().encode(text)
  const forms: ReadonlyArray<{ readonly title: string; readonly body: unknown }> = [
    { title: "text", body: text },
    { title: "a parsed value", body: JSON.parse(text) },
    { title: "a parsed value without a prototype", body: Object.assign(Object.create(null), JSON.parse(text)) },
    { title: "a frozen value", body: Object.freeze(JSON.parse(text)) },
    { title: "bytes", body: bytes },
    { title: "a Buffer", body: Buffer.from(text) },
    { title: "a part of a Buffer", body: Buffer.from(`..${text}..`).subarray(2, -2) },
    { title: "an ArrayBuffer", body: bytes.buffer },
    { title: "a DataView", body: new DataView(bytes.buffer) },
    { title: "bytes with a byte order mark", body: Buffer.from(`\ufeff${text}`) }
  ]
  it.effect.each(forms)("accepts $title", ({ body }) =>
    Effect.gen(function* () {
      expect(yield* Polympics.decodeCallback(body)).toEqual(yield* Polympics.decodeCallback(text))
    })
  )

  const throwing = {
    get account(): never {
      throw new Error(secret)
    },
    team: null
  }
  const circular: Record<string, unknown> = {}
  circular["account"] = circular
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const junk: ReadonlyArray<{ readonly title: string; readonly body: unknown }> = [
    { title: "undefined", body: undefined },
    { title: "null", body: null },
    { title: "a number", body: 1 },
    { title: "a bigint", body: 1n },
    { title: "true", body: true },
    { title: "a symbol", body: Symbol(secret) },
    { title: "a function", body: () => secret },
    { title: "an array", body: [JSON.parse(text)] },
    { title: "a Map", body: new Map([["account", secret]]) },
    { title: "an object that refers to itself", body: circular },
    { title: "an object that throws", body: throwing },
    { title: "a revoked proxy", body: proxy },
    { title: "a Request", body: new Request("http://a.test", { method: "POST", body: secret }) },
    { title: "bytes that are not JSON", body: Buffer.from(secret) },
    { title: "no bytes", body: new Uint8Array() },
    { title: "bytes that are not UTF-8", body: new Uint8Array([0x22, 0xff]) },
    { title: "text of parsed text", body: JSON.stringify(text) },
    { title: "deep JSON", body: "[".repeat(1_000_000) }
  ]
  it.effect.each(junk)("fails with InvalidCallback for $title", ({ body }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Polympics.decodeCallback(body))
      expect(error._tag).toBe("InvalidCallback")
      expect(error.issues.length).toBeGreaterThan(0)
      expect([inspect(error, { depth: 9 }), JSON.stringify(error), String(error)].join()).not.toContain(secret)
    })
  )

  it.effect("refuses a parsed value whose mask is rounded", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ account: account("1", { permissions: "MASK" }), team: null }).replace(
        '"MASK"',
        `${2n ** 60n}`
      )
      expect((yield* Polympics.decodeCallback(body)).account.permissions.mask).toBe(2n ** 60n)
      const error = yield* Effect.flip(Polympics.decodeCallback(JSON.parse(body)))
      expect(error.issues.map(Issue.format)).toEqual([
        "account.permissions: should be an integer",
        "account.permissions: should be a bigint, and is number"
      ])
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
