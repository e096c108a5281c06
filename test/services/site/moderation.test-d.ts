import type { HttpClient } from "@effect/platform/HttpClient"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import type { CallError, EncodeError, PaginationError, Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"

declare const user: Snowflake.Snowflake
declare const actor: Site.User
declare const time: DateTime.Utc
declare const infraction: Site.Infraction
declare const expanded: Site.ExpandedInfraction
declare const nomination: Site.Nomination
declare const reminder: Site.Reminder
declare const offensive: Site.OffensiveMessage

describe("a new infraction", () => {
  it("is one that its type allows", () => {
    Site.createInfraction({ type: "note", user, actor })
    Site.createInfraction({ type: "note", user, actor, active: false, hidden: true, expiresAt: time })
    Site.createInfraction({ type: "kick", user, actor, hidden: true })
    Site.createInfraction({ type: "timeout", user, actor, active: true, expiresAt: time, hidden: false })
    Site.createExpandedInfraction({ type: "voice_ban", user, actor, active: true, reason: null })
    // @ts-expect-error the server requires `active`
    Site.createInfraction({ type: "ban", user, actor })
    // @ts-expect-error a note is not active
    Site.createInfraction({ type: "note", user, actor, active: true })
    // @ts-expect-error a note is hidden
    Site.createInfraction({ type: "note", user, actor, hidden: false })
    // @ts-expect-error a warning is not active
    Site.createInfraction({ type: "warning", user, actor, active: true })
    // @ts-expect-error a warning does not expire
    Site.createInfraction({ type: "warning", user, actor, expiresAt: time })
    // @ts-expect-error a warning is not hidden
    Site.createInfraction({ type: "warning", user, actor, hidden: true })
    // @ts-expect-error a kick is not active
    Site.createInfraction({ type: "kick", user, actor, active: true })
    // @ts-expect-error a kick does not expire
    Site.createInfraction({ type: "kick", user, actor, expiresAt: time })
    // @ts-expect-error a superstar is not hidden
    Site.createInfraction({ type: "superstar", user, actor, active: true, hidden: true })
    // @ts-expect-error a voice mute is not hidden
    Site.createExpandedInfraction({ type: "voice_mute", user, actor, active: true, hidden: true })
    // @ts-expect-error there is no such type
    Site.createInfraction({ type: "mute", user, actor, active: true })
  })
})

describe("changes of an infraction", () => {
  it("are those of the fields that can be changed", () => {
    Site.updateInfraction(infraction, { active: false, expiresAt: null, reason: null, dmSent: true, lastApplied: time })
    Site.updateExpandedInfraction(expanded, { jumpUrl: null })
    // @ts-expect-error the type can't be changed
    Site.updateInfraction(infraction, { type: "ban" })
    // @ts-expect-error the user can't be changed
    Site.updateInfraction(infraction, { user })
    // @ts-expect-error the actor can't be changed
    Site.updateExpandedInfraction(infraction, { actor: user })
    // @ts-expect-error whether it is hidden can't be changed
    Site.updateInfraction(infraction, { hidden: true })
    // @ts-expect-error the time of its creation can't be changed
    Site.updateInfraction(infraction, { insertedAt: time })
    // @ts-expect-error a number is no id of an infraction
    Site.getInfraction(1)
    // @ts-expect-error a nomination is no infraction
    Site.deleteInfraction(nomination.id)
  })
})

describe("the list of infractions", () => {
  it("has one type or several, and an expiry or none", () => {
    Site.listInfractions({ type: "ban", user, actor, active: true, ordering: ["-insertedAt", "user"] })
    Site.listExpandedInfractions({ types: ["ban", "kick"], permanent: false, expiresAfter: time })
    Site.listInfractions({ permanent: true, search: "^spam" })
    // @ts-expect-error one type or several
    Site.listInfractions({ type: "ban", types: ["kick"] })
    // @ts-expect-error several types are at least one
    Site.listInfractions({ types: [] })
    // @ts-expect-error a permanent infraction has no expiry
    Site.listInfractions({ permanent: true, expiresBefore: time })
    // @ts-expect-error a text or an expression
    Site.listInfractions({ reason: "spam", search: "spam" })
    // @ts-expect-error the server ignores an unknown field
    Site.listInfractions({ ordering: ["colour"] })
    // @ts-expect-error a boolean is no text
    Site.listInfractions({ active: "yes" })
    // @ts-expect-error the list sets the offset
    Site.listInfractions({ offset: 5 })
  })

  it("is a Stream", () => {
    expectTypeOf(Site.listInfractions()).toEqualTypeOf<
      Stream.Stream<Site.Infraction, CallError | EncodeError | PaginationError, HttpClient | Site.Authoriser>
    >()
    expectTypeOf(Site.listExpandedInfractions()).toEqualTypeOf<
      Stream.Stream<Site.ExpandedInfraction, CallError | EncodeError | PaginationError, HttpClient | Site.Authoriser>
    >()
  })
})

type Value<F> = F extends (...args: any) => Effect.Effect<infer A, infer _, infer __> ? A : never
type Failure<F> = F extends (...args: any) => Effect.Effect<infer _, infer E, infer __> ? E : never

describe("errors", () => {
  it("are those that the API tells apart", () => {
    type Creation = CallError | EncodeError | Site.AlreadyExists | Site.UnknownReference
    expectTypeOf<Failure<typeof Site.createInfraction>>().toEqualTypeOf<Creation>()
    expectTypeOf<Failure<typeof Site.createNomination>>().toEqualTypeOf<Creation>()
    expectTypeOf<Failure<typeof Site.createReminder>>().toEqualTypeOf<CallError | EncodeError | Site.UnknownReference>()
    expectTypeOf<Failure<typeof Site.createOffensiveMessage>>().toEqualTypeOf<
      CallError | EncodeError | Site.AlreadyExists
    >()
    expectTypeOf<Failure<typeof Site.updateInfraction>>().toEqualTypeOf<CallError | EncodeError | Site.AlreadyExists>()
    expectTypeOf<Failure<typeof Site.getOffensiveMessages>>().toEqualTypeOf<CallError>()
  })
})

describe("a nomination", () => {
  it("is changed in one of four ways", () => {
    Site.updateEndorsement(nomination, { actor: user, reason: "" })
    Site.endNomination(nomination.id, { endReason: "hired" })
    Site.updateEndReason(nomination, { endReason: "hired" })
    Site.updateNomination(nomination, { reviewed: true, threadId: null })
    // @ts-expect-error the actor is required
    Site.updateEndorsement(nomination, { reason: "" })
    // @ts-expect-error the reason is required
    Site.endNomination(nomination, {})
    // @ts-expect-error the server refuses a review together with an end
    Site.endNomination(nomination, { endReason: "", reviewed: true })
    // @ts-expect-error a nomination does not become active again
    Site.updateNomination(nomination, { active: true })
    // @ts-expect-error the user can't be changed
    Site.updateNomination(nomination, { user })
    // @ts-expect-error these fields can't be set at creation
    Site.createNomination({ user, actor, endReason: "" })
    // The entries of the response would have the former reason.
    expectTypeOf<Value<typeof Site.updateEndorsement>>().toEqualTypeOf<Site.NominationState>()
    expectTypeOf<Site.NominationState>().not.toHaveProperty("entries")
    expectTypeOf(Site).not.toHaveProperty("deleteNomination")
    expectTypeOf(Site).not.toHaveProperty("replaceNomination")
  })
})

describe("a reminder", () => {
  it("has all fields when it is created or replaced, and some when it is changed", () => {
    Site.createReminder(reminder)
    Site.updateReminder(reminder, { failures: 1 })
    // @ts-expect-error the author is required
    Site.createReminder({ channelId: user, content: "a", expiration: time, jumpUrl: "" })
    // @ts-expect-error the content is required
    Site.replaceReminder(reminder, { author: user, channelId: user, expiration: time, jumpUrl: "" })
    // @ts-expect-error a number is no mention
    Site.updateReminder(reminder, { mentions: [1] })
    // @ts-expect-error the id can't be changed
    Site.updateReminder(reminder, { id: reminder.id })
  })
})

describe("messages", () => {
  it("have an actor, or null", () => {
    Site.createDeletedMessages({
      actor: null,
      creation: time,
      messages: [{ id: user, author: actor, channelId: user }]
    })
    // @ts-expect-error the key is required
    Site.createDeletedMessages({ creation: time, messages: [] })
    // @ts-expect-error a message has an author
    Site.createDeletedMessages({ actor: null, creation: time, messages: [{ id: user, channelId: user }] })
  })

  it("that are offensive change in the time of their deletion only", () => {
    Site.updateOffensiveMessage(offensive, { deleteDate: time })
    // @ts-expect-error the channel can't be changed
    Site.updateOffensiveMessage(offensive, { deleteDate: time, channelId: user })
    // @ts-expect-error the time is required
    Site.updateOffensiveMessage(offensive, {})
    expectTypeOf(Site).not.toHaveProperty("replaceOffensiveMessage")
    expectTypeOf(Site).not.toHaveProperty("getOffensiveMessage")
  })
})
