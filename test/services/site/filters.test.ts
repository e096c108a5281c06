import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import { failure, json, refused, sent, snowflakes, value } from "./support/exchange.js"

const filters = "/bot/filter/filters"

const wireFilter = (infraction: object = {}, more: object = {}) => ({
  id: 9,
  created_at: "2024-05-01T12:00:00Z",
  updated_at: "2024-05-01T12:00:00Z",
  content: "x.test",
  description: "spam",
  additional_settings: {},
  filter_list: 7,
  settings: {
    bypass_roles: null,
    filter_dm: null,
    enabled: true,
    remove_context: null,
    send_alert: null,
    infraction_and_notification: {
      infraction_type: "BAN",
      infraction_reason: null,
      infraction_duration: "0.0",
      infraction_channel: null,
      dm_content: null,
      dm_embed: null,
      ...infraction
    },
    channel_scope: {
      disabled_channels: null,
      disabled_categories: null,
      enabled_channels: null,
      enabled_categories: null
    },
    mentions: { guild_pings: ["@here"], dm_pings: null }
  },
  ...more
})

const id = Site.FilterId.make(9)
const filterList = Site.FilterListId.make(7)
const newFilter: Site.NewFilter = { filterList, content: "x.test" }
const filter = value(Site.getFilter(id), json(wireFilter()))

const inherited =
  `"bypass_roles":null,"filter_dm":null,"enabled":true,"remove_context":null,"send_alert":null,` +
  `"infraction_type":"BAN","infraction_reason":null,"infraction_duration":0,"infraction_channel":null,` +
  `"dm_content":null,"dm_embed":null,"disabled_channels":null,"disabled_categories":null,` +
  `"enabled_channels":null,"enabled_categories":null,"guild_pings":["@here"],"dm_pings":null`

describe("a filter", () => {
  it.effect("is returned with settings of its own, and null for those of its list", () =>
    Effect.gen(function* () {
      const found = yield* filter
      expect(found).toMatchObject({ id: 9, content: "x.test", description: "spam", filterList: 7 })
      expect(found.settings).toMatchObject({
        enabled: true,
        infractionType: "BAN",
        infractionDuration: Duration.zero,
        infractionChannel: null,
        guildPings: ["@here"],
        dmPings: null
      })
      expect(yield* value(Site.getFilters(), json([wireFilter()]))).toEqual([found])
      const permanent = wireFilter({}, { additional_settings: null })
      expect((yield* value(Site.getFilter(id), json(permanent))).additionalSettings).toBe(null)
    })
  )

  it.effect("is requested by its id or by itself", () =>
    Effect.gen(function* () {
      const found = yield* filter
      expect(yield* sent(Site.getFilters())).toEqual([`GET ${filters}`])
      expect(yield* sent(Site.getFilter(found))).toEqual([`GET ${filters}/9`])
      expect(yield* sent(Site.deleteFilter(id))).toEqual([`DELETE ${filters}/9`])
      expect(yield* value(Site.deleteFilter(found), Scripted.respond({ status: 204 }))).toBe(undefined)
      expect((yield* failure(Site.getFilter(id), json({ detail: "Not found." }, 404)))._tag).toBe("NotFound")
    })
  )

  it.effect("is created and replaced, with the settings of another filter as they were returned", () =>
    Effect.gen(function* () {
      const { settings } = yield* filter
      expect(yield* sent(Site.createFilter(newFilter))).toEqual([
        `POST ${filters} {"content":"x.test","filter_list":7}`
      ])
      const whole = { ...newFilter, description: null, additionalSettings: [1], settings }
      const body = `{"content":"x.test","filter_list":7,"description":null,"additional_settings":[1],${inherited}}`
      expect(yield* sent(Site.createFilter(whole))).toEqual([`POST ${filters} ${body}`])
      expect(yield* sent(Site.replaceFilter(id, whole))).toEqual([`PUT ${filters}/9 ${body}`])
      expect(yield* value(Site.createFilter(newFilter), json(wireFilter(), 201))).toEqual(yield* filter)
    })
  )

  it.effect("is changed by requests that always name its list, or another", () =>
    Effect.gen(function* () {
      const found = yield* filter
      expect(yield* sent(Site.updateFilter(found, { content: "y" }))).toEqual([
        `PATCH ${filters}/9 {"content":"y","filter_list":7}`
      ])
      expect(yield* sent(Site.updateFilter({ id, filterList }, {}))).toEqual([`PATCH ${filters}/9 {"filter_list":7}`])
      expect(
        yield* sent(
          Site.updateFilter(found, { filterList: Site.FilterListId.make(8), settings: { infractionType: null } })
        )
      ).toEqual([`PATCH ${filters}/9 {"filter_list":8,"infraction_type":null}`])
      expect(yield* value(Site.updateFilter(found, {}), json(wireFilter()))).toEqual(found)
      // Types forbid a filter without its list.
      expect(yield* refused(Site.updateFilter({ id } as Site.Filter, {}))).toHaveLength(1)
    })
  )

  it.effect("carries each id exactly, both ways", () =>
    Effect.forEach(snowflakes, (infractionChannel) =>
      Effect.gen(function* () {
        const response = json(wireFilter({ infraction_channel: BigInt(infractionChannel) }))
        const { settings } = yield* value(Site.getFilter(id), response)
        expect(settings.infractionChannel).toBe(infractionChannel)
        const calls = [
          Site.createFilter({ ...newFilter, settings }),
          Site.replaceFilter(id, { ...newFilter, settings }),
          Site.updateFilter({ id, filterList }, { settings: { infractionChannel } })
        ]
        for (const call of calls) {
          expect((yield* sent(call))[0]).toMatch(new RegExp(`"infraction_channel":${infractionChannel}[,}]`))
        }
      })
    )
  )
})

describe("a form of a filter that the server refuses is refused before sending:", () => {
  const create = (settings: Site.FilterSettingsChanges) => refused(Site.createFilter({ ...newFilter, settings }))
  const wasSent = [expect.stringMatching(/^sent: /)]

  it.effect("a timeout without an end, or of more than 28 days; one without a duration has that of its list", () =>
    Effect.gen(function* () {
      const tooLong = ["body.infractionDuration: must be more than zero and at most 28 days for a TIMEOUT"]
      expect(yield* create({ infractionType: "TIMEOUT", infractionDuration: Duration.days(29) })).toEqual(tooLong)
      expect(yield* create({ infractionType: "TIMEOUT", infractionDuration: Duration.zero })).toEqual(tooLong)
      expect(yield* create({ infractionType: "TIMEOUT", infractionDuration: null })).toEqual(wasSent)
      expect(yield* create({ infractionType: "TIMEOUT" })).toEqual(wasSent)
    })
  )

  it.effect("no infraction with a duration or a reason", () =>
    Effect.gen(function* () {
      const none = ["body.infractionType: must not be NONE with infractionDuration or infractionReason"]
      expect(yield* create({ infractionType: "NONE", infractionDuration: Duration.days(1) })).toEqual(none)
      expect(yield* create({ infractionType: "NONE", infractionReason: "x" })).toEqual(none)
      expect(yield* create({ infractionType: "NONE", infractionReason: "" })).toEqual(wasSent)
      expect(yield* create({ infractionReason: "x" })).toEqual(wasSent)
    })
  )

  it.effect("the same value in lists of enabled and disabled", () =>
    Effect.gen(function* () {
      expect(yield* create({ enabledChannels: ["a"], disabledChannels: ["a"] })).toHaveLength(1)
      expect(yield* create({ enabledChannels: null, disabledChannels: ["a"] })).toEqual(wasSent)
    })
  )

  it.effect("blank texts, and additional settings that are null", () =>
    Effect.gen(function* () {
      expect(yield* refused(Site.createFilter({ ...newFilter, content: " " }))).toHaveLength(1)
      expect(yield* refused(Site.createFilter({ ...newFilter, description: "" }))).toContain(
        "body.description: must not be blank: the server refuses it"
      )
      // Types forbid null.
      const additionalSettings = null as unknown as object
      expect(yield* refused(Site.createFilter({ ...newFilter, additionalSettings }))).toEqual([
        "body.additionalSettings: should be JSON, and not null"
      ])
      expect(yield* refused(Site.updateFilter({ id, filterList }, { additionalSettings }))).toHaveLength(1)
    })
  )
})

describe("a 400 to a form of a filter", () => {
  it.effect("is AlreadyExists for a list of texts about a duplicate", () =>
    Effect.gen(function* () {
      const message =
        "Check if a filter with this combination of content and settings already exists in this filter list."
      expect(yield* failure(Site.createFilter(newFilter), json([message], 400))).toMatchObject({
        _tag: "AlreadyExists",
        issues: [{ path: [], message }]
      })
    })
  )

  it.effect("is UnknownReference for a list that does not exist, and else a BadRequest", () =>
    Effect.gen(function* () {
      const unknown = json({ filter_list: ['Invalid pk "7" - object does not exist.'] }, 400)
      const calls = [
        Site.createFilter(newFilter),
        Site.replaceFilter(id, newFilter),
        Site.updateFilter({ id, filterList }, {})
      ]
      for (const call of calls) {
        expect(yield* failure(call, unknown)).toMatchObject({
          _tag: "UnknownReference",
          issues: [{ path: ["filter_list"] }]
        })
        expect((yield* failure(call, json({ content: ["No."] }, 400)))._tag).toBe("BadRequest")
      }
    })
  )
})
