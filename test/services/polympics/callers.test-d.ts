import type { HttpClient } from "@effect/platform/HttpClient"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { describe, expectTypeOf, it } from "vitest"
import { Authoriser, Endpoint, Operation } from "effect-herald"
import * as Polympics from "effect-herald/polympics"

/*
 * The types of operations permit calls by the right callers only.
 */

declare const client: Layer.Layer<HttpClient>
declare const credentials: Polympics.Credentials
declare const account: Polympics.Account
declare const secret: Redacted.Redacted

const anonymous = Layer.merge(Polympics.anonymous(), client)
const app = Layer.merge(Polympics.app(credentials), client)
const user = Layer.merge(Polympics.user(credentials), client)

const forAnyCaller = Effect.all([
  Polympics.checkSignups(),
  Polympics.getAccount(account),
  Polympics.teamPage({ page: 0 }),
  Polympics.discordAuthenticate(secret)
])
const forSignedIn = Effect.all([
  Polympics.createAccount({ id: account.id, name: "x", discriminator: "1" }),
  Polympics.updateAccount(account, {}),
  Polympics.createTeam("x")
])
const forApps = Effect.all([
  Polympics.createSession(account),
  Polympics.getCallbacks(),
  Polympics.createCallback({ event: "account_team_update", url: "x", secret }),
  Polympics.resetAppToken(),
  Polympics.getApp()
])
const forUsers = Effect.all([Polympics.getMe(), Polympics.resetSession()])

describe("an anonymous caller", () => {
  it("can call the operations for any caller, and no others", () => {
    void Effect.runPromise(Effect.provide(forAnyCaller, anonymous))
    // @ts-expect-error an anonymous caller is not signed in
    void Effect.runPromise(Effect.provide(forSignedIn, anonymous))
    // @ts-expect-error an anonymous caller is not an app
    void Effect.runPromise(Effect.provide(forApps, anonymous))
    // @ts-expect-error an anonymous caller is not a user
    void Effect.runPromise(Effect.provide(forUsers, anonymous))
    expectTypeOf(Effect.provide(forSignedIn, anonymous)).toExtend<Effect.Effect<unknown, unknown, Polympics.SignedIn>>()
  })
})

describe("an app", () => {
  it("can call all operations but those for users", () => {
    void Effect.runPromise(Effect.provide(forAnyCaller, app))
    void Effect.runPromise(Effect.provide(forSignedIn, app))
    void Effect.runPromise(Effect.provide(forApps, app))
    // @ts-expect-error an app is not a user
    void Effect.runPromise(Effect.provide(forUsers, app))
    // @ts-expect-error an app is not a user
    void Effect.runPromise(Effect.provide(Polympics.getMe(), app))
    // @ts-expect-error an app is not a user
    void Effect.runPromise(Effect.provide(Polympics.resetSession(), app))
  })
})

describe("a user", () => {
  it("can call all operations but those for apps", () => {
    void Effect.runPromise(Effect.provide(forAnyCaller, user))
    void Effect.runPromise(Effect.provide(forSignedIn, user))
    void Effect.runPromise(Effect.provide(forUsers, user))
    // @ts-expect-error a user is not an app
    void Effect.runPromise(Effect.provide(Polympics.createSession(account), user))
    // @ts-expect-error a user is not an app
    void Effect.runPromise(Effect.provide(Polympics.getCallbacks(), user))
    // @ts-expect-error a user is not an app
    void Effect.runPromise(Effect.provide(Polympics.getCallback("account_team_update"), user))
    // @ts-expect-error a user is not an app
    void Effect.runPromise(Effect.provide(Polympics.deleteCallback("account_team_update"), user))
    // @ts-expect-error a user is not an app
    void Effect.runPromise(Effect.provide(Polympics.resetAppToken(), user))
    // @ts-expect-error a user is not an app
    void Effect.runPromise(Effect.provide(Polympics.getApp(), user))
  })
})

describe("a program without a client, or without a caller", () => {
  it("does not compile", () => {
    // @ts-expect-error there is no HttpClient
    void Effect.runPromise(Effect.provide(Polympics.checkSignups(), Polympics.anonymous()))
    // @ts-expect-error there is no caller
    void Effect.runPromise(Effect.provide(Polympics.checkSignups(), client))
  })
})

describe("layers", () => {
  it("have these types", () => {
    type AsApp = Layer.Layer<Polympics.App | Polympics.SignedIn | Polympics.Authoriser, ConfigError>
    type AsUser = Layer.Layer<Polympics.User | Polympics.SignedIn | Polympics.Authoriser, ConfigError>
    expectTypeOf(Polympics.anonymous).returns.toEqualTypeOf<Layer.Layer<Polympics.Authoriser, ConfigError>>()
    expectTypeOf(Polympics.anonymousConfig).returns.toEqualTypeOf<Layer.Layer<Polympics.Authoriser, ConfigError>>()
    expectTypeOf(Polympics.app).returns.toEqualTypeOf<AsApp>()
    expectTypeOf(Polympics.appConfig).returns.toEqualTypeOf<AsApp>()
    expectTypeOf(Polympics.user).returns.toEqualTypeOf<AsUser>()
    expectTypeOf(Polympics.userConfig).returns.toEqualTypeOf<AsUser>()
  })

  it("accept sessions and app credentials, and no password that is not redacted", () => {
    expectTypeOf<Polympics.Session>().toExtend<Parameters<typeof Polympics.user>[0]>()
    expectTypeOf<Polympics.AppCredentials>().toExtend<Parameters<typeof Polympics.app>[0]>()
    // @ts-expect-error a password is redacted
    Polympics.app({ username: "A1", password: "secret" })
  })
})

describe("two APIs", () => {
  class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}
  const getForecast = Operation.make(Weather, () => Endpoint.get("/forecast", { success: Schema.Number }))
  const both = Effect.zip(getForecast(), Polympics.checkSignups())

  it("need a caller each, and the type names the missing one", () => {
    expectTypeOf(both).toExtend<Effect.Effect<unknown, unknown, HttpClient | Weather | Polympics.Authoriser>>()
    expectTypeOf(Effect.provide(both, anonymous)).toExtend<Effect.Effect<unknown, unknown, Weather>>()
    expectTypeOf(Effect.provide(both, anonymous)).not.toExtend<Effect.Effect<unknown, unknown>>()
    expectTypeOf<Polympics.Authoriser>().not.toExtend<Weather>()
    expectTypeOf<Weather>().not.toExtend<Polympics.Authoriser>()
  })
})

describe("the callers of this API", () => {
  it("have distinct types", () => {
    expectTypeOf<Polympics.App>().not.toExtend<Polympics.User>()
    expectTypeOf<Polympics.User>().not.toExtend<Polympics.App>()
    expectTypeOf<Polympics.Authoriser>().not.toExtend<Polympics.SignedIn>()
    expectTypeOf<Polympics.SignedIn>().not.toExtend<Polympics.App>()
  })
})
