import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as Site from "effect-herald/site"
import { exchange, ids, jsonText } from "./support/inProcess.js"

const [id, other] = ids as unknown as readonly [(typeof ids)[number], (typeof ids)[number]]
const user = { id, name: "Bob", discriminator: 0 }
const role = { id, name: "Owners", colour: 0, permissions: 0n, position: 0 }
const alt = { target: other, actor: other, context: "c" }

/** The values that only JavaScript callers can pass have no types. */
const untyped = (value: unknown) => value as never

const notArguments = "these are not the arguments of this operation"
const listed = (query: Site.InfractionQuery) => Stream.runDrain(Site.listInfractions(query))
const filter = { id: Site.FilterId.make(1), filterList: Site.FilterListId.make(2) }

const refused: ReadonlyArray<readonly [title: string, call: Effect.Effect<unknown, unknown, any>, message: string]> = [
  ["a user with a blank name", Site.createUser({ ...user, name: " \x1c" }), "body.name: must not be blank"],
  ["a user with a long name", Site.createUser({ ...user, name: "a".repeat(33) }), "must have at most 32 characters"],
  ["a user with NUL in its name", Site.createUser({ ...user, name: "a\0" }), "must not contain NUL"],
  ["a user with a long display name", Site.createUser({ ...user, displayName: "a".repeat(33) }), "at most 32"],
  ["a negative discriminator", Site.createUser({ ...user, discriminator: -1 }), "body.discriminator"],
  ["a discriminator of five digits", Site.replaceUser(id, { ...user, discriminator: 10_000 }), "body.discriminator"],
  ["an id from 2^63", Site.createUser({ ...user, id: untyped("9223372036854775808") }), "body.id"],
  ["an id that is a number", Site.getUser(untyped(7)), "id: should be"],
  ["a role's id that is a number", Site.updateUser(id, { roles: [untyped(7)] }), "body.roles[0]"],
  [
    "a user that is given twice",
    Site.createUsers([user, { ...user, id: other }, { ...user, name: "Bobby" }]),
    "body[2].id: is the id of item 0, too: give each user once"
  ],
  [
    "a change of a user that is given twice",
    Site.updateUsers([
      { id, name: "a" },
      { id, inGuild: true }
    ]),
    "body[1].id: is the id of item 0, too: give each user once"
  ],
  [
    "no change of a user",
    Site.updateUsers(untyped([])),
    "body: must not be empty: the server would respond with a 500"
  ],
  [
    "a change without a field",
    Site.updateUsers([{ id, name: "a" }, { id: other }]),
    "body[1]: must change at least one field"
  ],
  [
    "a change whose fields are undefined",
    Site.updateUsers([{ id, name: undefined }]),
    "body[0]: must change at least one field"
  ],
  ["a blank name to find", Site.userPage({ page: 1, name: "" }), "name: must not be blank"],
  ["a blank display name to find", Stream.runDrain(Site.listUsers({ displayName: " " })), "must not be blank"],
  ["the page 0", Site.userPage({ page: 0 }), "page"],
  ["a page of no users", Stream.runDrain(Site.listUsers({ pageSize: 0 })), "pageSize"],
  ["an alt with a blank context", Site.addAlt(id, { ...alt, context: "" }), "body.context: must not be blank"],
  ["an alt with a long context", Site.updateAlt(id, { ...alt, context: "a".repeat(1901) }), "at most 1900"],
  ["an alt that is no id", Site.updateAlt(id, { ...alt, target: untyped("bob") }), "body.target"],
  ["an alt to remove that is no id", Site.removeAlt(id, untyped("bob")), "body"],
  ["the activity of no users", Site.getMetricityActivity(untyped([]), { days: 1 }), "body: must not be empty"],
  ["the activity of negative days", Site.getMetricityActivity([id], { days: -1 }), "days"],
  ["the activity of a fraction of days", Site.getMetricityActivity([id], { days: 1.5 }), "days"],
  ["a negative colour", Site.createRole({ ...role, colour: -1 }), "body.colour"],
  ["a colour from 2^31", Site.updateRole(id, { colour: 2 ** 31 }), "body.colour"],
  ["negative permissions", Site.createRole({ ...role, permissions: -1n }), "body.permissions: must be a mask from 0"],
  ["permissions from 2^63", Site.createRole({ ...role, permissions: 2n ** 63n }), "must be a mask from 0 to 2^63-1"],
  ["permissions that are a number", Site.createRole({ ...role, permissions: untyped(8) }), "body.permissions"],
  ["a position from 2^31", Site.replaceRole(id, { ...role, position: 2 ** 31 }), "body.position"],
  ["a role with a long name", Site.createRole({ ...role, name: "a".repeat(101) }), "at most 100"],
  ["a thread that is no id", Site.createBumpedThread(untyped("")), "body.thread"],
  ["an order of nominations that there is not", Site.getNominations({ order: untyped("-id") }), "order: should be"],
  ["an empty name of an account to find", Site.getAocLinks({ aocUsername: "" }), "aocUsername: must not be blank"],
  ["a name in a path with NUL", Site.getMailingList("a\0"), "list: must not contain NUL"],
  ["a seen item with a lone surrogate", Site.addSeenItem("a", "\ud800"), "must be well-formed Unicode"],
  ["a reason to find with a lone surrogate", listed({ reason: "a\ud800b" }), "must be well-formed Unicode"],
  ["a reason to find with NUL", listed({ reason: "a\0b" }), "must not contain NUL"],
  ["a reason to find that is no text", listed({ reason: untyped(5) }), notArguments],
  ["an order of infractions that is no list", listed({ ordering: untyped("-id") }), notArguments],
  ["an order of infractions by null", listed({ ordering: [untyped(null)] }), notArguments],
  [
    "a timeout that is sent as zero",
    Site.updateFilter(filter, { settings: { infractionType: "TIMEOUT", infractionDuration: Duration.nanos(1000n) } }),
    "must be more than zero"
  ],
  ...[null, id, 7, [], true].flatMap((value): typeof refused => [
    ["users of no record", Stream.runDrain(Site.listUsers(untyped(value))), notArguments],
    ["a page of users of no record", Site.userPage(untyped(value)), notArguments],
    ["nominations of no record", Site.getNominations(untyped(value)), notArguments],
    ["reminders of no record", Site.getReminders(untyped(value)), notArguments],
    ["links of no record", Site.getAocLinks(untyped(value)), notArguments],
    ["blocks of no record", Site.getAocBlocks(untyped(value)), notArguments],
    ["infractions of no record", listed(untyped(value)), notArguments],
    ["expanded infractions of no record", Stream.runDrain(Site.listExpandedInfractions(untyped(value))), notArguments],
    ["an option that is no record", Site.getReminder(untyped(1), untyped(value)), notArguments],
    ["changes of a reminder that are no record", Site.updateReminder(untyped(1), untyped(value)), notArguments],
    ["changes of an infraction that are no record", Site.updateInfraction(untyped(1), untyped(value)), notArguments],
    ["changes of a filter that are no record", Site.updateFilter(filter, untyped(value)), notArguments],
    ["settings of a filter that are no record", Site.updateFilter(filter, { settings: untyped(value) }), notArguments],
    ["changes of a filter list that are no record", Site.updateFilterList(untyped(1), untyped(value)), notArguments],
    ["the replacement of a name by no record", Site.replaceOffTopicName("a", untyped(value)), notArguments],
    ["changes of a name that are no record", Site.updateOffTopicName("a", untyped(value)), "body: should be an object"]
  ]),
  ["a thread to find that is no id", Site.isThreadBumped(untyped("../roles")), "id"]
]

describe("nothing is sent for", () => {
  it.effect.each(refused)("%s", ([_, call, message]) =>
    Effect.map(exchange(call, jsonText("{}")), ({ result, sent }) => {
      expect(sent).toEqual([])
      expect(Either.flip(result)).toMatchObject({
        right: { _tag: "EncodeError", message: expect.stringContaining(message) }
      })
    })
  )
})

describe("the id of a role", () => {
  const wire = jsonText(`{"id":${id},"name":"a","colour":0,"permissions":0,"position":0}`)
  const another = { ...role, id: other }

  it.effect("is that of the path when it is replaced, also if the fields are those of another role", () =>
    Effect.map(exchange(Site.replaceRole(id, another), wire), ({ first }) => {
      expect(first?.target).toBe(`/api/bot/roles/${id}`)
      expect(first?.body).toContain(`"id":${id}`)
      expect(first?.body).not.toContain(other)
    })
  )

  it.effect("is not sent with changes, also if they are those of another role", () =>
    Effect.map(exchange(Site.updateRole(id, another), wire), ({ first }) =>
      expect(first?.body).toBe('{"name":"Owners","colour":0,"permissions":0,"position":0}')
    )
  )
})

describe("the id of a user", () => {
  const wire = jsonText(`{"id":${id},"name":"a","display_name":"","discriminator":0,"roles":[],"in_guild":true}`)
  const another = { ...user, id: other }

  it.effect("is that of the path when it is replaced", () =>
    Effect.map(exchange(Site.replaceUser(id, another), wire), ({ first }) =>
      expect(first?.body).toBe(`{"id":${id},"name":"Bob","discriminator":0}`)
    )
  )

  it.effect("is not sent with changes", () =>
    Effect.map(exchange(Site.updateUser(id, another), wire), ({ first }) =>
      expect(first?.body).toBe('{"name":"Bob","discriminator":0}')
    )
  )
})
