import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import { failure, json, refused, sent, snowflakes, value } from "./support/exchange.js"

const lists = "/bot/filter/filter_lists"

const wireSettings = {
  bypass_roles: ["Helpers"],
  filter_dm: true,
  enabled: true,
  remove_context: false,
  send_alert: true,
  infraction_and_notification: {
    infraction_type: "TIMEOUT",
    infraction_reason: "",
    infraction_duration: "262800.5",
    infraction_channel: 409107086526644234n,
    dm_content: "No.",
    dm_embed: ""
  },
  channel_scope: {
    disabled_channels: ["a"],
    disabled_categories: [],
    enabled_channels: ["b"],
    enabled_categories: ["CODE JAM"]
  },
  mentions: { guild_pings: ["Moderators"], dm_pings: [] }
}

const settings: Site.FilterListSettings = {
  bypassRoles: ["Helpers"],
  filterDm: true,
  enabled: true,
  removeContext: false,
  sendAlert: true,
  infractionType: "TIMEOUT",
  infractionReason: "",
  infractionDuration: Duration.millis(262_800_500),
  infractionChannel: Snowflake.Snowflake.make("409107086526644234"),
  dmContent: "No.",
  dmEmbed: "",
  disabledChannels: ["a"],
  disabledCategories: [],
  enabledChannels: ["b"],
  enabledCategories: ["CODE JAM"],
  guildPings: ["Moderators"],
  dmPings: []
}

/** The settings in a request. */
const flat =
  `"bypass_roles":["Helpers"],"filter_dm":true,"enabled":true,"remove_context":false,"send_alert":true,` +
  `"infraction_type":"TIMEOUT","infraction_reason":"","infraction_duration":262800.5,` +
  `"infraction_channel":409107086526644234,"dm_content":"No.","dm_embed":"",` +
  `"disabled_channels":["a"],"disabled_categories":[],"enabled_channels":["b"],"enabled_categories":["CODE JAM"],` +
  `"guild_pings":["Moderators"],"dm_pings":[]`

const wireList = (more: object = {}) => ({
  id: 7,
  created_at: "2024-05-01T12:00:00.123456Z",
  updated_at: "2024-05-02T12:00:00Z",
  name: "domains",
  list_type: 1,
  filters: [
    {
      id: 9,
      created_at: "2024-05-01T12:00:00Z",
      updated_at: "2024-05-01T12:00:00Z",
      content: "x.test",
      description: null,
      additional_settings: { only: [1] },
      filter_list: 7,
      settings: {
        bypass_roles: null,
        filter_dm: null,
        enabled: null,
        remove_context: null,
        send_alert: null,
        infraction_and_notification: {
          infraction_type: null,
          infraction_reason: null,
          infraction_duration: null,
          infraction_channel: null,
          dm_content: null,
          dm_embed: null
        },
        channel_scope: {
          disabled_channels: null,
          disabled_categories: null,
          enabled_channels: null,
          enabled_categories: null
        },
        mentions: { guild_pings: null, dm_pings: null }
      }
    }
  ],
  settings: wireSettings,
  ...more
})

const id = Site.FilterListId.make(7)
const newList: Site.NewFilterList = { name: "domains", listType: "allow", settings }
const list = value(Site.getFilterList(id), json(wireList()))

describe("a filter list", () => {
  it.effect("is returned with flat settings, and with filters whose settings can be inherited", () =>
    Effect.gen(function* () {
      const found = yield* list
      expect(found).toMatchObject({ id: 7, name: "domains", listType: "allow", settings })
      expect(DateTime.formatIso(found.createdAt)).toBe("2024-05-01T12:00:00.123Z")
      const [filter] = found.filters
      expect(filter).toMatchObject({ id: 9, content: "x.test", description: null, filterList: 7 })
      expect(filter!.additionalSettings).toEqual({ only: [1] })
      expect(Object.keys(filter!.settings).toSorted()).toEqual(Object.keys(settings).toSorted())
      expect(Object.values(filter!.settings).every((one) => one === null)).toBe(true)
      expect(yield* value(Site.getFilterLists(), json([wireList(), wireList({ list_type: 0 })]))).toMatchObject([
        { listType: "allow" },
        { listType: "deny" }
      ])
    })
  )

  it.effect("is requested by its id or by itself", () =>
    Effect.gen(function* () {
      const found = yield* list
      expect(yield* sent(Site.getFilterLists())).toEqual([`GET ${lists}`])
      expect(yield* sent(Site.getFilterList(id))).toEqual([`GET ${lists}/7`])
      expect(yield* sent(Site.getFilterList(found))).toEqual([`GET ${lists}/7`])
      expect(yield* sent(Site.deleteFilterList(found))).toEqual([`DELETE ${lists}/7`])
      expect(yield* value(Site.deleteFilterList(id), Scripted.respond({ status: 204 }))).toBe(undefined)
      expect((yield* failure(Site.getFilterList(id), json({ detail: "Not found." }, 404)))._tag).toBe("NotFound")
    })
  )

  it.effect("is created and replaced by flat settings, those of another list too", () =>
    Effect.gen(function* () {
      const found = yield* list
      const body = `{"name":"domains","list_type":1,${flat}}`
      expect(yield* sent(Site.createFilterList(newList))).toEqual([`POST ${lists} ${body}`])
      expect(yield* sent(Site.createFilterList(found))).toEqual([`POST ${lists} ${body}`])
      expect(yield* sent(Site.replaceFilterList(found, { ...found, name: "y", listType: "deny" }))).toEqual([
        `PUT ${lists}/7 {"name":"y","list_type":0,${flat}}`
      ])
      expect(yield* value(Site.createFilterList(newList), json(wireList(), 201))).toEqual(found)
      expect(yield* value(Site.replaceFilterList(id, newList), json(wireList()))).toEqual(found)
    })
  )

  it.effect("is created without the settings that have a default", () =>
    Effect.gen(function* () {
      const { dmContent: _, dmEmbed: __, infractionReason: ___, ...required } = settings
      const [request] = yield* sent(Site.createFilterList({ ...newList, settings: required }))
      expect(request).not.toMatch(/dm_content|dm_embed|infraction_reason/)
    })
  )

  it.effect("is changed by the fields that are given", () =>
    Effect.gen(function* () {
      expect(yield* sent(Site.updateFilterList(id, {}))).toEqual([`PATCH ${lists}/7 {}`])
      expect(yield* sent(Site.updateFilterList(id, { name: "z", settings: { sendAlert: false } }))).toEqual([
        `PATCH ${lists}/7 {"name":"z","send_alert":false}`
      ])
      expect(
        yield* sent(
          Site.updateFilterList(id, { settings: { infractionType: "BAN", infractionDuration: Duration.days(400) } })
        )
      ).toEqual([`PATCH ${lists}/7 {"infraction_type":"BAN","infraction_duration":34560000}`])
      expect(yield* value(Site.updateFilterList(id, {}), json(wireList()))).toEqual(yield* list)
    })
  )

  it.effect("carries each id exactly, both ways", () =>
    Effect.forEach(snowflakes, (infractionChannel) =>
      Effect.gen(function* () {
        const infraction = {
          ...wireSettings.infraction_and_notification,
          infraction_channel: BigInt(infractionChannel)
        }
        const response = json(wireList({ settings: { ...wireSettings, infraction_and_notification: infraction } }))
        const found = yield* value(Site.getFilterList(id), response)
        expect(found.settings.infractionChannel).toBe(infractionChannel)
        const calls = [
          Site.createFilterList({ ...newList, settings: found.settings }),
          Site.replaceFilterList(id, { ...newList, settings: found.settings }),
          Site.updateFilterList(id, { settings: { infractionChannel } })
        ]
        for (const call of calls) {
          expect((yield* sent(call))[0]).toMatch(new RegExp(`"infraction_channel":${infractionChannel}[,}]`))
        }
      })
    )
  )
})

describe("a form of a filter list that the server refuses is refused before sending:", () => {
  const update = (settings: Site.FilterListChanges["settings"]) => refused(Site.updateFilterList(id, { settings }))
  const create = (more: Partial<Site.FilterListSettings>) =>
    refused(Site.createFilterList({ ...newList, settings: { ...settings, ...more } }))
  const tooLong = "body.infractionDuration: must be more than zero and at most 28 days for a TIMEOUT"

  it.effect("a timeout without a duration, without an end, or of more than 28 days", () =>
    Effect.gen(function* () {
      expect(yield* create({ infractionDuration: Duration.zero })).toEqual([tooLong])
      expect(yield* create({ infractionDuration: Duration.sum("28 days", "1 millis") })).toEqual([tooLong])
      expect(yield* create({ infractionDuration: Duration.days(28) })).toEqual([expect.stringMatching(/^sent: POST/)])
      expect(yield* update({ infractionType: "TIMEOUT" })).toEqual([tooLong])
    })
  )

  it.effect("a change of duration or reason without the type", () =>
    Effect.gen(function* () {
      const withoutType = "body.infractionType: must be given with infractionDuration or infractionReason"
      expect(yield* update({ infractionDuration: Duration.hours(1) })).toEqual([withoutType])
      expect(yield* update({ infractionReason: "spam" })).toEqual([withoutType])
      // The server reads these as absent.
      expect(yield* update({ infractionReason: "", infractionDuration: Duration.zero })).toEqual([
        expect.stringMatching(/^sent: PATCH/)
      ])
    })
  )

  it.effect("the same value in lists of enabled and disabled", () =>
    Effect.gen(function* () {
      expect(yield* create({ enabledChannels: ["c", "a "] })).toEqual([
        "body.enabledChannels: must not have values that disabledChannels has, too"
      ])
      expect(yield* update({ enabledCategories: ["d"], disabledCategories: ["d"] })).toEqual([
        "body.enabledCategories: must not have values that disabledCategories has, too"
      ])
    })
  )

  it.effect("texts that are too long or blank", () =>
    Effect.gen(function* () {
      expect(yield* update({ dmContent: "x".repeat(1001) })).toContain(
        "body.dmContent: must have at most 1000 characters, without the white space around them"
      )
      expect(yield* update({ dmEmbed: "x".repeat(2001) })).toContain(
        "body.dmEmbed: must have at most 2000 characters, without the white space around them"
      )
      expect(yield* update({ guildPings: ["x".repeat(101)] })).toContain(
        "body.guildPings.0: must have at most 100 characters, without the white space around them"
      )
      expect(yield* update({ bypassRoles: [" "] })).toContain(
        "body.bypassRoles.0: must not be blank: the server refuses it"
      )
      expect(yield* refused(Site.updateFilterList(id, { name: "x".repeat(51) }))).toEqual([
        "body.name: must have at most 50 characters, without the white space around them"
      ])
      expect(yield* refused(Site.updateFilterList(id, { name: " " }))).toEqual([
        "body.name: must not be blank: the server refuses it"
      ])
    })
  )

  it.effect("an id that the server can't store", () =>
    Effect.gen(function* () {
      expect(yield* update({ infractionChannel: Snowflake.Snowflake.make("-1") })).toContain(
        "body.infractionChannel: must be an integer from 0 to 2^63-1, in digits"
      )
    })
  )

  it.effect("from JavaScript, settings that are missing or null", () =>
    Effect.gen(function* () {
      const { sendAlert: _, ...rest } = settings
      // Types forbid both.
      expect(yield* create({ sendAlert: undefined as unknown as boolean })).toEqual(["body.sendAlert: is missing"])
      expect(yield* refused(Site.createFilterList({ ...newList, settings: rest as typeof settings }))).toEqual([
        "body.sendAlert: is missing"
      ])
      expect(yield* update({ enabled: null as unknown as boolean })).toEqual([
        "body.enabled: must not be null: a list has nothing to inherit from"
      ])
    })
  )
})

describe("a 400 to a form of a filter list", () => {
  it.effect(
    "is AlreadyExists if there is a list of the same name and type, and else a BadRequest with its issues",
    () =>
      Effect.gen(function* () {
        const exists = json({ non_field_errors: ["A filterlist with the same name and type already exists."] }, 400)
        for (const call of [
          Site.createFilterList(newList),
          Site.replaceFilterList(id, newList),
          Site.updateFilterList(id, { name: "y" })
        ]) {
          expect(yield* failure(call, exists)).toMatchObject({ _tag: "AlreadyExists", issues: [{ path: [] }] })
          expect(yield* failure(call, json({ name: ["No."] }, 400))).toMatchObject({
            _tag: "BadRequest",
            issues: [{ path: ["name"], message: "No." }]
          })
          expect((yield* failure(call, Scripted.respond({ status: 404, body: "<h1>Not Found</h1>" })))._tag).toBe(
            "ClientError"
          )
        }
      })
  )
})
