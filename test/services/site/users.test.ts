import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Site from "effect-herald/site"
import { Snowflake } from "effect-herald"
import * as SiteServer from "../../servers/site/index.js"
import { makeCoverage, withToken } from "./support/onServer.js"

const { missing, run } = makeCoverage()

const id = (digits: string) => Snowflake.Snowflake.make(digits)
const before = id("409107086526644233")
const bob = id("409107086526644234")
const after = id("409107086526644235")
const last = id("9223372036854775807")
const nobody = id("409107086526644236")

const roles = [{ id: 267628507062992896n }, { id: 267628507062992897n }]
const [role, otherRole] = roles.map((one) => id(String(one.id))) as unknown as readonly [typeof bob, typeof bob]
const seed = {
  roles,
  users: [
    { id: BigInt(before), name: "Before" },
    { id: BigInt(after), name: "After" }
  ]
}
const fields = { name: "Bob", discriminator: 7 }

const forbidden = (server: SiteServer.SiteServer, call: Effect.Effect<unknown, unknown, any>) =>
  Effect.gen(function* () {
    const tokens = [
      [SiteServer.readOnlyToken, "Forbidden"],
      ["unknown", "Unauthorized"]
    ] as const
    for (const [token, tag] of tokens) {
      const error = yield* Effect.flip(call.pipe(Effect.provide(withToken(server, token))))
      expect(error).toMatchObject({ _tag: tag })
    }
  })

describe("users on the site's server", () => {
  it.scopedLive("are created, found, replaced, changed and deleted, and their neighbours stay", () =>
    run(seed, (server) =>
      Effect.gen(function* () {
        const created = yield* Site.createUser({
          id: bob,
          ...fields,
          displayName: " Bob! ",
          roles: [role],
          inGuild: false
        })
        expect(created).toEqual({ id: bob, ...fields, displayName: "Bob!", roles: [role], inGuild: false })
        expect(yield* Site.getUser(created)).toEqual({ ...created, alts: [] })
        const replaced = yield* Site.replaceUser(created, {
          name: "Robert",
          discriminator: 0,
          roles: [otherRole, role]
        })
        expect(replaced).toMatchObject({ id: bob, name: "Robert", discriminator: 0, roles: [otherRole, role] })
        const changed = yield* Site.updateUser(bob, { inGuild: true, displayName: "" })
        expect(changed).toEqual({ ...replaced, inGuild: true, displayName: "" })
        yield* Site.deleteUser(bob)
        expect(yield* Effect.flip(Site.getUser(bob))).toMatchObject({
          _tag: "NotFound",
          detail: "No User matches the given query."
        })
        expect([...server.state.users.values()].map(({ name }) => name)).toEqual(["Before", "After"])
      })
    )
  )

  it.scopedLive("have the last id of 63 bits, and the first", () =>
    run(seed, () =>
      Effect.gen(function* () {
        for (const edge of [last, id("0")]) {
          expect((yield* Site.createUser({ id: edge, ...fields })).id).toBe(edge)
          expect((yield* Site.getUser(edge)).id).toBe(edge)
        }
      })
    )
  )

  it.scopedLive("fail to be created if they exist, or a role does not", () =>
    run(seed, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip(Site.createUser({ id: before, ...fields }))).toMatchObject({
          _tag: "AlreadyExists",
          issues: [{ path: ["id"], message: "User with ID already present." }]
        })
        for (const call of [
          Site.createUser({ id: bob, ...fields, roles: [role, nobody, bob] }),
          Site.replaceUser(before, { ...fields, roles: [nobody, bob] }),
          Site.updateUser(before, { roles: [nobody, bob] })
        ]) {
          expect(yield* Effect.flip(call as Effect.Effect<unknown, unknown, any>)).toMatchObject({
            _tag: "UnknownReference",
            issues: [nobody, bob].map((one) => ({ path: ["roles"], message: `Role with ID ${one} does not exist` }))
          })
        }
      })
    )
  )

  it.scopedLive("fail with NotFound if the site does not know them", () =>
    run(seed, () =>
      Effect.gen(function* () {
        const calls: ReadonlyArray<Effect.Effect<unknown, unknown, any>> = [
          Site.getUser(bob),
          Site.replaceUser(bob, fields),
          Site.updateUser(bob, { name: "B" }),
          Site.deleteUser(bob),
          Site.addAlt(bob, { target: before, actor: before, context: "c" }),
          Site.updateAlt(bob, { target: before, context: "c" }),
          Site.removeAlt(bob, before)
        ]
        for (const call of calls) expect(yield* Effect.flip(call)).toMatchObject({ _tag: "NotFound" })
        expect(
          yield* Effect.flip(
            Site.updateUsers([
              { id: before, name: "B" },
              { id: bob, name: "B" }
            ])
          )
        ).toMatchObject({
          _tag: "NotFound",
          detail: `User with id ${bob} not found.`
        })
        expect((yield* Site.getUser(before)).name).toBe("Before")
      })
    )
  )

  it.scopedLive("are created many at once, without those that exist", () =>
    run(seed, () =>
      Effect.gen(function* () {
        expect(yield* Site.createUsers([before, bob, after].map((one) => ({ id: one, ...fields })))).toBeUndefined()
        expect((yield* Site.getUser(before)).name).toBe("Before")
        expect((yield* Site.getUser(bob)).name).toBe("Bob")
        yield* Site.createUsers([])
        const error = yield* Effect.flip(Site.createUsers([{ id: nobody, ...fields, roles: [bob] }]))
        expect(error).toMatchObject({
          _tag: "BadRequest",
          issues: [{ path: [0, "roles"], message: `Role with ID ${bob} does not exist` }]
        })
      })
    )
  )

  it.scopedLive("are changed many at once", () =>
    run(seed, () =>
      Effect.gen(function* () {
        const changed = yield* Site.updateUsers([
          { id: before, inGuild: false },
          { id: after, name: "Afterwards", roles: [role] }
        ])
        expect(changed.map(({ id }) => id).toSorted()).toEqual([before, after])
        expect(yield* Site.getUser(before)).toMatchObject({ name: "Before", inGuild: false })
        expect(yield* Site.getUser(after)).toMatchObject({ name: "Afterwards", roles: [role] })
        expect(yield* Effect.flip(Site.updateUsers([{ id: before, roles: [bob] }]))).toMatchObject({
          _tag: "BadRequest"
        })
      })
    )
  )

  it.scopedLive("are listed by page and by each condition", () =>
    run(
      {
        users: Array.from({ length: 12 }, (_, index) => ({
          id: BigInt(bob) + BigInt(index),
          name: `u${index % 4}`,
          display_name: `d${index}`,
          discriminator: BigInt(index % 2)
        }))
      },
      () =>
        Effect.gen(function* () {
          const ids = (query?: Site.UserQuery) =>
            Effect.map(Stream.runCollect(Site.listUsers.with({ ahead: 2 })(query)), (users) =>
              Chunk.toReadonlyArray(users).map((one) => Number(BigInt(one.id) - BigInt(bob)))
            )
          expect(yield* ids()).toEqual(Array.from({ length: 12 }, (_, index) => index))
          expect(yield* ids({ pageSize: 5 })).toEqual(Array.from({ length: 12 }, (_, index) => index))
          expect(yield* ids({ name: "u1", pageSize: 2 })).toEqual([1, 5, 9])
          expect(yield* ids({ displayName: "d3" })).toEqual([3])
          expect(yield* ids({ discriminator: 0, name: "u2" })).toEqual([2, 6, 10])
          expect(yield* ids({ name: "U1" })).toEqual([])
          expect(yield* Site.userPage({ page: "last", pageSize: 5 })).toMatchObject({
            count: 12,
            nextPage: null,
            previousPage: 2
          })
          expect(yield* Effect.flip(Site.userPage({ page: 9, pageSize: 5 }))).toMatchObject({ _tag: "NotFound" })
        })
    )
  )

  it.scopedLive("end their list where users were deleted meanwhile", () =>
    run({ users: Array.from({ length: 12 }, (_, index) => ({ id: BigInt(index) })) }, (server) =>
      Effect.gen(function* () {
        const seen = yield* Site.listUsers({ pageSize: 5 }).pipe(
          Stream.tap(() => Effect.sync(() => server.state.users.delete(11n) && server.state.users.clear())),
          Stream.runCount
        )
        expect(seen).toBe(5)
      })
    )
  )

  it.scopedLive("have alternate accounts, in both directions", () =>
    run({ users: [...seed.users, { id: BigInt(bob) }] }, () =>
      Effect.gen(function* () {
        yield* Site.addAlt(bob, { target: before, actor: after, context: " first " })
        const { alts } = yield* Site.getUser(bob)
        expect(alts).toMatchObject([{ source: bob, target: before, actor: after, context: "first", alts: [bob] }])
        expect(DateTime.isDateTime(alts[0]?.createdAt)).toBe(true)
        expect((yield* Site.getUser(before)).alts).toMatchObject([{ source: before, target: bob }])
        yield* Site.updateAlt(before, { target: bob, context: "second" })
        expect((yield* Site.getUser(bob)).alts).toMatchObject([{ context: "second" }])
        expect(yield* Effect.flip(Site.addAlt(bob, { target: before, actor: after, context: "c" }))).toMatchObject({
          _tag: "AlreadyExists",
          issues: [{ path: [] }]
        })
        expect(yield* Effect.flip(Site.addAlt(bob, { target: bob, actor: after, context: "c" }))).toMatchObject({
          _tag: "BadRequest"
        })
        expect(yield* Effect.flip(Site.addAlt(bob, { target: nobody, actor: last, context: "c" }))).toMatchObject({
          _tag: "UnknownReference",
          issues: expect.arrayContaining([expect.objectContaining({ path: ["target"] })])
        })
        yield* Site.removeAlt(bob, before)
        expect((yield* Site.getUser(before)).alts).toEqual([])
        for (const call of [Site.removeAlt(bob, before), Site.updateAlt(bob, { target: before, context: "c" })]) {
          expect(yield* Effect.flip(call)).toMatchObject({ _tag: "UnknownReference" })
        }
      })
    )
  )

  it.scopedLive("fail with Forbidden and Unauthorized, each call", () =>
    run(seed, (server) =>
      Effect.gen(function* () {
        const writes: ReadonlyArray<Effect.Effect<unknown, unknown, any>> = [
          Site.createUser({ id: bob, ...fields }),
          Site.createUsers([{ id: bob, ...fields }]),
          Site.replaceUser(before, fields),
          Site.updateUser(before, fields),
          Site.updateUsers([{ id: before, ...fields }]),
          Site.deleteUser(before),
          Site.addAlt(before, { target: after, actor: after, context: "c" }),
          Site.updateAlt(before, { target: after, context: "c" }),
          Site.removeAlt(before, after),
          Site.getMetricityActivity([before], { days: 1 })
        ]
        for (const call of writes) yield* forbidden(server, call)
        const reads: ReadonlyArray<Effect.Effect<unknown, unknown, any>> = [
          Site.userPage({ page: 1 }),
          Site.getUser(before),
          Site.getMetricityData(before),
          Site.getMetricityReviewData(before)
        ]
        for (const call of reads) {
          expect(yield* Effect.flip(call.pipe(Effect.provide(withToken(server, "unknown"))))).toMatchObject({
            _tag: "Unauthorized",
            detail: "Invalid token."
          })
        }
        expect(server.state.users.size).toBe(2)
      })
    )
  )

  it.scopedLive("can have what the operations refuse sent by verbs", () =>
    run(seed, () =>
      Effect.gen(function* () {
        const { verbs } = Site
        const path = { path: { id: before } } as const
        const empty = yield* Effect.flip(verbs.patch("bot/users/bulk_patch", { json: [] }))
        expect(empty).toMatchObject({ _tag: "ServerError", status: 500 })
        const twice = yield* Effect.flip(
          verbs.post("bot/users", { json: [1, 1].map(() => ({ id: 7, name: "a", discriminator: 1 })) })
        )
        expect(twice).toMatchObject({ _tag: "BadRequest", issues: [{ path: ["id"] }] })
        expect(yield* Effect.flip(verbs.get("bot/users", { query: { discriminator: "x" } }))).toMatchObject({
          status: 400
        })
        expect(yield* Effect.flip(verbs.get("bot/nothing"))).toMatchObject({ _tag: "ClientError", status: 404 })
        const text = { text: "x" } as const
        for (const call of [
          verbs.post("bot/users", text),
          verbs.patch("bot/users/bulk_patch", text),
          verbs.post("bot/users/metricity_activity_data", { ...text, query: { days: 1 } }),
          verbs.put("bot/users/{id}", { ...path, ...text }),
          verbs.patch("bot/users/{id}", { ...path, ...text }),
          verbs.post("bot/users/{id}/alts", { ...path, ...text }),
          verbs.patch("bot/users/{id}/alts", { ...path, ...text }),
          verbs.delete("bot/users/{id}/alts", { ...path, ...text })
        ]) {
          expect(yield* Effect.flip(call as Effect.Effect<unknown, unknown, any>)).toMatchObject({ status: 415 })
        }
        const activity = "bot/users/metricity_activity_data"
        for (const call of [
          verbs.post(activity, { json: [1] }),
          verbs.post(activity, { json: [], query: { days: 1 } }),
          verbs.post(activity, { json: ["x"], query: { days: 1 } })
        ]) {
          expect(yield* Effect.flip(call)).toMatchObject({ _tag: "BadRequest", status: 400 })
        }
        for (const one of [
          verbs.post("bot/roles", text),
          verbs.put("bot/roles/{id}", { path: { id: role }, ...text }),
          verbs.patch("bot/roles/{id}", { path: { id: role }, ...text })
        ]) {
          expect(yield* Effect.flip(one as Effect.Effect<unknown, unknown, any>)).toMatchObject({ status: 415 })
        }
        for (const one of [
          verbs.put("bot/roles/{id}", { path: { id: role }, json: {} }),
          verbs.patch("bot/roles/{id}", { path: { id: role }, json: { colour: -1 } })
        ]) {
          expect(yield* Effect.flip(one)).toMatchObject({ _tag: "BadRequest" })
        }
        // An array can't be sent as anything but JSON, and the server tells them apart by it.
        expect(yield* Effect.flip(verbs.post("bot/users", { text: "[1]" }))).toMatchObject({ status: 415 })
      })
    )
  )
})

describe("metricity data on the site's server", () => {
  const joined_at = "2024-05-01T12:00:00.123456"
  const metricity = {
    [before]: {
      joined_at,
      total_messages: 9n,
      activity_blocks: 3n,
      top_channel_activity: [
        ["python", 5n],
        ["off-topic", 4n]
      ] as ReadonlyArray<readonly [string, bigint]>,
      recent_messages: 2n
    }
  }

  it.scopedLive("is that of the user", () =>
    run({ ...seed, metricity }, () =>
      Effect.gen(function* () {
        const data = yield* Site.getMetricityData(before)
        expect(DateTime.formatIso(data.joinedAt)).toBe("2024-05-01T12:00:00.123Z")
        expect(data).toMatchObject({ totalMessages: 9, activityBlocks: 3, voiceGateBlocked: false })
        expect(yield* Site.getMetricityReviewData(before)).toMatchObject({
          totalMessages: 9,
          topChannelActivity: [
            ["python", 5],
            ["off-topic", 4]
          ]
        })
        expect(yield* Site.getMetricityActivity([before, { id: after }], { days: 30 })).toEqual({
          [before]: 2,
          [after]: 0
        })
        for (const user of [after, nobody]) {
          for (const call of [Site.getMetricityData(user), Site.getMetricityReviewData(user)]) {
            expect(yield* Effect.flip(call as Effect.Effect<unknown, unknown, any>)).toMatchObject({ _tag: "NotFound" })
          }
        }
      })
    )
  )
})

describe("roles on the site's server", () => {
  const owners = { name: "Owners", colour: 0xff0000, permissions: 2n ** 63n - 1n, position: 3 }

  it.scopedLive("are created, found, replaced, changed and deleted", () =>
    run(
      { users: [{ id: BigInt(before), roles: [BigInt(bob)] }], roles: [{ id: BigInt(after), position: 9n }] },
      (server) =>
        Effect.gen(function* () {
          const created = yield* Site.createRole({ id: bob, ...owners })
          expect(created).toEqual({ id: bob, ...owners })
          expect(yield* Site.getRole(created)).toEqual(created)
          expect((yield* Site.getRoles()).map(({ id }) => id)).toEqual([after, bob])
          const replaced = yield* Site.replaceRole(bob, { ...owners, permissions: 9007199254740993n, position: -1 })
          expect(replaced).toEqual({ id: bob, ...owners, permissions: 9007199254740993n, position: -1 })
          expect(yield* Site.updateRole(bob, { name: " Admins " })).toEqual({ ...replaced, name: "Admins" })
          expect(server.state.roles.size).toBe(2)
          expect(yield* Effect.flip(Site.createRole(created))).toMatchObject({
            _tag: "AlreadyExists",
            issues: [{ path: ["id"], message: "role with this ID already exists." }]
          })
          yield* Site.deleteRole(bob)
          expect(server.state.users.get(BigInt(before))?.roles).toEqual([])
          const calls: ReadonlyArray<Effect.Effect<unknown, unknown, any>> = [
            Site.getRole(bob),
            Site.replaceRole(bob, owners),
            Site.updateRole(bob, owners),
            Site.deleteRole(bob)
          ]
          for (const call of calls) expect(yield* Effect.flip(call)).toMatchObject({ _tag: "NotFound" })
          for (const call of [
            Site.createRole(created),
            Site.replaceRole(after, owners),
            Site.updateRole(after, owners),
            Site.deleteRole(after)
          ]) {
            yield* forbidden(server, call as Effect.Effect<unknown, unknown, any>)
          }
          for (const call of [Site.getRoles(), Site.getRole(after)]) {
            expect(
              yield* Effect.flip(
                Effect.provide(call as Effect.Effect<unknown, unknown, any>, withToken(server, "unknown"))
              )
            ).toMatchObject({ _tag: "Unauthorized" })
          }
        })
    )
  )
})

describe("the health of the site's server", () => {
  it.scopedLive("is checked without a token", () =>
    run(seed, (server) =>
      Effect.gen(function* () {
        yield* Site.waitUntilHealthy()
        expect(yield* Site.checkHealth().pipe(Effect.provide(Site.anonymous({ baseUrl: server.url })))).toEqual({
          status: "ok"
        })
        const wrong = Site.anonymous({ baseUrl: new URL("/wrong", server.url) })
        expect(yield* Effect.flip(Site.waitUntilHealthy().pipe(Effect.provide(wrong)))).toMatchObject({
          _tag: "ClientError",
          status: 404
        })
      })
    )
  )
})

afterAll(() => expect(missing(/^bot\/(users|roles)|^healthcheck/)).toEqual([]))
