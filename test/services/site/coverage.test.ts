import { assert, describe, it } from "@effect/vitest"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import * as SiteServer from "../../servers/site/index.js"
import { client } from "../../support/client.js"
import { once } from "../../support/kit.js"

type Call = Effect.Effect<unknown, unknown, Site.Authoriser | HttpClient.HttpClient>

const id = (digits: string) => Snowflake.Snowflake.make(digits)
const [one, two, three, python] = [id("1"), id("2"), id("3"), id("409107086526644234")]

// The first row of each table has the id 1.
const listId = 1 as Site.FilterListId
const filterId = 1 as Site.FilterId

const infractionId = 1 as Site.InfractionId
const nominationId = 1 as Site.NominationId
const reminderId = 1 as Site.ReminderId

const later = DateTime.unsafeMake("2999-01-01T00:00:00Z")

const reminder: Site.NewReminder = {
  author: one,
  channelId: python,
  content: "c",
  expiration: later,
  jumpUrl: "https://discord.com/channels/1/2/3"
}

const seed: SiteServer.Seed = {
  roles: [{ id: 10n }],
  users: [1n, 2n, 3n, 409107086526644234n].map((id) => ({ id })),
  filterLists: [{ name: "old", list_type: 0n }],
  filters: [{ filter_list: 1n, content: "c" }],
  documentationLinks: [{ package: "p", base_url: "", inventory_url: "https://p.example/objects.inv" }],
  offTopicNames: [{ name: "a" }],
  bumpedThreads: [1n],
  mailingLists: [{ name: "l" }],
  aocLinks: [{ user: 1n, aoc_username: "a" }],
  aocBlocks: [{ user: 1n, is_blocked: true, reason: null }],
  metricity: {
    1: {
      joined_at: "2020-10-06T21:54:23.540766",
      total_messages: 5n,
      activity_blocks: 2n,
      top_channel_activity: [["off-topic", 3n]],
      recent_messages: 4n
    }
  },
  artifacts: { "o/r/s/a/x": { url: "https://x.example" } }
}

const filterList: Site.NewFilterList = {
  name: "new",
  listType: "deny",
  settings: {
    bypassRoles: [],
    filterDm: true,
    enabled: true,
    removeContext: true,
    sendAlert: true,
    infractionType: "NONE",
    infractionReason: "",
    infractionDuration: Duration.zero,
    infractionChannel: python,
    dmContent: "",
    dmEmbed: "",
    disabledChannels: [],
    disabledCategories: [],
    enabledChannels: [],
    enabledCategories: [],
    guildPings: [],
    dmPings: []
  }
}

/** A call of each row that succeeds, by the row's name, in an order in which all succeed. */
const calls: ReadonlyArray<readonly [row: string, call: Call]> = [
  ["GET healthcheck", Site.checkHealth()],
  ["GET rules", Site.getRules()],
  [
    "GET github/artifact/{owner}/{repo}/{sha}/{action_name}/{artifact_name}",
    Site.getGithubArtifact({ owner: "o", repo: "r", sha: "s", actionName: "a", artifactName: "x" })
  ],
  [
    "POST github/webhook-filter/{webhook_id}/{webhook_token}",
    Site.filterGithubWebhook({
      webhookId: one,
      webhookToken: Redacted.make("t"),
      event: "push",
      payload: { sender: { login: "someone" } }
    })
  ],
  ["GET bot/users", Stream.runCollect(Site.listUsers())],
  ["POST bot/users", Site.createUser({ id: id("5"), name: "five", discriminator: 0 })],
  ["POST bot/users (array)", Site.createUsers([{ id: id("6"), name: "six", discriminator: 0 }])],
  ["PATCH bot/users/bulk_patch", Site.updateUsers([{ id: python, name: "python" }])],
  ["GET bot/users/{id}", Site.getUser(python)],
  ["PUT bot/users/{id}", Site.replaceUser(python, { name: "python", discriminator: 1 })],
  ["PATCH bot/users/{id}", Site.updateUser(python, { inGuild: false })],
  ["POST bot/users/{id}/alts", Site.addAlt(one, { target: python, actor: two, context: "c" })],
  ["PATCH bot/users/{id}/alts", Site.updateAlt(one, { target: python, context: "d" })],
  ["DELETE bot/users/{id}/alts", Site.removeAlt(one, python)],
  ["GET bot/users/{id}/metricity_data", Site.getMetricityData(one)],
  ["GET bot/users/{id}/metricity_review_data", Site.getMetricityReviewData(one)],
  ["POST bot/users/metricity_activity_data", Site.getMetricityActivity([one, python], { days: 7 })],
  ["DELETE bot/users/{id}", Site.deleteUser(three)],
  ["GET bot/roles", Site.getRoles()],
  ["POST bot/roles", Site.createRole({ id: python, name: "r", colour: 1, permissions: 1n, position: 1 })],
  ["GET bot/roles/{id}", Site.getRole(python)],
  ["PUT bot/roles/{id}", Site.replaceRole(python, { name: "r", colour: 1, permissions: 1n, position: 1 })],
  ["PATCH bot/roles/{id}", Site.updateRole(python, { name: "s" })],
  ["DELETE bot/roles/{id}", Site.deleteRole(python)],
  ["GET bot/infractions", Stream.runCollect(Site.listInfractions())],
  ["POST bot/infractions", Site.createInfraction({ user: python, actor: one, type: "ban", active: true })],
  ["GET bot/infractions/expanded", Stream.runCollect(Site.listExpandedInfractions())],
  ["POST bot/infractions/expanded", Site.createExpandedInfraction({ user: python, actor: one, type: "note" })],
  ["GET bot/infractions/{id}", Site.getInfraction(infractionId)],
  ["PATCH bot/infractions/{id}", Site.updateInfraction(infractionId, { reason: "r" })],
  ["GET bot/infractions/{id}/expanded", Site.getExpandedInfraction(infractionId)],
  ["PATCH bot/infractions/{id}/expanded", Site.updateExpandedInfraction(infractionId, { active: false })],
  ["DELETE bot/infractions/{id}", Site.deleteInfraction(infractionId)],
  ["GET bot/nominations", Site.getNominations()],
  ["POST bot/nominations", Site.createNomination({ user: python, actor: one, reason: "r" })],
  ["GET bot/nominations/{id}", Site.getNomination(nominationId)],
  ["PATCH bot/nominations/{id}", Site.updateNomination(nominationId, { reviewed: true, threadId: python })],
  ["PATCH bot/nominations/{id}", Site.updateEndorsement(nominationId, { actor: one, reason: "s" })],
  ["PATCH bot/nominations/{id}", Site.endNomination(nominationId, { endReason: "e" })],
  ["PATCH bot/nominations/{id}", Site.updateEndReason(nominationId, { endReason: "f" })],
  ["GET bot/reminders", Site.getReminders()],
  ["POST bot/reminders", Site.createReminder(reminder)],
  ["GET bot/reminders/{id}", Site.getReminder(reminderId)],
  ["PUT bot/reminders/{id}", Site.replaceReminder(reminderId, reminder)],
  ["PATCH bot/reminders/{id}", Site.updateReminder(reminderId, { failures: 1 })],
  ["DELETE bot/reminders/{id}", Site.deleteReminder(reminderId)],
  [
    "POST bot/deleted-messages",
    Site.createDeletedMessages({
      actor: null,
      creation: later,
      messages: [{ id: python, author: one, channelId: python }]
    })
  ],
  ["GET bot/offensive-messages", Site.getOffensiveMessages()],
  ["POST bot/offensive-messages", Site.createOffensiveMessage({ id: python, channelId: python, deleteDate: later })],
  ["PATCH bot/offensive-messages/{id}", Site.updateOffensiveMessage(python, { deleteDate: later })],
  ["DELETE bot/offensive-messages/{id}", Site.deleteOffensiveMessage(python)],
  ["GET bot/documentation-links", Site.getDocumentationLinks()],
  [
    "POST bot/documentation-links",
    Site.createDocumentationLink({ package: "q", inventoryUrl: "https://q.example/objects.inv" })
  ],
  ["GET bot/documentation-links/{package}", Site.getDocumentationLink("q")],
  ["DELETE bot/documentation-links/{package}", Site.deleteDocumentationLink("q")],
  ["GET bot/off-topic-channel-names", Site.takeRandomOffTopicNames(1)],
  ["POST bot/off-topic-channel-names", Site.createOffTopicName("b")],
  ["GET bot/off-topic-channel-names/{name}", Site.getOffTopicName("b")],
  ["PUT bot/off-topic-channel-names/{name}", Site.replaceOffTopicName("b", { used: true })],
  ["PATCH bot/off-topic-channel-names/{name}", Site.updateOffTopicName("b", { active: false })],
  ["DELETE bot/off-topic-channel-names/{name}", Site.deleteOffTopicName("b")],
  ["GET bot/filter/filter_lists", Site.getFilterLists()],
  ["POST bot/filter/filter_lists", Site.createFilterList(filterList)],
  ["GET bot/filter/filter_lists/{id}", Site.getFilterList(listId)],
  ["PUT bot/filter/filter_lists/{id}", Site.replaceFilterList(listId, { ...filterList, name: "other" })],
  ["PATCH bot/filter/filter_lists/{id}", Site.updateFilterList(listId, { name: "third" })],
  ["GET bot/filter/filters", Site.getFilters()],
  ["POST bot/filter/filters", Site.createFilter({ filterList: listId, content: "d" })],
  ["GET bot/filter/filters/{id}", Site.getFilter(filterId)],
  ["PUT bot/filter/filters/{id}", Site.replaceFilter(filterId, { filterList: listId, content: "e" })],
  ["PATCH bot/filter/filters/{id}", Site.updateFilter({ id: filterId, filterList: listId }, { content: "f" })],
  ["DELETE bot/filter/filters/{id}", Site.deleteFilter(filterId)],
  ["DELETE bot/filter/filter_lists/{id}", Site.deleteFilterList(listId)],
  ["GET bot/bumped-threads", Site.getBumpedThreads()],
  ["POST bot/bumped-threads", Site.createBumpedThread(python)],
  ["GET bot/bumped-threads/{id}", Site.isThreadBumped(python)],
  ["DELETE bot/bumped-threads/{id}", Site.deleteBumpedThread(python)],
  ["GET bot/bot-settings/{name}", Site.getBotSetting("news")],
  ["PUT bot/bot-settings/{name}", Site.replaceBotSetting("news", { a: 1 })],
  ["PATCH bot/bot-settings/{name}", Site.updateBotSetting("news", { a: 2 })],
  ["GET bot/mailing-lists", Site.getMailingLists()],
  ["POST bot/mailing-lists", Site.createMailingList("m")],
  ["GET bot/mailing-lists/{name}", Site.getMailingList("m")],
  ["POST bot/mailing-lists/{name}/seen-items", Site.addSeenItem("m", "a")],
  ["GET bot/aoc-account-links", Site.getAocLinks()],
  ["POST bot/aoc-account-links", Site.createAocLink({ user: two, aocUsername: "b" })],
  ["GET bot/aoc-account-links/{user_id}", Site.getAocLink(two)],
  ["DELETE bot/aoc-account-links/{user_id}", Site.deleteAocLink(two)],
  ["GET bot/aoc-completionist-blocks", Site.getAocBlocks()],
  ["POST bot/aoc-completionist-blocks", Site.createAocBlock({ user: two })],
  ["GET bot/aoc-completionist-blocks/{user_id}", Site.getAocBlock(two)],
  ["DELETE bot/aoc-completionist-blocks/{user_id}", Site.deleteAocBlock(two)],
  [
    "POST logs",
    Site.createLogRecord({ application: "bot", loggerName: "l", level: "info", module: "m", line: 1, message: "a" })
  ]
]

const environment = (url: string, token: string) =>
  Layer.mergeAll(Layer.orDie(Site.layer({ token: Redacted.make(token), baseUrl: url })), client, once)

const tagOf = (error: unknown): string => (error as { readonly _tag: string })._tag

/** Makes what runs calls with a token, and returns `success` or the tag of the error. */
const caller = (url: string, token: string = SiteServer.token) =>
  Effect.map(
    Layer.build(environment(url, token)),
    (context) => (call: Call) =>
      Effect.map(Effect.either(Effect.provide(call, context)), (result) =>
        result._tag === "Left" ? tagOf(result.left) : "success"
      )
  )

/** The body that a status has, whatever the row. */
const bodies: Readonly<Record<number, object>> = {
  400: { field: ["This field is required."] },
  401: { detail: "Invalid token." },
  403: { detail: "You do not have permission to perform this action." },
  404: { detail: "No Thing matches the given query." },
  415: { detail: 'Unsupported media type "text/plain" in request.' }
}

const builtIn: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  415: "ClientError"
}

const artifact = "GET github/artifact/{owner}/{repo}/{sha}/{action_name}/{artifact_name}"

/** Errors of rows that are not those of the built-in family. */
const own: Readonly<Record<string, string>> = {
  [`${artifact} 202`]: "ArtifactPending",
  [`${artifact} 400`]: "ArtifactUnavailable",
  [`${artifact} 401`]: "ArtifactUnavailable",
  [`${artifact} 404`]: "ArtifactUnavailable",
  [`${artifact} 408`]: "ArtifactUnavailable",
  // A thread that is not there is the response, not an error.
  "GET bot/bumped-threads/{id} 404": "success"
}

describe("the operations of the site, by the rows of the table", () => {
  it.scoped("each have their success", () =>
    Effect.gen(function* () {
      const { hits, url } = yield* SiteServer.make({ seed })
      const outcome = yield* caller(url)
      const names = new Set(SiteServer.rows.map(SiteServer.nameOf))
      for (const [name, call] of calls) {
        assert.isTrue(names.has(name), name)
        assert.strictEqual(yield* outcome(call), "success", name)
        const statuses = [...(hits.get(name)?.keys() ?? [])]
        assert.isTrue(
          statuses.some((status) => status < 300),
          name
        )
      }
      assert.deepStrictEqual(
        SiteServer.uncovered(hits).filter((one) => / 2\d\d$/.test(one)),
        // Other responses to the same requests: an artifact that is pending, and an event that is ignored.
        [`${artifact} 202`, "POST github/webhook-filter/{webhook_id}/{webhook_token} 203"]
      )
    })
  )

  it.scoped("have an error for each other status of their row", () =>
    Effect.gen(function* () {
      const { fail, requests, url } = yield* SiteServer.make({ seed })
      const outcome = yield* caller(url)
      const found: Record<string, string> = {}
      const expected: Record<string, string> = {}
      for (const [name, call] of calls) {
        const row = SiteServer.rows.find((one) => SiteServer.nameOf(one) === name)!
        for (const status of SiteServer.statusesOf(row)) {
          const key = `${name} ${status}`
          if (status < 300 && own[key] === undefined) continue
          const body =
            name === artifact
              ? { error_type: "SomeError", error: "some", requested_resource: "/x" }
              : (bodies[status] ?? {})
          const sent = requests.length
          fail(Scripted.json(body, { status }))
          found[key] = yield* outcome(call)
          expected[key] = own[key] ?? builtIn[status] ?? "?"
          // No status of these is retried, and a token is not refreshed.
          assert.strictEqual(requests.length, sent + 1, key)
        }
        for (const [status, tag] of [
          [404, "ClientError"],
          [500, "ServerError"]
        ] as const) {
          fail(SiteServer.html(status, `<h1>${status}</h1>`))
          found[`${name} ${status} HTML`] = yield* outcome(call)
          expected[`${name} ${status} HTML`] = tag
        }
      }
      assert.deepStrictEqual(found, expected)
    })
  )

  it.scoped(
    "fail with Unauthorized for a token that is unknown, and with Forbidden for writes of one that may read only",
    () =>
      Effect.gen(function* () {
        const { state, url } = yield* SiteServer.make({ seed })
        const stranger = yield* caller(url, "unknown")
        const reader = yield* caller(url, SiteServer.readOnlyToken)
        for (const [name, call] of calls) {
          const row = SiteServer.rows.find((one) => SiteServer.nameOf(one) === name)!
          if (row.anonymous === true) continue
          assert.strictEqual(yield* stranger(call), "Unauthorized", name)
          if (row.method !== "GET") {
            assert.strictEqual(yield* reader(call), "Forbidden", name)
          }
        }
        assert.strictEqual(state.users.size, 4)
      })
  )

  it("are all of a row", () => {
    const known = new Set(SiteServer.rows.map(({ method, path }) => `${method} /${path.replaceAll(/\{\w+\}/g, "{}")}`))
    const operations = Object.entries(Site).flatMap(([name, value]) =>
      typeof value === "function" && "endpoint" in value
        ? [[name, value.endpoint as { readonly method: string; readonly path: string }] as const]
        : []
    )
    assert.isAbove(operations.length, 80)
    assert.deepStrictEqual(
      operations.filter(([, { method, path }]) => !known.has(`${method} ${path.replaceAll(/\{\w+\}/g, "{}")}`)),
      []
    )
  })

  it("leave out no row but the PUT that can't succeed", () => {
    const covered = new Set(calls.map(([name]) => name))
    assert.deepStrictEqual(
      SiteServer.rows.map(SiteServer.nameOf).filter((name) => !covered.has(name)),
      ["PUT bot/offensive-messages/{id}"]
    )
  })
})
