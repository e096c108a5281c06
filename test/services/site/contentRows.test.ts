import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"
import * as Server from "../../servers/site/index.js"
import { client } from "../../support/client.js"
import { once } from "../../support/kit.js"
import { snowflakes } from "./support/exchange.js"

/*
 * The rows of filters, settings, links, names, lists, Advent of Code, rules and GitHub, against the whole site.
 */

/** Runs a program against a new site. */
const onSite = <A, E>(
  seed: Server.Options["seed"],
  program: (server: Server.SiteServer) => Effect.Effect<A, E, Layer.Layer.Success<typeof client> | Site.Authoriser>,
  token = Server.token
) =>
  Effect.scoped(
    Effect.flatMap(Server.make({ seed: seed ?? {} }), (server) =>
      Effect.provide(
        program(server),
        Layer.mergeAll(Layer.orDie(Site.layer({ token: Redacted.make(token), baseUrl: server.url })), client, once)
      )
    )
  )

const tagOf = <A, E extends { readonly _tag: string }, R>(call: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(call), ({ _tag }) => _tag)

/** The statuses with which a server responded to a row. */
const statusesOf = ({ hits }: Server.SiteServer, row: string) => [...(hits.get(row)?.keys() ?? [])].toSorted()

const settings: Site.FilterListSettings = {
  bypassRoles: ["Helpers"],
  filterDm: true,
  enabled: true,
  removeContext: false,
  sendAlert: true,
  infractionType: "TIMEOUT",
  infractionReason: "spam",
  infractionDuration: Duration.sum("27 days", "1500 millis"),
  infractionChannel: snowflakes[1]!,
  dmContent: "No.",
  dmEmbed: "",
  disabledChannels: ["a"],
  disabledCategories: [],
  enabledChannels: ["b"],
  enabledCategories: ["CODE JAM"],
  guildPings: ["Moderators"],
  dmPings: []
}

describe("filter lists and filters", () => {
  it.live("are created, read, changed, replaced and deleted, with their settings as they were given", () =>
    onSite({}, (server) =>
      Effect.gen(function* () {
        const list = yield* Site.createFilterList({ name: "domains", listType: "deny", settings })
        expect(list).toMatchObject({ name: "domains", listType: "deny", filters: [], settings })
        const filter = yield* Site.createFilter({ filterList: list, content: "x.test" })
        expect(Object.values(filter.settings)).toEqual(Array.from({ length: 17 }, () => null))
        expect(filter).toMatchObject({ content: "x.test", description: null, additionalSettings: {} })
        expect(yield* Site.getFilterList(list)).toEqual({ ...list, filters: [filter] })
        expect(yield* Site.getFilters()).toEqual([filter])

        // What was read can be sent.
        const copy = yield* Site.createFilterList({ ...list, name: "copy" })
        expect(copy.settings).toEqual(list.settings)
        expect(yield* Site.getFilterLists()).toHaveLength(2)
        const same = yield* Site.updateFilterList(list, { settings: list.settings })
        expect(same.settings).toEqual(list.settings)
        const permanent = { infractionType: "BAN", infractionDuration: Duration.zero } as const
        const banned = yield* Site.updateFilterList(list, { settings: permanent })
        expect(banned.settings).toEqual({ ...settings, ...permanent })
        expect((yield* Site.replaceFilterList(list, list)).settings).toEqual(settings)

        const changed = yield* Site.updateFilter(filter, { content: "y.test", settings: { sendAlert: false } })
        expect(changed).toMatchObject({ content: "y.test", filterList: list.id, settings: { sendAlert: false } })
        const moved = yield* Site.updateFilter(changed, { filterList: copy, settings: { sendAlert: null } })
        expect(moved).toMatchObject({ content: "y.test", filterList: copy.id, settings: { sendAlert: null } })
        const replaced = yield* Site.replaceFilter(moved, {
          filterList: list,
          content: "z.test",
          description: "d",
          additionalSettings: { channel: 409107086526644235n },
          settings: banned.settings
        })
        expect(replaced).toMatchObject({ id: filter.id, additionalSettings: { channel: 409107086526644235n } })
        expect(replaced.settings).toEqual(banned.settings)
        expect(yield* Site.getFilter(filter)).toEqual(replaced)

        yield* Site.deleteFilter(filter)
        yield* Site.deleteFilterList(copy)
        expect(yield* tagOf(Site.getFilter(filter))).toBe("NotFound")
        expect(yield* tagOf(Site.updateFilter(filter, {}))).toBe("NotFound")
        expect(yield* tagOf(Site.replaceFilter(filter, { filterList: list, content: "x" }))).toBe("NotFound")
        expect(yield* tagOf(Site.deleteFilter(filter))).toBe("NotFound")
        expect(yield* tagOf(Site.getFilterList(copy))).toBe("NotFound")
        expect(yield* tagOf(Site.updateFilterList(copy, {}))).toBe("NotFound")
        expect(yield* tagOf(Site.replaceFilterList(copy, list))).toBe("NotFound")
        expect(yield* tagOf(Site.deleteFilterList(copy))).toBe("NotFound")
        expect(server.requests.some(({ target }) => target.includes("filter-lists"))).toBe(false)
      })
    )
  )

  it.live("that exist, or are in no list, are errors of their own", () =>
    onSite({}, (server) =>
      Effect.gen(function* () {
        const list = yield* Site.createFilterList({ name: "domains", listType: "deny", settings })
        const other = yield* Site.createFilterList({ ...list, listType: "allow" })
        expect(yield* tagOf(Site.createFilterList(list))).toBe("AlreadyExists")
        expect(yield* tagOf(Site.updateFilterList(other, { listType: "deny" }))).toBe("AlreadyExists")
        expect(yield* tagOf(Site.replaceFilterList(other, list))).toBe("AlreadyExists")
        const filter = yield* Site.createFilter({ filterList: list, content: "x" })
        expect(yield* tagOf(Site.createFilter({ filterList: list, content: "x" }))).toBe("AlreadyExists")
        const filterList = Site.FilterListId.make(99)
        expect(yield* tagOf(Site.createFilter({ filterList, content: "x" }))).toBe("UnknownReference")
        expect(yield* tagOf(Site.updateFilter(filter, { filterList }))).toBe("UnknownReference")
        expect(yield* tagOf(Site.replaceFilter(filter, { filterList, content: "x" }))).toBe("UnknownReference")
        // A rule that concerns the list's settings too, which only the server knows.
        const quiet = yield* Site.createFilterList({
          ...list,
          name: "quiet",
          settings: { ...settings, infractionType: "NONE", infractionReason: "", infractionDuration: Duration.zero }
        })
        const refused = yield* Effect.flip(
          Site.createFilter({ filterList: quiet, content: "x", settings: { infractionReason: "spam" } })
        )
        expect(refused).toMatchObject({
          _tag: "BadRequest",
          issues: [{ path: [], message: "Infraction type is required with infraction duration or reason." }]
        })
        expect(statusesOf(server, "POST bot/filter/filters")).toEqual([201, 400])
      })
    )
  )

  it.live("carry each id exactly", () =>
    onSite({}, (server) =>
      Effect.forEach(snowflakes, (infractionChannel) =>
        Effect.gen(function* () {
          const own = { ...settings, infractionChannel }
          const list = yield* Site.createFilterList({ name: `l${infractionChannel}`, listType: "deny", settings: own })
          expect(list.settings.infractionChannel).toBe(infractionChannel)
          const filter = yield* Site.createFilter({ filterList: list, content: "x", settings: own })
          expect(filter.settings.infractionChannel).toBe(infractionChannel)
          const { filters } = yield* Site.updateFilterList(list, { settings: { infractionChannel } })
          expect(filters[0]!.settings.infractionChannel).toBe(infractionChannel)
          expect(server.state.filters.get(BigInt(filter.id))!.infraction_channel).toBe(BigInt(infractionChannel))
          expect(server.state.filterLists.get(BigInt(list.id))!.infraction_channel).toBe(BigInt(infractionChannel))
        })
      )
    )
  )
})

describe("settings of the bot", () => {
  it.live("are read, replaced and changed", () =>
    onSite({ settings: { defcon: { days: 1n } } }, ({ state }) =>
      Effect.gen(function* () {
        expect(yield* Site.getBotSetting("defcon")).toEqual({ name: "defcon", data: { days: 1 } })
        const data = { channel: 409107086526644233n }
        expect(yield* Site.replaceBotSetting("defcon", data)).toEqual({ name: "defcon", data })
        expect(yield* Site.updateBotSetting("defcon", [0])).toEqual({ name: "defcon", data: [0] })
        state.settings.delete("news")
        expect(yield* tagOf(Site.getBotSetting("news"))).toBe("NotFound")
        expect(yield* tagOf(Site.replaceBotSetting("news", {}))).toBe("NotFound")
        expect(yield* tagOf(Site.updateBotSetting("news", {}))).toBe("NotFound")
      })
    )
  )
})

describe("documentation links", () => {
  it.live("are created, read and deleted", () =>
    onSite({}, () =>
      Effect.gen(function* () {
        const link = { package: "python", baseUrl: "https://docs.test/", inventoryUrl: "https://docs.test/objects.inv" }
        expect(yield* Site.createDocumentationLink(link)).toEqual(link)
        expect(yield* tagOf(Site.createDocumentationLink(link))).toBe("AlreadyExists")
        const other = { package: "a_1", inventoryUrl: "https://docs.test/1" }
        expect(yield* Site.createDocumentationLink(other)).toEqual({ ...other, baseUrl: "" })
        expect((yield* Site.getDocumentationLinks()).map((one) => one.package)).toEqual(["a_1", "python"])
        expect(yield* Site.getDocumentationLink("python")).toEqual(link)
        yield* Site.deleteDocumentationLink(link)
        expect(yield* tagOf(Site.getDocumentationLink(link))).toBe("NotFound")
        expect(yield* tagOf(Site.deleteDocumentationLink(link))).toBe("NotFound")
        const invalid = yield* Effect.flip(
          Site.createDocumentationLink({ package: "b", inventoryUrl: "https://no_url" })
        )
        expect(invalid).toMatchObject({ _tag: "BadRequest", issues: [{ path: ["inventory_url"] }] })
      })
    )
  )
})

describe("off-topic names", () => {
  it.live("are created, read, changed and deleted, whatever their characters", () =>
    onSite({}, (server) =>
      Effect.gen(function* () {
        const names = ["az09-", "ǃ？’'＜＞⧹⧸", "\u{1d5a0}\u{1d5b9}".repeat(48)]
        for (const name of names) {
          expect(yield* Site.createOffTopicName(name)).toBe(name)
          expect(yield* tagOf(Site.createOffTopicName(name))).toBe("AlreadyExists")
          expect(yield* Site.getOffTopicName(name)).toEqual({ name, used: false, active: true })
          expect(yield* Site.updateOffTopicName(name, { used: true })).toEqual({ name, used: true, active: true })
          expect((yield* Site.replaceOffTopicName(name, { active: false })).active).toBe(false)
        }
        expect(server.state.offTopicNames.size).toBe(3)
        expect(yield* Site.getOffTopicNames()).toEqual(names)
        expect(yield* Site.getOffTopicNames({ active: true })).toEqual([])
        expect(yield* Site.getOffTopicNames({ active: false })).toEqual(names)
        for (const name of names) {
          yield* Site.deleteOffTopicName({ name })
          expect(yield* tagOf(Site.getOffTopicName(name))).toBe("NotFound")
          expect(yield* tagOf(Site.updateOffTopicName(name, {}))).toBe("NotFound")
          expect(yield* tagOf(Site.replaceOffTopicName(name, {}))).toBe("NotFound")
          expect(yield* tagOf(Site.deleteOffTopicName(name))).toBe("NotFound")
        }
      })
    )
  )

  it.live("are taken at random, each once in a round, unless they are only read", () =>
    onSite({ offTopicNames: [{ name: "a" }, { name: "b" }, { name: "c" }] }, (server) =>
      Effect.gen(function* () {
        yield* Site.getOffTopicNames()
        expect([...server.state.offTopicNames.values()].some(({ used }) => used)).toBe(false)
        const taken = yield* Effect.all([Site.takeRandomOffTopicNames(2), Site.takeRandomOffTopicNames(1)])
        expect(taken.flat().toSorted()).toEqual(["a", "b", "c"])
      })
    )
  )
})

describe("mailing lists", () => {
  it.live("are created and read, and remember the items that were seen", () =>
    onSite({}, () =>
      Effect.gen(function* () {
        const list = yield* Site.createMailingList("pep")
        expect(list).toMatchObject({ name: "pep", seenItems: [] })
        expect(yield* tagOf(Site.createMailingList("pep"))).toBe("AlreadyExists")
        const longest = "ä".repeat(100)
        yield* Site.addSeenItem(list, longest)
        expect(yield* tagOf(Site.addSeenItem(list, longest))).toBe("AlreadyKnown")
        expect(yield* Site.getMailingList("pep")).toEqual({ ...list, seenItems: [longest] })
        expect(yield* Site.getMailingLists()).toEqual([{ ...list, seenItems: [longest] }])
        expect(yield* tagOf(Site.getMailingList("x"))).toBe("NotFound")
        expect(yield* tagOf(Site.addSeenItem("x", "y"))).toBe("NotFound")
      })
    )
  )
})

describe("Advent of Code", () => {
  const users = snowflakes.map((id) => ({ id: BigInt(id) }))
  const unknown = Snowflake.Snowflake.make("5")

  it.live("has links of users, by each id exactly", () =>
    onSite({ users }, (server) =>
      Effect.gen(function* () {
        for (const user of snowflakes) {
          const link = { user, aocUsername: `name ${user}` }
          expect(yield* Site.createAocLink(link)).toEqual(link)
          expect(yield* tagOf(Site.createAocLink(link))).toBe("AlreadyExists")
          expect(yield* Site.getAocLink(user)).toEqual(link)
          expect(yield* Site.getAocLinks({ user })).toEqual([link])
          expect(yield* Site.getAocLinks({ aocUsername: link.aocUsername })).toEqual([link])
        }
        expect([...server.state.aocLinks.keys()].map(String)).toEqual(snowflakes)
        expect(yield* Site.getAocLinks()).toHaveLength(snowflakes.length)
        expect(yield* tagOf(Site.createAocLink({ user: unknown, aocUsername: "x" }))).toBe("UnknownReference")
        for (const user of snowflakes) {
          yield* Site.deleteAocLink(user)
          expect(yield* tagOf(Site.getAocLink(user))).toBe("NotFound")
          expect(yield* tagOf(Site.deleteAocLink(user))).toBe("NotFound")
        }
      })
    )
  )

  it.live("has completionist blocks, by each id exactly", () =>
    onSite({ users }, (server) =>
      Effect.gen(function* () {
        for (const user of snowflakes) {
          const block = { user, isBlocked: true, reason: null }
          expect(yield* Site.createAocBlock({ user })).toEqual(block)
          expect(yield* tagOf(Site.createAocBlock({ user }))).toBe("AlreadyExists")
          expect(yield* Site.getAocBlock(user)).toEqual(block)
          expect(yield* Site.getAocBlocks({ user, isBlocked: true })).toEqual([block])
          expect(yield* Site.getAocBlocks({ user, isBlocked: false })).toEqual([])
        }
        expect([...server.state.aocBlocks.keys()].map(String)).toEqual(snowflakes)
        expect(yield* Site.getAocBlocks()).toHaveLength(snowflakes.length)
        expect(yield* tagOf(Site.createAocBlock({ user: unknown }))).toBe("UnknownReference")
        for (const user of snowflakes) {
          yield* Site.deleteAocBlock(user)
          expect(yield* tagOf(Site.getAocBlock(user))).toBe("NotFound")
          expect(yield* tagOf(Site.deleteAocBlock(user))).toBe("NotFound")
        }
        const unblocked = yield* Site.createAocBlock({ user: snowflakes[0]!, isBlocked: false, reason: "mistake" })
        expect(unblocked).toMatchObject({ isBlocked: false, reason: "mistake" })
      })
    )
  )
})

describe("what needs no token", () => {
  const artifact = { owner: "python-discord", repo: "bot.test", sha: "abc", actionName: "Lint", artifactName: "pr 1" }
  const at = (sha: string) => `python-discord/bot.test/${sha}/Lint/pr 1`
  const problem = (status: 202 | 400 | 401 | 404 | 408) => ({ status, error_type: "E", error: "Why." }) as const

  it.live("is served to a wrong token, which is not sent", () =>
    onSite(
      {
        artifacts: {
          [at("abc")]: { url: "https://download.test/1" },
          [at("p")]: problem(202),
          [at("f")]: problem(400),
          [at("u")]: problem(401),
          [at("t")]: problem(408)
        }
      },
      (server) =>
        Effect.gen(function* () {
          expect((yield* Site.getRules({ linkFormat: "html" }))[0]).toMatchObject({
            text: expect.stringContaining("<a href="),
            keywords: ["coc", "conduct", "code"]
          })
          expect((yield* Site.getRules())[0]!.text).toContain("](https://")
          expect(yield* Site.getGithubArtifact(artifact)).toBe("https://download.test/1")
          expect(yield* tagOf(Site.getGithubArtifact({ ...artifact, sha: "p" }))).toBe("ArtifactPending")
          for (const [sha, reason] of [
            ["f", "ActionFailed"],
            ["u", "Unauthorized"],
            ["missing", "NotFound"],
            ["t", "TimedOut"]
          ] as const) {
            expect(yield* Effect.flip(Site.getGithubArtifact({ ...artifact, sha }))).toMatchObject({
              _tag: "ArtifactUnavailable",
              reason
            })
          }
          const webhook = {
            webhookId: snowflakes[1]!,
            webhookToken: Redacted.make("webhook-secret"),
            event: "push",
            payload: { sender: { login: "ada" } }
          }
          expect(yield* Site.filterGithubWebhook(webhook)).toMatchObject({ _tag: "Forwarded", status: 204 })
          const bot = { ...webhook, payload: { sender: { login: "dependabot[bot]" } } }
          expect(yield* Site.filterGithubWebhook(bot)).toMatchObject({ _tag: "Ignored" })
          expect(server.requests.some(({ headers }) => "authorization" in headers)).toBe(false)
          expect(yield* tagOf(Site.getFilters())).toBe("Unauthorized")
        }),
      "wrong-token"
    )
  )

  it.live("is all that a token may not write", () =>
    onSite(
      {},
      () =>
        Effect.gen(function* () {
          expect(yield* Site.getMailingLists()).toEqual([])
          expect(yield* tagOf(Site.createMailingList("a"))).toBe("Forbidden")
        }),
      Server.readOnlyToken
    )
  )
})
