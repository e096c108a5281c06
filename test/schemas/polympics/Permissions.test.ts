import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as FastCheck from "effect/FastCheck"
import * as HashSet from "effect/HashSet"
import * as Inspectable from "effect/Inspectable"
import * as Logger from "effect/Logger"
import * as Pretty from "effect/Pretty"
import * as Schema from "effect/Schema"
import * as Permissions from "../../../schemas/polympics/Permissions.js"

/** The list of the API's documentation, least significant first. */
const documented = [
  "managePermissions",
  "manageAccountTeams",
  "manageAccountDetails",
  "manageTeams",
  "authenticateUsers",
  "manageOwnTeam",
  "manageAwards"
] as const

const any = FastCheck.oneof(
  FastCheck.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  FastCheck.constantFrom(
    0n,
    -1n,
    127n,
    -17n,
    2n ** 31n,
    2n ** 32n,
    2n ** 53n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n)
  )
).map(Permissions.fromMask)
const named = FastCheck.subarray([...documented])

describe("sets of permissions", () => {
  it.prop("have a union and an intersection that commute, associate and absorb", [any, any, any], ([a, b, c]) => {
    const { intersection, union } = Permissions
    expect(union(a, b)).toEqual(union(b, a))
    expect(intersection(a, b)).toEqual(intersection(b, a))
    expect(union(a, union(b, c))).toEqual(union(union(a, b), c))
    expect(intersection(a, intersection(b, c))).toEqual(intersection(intersection(a, b), c))
    expect(union(a, intersection(a, b))).toEqual(a)
    expect(intersection(a, union(a, b))).toEqual(a)
    expect(union(a, Permissions.none)).toEqual(a)
    expect(intersection(a, Permissions.none)).toEqual(Permissions.none)
  })

  it.prop("have a difference, which removes the permissions of the other set only", [any, any], ([a, b]) => {
    const rest = Permissions.difference(a, b)
    expect(Permissions.intersection(rest, b)).toEqual(Permissions.none)
    expect(Permissions.union(rest, Permissions.intersection(a, b))).toEqual(a)
  })

  it.prop("are subsets of another if the union is the other", [any, any], ([a, b]) => {
    expect(Permissions.isSubset(a, b)).toBe(Permissions.union(a, b).mask === b.mask)
    expect(Permissions.isSubset(Permissions.intersection(a, b), a)).toBe(true)
    expect(Permissions.isSubset(a, Permissions.union(a, b))).toBe(true)
    expect(Permissions.isSubset(Permissions.none, a)).toBe(true)
  })

  it.prop("are equal by value", [any], ([a]) => {
    const other = Permissions.fromMask(a.mask)
    expect(Equal.equals(a, other)).toBe(true)
    expect(HashSet.size(HashSet.make(a, other))).toBe(1)
    expect(Equal.equals(a, Permissions.fromMask(a.mask + 1n))).toBe(false)
  })
})

describe("the names of permissions", () => {
  it("have the bits that the API documents", () => {
    const bits = documented.map((name) => Permissions.of(name).mask)
    expect(bits).toEqual([1n, 2n, 4n, 8n, 16n, 32n, 64n])
    expect(Permissions.everyApp.mask).toBe(95n)
    expect(Permissions.everyUser.mask).toBe(111n)
    expect(Permissions.none.mask).toBe(0n)
  })

  it.prop("are returned in their order and once", [named], ([names]) => {
    expect(Permissions.names(Permissions.of(...names, ...names))).toEqual(
      documented.filter((name) => names.includes(name))
    )
  })

  it.prop("are tested by has", [named, named], ([names, others]) => {
    expect(Permissions.has(Permissions.of(...names), ...others)).toBe(others.every((name) => names.includes(name)))
  })

  it.prop("exclude undocumented bits, which stay in the mask", [any], ([a]) => {
    const known = Permissions.of(...Permissions.names(a))
    expect(Permissions.isSubset(known, a)).toBe(true)
    expect(Permissions.difference(a, known).mask & 127n).toBe(0n)
  })

  const texts = [
    { permissions: Permissions.none, text: "none" },
    { permissions: Permissions.of("manageAwards", "manageTeams"), text: "manageTeams, manageAwards" },
    { permissions: Permissions.fromMask(2n ** 40n + 8n), text: "manageTeams, 1099511627776" },
    { permissions: Permissions.fromMask(128n), text: "128" },
    { permissions: Permissions.fromMask(-(2n ** 63n) + 1n), text: `managePermissions, ${-(2n ** 63n)}` }
  ]
  it.each(texts)("are their text, with the other bits: $text", ({ permissions, text }) => {
    expect(String(permissions)).toBe(text)
    expect(permissions.toString()).toBe(text)
    expect([permissions].join()).toBe(text)
    expect(Pretty.make(Permissions.schema)(permissions)).toBe(`Permissions(${text})`)
  })

  it.prop("are in every text of a set", [any], ([a]) => {
    for (const shown of [String(a), JSON.stringify(a), inspect({ deep: [a] }, { depth: 9 }), Inspectable.format(a)]) {
      for (const name of Permissions.names(a)) expect(shown).toContain(name)
      expect(shown).not.toContain("[object Object]")
    }
  })

  it.effect("are in the logs of Effect", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.stringLogger, (line) => lines.push(line))
      const permissions = Permissions.of("manageTeams", "manageAwards")
      yield* Effect.log("has", permissions, { permissions }).pipe(
        Effect.annotateLogs({ permissions }),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      expect(lines.join().match(/manageTeams/g)).toHaveLength(3)
      expect(lines.join()).not.toContain("[object Object]")
    })
  )

  it("are shown in logs, with the mask", () => {
    const shown = { _id: "Permissions", names: ["manageTeams"], mask: "1099511627784" }
    const permissions = Permissions.fromMask(2n ** 40n + 8n)
    expect(JSON.parse(JSON.stringify(permissions))).toEqual(shown)
    expect(inspect(permissions)).toBe(inspect(shown))
  })
})

describe("permissions on the wire", () => {
  const encode = Schema.encodeSync(Permissions.schema)
  const decode = Schema.decodeUnknownSync(Permissions.schema)

  it.prop("are a number if it is a safe integer, and a bigint otherwise", [any], ([a]) => {
    const wire = encode(a)
    expect(BigInt(wire)).toBe(a.mask)
    expect(typeof wire).toBe(
      Number.isSafeInteger(Number(a.mask)) && BigInt(Number(a.mask)) === a.mask ? "number" : "bigint"
    )
    expect(decode(wire)).toEqual(a)
  })

  it.prop("are storable if they fit 64 bits", [any], ([a]) => {
    const fits = a.mask >= -(2n ** 63n) && a.mask < 2n ** 63n
    expect(Schema.is(Permissions.Storable)(a)).toBe(fits)
  })

  it("are not decoded from other values", () => {
    for (const wire of [1.5, Number.NaN, 2 ** 53, "1", null, undefined, [], {}]) {
      expect(() => decode(wire)).toThrow()
    }
  })
})
