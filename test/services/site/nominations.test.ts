import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Site from "effect-herald/site"
import * as Server from "../../servers/site/index.js"
import { refused } from "./support/exchange.js"
import { ada, bob, eve, lastOf, nobody, onSite, userIds } from "./support/onSite.js"

const missing = Site.NominationId.make(404)

describe("the ids of a nomination", () => {
  it.effect.each(userIds)("are exact in each operation: %s", (id) =>
    onSite((server) =>
      Effect.gen(function* () {
        const created = yield* Site.createNomination({ user: id, actor: id, reason: "kind", threadId: id })
        expect(server.requests.at(-1)!.body).toContain(`"thread_id":${id}`)
        expect(server.requests.at(-1)!.body).toContain(`"user":${id},"actor":${id}`)
        for (const one of [
          created,
          yield* Site.getNomination(created),
          yield* Site.updateNomination(created, { threadId: id }),
          ...(yield* Site.getNominations({ user: id }))
        ]) {
          expect([one.user, one.threadId, ...one.entries.map(({ actor }) => actor)]).toEqual([id, id, id])
        }
        const changed = yield* Site.updateEndorsement(created, { actor: id, reason: "" })
        expect(lastOf(server)).toBe(`PATCH /api/bot/nominations/1 {"actor":${id},"reason":""}`)
        expect([changed.user, changed.threadId]).toEqual([id, id])
      })
    )
  )
})

describe("a nomination", () => {
  it.effect("gets an entry of each moderator, once", () =>
    onSite(() =>
      Effect.gen(function* () {
        const first = yield* Site.createNomination({ user: ada, actor: bob, reason: "kind" })
        const second = yield* Site.createNomination({ user: ada, actor: eve })
        expect(second.id).toBe(first.id)
        expect(second.entries.map(({ actor, reason }) => [actor, reason])).toEqual([
          [eve, ""],
          [bob, "kind"]
        ])
        expect(yield* Effect.flip(Site.createNomination({ user: ada, actor: bob }))).toMatchObject({
          _tag: "AlreadyExists",
          issues: [{ path: ["actor"], message: "This actor has already endorsed this nomination." }]
        })
      })
    )
  )

  it.effect("without an entry stays after an unknown moderator, and gets one from a later call", () =>
    onSite((server) =>
      Effect.gen(function* () {
        for (const [user, actor, path] of [
          [nobody, bob, "user"],
          [ada, nobody, "actor"]
        ] as const) {
          expect(yield* Effect.flip(Site.createNomination({ user, actor }))).toMatchObject({
            _tag: "UnknownReference",
            issues: [{ path: [path], message: `Invalid pk "${nobody}" - object does not exist.` }]
          })
        }
        expect(server.state.nominations.size).toBe(1)
        expect((yield* Site.createNomination({ user: ada, actor: bob })).entries).toHaveLength(1)
        expect(server.state.nominations.size).toBe(1)
      })
    )
  )

  it.live("is sent once if its response is lost, and so is its end", () =>
    onSite((server) =>
      Effect.gen(function* () {
        server.script(Server.lost)
        expect((yield* Effect.flip(Site.createNomination({ user: ada, actor: bob })))._tag).toBe("TransportError")
        expect(server.requests).toHaveLength(1)
        server.script(Server.lost)
        const end = Site.endNomination(Site.NominationId.make(1), { endReason: "done" })
        expect((yield* Effect.flip(end))._tag).toBe("TransportError")
        expect(server.requests).toHaveLength(2)
      })
    )
  )

  it.effect("has a changed reason when it is read again, and no entries in the response of the change", () =>
    onSite(() =>
      Effect.gen(function* () {
        const nomination = yield* Site.createNomination({ user: ada, actor: bob, reason: "kind" })
        const changed = yield* Site.updateEndorsement(nomination, { actor: bob, reason: "helpful" })
        expect(changed).not.toHaveProperty("entries")
        expect((yield* Site.getNomination(nomination)).entries).toMatchObject([{ actor: bob, reason: "helpful" }])
        expect(yield* Effect.flip(Site.updateEndorsement(nomination, { actor: eve, reason: "" }))).toMatchObject({
          _tag: "BadRequest",
          issues: [{ path: ["actor"], message: "The actor doesn't exist or has not nominated the user." }]
        })
      })
    )
  )

  it.effect("is reviewed while it is active, and has an end reason afterwards", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const nomination = yield* Site.createNomination({ user: ada, actor: bob, threadId: eve })
        expect(yield* Site.updateNomination(nomination, { reviewed: true })).toMatchObject({
          reviewed: true,
          threadId: eve
        })
        expect(lastOf(server)).toBe(`PATCH /api/bot/nominations/1 {"reviewed":true}`)
        expect((yield* Site.updateNomination(nomination, { threadId: null })).threadId).toBeNull()
        expect((yield* Effect.flip(Site.updateEndReason(nomination, { endReason: "early" })))._tag).toBe("BadRequest")
        const ended = yield* Site.endNomination(nomination, { endReason: "hired" })
        expect(lastOf(server)).toBe(`PATCH /api/bot/nominations/1 {"active":false,"end_reason":"hired"}`)
        expect(ended).toMatchObject({ active: false, endReason: "hired", endedAt: expect.anything() })
        expect((yield* Site.updateEndReason(ended, { endReason: "left" })).endReason).toBe("left")
        expect(lastOf(server)).toBe(`PATCH /api/bot/nominations/1 {"end_reason":"left"}`)
        expect((yield* Effect.flip(Site.endNomination(nomination, { endReason: "" })))._tag).toBe("BadRequest")
        expect(yield* Effect.flip(Site.updateNomination(nomination, { reviewed: false }))).toMatchObject({
          _tag: "BadRequest",
          issues: [{ path: ["reviewed"], message: "This field cannot be set if the nomination is inactive." }]
        })
      })
    )
  )

  it.effect("that does not exist is NotFound, and one below a wrong base URL is not", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const calls: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }, any>> = [
          Site.getNomination(missing),
          Site.updateNomination(missing, { reviewed: true }),
          Site.updateEndorsement(missing, { actor: bob, reason: "r" }),
          Site.endNomination(missing, { endReason: "r" }),
          Site.updateEndReason(missing, { endReason: "r" })
        ]
        for (const call of calls) expect((yield* Effect.flip(call))._tag).toBe("NotFound")
        server.fail(Server.html(404, "<h1>Not Found</h1>"), { times: calls.length + 1 })
        for (const call of [...calls, Site.getNominations()]) {
          expect((yield* Effect.flip(call))._tag).toBe("ClientError")
        }
      })
    )
  )
})

describe("nominations", () => {
  it.effect("are those that meet all conditions, the newest first", () =>
    onSite((server) =>
      Effect.gen(function* () {
        for (const user of [ada, bob, eve]) yield* Site.createNomination({ user, actor: ada })
        yield* Site.endNomination(Site.NominationId.make(2), { endReason: "r" })
        const idsOf = (query?: Site.NominationQuery) =>
          Effect.map(Site.getNominations(query), (found) => found.map(({ id }) => id))
        expect(yield* idsOf()).toEqual([3, 2, 1])
        expect(lastOf(server)).toBe("GET /api/bot/nominations")
        expect(yield* idsOf({ order: "oldest first", active: true, reviewed: false })).toEqual([1, 3])
        expect(lastOf(server)).toBe("GET /api/bot/nominations?active=true&reviewed=false&ordering=inserted_at")
        expect(yield* idsOf({ order: "newest first", active: false })).toEqual([2])
        expect(yield* idsOf({ user: { id: eve } })).toEqual([3])
      })
    )
  )
})

describe("before it is sent is refused", () => {
  it.effect.each<readonly [title: string, call: Effect.Effect<unknown, unknown, any>, issue: RegExp]>([
    ["NUL in a reason", Site.createNomination({ user: ada, actor: bob, reason: "\0" }), /^body\.reason: /],
    ["a lone surrogate", Site.endNomination(missing, { endReason: "\ud800" }), /^body\.endReason: /],
    ["a negative thread", Site.updateNomination(missing, { threadId: "-1" as never }), /^body\.threadId: /],
    ["a user that is a number", Site.getNominations({ user: 7 as never }), /^user: /]
  ])("%s", ([, call, issue]) =>
    Effect.map(refused(call), (issues) => {
      expect(issues.length).toBeGreaterThan(0)
      for (const one of issues) expect(one).toMatch(issue)
    })
  )
})
