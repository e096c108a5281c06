import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Site from "effect-herald/site"
import * as Server from "../../servers/site/index.js"
import { refused } from "./support/exchange.js"
import { ada, bob, lastOf, nobody, onSite, userIds } from "./support/onSite.js"

const missing = Site.ReminderId.make(404)
const expiration = DateTime.unsafeMake("2020-01-02T03:04:05.678Z")
const jumpUrl = "https://discord.com/channels/1/2/3"
const reminder = { author: ada, channelId: bob, content: "tea", expiration, jumpUrl }

describe("the ids of a reminder", () => {
  it.effect.each(userIds)("are exact in each operation: %s", (id) =>
    onSite((server) =>
      Effect.gen(function* () {
        const fields = { ...reminder, author: id, channelId: id, mentions: [id, ada] }
        const sends = (...keys: ReadonlyArray<string>) => {
          for (const key of keys) expect(server.requests.at(-1)!.body).toContain(`"${key}":${id}`)
          expect(server.requests.at(-1)!.body).toContain(`"mentions":[${id},${ada}]`)
        }
        const created = yield* Site.createReminder(fields)
        sends("author", "channel_id")
        const replaced = yield* Site.replaceReminder(created, fields)
        sends("author", "channel_id")
        const changed = yield* Site.updateReminder(created, { mentions: [id, ada], author: { id }, channelId: id })
        sends("author", "channel_id")
        const found = yield* Site.getReminders({ author: id })
        expect(lastOf(server)).toBe(`GET /api/bot/reminders?author__id=${id}`)
        expect(found).toHaveLength(1)
        for (const one of [created, replaced, changed, yield* Site.getReminder(created), ...found]) {
          expect([one.author, one.channelId, one.mentions]).toEqual([id, id, [id, ada]])
        }
      })
    )
  )
})

describe("a reminder", () => {
  it.effect("has the server's defaults, and an expiration that may be in the past", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const created = yield* Site.createReminder(reminder)
        expect(JSON.parse(server.requests.at(-1)!.body)).toMatchObject({
          content: "tea",
          expiration: "2020-01-02T03:04:05.678Z",
          jump_url: jumpUrl
        })
        expect(created).toMatchObject({ active: true, failures: 0, mentions: [] })
        expect(DateTime.Equivalence(created.expiration, expiration)).toBe(true)
      })
    )
  )

  it.effect("is replaced, or changed in some fields", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const created = yield* Site.createReminder(reminder)
        const replaced = yield* Site.replaceReminder(created, { ...reminder, content: "coffee", failures: 2 })
        expect(server.requests.at(-1)!.method).toBe("PUT")
        expect(replaced).toEqual({ ...created, content: "coffee", failures: 2 })
        const changed = yield* Site.updateReminder(created.id, { failures: 3 })
        expect(lastOf(server)).toBe(`PATCH /api/bot/reminders/1 {"failures":3}`)
        expect(changed).toEqual({ ...replaced, failures: 3 })
      })
    )
  )

  it.effect("becomes inactive when it is deleted, which is NotFound the second time", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const { id } = yield* Site.createReminder(reminder)
        expect(yield* Site.deleteReminder(id)).toBeUndefined()
        expect(server.state.reminders.size).toBe(1)
        expect((yield* Effect.flip(Site.deleteReminder(id)))._tag).toBe("NotFound")
        expect((yield* Effect.flip(Site.getReminder(id)))._tag).toBe("NotFound")
        expect(yield* Site.getReminder(id, { includeInactive: true })).toMatchObject({ id, active: false })
        expect(lastOf(server)).toBe("GET /api/bot/reminders/1?include_inactive=true")
      })
    )
  )

  it.effect("of an unknown author is an UnknownReference", () =>
    onSite(() =>
      Effect.gen(function* () {
        const { id } = yield* Site.createReminder(reminder)
        const unknown = { ...reminder, author: nobody }
        const calls: ReadonlyArray<Effect.Effect<unknown, unknown, any>> = [
          Site.createReminder(unknown),
          Site.replaceReminder(id, unknown),
          Site.updateReminder(id, { author: nobody })
        ]
        for (const call of calls) {
          expect(yield* Effect.flip(call)).toMatchObject({
            _tag: "UnknownReference",
            issues: [{ path: ["author"], message: `Invalid pk "${nobody}" - object does not exist.` }]
          })
        }
      })
    )
  )

  it.live("is sent once if its response is lost", () =>
    onSite((server) =>
      Effect.gen(function* () {
        server.script(Server.lost)
        expect((yield* Effect.flip(Site.createReminder(reminder)))._tag).toBe("TransportError")
        expect(server.requests).toHaveLength(1)
      })
    )
  )

  it.effect("that does not exist is NotFound, and one below a wrong base URL is not", () =>
    onSite((server) =>
      Effect.gen(function* () {
        const calls: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }, any>> = [
          Site.getReminder(missing),
          Site.replaceReminder(missing, reminder),
          Site.updateReminder(missing, { active: false }),
          Site.deleteReminder(missing)
        ]
        for (const call of calls) expect((yield* Effect.flip(call))._tag).toBe("NotFound")
        server.fail(Server.html(404, "<h1>Not Found</h1>"), { times: calls.length + 1 })
        for (const call of [...calls, Site.getReminders()]) {
          expect((yield* Effect.flip(call))._tag).toBe("ClientError")
        }
      })
    )
  )
})

describe("reminders", () => {
  it.effect("are the active ones, unless inactive ones are asked for", () =>
    onSite((server) =>
      Effect.gen(function* () {
        yield* Site.createReminder(reminder)
        yield* Site.deleteReminder(yield* Site.createReminder(reminder))
        const idsOf = (query?: Site.ReminderQuery) =>
          Effect.map(Site.getReminders(query), (found) => found.map(({ id }) => id))
        expect(yield* idsOf()).toEqual([1])
        expect(yield* idsOf({ includeInactive: true })).toEqual([1, 2])
        expect(yield* idsOf({ active: true, includeInactive: true })).toEqual([1])
        expect(yield* idsOf({ active: false })).toEqual([2])
        expect(lastOf(server)).toBe("GET /api/bot/reminders?active=false&include_inactive=true")
        expect(yield* idsOf({ active: false, includeInactive: false })).toEqual([])
      })
    )
  )
})

describe("before it is sent is refused", () => {
  const changed = (changes: Site.ReminderChanges) => Site.updateReminder(missing, changes)

  it.effect.each<readonly [title: string, call: Effect.Effect<unknown, unknown, any>, issue: RegExp]>([
    ["a blank content", Site.createReminder({ ...reminder, content: " \n" }), /^body\.content: must not be blank/],
    ["a long content", changed({ content: "😀".repeat(1501) }), /^body\.content: must have at most 1500/],
    [
      "a long link",
      changed({ jumpUrl: `https://discord.com/${"a".repeat(69)}` }),
      /^body\.jumpUrl: must have at most 88/
    ],
    ["no link", Site.replaceReminder(missing, { ...reminder, jumpUrl: "here" }), /^body\.jumpUrl: must be a URL/],
    ["a mention that is a number", changed({ mentions: [7 as never] }), /^body\.mentions\.0: /],
    ["failures beyond 32 bits", changed({ failures: 2 ** 31 }), /^body\.failures: /],
    ["a year beyond 9999", changed({ expiration: DateTime.unsafeMake(253_402_300_800_000) }), /^body\.expiration: /]
  ])("%s", ([, call, issue]) =>
    Effect.map(refused(call), (issues) => {
      expect(issues.length).toBeGreaterThan(0)
      for (const one of issues) expect(one).toMatch(issue)
    })
  )

  it.effect("nothing of 1,500 characters, beyond the basic plane too", () =>
    onSite(() =>
      Effect.gen(function* () {
        const content = "😀".repeat(1500)
        expect((yield* Site.createReminder({ ...reminder, content })).content).toBe(content)
      })
    )
  )
})
