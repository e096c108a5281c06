import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import * as Server from "../../servers/site/index.js"
import { json, refused } from "./support/exchange.js"
import { ada, bob, eve, lastOf, nobody, onSite, userIds } from "./support/onSite.js"

const at = (text: string) => DateTime.unsafeMake(text)
const idsOf = <E, R>(stream: Stream.Stream<{ readonly id: number }, E, R>) =>
  Effect.map(Stream.runCollect(stream), (items) => Chunk.toReadonlyArray(items).map(({ id }) => id))
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
const missing = Site.InfractionId.make(404)

/** A seed of this many infractions of Ada. */
const many = (count: number) => ({
  seed: {
    infractions: range(count).map((index) => ({
      user: BigInt(ada),
      actor: BigInt(bob),
      type: index % 2 === 0 ? ("ban" as const) : ("note" as const),
      hidden: index % 2 === 1,
      reason: `number ${index}, a.b`
    }))
  }
})

describe("the ids of an infraction", () => {
  it.effect.each(userIds)("are exact in each operation: %s", (id) =>
    onSite((server) =>
      Effect.gen(function* () {
        const fields = { type: "ban", active: false, user: id, actor: id } as const
        const plain = yield* Site.createInfraction(fields)
        expect(server.requests.at(-1)!.body).toContain(`"user":${id},"actor":${id}`)
        const expanded = yield* Site.createExpandedInfraction(fields)
        expect(server.requests.at(-1)!.body).toContain(`"user":${id},"actor":${id}`)
        const changes = { reason: "r" }
        for (const one of [
          plain,
          yield* Site.getInfraction(plain),
          yield* Site.updateInfraction(plain, changes),
          ...(yield* Stream.runCollect(Site.listInfractions({ user: id, actor: id })))
        ]) {
          expect([one.user, one.actor]).toEqual([id, id])
        }
        expect(lastOf(server)).toBe(
          `GET /api/bot/infractions?user__id=${id}&actor__id=${id}&ordering=id&limit=100&offset=0`
        )
        for (const one of [
          expanded,
          yield* Site.getExpandedInfraction(expanded),
          yield* Site.updateExpandedInfraction(expanded, changes),
          ...(yield* Stream.runCollect(Site.listExpandedInfractions({ user: expanded.user, actor: expanded.actor })))
        ]) {
          expect([one.user.id, one.actor.id]).toEqual([id, id])
        }
      })
    )
  )
})

describe("a new infraction", () => {
  it.effect("has what follows from its type", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const parties = { user: ada, actor: bob }
        const note = yield* Site.createInfraction({ type: "note", ...parties })
        expect(note).toMatchObject({ active: false, hidden: true, reason: null, dmSent: null, jumpUrl: null })
        expect(JSON.parse(server.requests.at(-1)!.body)).toMatchObject({ type: "note", active: false, hidden: true })
        expect(yield* Site.createInfraction({ type: "warning", ...parties })).toMatchObject({ active: false })
        expect(yield* Site.createInfraction({ type: "kick", hidden: true, ...parties })).toMatchObject({ hidden: true })
        const expiresAt = at("2999-01-01T01:02:03.456+02:00")
        const timeout = yield* Site.createInfraction({
          type: "timeout",
          active: true,
          expiresAt: DateTime.toUtc(expiresAt),
          reason: "spam",
          dmSent: true,
          jumpUrl: "https://discord.com/channels/1/2/3",
          insertedAt: at("2020-01-01T00:00:00Z"),
          lastApplied: at("2020-01-02T00:00:00Z"),
          ...parties
        })
        expect(JSON.stringify(timeout)).toContain("2998-12-31T23:02:03.456Z")
        expect(timeout).toMatchObject({ active: true, reason: "spam", dmSent: true })
        expect(DateTime.formatIso(timeout.insertedAt)).toBe("2020-01-01T00:00:00.000Z")
        expect(yield* Site.createInfraction({ type: "superstar", active: true, ...parties })).toMatchObject({
          hidden: false
        })
      })
    )
  )

  it.effect.each([
    { name: "createInfraction", createIt: Site.createInfraction },
    { name: "createExpandedInfraction", createIt: Site.createExpandedInfraction }
  ])("that is the second active one of its type fails with AlreadyExists, also under a race: $name", ({ createIt }) =>
    onSite((server) =>
      Effect.gen(function* () {
        const create: Effect.Effect<unknown, { readonly _tag: string }, Site.Authoriser | HttpClient> = createIt({
          type: "ban",
          active: true,
          user: ada,
          actor: bob
        })
        yield* create
        const error = yield* Effect.flip(create)
        expect(error).toMatchObject({
          _tag: "AlreadyExists",
          issues: [{ path: [], message: "The fields user, type must make a unique set." }]
        })
        const message = "This user already has an active infraction of this type."
        server.fail(json({ non_field_errors: [message] }, 400))
        expect(yield* Effect.flip(create)).toMatchObject({ _tag: "AlreadyExists", issues: [{ path: [], message }] })
        yield* createIt({ type: "ban", active: true, user: bob, actor: bob })
      })
    )
  )

  it.effect("for an unknown user fails with UnknownReference", () =>
    onSite(() =>
      Effect.gen(function* () {
        const fields = { type: "ban", active: true } as const
        for (const [user, actor, path] of [
          [nobody, ada, "user"],
          [ada, nobody, "actor"]
        ] as const) {
          const message = `Invalid pk "${nobody}" - object does not exist.`
          for (const create of [Site.createInfraction, Site.createExpandedInfraction]) {
            const error = yield* Effect.flip<unknown, unknown, any>(create({ ...fields, user, actor }))
            expect(error).toMatchObject({ _tag: "UnknownReference", issues: [{ path: [path], message }] })
          }
        }
      })
    )
  )

  it.live("is sent once if its response is lost", () =>
    onSite((server) =>
      Effect.gen(function* () {
        server.script(Server.lost)
        const error = yield* Effect.flip(Site.createInfraction({ type: "ban", active: true, user: ada, actor: bob }))
        expect(error._tag).toBe("TransportError")
        expect(server.requests).toHaveLength(1)
        expect(server.state.infractions.size).toBe(1)
      })
    )
  )
})

const parties = { user: ada, actor: bob }
/** The values that only JavaScript callers can pass have no types. */
const untyped = (value: unknown) => value as never
const note = { type: "note", id: Site.InfractionId.make(1) } as const
const warning = { type: "warning", id: Site.InfractionId.make(1) } as const
const drain = (query: Site.InfractionQuery) => Stream.runDrain(Site.listInfractions(query))

describe("before it is sent is refused", () => {
  it.effect.each<readonly [title: string, call: Effect.Effect<unknown, unknown, any>, path: string]>([
    ["an active note", Site.createInfraction(untyped({ ...parties, type: "note", active: true })), "active"],
    ["an active kick", Site.createInfraction(untyped({ ...parties, type: "kick", active: true })), "active"],
    [
      "an active warning",
      Site.createExpandedInfraction(untyped({ ...parties, type: "warning", active: true })),
      "active"
    ],
    [
      "a warning that expires",
      Site.createInfraction(untyped({ ...parties, type: "warning", expiresAt: at("2999-01-01") })),
      "expiresAt"
    ],
    [
      "a kick that expires",
      Site.createInfraction(untyped({ ...parties, type: "kick", expiresAt: at("2999-01-01") })),
      "expiresAt"
    ],
    ["a hidden warning", Site.createInfraction(untyped({ ...parties, type: "warning", hidden: true })), "hidden"],
    [
      "a hidden superstar",
      Site.createInfraction(untyped({ ...parties, type: "superstar", active: true, hidden: true })),
      "hidden"
    ],
    [
      "a hidden voice ban",
      Site.createInfraction(untyped({ ...parties, type: "voice_ban", active: true, hidden: true })),
      "hidden"
    ],
    [
      "a hidden voice mute",
      Site.createInfraction(untyped({ ...parties, type: "voice_mute", active: true, hidden: true })),
      "hidden"
    ],
    ["a note that is shown", Site.createInfraction(untyped({ ...parties, type: "note", hidden: false })), "hidden"],
    ["a blank reason", Site.createInfraction({ ...parties, type: "note", reason: " " }), "reason"],
    ["a blank reason of a change", Site.updateInfraction(note, { reason: "" }), "reason"],
    [
      "a link of 89 characters",
      Site.createInfraction({ ...parties, type: "note", jumpUrl: `https://discord.com/${"a".repeat(69)}` }),
      "jumpUrl"
    ],
    ["no link", Site.updateInfraction(note, { jumpUrl: "here" }), "jumpUrl"],
    ["a note that becomes active", Site.updateInfraction(note, { active: true }), "active"],
    ["a warning that becomes active", Site.updateExpandedInfraction(warning, { active: true }), "active"],
    ["a warning that gets an expiry", Site.updateInfraction(warning, { expiresAt: at("2999-01-01") }), "expiresAt"],
    ["an id that is no number", Site.getInfraction(untyped("7")), "id"],
    ["a negative user", Site.createInfraction({ ...parties, type: "note", user: untyped("-1") }), "user"],
    ["a page of no infractions", drain({ pageSize: 0 }), "limit"],
    ["a page of a half", drain({ pageSize: 0.5 }), "limit"],
    ["no types", drain({ types: untyped([]) }), "types"],
    ["an unknown type", drain({ type: untyped("mute") }), "type"],
    ["a type and types", drain(untyped({ type: "ban", types: ["kick"] })), "types"],
    ["an unknown order", drain({ ordering: [untyped("colour")] }), "ordering"],
    ["permanent ones that expire", drain(untyped({ permanent: true, expiresBefore: at("2999-01-01") })), "permanent"],
    [
      "an expiry after a later time than before",
      drain({ expiresAfter: at("2999-01-02"), expiresBefore: at("2999-01-01") }),
      "expiresAfter"
    ],
    ["a blank expression", drain({ search: "" }), "search"],
    ["a blank reason to find", drain({ reason: "" }), "search"]
  ])("%s", ([, call, path]) =>
    Effect.map(refused(call), (issues) => {
      // A value that matches no member of a union has an issue for each.
      expect(issues.length).toBeGreaterThan(0)
      for (const issue of issues) expect(issue).toMatch(new RegExp(`^(body\\.)?${path}(\\.0)?: `))
    })
  )
})

describe("an infraction", () => {
  it.effect("is changed in its own fields, of which absent ones stay as they are", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const infraction = yield* Site.createInfraction({
          type: "ban",
          active: true,
          reason: "a",
          expiresAt: at("2999-01-01T00:00:00Z"),
          ...parties
        })
        const changed = yield* Site.updateInfraction(infraction, { active: false, reason: null })
        expect(lastOf(server)).toBe(`PATCH /api/bot/infractions/1 {"active":false,"reason":null}`)
        expect(changed).toEqual({ ...infraction, active: false, reason: null })
        yield* Site.updateExpandedInfraction(infraction.id, {
          expiresAt: null,
          lastApplied: at("2024-05-01T12:00:00Z"),
          dmSent: false,
          jumpUrl: "https://discord.com/channels/1/2/3"
        })
        expect(lastOf(server)).toBe(
          `PATCH /api/bot/infractions/1/expanded {"expires_at":null,"last_applied":"2024-05-01T12:00:00.000Z","dm_sent":false,"jump_url":"https://discord.com/channels/1/2/3"}`
        )
        // The fields of an infraction that can't be changed are not sent.
        yield* Site.updateInfraction(infraction, yield* Site.getInfraction(infraction))
        expect(Object.keys(JSON.parse(server.requests.at(-1)!.body)).sort()).toEqual(
          ["active", "dm_sent", "expires_at", "jump_url", "last_applied", "reason"].sort()
        )
      })
    )
  )

  it.effect("of a type that is not known to the client is changed as the server does, which applies no rule", () =>
    onSite(() =>
      Effect.gen(function* () {
        const { id } = yield* Site.createInfraction({ type: "warning", ...parties })
        expect(yield* Site.updateInfraction(id, { active: true })).toMatchObject({ type: "warning", active: true })
      })
    )
  )

  it.effect("that becomes the second active one of its type fails with AlreadyExists", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const fields = { type: "ban", ...parties } as const
        yield* Site.createInfraction({ ...fields, active: true })
        const second = yield* Site.createInfraction({ ...fields, active: false })
        server.fail(json({ non_field_errors: ["This user already has an active infraction of this type."] }, 400))
        const error = yield* Effect.flip(Site.updateInfraction(second, { active: true }))
        expect(error._tag).toBe("AlreadyExists")
      })
    )
  )

  it.effect("that does not exist is NotFound, and one below a wrong base URL is not", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const calls: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }, any>> = [
          Site.getInfraction(missing),
          Site.getExpandedInfraction(missing),
          Site.updateInfraction(missing, { active: false }),
          Site.updateExpandedInfraction(missing, { active: false }),
          Site.deleteInfraction(missing)
        ]
        for (const call of calls) expect((yield* Effect.flip(call))._tag).toBe("NotFound")
        server.fail(Server.html(404, "<h1>Not Found</h1>"), { times: calls.length })
        for (const call of calls) expect((yield* Effect.flip(call))._tag).toBe("ClientError")
      })
    )
  )

  it.effect("is deleted once", () =>
    onSite(() =>
      Effect.gen(function* () {
        const infraction = yield* Site.createInfraction({ type: "note", ...parties })
        expect(yield* Site.deleteInfraction(infraction)).toBeUndefined()
        expect((yield* Effect.flip(Site.deleteInfraction(infraction)))._tag).toBe("NotFound")
      })
    )
  )
})

describe("the list of infractions", () => {
  it.effect.each([0, 1, 99, 100, 101, 200])("of %i is whole, from the oldest to the newest, in pages of 100", (count) =>
    onSite(
      (server) =>
        Effect.gen(function* () {
          expect(yield* idsOf(Site.listInfractions())).toEqual(range(count))
          expect(server.requests).toHaveLength(Math.floor(count / 100) + 1)
          expect(yield* idsOf(Site.listExpandedInfractions())).toEqual(range(count))
        }),
      many(count)
    )
  )

  it.live("of 10,000 is whole, with pages in advance, too", () =>
    onSite(
      (server) =>
        Effect.gen(function* () {
          expect(yield* idsOf(Site.listInfractions({ pageSize: 1000 }))).toEqual(range(10_000))
          expect(server.requests).toHaveLength(11)
          expect(yield* idsOf(Site.listInfractions.with({ ahead: 4 })({ pageSize: 500 }))).toEqual(range(10_000))
        }),
      many(10_000)
    )
  )

  it.effect("requests no more pages than are pulled, and starts at an offset", () =>
    onSite(
      (server) =>
        Effect.gen(function* () {
          const first = Site.listInfractions({ pageSize: 10 }).pipe(Stream.take(15))
          expect(yield* idsOf(first)).toEqual(range(15))
          expect(server.requests).toHaveLength(2)
          expect(yield* idsOf(Site.listInfractions.with({ from: 48 })({ pageSize: 10 }))).toEqual([49, 50])
        }),
      many(50)
    )
  )

  it.effect("has infractions that are created meanwhile at its end, and none twice", () =>
    onSite((server) => {
      let created = 0
      return Effect.gen(function* () {
        const found = yield* Site.listInfractions.pages({ pageSize: 10 }).pipe(
          Stream.tap(() => (created++ < 2 ? Site.createInfraction({ type: "note", ...parties }) : Effect.void)),
          Stream.flatMap(({ items }) => Stream.fromIterable(items)),
          idsOf
        )
        expect(found).toEqual(range(27))
        expect(server.state.infractions.size).toBe(27)
      })
    }, many(25))
  )

  it.effect("has the id as its last order, so that each page has a place", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const orderingOf = (ordering: NonNullable<Site.InfractionQuery["ordering"]>) =>
          Effect.map(drain({ ordering }), () =>
            new URL(server.requests.at(-1)!.target, server.url).searchParams.get("ordering")
          )
        expect(yield* orderingOf(["-insertedAt"])).toBe("-inserted_at,-id")
        expect(yield* orderingOf(["type", "-expiresAt"])).toBe("type,-expires_at,id")
        expect(yield* orderingOf(["user", "-id"])).toBe("user,-id")
      })
    )
  )

  it.effect("has those that meet all conditions", () =>
    onSite(
      (server) =>
        Effect.gen(function* () {
          expect(yield* idsOf(Site.listInfractions({ type: "ban" }))).toEqual([2, 4, 6, 8, 10, 12])
          expect(yield* idsOf(Site.listInfractions({ types: ["note", "kick"] }))).toEqual([1, 3, 5, 7, 9, 11])
          expect(server.requests.at(-1)!.target).toContain("types=note%2Ckick")
          expect(yield* idsOf(Site.listInfractions({ hidden: true, active: false, permanent: true }))).toHaveLength(6)
          expect(server.requests.at(-1)!.target).toContain("active=false&hidden=true&permanent=true")
          expect(yield* idsOf(Site.listInfractions({ permanent: false }))).toEqual([])
          const expiresAfter = at("2024-01-01T00:00:00Z")
          yield* drain({ expiresAfter, expiresBefore: expiresAfter, permanent: false })
          expect(server.requests.at(-1)!.target).toContain(
            "expires_after=2024-01-01T00%3A00%3A00.000Z&expires_before=2024-01-01T00%3A00%3A00.000Z"
          )
          expect(yield* idsOf(Site.listInfractions({ user: eve }))).toEqual([])
          expect(yield* idsOf(Site.listInfractions({ user: { id: ada }, actor: bob }))).toHaveLength(12)
        }),
      many(12)
    )
  )

  it.effect("has those whose reason contains a text, which is no expression", () =>
    onSite(
      () =>
        Effect.gen(function* () {
          expect(yield* idsOf(Site.listInfractions({ reason: "NUMBER 1, a.b" }))).toEqual([1])
          expect(yield* idsOf(Site.listInfractions({ reason: "a.b" }))).toHaveLength(12)
          expect(yield* idsOf(Site.listInfractions({ reason: "a+b" }))).toEqual([])
          expect(yield* idsOf(Site.listInfractions({ reason: "(" }))).toEqual([])
          expect(yield* idsOf(Site.listInfractions({ search: "^number 1[01]," }))).toEqual([10, 11])
          // The text of an expression can't be checked here: it is PostgreSQL that reads it.
          const error = yield* Effect.flip(drain({ search: "(" }))
          expect(error).toMatchObject({ _tag: "ServerError", status: 500 })
        }),
      many(12)
    )
  )

  const row = (id: number) => ({
    id,
    inserted_at: "2024-05-01T12:00:00.123456Z",
    last_applied: "2024-05-01T12:00:00Z",
    expires_at: null,
    active: true,
    user: 1,
    actor: 2,
    type: "ban",
    reason: null,
    hidden: false,
    dm_sent: null,
    jump_url: null
  })

  it.effect("fails with a PaginationError at a server that ignores the offset", () =>
    onSite((server) =>
      Effect.gen(function* () {
        server.fail(json(range(10).map(row)), { times: 100 })
        const error = yield* Effect.flip(drain({ pageSize: 10 }))
        expect(error).toMatchObject({ _tag: "PaginationError", reason: "SamePage" })
        expect(server.requests.length).toBeLessThan(6)
      })
    )
  )

  it.effect.each([
    ["an object", json({ results: [] }), "DecodeError"],
    ["an infraction without a user", json([{ ...row(1), user: null }]), "DecodeError"],
    ["a time that is none", json([{ ...row(1), inserted_at: "yesterday" }]), "DecodeError"],
    ["a page of HTML", Server.html(200, "<h1>Hello</h1>"), "DecodeError"],
    [
      "JSON that is cut off",
      Scripted.respond({ headers: { "content-type": "application/json" }, body: "[{" }),
      "DecodeError"
    ],
    ["a page of HTML for a 404", Server.html(404, "<h1>Not Found</h1>"), "ClientError"]
  ] as const)("fails at %s after the pages before it", ([, behaviour, tag]) =>
    onSite(
      (server) =>
        Effect.gen(function* () {
          server.fail(behaviour, { when: ({ target }) => target.includes("offset=10") })
          const seen: Array<number> = []
          const error = yield* Site.listInfractions({ pageSize: 10 }).pipe(
            Stream.runForEach(({ id }) => Effect.sync(() => seen.push(id))),
            Effect.flip
          )
          expect(error._tag).toBe(tag)
          expect(seen).toEqual(range(10))
        }),
      many(20)
    )
  )

  it.effect("takes more infractions than it asked for as one page", () =>
    onSite((server) =>
      Effect.gen(function* () {
        server.fail(json(range(15).map(row)))
        server.fail(json([]))
        expect(yield* idsOf(Site.listInfractions({ pageSize: 10 }))).toEqual(range(15))
        expect(server.requests[1]!.target).toContain("offset=15")
      })
    )
  )

  it.live("ends the requests in flight when it is interrupted", () =>
    onSite(
      (server) =>
        Effect.gen(function* () {
          server.fail(Scripted.silence, { times: 3, when: ({ target }) => !target.includes("offset=0") })
          const fiber = yield* Effect.fork(Stream.runDrain(Site.listInfractions.with({ ahead: 3 })({ pageSize: 5 })))
          for (let index = 0; index < 4; index++) yield* server.next
          yield* Fiber.interrupt(fiber)
          for (let index = 0; index < 3; index++) yield* server.abandoned
          expect(server.requests).toHaveLength(4)
        }),
      many(100)
    )
  )
})
