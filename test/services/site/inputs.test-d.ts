import type { HttpClient } from "@effect/platform/HttpClient"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import type { CallError, EncodeError, PaginationError, Snowflake } from "effect-herald"
import * as Site from "effect-herald/site"

declare const id: Snowflake.Snowflake
declare const user: Site.User
declare const withAlts: Site.UserWithAlts
declare const role: Site.Role
declare const users: ReadonlyArray<Site.User>
declare const token: Redacted.Redacted

type Value<F> = F extends (...args: any) => Effect.Effect<infer A, infer _, infer __> ? A : never
type Failure<F> = F extends (...args: any) => Effect.Effect<infer _, infer E, infer __> ? E : never

describe("a user or its id", () => {
  it("is a Snowflake, and no text or number", () => {
    Site.getUser(id)
    Site.getUser(user)
    Site.getUser(withAlts)
    Site.removeAlt(user, id)
    // @ts-expect-error a text is no id
    Site.getUser("409107086526644234")
    // @ts-expect-error a number is not exact
    Site.getUser(7)
    // @ts-expect-error a bigint is no id
    Site.deleteUser(409107086526644234n)
    // @ts-expect-error a text is no thread
    Site.isThreadBumped("1")
  })
})

describe("a user's fields", () => {
  it("are those of the type", () => {
    Site.createUser({ id, name: "Bob", discriminator: 1 })
    Site.createUser(user)
    // @ts-expect-error the discriminator is required
    Site.createUser({ id, name: "Bob" })
    // @ts-expect-error the id is required
    Site.createUser({ name: "Bob", discriminator: 1 })
    // @ts-expect-error the discriminator is a number
    Site.createUser({ id, name: "Bob", discriminator: "0001" })
    // @ts-expect-error the names are in camel case
    Site.createUser({ id, name: "Bob", discriminator: 1, display_name: "Bob" })
    // @ts-expect-error roles are ids
    Site.createUser({ id, name: "Bob", discriminator: 1, roles: ["1"] })
  })

  it("are all required of a replacement, but for those that the server does not require", () => {
    Site.replaceUser(user, { name: "Bob", discriminator: 1 })
    // @ts-expect-error the name is required
    Site.replaceUser(user, { discriminator: 1 })
  })

  it("do not include the id when they are changed, or alternate accounts", () => {
    Site.updateUser(user, { name: "Bob" })
    // @ts-expect-error the id can't be changed
    Site.updateUser(user, { id })
    // @ts-expect-error the id can't be changed
    Site.replaceUser(user, { id, name: "Bob", discriminator: 1 })
    // @ts-expect-error the server ignores them
    Site.updateUser(user, { alts: [] })
  })
})

describe("a list of users", () => {
  it("is not empty where the server would respond with an error", () => {
    Site.createUsers([])
    Site.createUsers(users)
    Site.updateUsers([{ id, name: "Bob" }])
    // @ts-expect-error a list without users
    Site.updateUsers([])
    // @ts-expect-error a list that may be empty
    Site.updateUsers(users)
    // @ts-expect-error a change without an id
    Site.updateUsers([{ name: "Bob" }])
    Site.getMetricityActivity([user, id], { days: 7 })
    // @ts-expect-error a list without users
    Site.getMetricityActivity([], { days: 7 })
    // @ts-expect-error days are required
    Site.getMetricityActivity([id])
  })

  it("has conditions that the server knows", () => {
    Site.listUsers()
    Site.listUsers({ name: "Bob", displayName: "Bob", discriminator: 0, pageSize: 10 })
    // @ts-expect-error the server ignores it
    Site.listUsers({ username: "Bob" })
    // @ts-expect-error the list sets it
    Site.listUsers({ page: 2 })
    Site.userPage({ page: "last" })
    // @ts-expect-error there is no other name of a page
    Site.userPage({ page: "first" })
  })

  it("is a Stream", () => {
    expectTypeOf(Site.listUsers()).toEqualTypeOf<
      Stream.Stream<Site.User, CallError | EncodeError | PaginationError, HttpClient | Site.Authoriser>
    >()
  })
})

describe("an alternate account", () => {
  it("has a target, and an actor when it is added", () => {
    Site.addAlt(user, { target: id, actor: user, context: "c" })
    Site.updateAlt(user, { target: id, context: "c" })
    // @ts-expect-error the actor is required
    Site.addAlt(user, { target: id, context: "c" })
    // @ts-expect-error the actor can't be changed
    Site.updateAlt(user, { target: id, actor: user, context: "c" })
  })
})

describe("a role", () => {
  it("has permissions that are exact", () => {
    Site.createRole({ id, name: "a", colour: 0, permissions: 1n << 62n, position: 0 })
    Site.createRole(role)
    // @ts-expect-error a number is not exact
    Site.createRole({ id, name: "a", colour: 0, permissions: 8, position: 0 })
    // @ts-expect-error all fields are required
    Site.createRole({ id, name: "a", permissions: 0n })
  })

  it("keeps its id", () => {
    Site.updateRole(role, { name: "a" })
    // @ts-expect-error the server would create a second role
    Site.updateRole(role, { id })
    // @ts-expect-error the server would create a second role
    Site.replaceRole(role, { id, name: "a", colour: 0, permissions: 0n, position: 0 })
    // @ts-expect-error all fields are required
    Site.replaceRole(role, { name: "a" })
  })
})

describe("the results", () => {
  it("have exact types", () => {
    expectTypeOf<Value<typeof Site.getUser>>().toEqualTypeOf<Site.UserWithAlts>()
    expectTypeOf<Value<typeof Site.createUsers>>().toEqualTypeOf<void>()
    expectTypeOf<Value<typeof Site.updateUsers>>().toEqualTypeOf<ReadonlyArray<Site.User>>()
    expectTypeOf<Value<typeof Site.isThreadBumped>>().toEqualTypeOf<boolean>()
    expectTypeOf<Site.Role["permissions"]>().toEqualTypeOf<bigint>()
    expectTypeOf<Site.User["id"]>().toEqualTypeOf<Snowflake.Snowflake>()
    expectTypeOf<Site.Alt["createdAt"]>().toEqualTypeOf<DateTime.Utc>()
    expectTypeOf<Value<typeof Site.getMetricityActivity>>().toEqualTypeOf<{
      readonly [id: Snowflake.Snowflake]: number
    }>()
  })

  it("have the errors that the API tells apart", () => {
    expectTypeOf<Failure<typeof Site.createUser>>().toEqualTypeOf<
      Site.AlreadyExists | Site.UnknownReference | CallError | EncodeError
    >()
    expectTypeOf<Failure<typeof Site.createRole>>().toEqualTypeOf<Site.AlreadyExists | CallError | EncodeError>()
    expectTypeOf<Failure<typeof Site.updateRole>>().toEqualTypeOf<CallError | EncodeError>()
    expectTypeOf<Failure<typeof Site.checkHealth>>().toEqualTypeOf<CallError>()
    expectTypeOf<Failure<typeof Site.waitUntilHealthy>>().toEqualTypeOf<CallError>()
  })
})

describe("the layer", () => {
  it("needs a token that is redacted", () => {
    Site.layer({ token })
    // @ts-expect-error a token is required
    Site.layer({})
    // @ts-expect-error a token is Redacted
    Site.layer({ token: "secret" })
    // @ts-expect-error no token is sent
    Site.anonymous({ token })
  })
})

describe("the wait for a healthy site", () => {
  it("takes a schedule", () => {
    Site.waitUntilHealthy()
    Site.waitUntilHealthy(Schedule.spaced("1 second"))
    // @ts-expect-error a schedule of other failures
    Site.waitUntilHealthy(Schedule.recurWhile((text: string) => text === ""))
  })
})
