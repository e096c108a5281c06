import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"
import type { Reply } from "../../support/inProcess.js"
import { exchange, html, ids, jsonText, noContent } from "./support/inProcess.js"

const user = (id: string) =>
  `{"id":${id},"name":"Bob","display_name":"","discriminator":7,"roles":[${id}],"in_guild":true}`
const withAlts = (id: string) =>
  `{"id":${id},"name":"Bob","display_name":"Bob!","discriminator":7,"roles":[${id}],"in_guild":false,"alts":[{"source":${id},"target":${id},"actor":${id},"context":"c","created_at":"2024-05-01T12:00:00.123456Z","updated_at":"2024-05-01T12:00:00Z","alts":[${id}]}]}`
const role = (id: string) => `{"id":${id},"name":"Owners","colour":1,"permissions":${id},"position":-1}`

const fields = { name: "Bob", discriminator: 7 }
const roleFields = { name: "Owners", colour: 1, position: -1 }

interface Exchange {
  readonly name: string
  readonly call: (id: Snowflake.Snowflake) => Effect.Effect<unknown, unknown, any>
  readonly request: (id: string) => readonly [method: string, target: string, body: string]
  readonly reply: (id: string) => Reply
  /** The result, of which each id has to be found again. */
  readonly result: (id: string) => unknown
}

const decodedUser = (id: string) => ({
  id,
  name: "Bob",
  displayName: "",
  discriminator: 7,
  roles: [id],
  inGuild: true
})
const decodedRole = (id: string) => ({ id, ...roleFields, permissions: BigInt(id) })

/** All operations of users, roles, metricity data and bumped threads that carry an id. */
const exchanges: ReadonlyArray<Exchange> = [
  {
    name: "createUser",
    call: (id) => Site.createUser({ id, ...fields, displayName: "", roles: [id], inGuild: true }),
    request: (id) => [
      "POST",
      "/api/bot/users",
      `{"id":${id},"name":"Bob","discriminator":7,"display_name":"","roles":[${id}],"in_guild":true}`
    ],
    reply: (id) => jsonText(user(id), 201),
    result: decodedUser
  },
  {
    name: "createUsers",
    call: (id) => Site.createUsers([{ id, ...fields, roles: [id] }]),
    request: (id) => ["POST", "/api/bot/users", `[{"id":${id},"name":"Bob","discriminator":7,"roles":[${id}]}]`],
    reply: () => jsonText("[]", 201),
    result: () => undefined
  },
  {
    name: "getUser",
    call: (id) => Site.getUser(id),
    request: (id) => ["GET", `/api/bot/users/${id}`, ""],
    reply: (id) => jsonText(withAlts(id)),
    result: (id) => ({
      ...decodedUser(id),
      displayName: "Bob!",
      inGuild: false,
      alts: [
        {
          source: id,
          target: id,
          actor: id,
          context: "c",
          createdAt: expect.anything(),
          updatedAt: expect.anything(),
          alts: [id]
        }
      ]
    })
  },
  {
    name: "replaceUser",
    call: (id) => Site.replaceUser(id, { ...fields, roles: [id] }),
    request: (id) => ["PUT", `/api/bot/users/${id}`, `{"id":${id},"name":"Bob","discriminator":7,"roles":[${id}]}`],
    reply: (id) => jsonText(user(id)),
    result: decodedUser
  },
  {
    name: "updateUser",
    call: (id) => Site.updateUser({ id }, { roles: [id] }),
    request: (id) => ["PATCH", `/api/bot/users/${id}`, `{"roles":[${id}]}`],
    reply: (id) => jsonText(user(id)),
    result: decodedUser
  },
  {
    name: "updateUsers",
    call: (id) => Site.updateUsers([{ id, roles: [id] }]),
    request: (id) => ["PATCH", "/api/bot/users/bulk_patch", `[{"id":${id},"roles":[${id}]}]`],
    reply: (id) => jsonText(`[${user(id)}]`),
    result: (id) => [decodedUser(id)]
  },
  {
    name: "deleteUser",
    call: (id) => Site.deleteUser(id),
    request: (id) => ["DELETE", `/api/bot/users/${id}`, ""],
    reply: () => noContent,
    result: () => undefined
  },
  {
    name: "userPage",
    call: () => Site.userPage({ page: "last", name: "a&b=c", displayName: "É", discriminator: 0, pageSize: 10 }),
    request: () => [
      "GET",
      "/api/bot/users?name=a%26b%3Dc&display_name=%C3%89&discriminator=0&page=last&page_size=10",
      ""
    ],
    reply: (id) => jsonText(`{"count":1,"next_page_no":null,"previous_page_no":null,"results":[${user(id)}]}`),
    result: (id) => ({ count: 1, nextPage: null, previousPage: null, results: [decodedUser(id)] })
  },
  {
    name: "addAlt",
    call: (id) => Site.addAlt(id, { target: id, actor: { id }, context: "c" }),
    request: (id) => ["POST", `/api/bot/users/${id}/alts`, `{"target":${id},"context":"c","actor":${id}}`],
    reply: () => noContent,
    result: () => undefined
  },
  {
    name: "updateAlt",
    call: (id) => Site.updateAlt(id, { target: id, context: "c" }),
    request: (id) => ["PATCH", `/api/bot/users/${id}/alts`, `{"target":${id},"context":"c"}`],
    reply: () => noContent,
    result: () => undefined
  },
  {
    name: "removeAlt",
    call: (id) => Site.removeAlt({ id }, { id }),
    request: (id) => ["DELETE", `/api/bot/users/${id}/alts`, id],
    reply: () => noContent,
    result: () => undefined
  },
  {
    name: "getMetricityData",
    call: (id) => Site.getMetricityData(id),
    request: (id) => ["GET", `/api/bot/users/${id}/metricity_data`, ""],
    reply: () =>
      jsonText('{"joined_at":"2024-05-01T12:00:00","total_messages":5,"activity_blocks":3,"voice_gate_blocked":false}'),
    result: () => ({ joinedAt: expect.anything(), totalMessages: 5, activityBlocks: 3, voiceGateBlocked: false })
  },
  {
    name: "getMetricityReviewData",
    call: (id) => Site.getMetricityReviewData(id),
    request: (id) => ["GET", `/api/bot/users/${id}/metricity_review_data`, ""],
    reply: () =>
      jsonText(
        '{"joined_at":"2024-05-01T12:00:00","total_messages":5,"top_channel_activity":[["python",4],["off",1]]}'
      ),
    result: () => ({
      joinedAt: expect.anything(),
      totalMessages: 5,
      topChannelActivity: [
        ["python", 4],
        ["off", 1]
      ]
    })
  },
  {
    name: "getMetricityActivity",
    call: (id) => Site.getMetricityActivity([id], { days: 30 }),
    request: (id) => ["POST", "/api/bot/users/metricity_activity_data?days=30", `[${id}]`],
    reply: (id) => jsonText(`{"${id}":7}`),
    result: (id) => ({ [id]: 7 })
  },
  {
    name: "getRoles",
    call: () => Site.getRoles(),
    request: () => ["GET", "/api/bot/roles", ""],
    reply: (id) => jsonText(`[${role(id)}]`),
    result: (id) => [decodedRole(id)]
  },
  {
    name: "createRole",
    call: (id) => Site.createRole({ id, ...roleFields, permissions: BigInt(id) }),
    request: (id) => ["POST", "/api/bot/roles", role(id)],
    reply: (id) => jsonText(role(id), 201),
    result: decodedRole
  },
  {
    name: "getRole",
    call: (id) => Site.getRole(id),
    request: (id) => ["GET", `/api/bot/roles/${id}`, ""],
    reply: (id) => jsonText(role(id)),
    result: decodedRole
  },
  {
    name: "replaceRole",
    call: (id) => Site.replaceRole({ id }, { ...roleFields, permissions: BigInt(id) }),
    request: (id) => ["PUT", `/api/bot/roles/${id}`, role(id)],
    reply: (id) => jsonText(role(id)),
    result: decodedRole
  },
  {
    name: "updateRole",
    call: (id) => Site.updateRole(id, { permissions: BigInt(id) }),
    request: (id) => ["PATCH", `/api/bot/roles/${id}`, `{"permissions":${id}}`],
    reply: (id) => jsonText(role(id)),
    result: decodedRole
  },
  {
    name: "deleteRole",
    call: (id) => Site.deleteRole(id),
    request: (id) => ["DELETE", `/api/bot/roles/${id}`, ""],
    reply: () => noContent,
    result: () => undefined
  },
  {
    name: "getBumpedThreads",
    call: () => Site.getBumpedThreads(),
    request: () => ["GET", "/api/bot/bumped-threads", ""],
    reply: (id) => jsonText(`[${id}]`),
    result: (id) => [id]
  },
  {
    name: "createBumpedThread",
    call: (id) => Site.createBumpedThread(id),
    request: (id) => ["POST", "/api/bot/bumped-threads", `{"thread_id":${id}}`],
    reply: (id) => jsonText(`{"thread_id":${id}}`, 201),
    result: (id) => id
  },
  {
    name: "isThreadBumped",
    call: (id) => Site.isThreadBumped(id),
    request: (id) => ["GET", `/api/bot/bumped-threads/${id}`, ""],
    reply: () => noContent,
    result: () => true
  },
  {
    name: "deleteBumpedThread",
    call: (id) => Site.deleteBumpedThread(id),
    request: (id) => ["DELETE", `/api/bot/bumped-threads/${id}`, ""],
    reply: () => noContent,
    result: () => undefined
  }
]

describe("an operation carries ids exactly, both ways:", () => {
  it.effect.each(exchanges)("$name", ({ call, reply, request, result }) =>
    Effect.forEach(
      ids,
      (id) =>
        Effect.map(exchange(call(id), reply(id)), ({ first, result: received, sent }) => {
          expect(sent).toHaveLength(1)
          expect([first?.method, first?.target, first?.body]).toEqual(request(id))
          expect(first?.headers).toMatchObject({ accept: "application/json", authorization: "Token secret" })
          expect(received).toEqual(Either.right(result(id)))
        }),
      { discard: true }
    )
  )

  it.effect.each(exchanges.filter(({ request }) => request("<id>").join(" ").includes("<id>")))(
    "$name refuses a negative id before sending",
    ({ call, reply }) =>
      Effect.map(exchange(call("-1" as Snowflake.Snowflake), reply("1")), ({ result, sent }) => {
        expect(Either.flip(result)).toMatchObject({ right: { _tag: "EncodeError" } })
        expect(sent).toEqual([])
      })
  )
})

describe("the bulk creation of users", () => {
  it.effect("fails if the response is not that of the site", () =>
    Effect.forEach([html(201), { status: 201 }, jsonText('{"detail":"x"}', 201)], (reply) =>
      Effect.map(exchange(Site.createUsers([{ id: ids[0]!, ...fields }]), reply), ({ result }) =>
        expect(Either.flip(result)).toMatchObject({ right: { _tag: "DecodeError" } })
      )
    )
  )
})

describe("an operation whose method is not idempotent", () => {
  const filter = { id: Site.FilterId.make(1), filterList: Site.FilterListId.make(2) }

  it.effect.each([
    ["createUsers", Site.createUsers([{ id: ids[0]!, ...fields }]), jsonText("[]", 201)],
    ["updateUser", Site.updateUser(ids[0]!, { inGuild: false }), jsonText(user(ids[0]!))],
    ["updateUsers", Site.updateUsers([{ id: ids[0]!, inGuild: false }]), jsonText("[]")],
    ["updateAlt", Site.updateAlt(ids[0]!, { target: ids[1]!, context: "c" }), noContent],
    ["updateRole", Site.updateRole(ids[0]!, { name: "a" }), jsonText(role(ids[0]!))],
    ["getMetricityActivity", Site.getMetricityActivity([ids[0]!], { days: 1 }), jsonText("{}")],
    ["updateFilter", Site.updateFilter(filter, { content: "a" }), jsonText("{}")],
    ["updateFilterList", Site.updateFilterList(filter.filterList, { name: "a" }), jsonText("{}")],
    ["updateBotSetting", Site.updateBotSetting("news", {}), jsonText("{}")],
    ["updateOffTopicName", Site.updateOffTopicName("a", { used: true }), jsonText("{}")]
  ] as ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown, any>, Reply]>)(
    "is sent again after a 502 all the same, where that changes nothing: %s",
    ([_, call, reply]) => Effect.map(exchange(call, { status: 502 }, reply), ({ sent }) => expect(sent).toHaveLength(2))
  )

  it.effect.each([
    ["createUser", Site.createUser({ id: ids[0]!, ...fields })],
    ["createRole", Site.createRole({ id: ids[0]!, ...roleFields, permissions: 0n })],
    ["addAlt", Site.addAlt(ids[0]!, { target: ids[1]!, actor: ids[1]!, context: "c" })],
    ["createBumpedThread", Site.createBumpedThread(ids[0]!)]
  ] as ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown, any>]>)(
    "is sent once if it creates: %s",
    ([_, call]) =>
      Effect.map(exchange(call, { status: 502 }), ({ result, sent }) => {
        expect(sent).toHaveLength(1)
        expect(Either.flip(result)).toMatchObject({ right: { _tag: "ServerError" } })
      })
  )
})
