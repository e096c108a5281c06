import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import { failure, json, refused, sent, snowflakes, value } from "./support/exchange.js"

const links = "/bot/aoc-account-links"
const blocks = "/bot/aoc-completionist-blocks"
const user = snowflakes[1]!
const noContent = Scripted.respond({ status: 204 })
const missing = json({ detail: "Not found." }, 404)
const negative = Snowflake.Snowflake.make("-1")

const unknown = json({ user: ['Invalid pk "409107086526644234" - object does not exist.'] }, 400)

describe("a link to an account at Advent of Code", () => {
  it.effect("carries each id exactly, both ways", () =>
    Effect.forEach(snowflakes, (user) =>
      Effect.gen(function* () {
        const wire = { user: BigInt(user), aoc_username: "Ada" }
        const link = { user, aocUsername: "Ada" }
        expect(yield* value(Site.getAocLinks(), json([wire]))).toEqual([link])
        expect(yield* value(Site.getAocLink(user), json(wire))).toEqual(link)
        expect(yield* value(Site.createAocLink(link), json(wire, 201))).toEqual(link)
        expect(yield* sent(Site.getAocLinks({ user }))).toEqual([`GET ${links}?user__id=${user}`])
        expect(yield* sent(Site.createAocLink(link))).toEqual([`POST ${links} {"user":${user},"aoc_username":"Ada"}`])
        expect(yield* sent(Site.getAocLink(user))).toEqual([`GET ${links}/${user}`])
        expect(yield* sent(Site.deleteAocLink(user))).toEqual([`DELETE ${links}/${user}`])
      })
    )
  )

  it.effect("is selected by user and name, and by a user itself", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.getAocLinks())).toEqual([`GET ${links}`])
      expect(yield* sent(Site.getAocLinks({ aocUsername: "A b" }))).toEqual([`GET ${links}?aoc_username=A%20b`])
      expect(yield* sent(Site.getAocLinks({ user: { id: user } }))).toEqual([`GET ${links}?user__id=${user}`])
      expect(yield* sent(Site.getAocLink({ id: user }))).toEqual([`GET ${links}/${user}`])
      expect(yield* value(Site.deleteAocLink(user), noContent)).toBe(undefined)
      expect((yield* failure(Site.getAocLink(user), missing))._tag).toBe("NotFound")
    })
  )

  it.effect("of a user who has one, or is not known, is an error of its own", () =>
    Effect.gen(function* () {
      const create = Site.createAocLink({ user, aocUsername: "Ada" })
      const exists = json({ user: ["aoc account link with this user already exists."] }, 400)
      expect((yield* failure(create, exists))._tag).toBe("AlreadyExists")
      expect(yield* failure(create, unknown)).toMatchObject({ _tag: "UnknownReference", issues: [{ path: ["user"] }] })
      expect((yield* failure(create, json({ aoc_username: ["No."] }, 400)))._tag).toBe("BadRequest")
    })
  )

  it.effect("that the server can't store is refused before sending", () =>
    Effect.gen(function* () {
      expect(yield* refused(Site.createAocLink({ user: negative, aocUsername: "Ada" }))).toHaveLength(1)
      expect(yield* refused(Site.createAocLink({ user, aocUsername: "x".repeat(121) }))).toHaveLength(1)
      expect(yield* refused(Site.createAocLink({ user, aocUsername: "" }))).toHaveLength(1)
      expect(yield* refused(Site.getAocLinks({ user: negative }))).toHaveLength(1)
      expect(yield* refused(Site.getAocLink(negative))).toHaveLength(1)
    })
  )
})

describe("a completionist block", () => {
  it.effect("carries each id exactly, both ways", () =>
    Effect.forEach(snowflakes, (user) =>
      Effect.gen(function* () {
        const wire = { user: BigInt(user), is_blocked: true, reason: null }
        const block = { user, isBlocked: true, reason: null }
        expect(yield* value(Site.getAocBlocks(), json([wire]))).toEqual([block])
        expect(yield* value(Site.getAocBlock(user), json(wire))).toEqual(block)
        expect(yield* value(Site.createAocBlock({ user }), json(wire, 201))).toEqual(block)
        expect(yield* sent(Site.getAocBlocks({ user, isBlocked: false }))).toEqual([
          `GET ${blocks}?user__id=${user}&is_blocked=false`
        ])
        expect(yield* sent(Site.createAocBlock({ user }))).toEqual([`POST ${blocks} {"user":${user}}`])
        expect(yield* sent(Site.createAocBlock({ ...block, reason: "cheats" }))).toEqual([
          `POST ${blocks} {"user":${user},"is_blocked":true,"reason":"cheats"}`
        ])
        expect(yield* sent(Site.getAocBlock(user))).toEqual([`GET ${blocks}/${user}`])
        expect(yield* sent(Site.deleteAocBlock(user))).toEqual([`DELETE ${blocks}/${user}`])
      })
    )
  )

  it.effect("has errors as a link has", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.getAocBlocks())).toEqual([`GET ${blocks}`])
      expect(yield* value(Site.deleteAocBlock({ id: user }), noContent)).toBe(undefined)
      expect((yield* failure(Site.getAocBlock(user), missing))._tag).toBe("NotFound")
      const exists = json({ user: ["aoc completionist block with this user already exists."] }, 400)
      expect((yield* failure(Site.createAocBlock({ user }), exists))._tag).toBe("AlreadyExists")
      expect((yield* failure(Site.createAocBlock({ user }), unknown))._tag).toBe("UnknownReference")
      expect(yield* refused(Site.createAocBlock({ user: negative }))).toHaveLength(1)
      expect((yield* refused(Site.createAocBlock({ user, reason: " " }))).length).toBeGreaterThan(0)
    })
  )
})
