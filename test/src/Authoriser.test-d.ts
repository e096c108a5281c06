import type { HttpClient } from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { describe, expectTypeOf, it } from "vitest"
import { Authoriser, Credentials, type Tokens } from "effect-herald"

class Api extends Authoriser.Tag("effect-herald/test/Api")<Api>() {}
class WithTokens extends Authoriser.Tag("effect-herald/test/WithTokens")<WithTokens, Tokens.Tokens>() {}
class Vault extends Context.Tag("effect-herald/test/Vault")<Vault, { readonly key: string }>() {}

declare const secret: Redacted.Redacted
declare const tokens: Effect.Effect<Tokens.Tokens, "locked", HttpClient | Scope.Scope>

const baseUrl = "https://api.test"

describe("credentials", () => {
  it("fail with a ConfigError, and have no requirements", () => {
    expectTypeOf(Credentials.bearer).returns.toEqualTypeOf<Effect.Effect<Credentials.Credentials, ConfigError>>()
    expectTypeOf(Credentials.token).returns.toEqualTypeOf<Effect.Effect<Credentials.Credentials, ConfigError>>()
    expectTypeOf(Credentials.basic).returns.toEqualTypeOf<Effect.Effect<Credentials.Credentials, ConfigError>>()
    expectTypeOf(Credentials.apiKey).returns.toEqualTypeOf<Effect.Effect<Credentials.Credentials, ConfigError>>()
  })

  it("are made of Redacted secrets", () => {
    // @ts-expect-error the secret is not Redacted
    Credentials.bearer("secret")
    // @ts-expect-error the secret is not Redacted
    Credentials.basic({ username: "bob", password: "secret" })
    // @ts-expect-error the secret is not Redacted
    Credentials.apiKey({ header: "x-key", key: "secret" })
  })

  it("of a key are sent in a header or in a query", () => {
    Credentials.apiKey({ header: "x-key", key: secret })
    Credentials.apiKey({ query: "key", key: secret, name: "us" })
    // @ts-expect-error both places
    Credentials.apiKey({ header: "x-key", query: "key", key: secret })
    // @ts-expect-error no place
    Credentials.apiKey({ key: secret })
  })
})

describe("Authoriser.layer", () => {
  it("provides the tag, and fails with a ConfigError", () => {
    const layer = Authoriser.layer(Api, { baseUrl })
    expectTypeOf(layer).toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
    const bearing = Authoriser.layer(Api, { baseUrl: new URL(baseUrl), credentials: Credentials.bearer(secret) })
    expectTypeOf(bearing).toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
  })

  it("has the errors and the requirements of its credentials, except a Scope", () => {
    const credentials = null as unknown as Effect.Effect<Credentials.Credentials, "locked", Vault | Scope.Scope>
    const layer = () => Authoriser.layer(Api, { baseUrl, credentials })
    expectTypeOf<ReturnType<typeof layer>>().toEqualTypeOf<Layer.Layer<Api, ConfigError | "locked", Vault>>()
    const scoped = null as unknown as Effect.Effect<Credentials.Credentials, never, Scope.Scope>
    const other = () => Authoriser.layer(Api, { baseUrl, credentials: scoped })
    expectTypeOf<ReturnType<typeof other>>().toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
  })

  it("requires a base URL", () => {
    // @ts-expect-error the base URL is missing
    Authoriser.layer(Api, {})
    // @ts-expect-error the options are missing
    Authoriser.layer(Api)
    // @ts-expect-error another tag has no Authoriser
    Authoriser.layer(Vault, { baseUrl })
  })

  it("requires the credentials that its tag declares", () => {
    const layer = () => Authoriser.layer(WithTokens, { baseUrl, credentials: tokens })
    expectTypeOf<ReturnType<typeof layer>>().toEqualTypeOf<
      Layer.Layer<WithTokens, ConfigError | "locked", HttpClient>
    >()
    // @ts-expect-error there are no credentials
    Authoriser.layer(WithTokens, { baseUrl })
    // @ts-expect-error these are no Tokens
    Authoriser.layer(WithTokens, { baseUrl, credentials: Credentials.bearer(secret) })
    // @ts-expect-error there are no credentials
    Authoriser.layer(WithTokens, { baseUrl, credentials: undefined })
    // Tokens are Credentials, too.
    expectTypeOf(() => Authoriser.layer(Api, { baseUrl, credentials: tokens })).returns.toEqualTypeOf<
      Layer.Layer<Api, ConfigError | "locked", HttpClient>
    >()
  })

  it("has defaults", () => {
    Authoriser.layer(Api, { baseUrl, deadline: "3 seconds", attemptDeadline: "1 second", insecure: true })
    // @ts-expect-error it is a boolean
    Authoriser.layer(Api, { baseUrl, insecure: "yes" })
    // @ts-expect-error there is no such option
    Authoriser.layer(Api, { baseUrl, timeout: 1 })
  })
})

describe("a tag of Authoriser.Tag", () => {
  it("has a service with its credentials", () => {
    expectTypeOf<Context.Tag.Service<typeof Api>>().toEqualTypeOf<Authoriser.Authoriser>()
    expectTypeOf<Context.Tag.Service<typeof WithTokens>>().toEqualTypeOf<Authoriser.Authoriser<Tokens.Tokens>>()
    expectTypeOf<Context.Tag.Identifier<typeof Api>>().toEqualTypeOf<Api>()
    expectTypeOf(Api.key).toEqualTypeOf<"effect-herald/test/Api">()
  })

  it("has the layer of Authoriser.layer", () => {
    expectTypeOf(Api.layer({ baseUrl })).toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
    expectTypeOf(Api.layer({ baseUrl, credentials: Credentials.bearer(secret) })).toEqualTypeOf<
      Layer.Layer<Api, ConfigError>
    >()
    expectTypeOf(() => WithTokens.layer({ baseUrl, credentials: tokens })).returns.toEqualTypeOf<
      Layer.Layer<WithTokens, ConfigError | "locked", HttpClient>
    >()
    // @ts-expect-error there are no credentials
    WithTokens.layer({ baseUrl })
    // @ts-expect-error there is no such option
    Api.layer({ baseUrl, timeout: 1 })
  })

  it("has a layer whose options are values or Configs", () => {
    const configured = Api.layerConfig({
      baseUrl: Config.string("URL"),
      credentials: Config.map(Config.redacted("KEY"), (key) => Credentials.bearer(key)),
      deadline: Config.duration("DEADLINE"),
      insecure: false
    })
    expectTypeOf(configured).toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
    expectTypeOf(Api.layerConfig({ baseUrl })).toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
    const withTokens = () => WithTokens.layerConfig({ baseUrl: Config.string("URL"), credentials: tokens })
    expectTypeOf(withTokens).returns.toEqualTypeOf<Layer.Layer<WithTokens, ConfigError | "locked", HttpClient>>()
    // @ts-expect-error a number is no URL
    Api.layerConfig({ baseUrl: Config.number("URL") })
    // @ts-expect-error a Config of a secret makes no credentials
    Api.layerConfig({ baseUrl, credentials: Config.redacted("KEY") })
    // @ts-expect-error the base URL is missing
    Api.layerConfig({ deadline: Config.duration("DEADLINE") })
    // @ts-expect-error there are no credentials
    WithTokens.layerConfig({ baseUrl })
  })
})

describe("Authoriser.make", () => {
  it("makes the service of its credentials", () => {
    expectTypeOf(Authoriser.make({ baseUrl })).toEqualTypeOf<Effect.Effect<Authoriser.Authoriser, ConfigError>>()
    expectTypeOf(() => Authoriser.make({ baseUrl, credentials: tokens })).returns.toEqualTypeOf<
      Effect.Effect<Authoriser.Authoriser<Tokens.Tokens>, ConfigError | "locked", HttpClient | Scope.Scope>
    >()
  })
})
