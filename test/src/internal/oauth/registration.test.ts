import { describe, expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { noClient } from "../../../support/cache.js"
import { apiOf } from "../../../support/oauth.js"

const secret = Redacted.make("do not show this")
const client: OAuth.Client = { clientId: "backend", clientSecret: secret }
const server = "https://auth.example"

/** Checks that an effect fails with a `ConfigError` at this option, which does not show the secret. */
const expectInvalid = (path: string, effect: Effect.Effect<unknown, ConfigError.ConfigError>) =>
  Effect.map(Effect.flip(effect), (error) => {
    expect(ConfigError.isConfigError(error)).toBe(true)
    expect("path" in error ? error.path.join(".") : "").toBe(path)
    expect(String(error)).not.toContain(Redacted.value(secret))
  })

const clientCredentials = (options: Partial<OAuth.Options>) =>
  Effect.scoped(OAuth.clientCredentials({ server, client, ...options })).pipe(Effect.provide(noClient))

describe("options", () => {
  it.effect.each<[path: string, options: Partial<OAuth.Options>]>([
    ["server", { server: "auth.example" }],
    ["server", { server: "http://auth.example" }],
    ["server", { server: "ftp://localhost" }],
    ["server", { server: "http://127.0.0.1.auth.example" }],
    ["server", { server: "https://user:password@auth.example" }],
    ["server", { server: "https://auth.example/?tenant=1" }],
    ["server", { server: "https://auth.example/#part" }],
    ["server.tokenEndpoint", { server: { tokenEndpoint: "http://auth.example/token" } }],
    ["server.tokenEndpoint", { server: { tokenEndpoint: "/token" } }],
    [
      "server.revocationEndpoint",
      { server: { tokenEndpoint: "https://auth.example/token", revocationEndpoint: "http://auth.example/revoke" } }
    ],
    ["server.issuer", { server: { tokenEndpoint: "https://auth.example/token", issuer: "auth.example" } }],
    ["client.clientId", { client: { clientId: "" } }],
    ["client.clientSecret", { client: { clientId: "backend" } }],
    ["client.clientSecret", { client: { clientId: "backend", clientSecret: Redacted.make("") } }],
    ["client.clientSecret", { client: { clientId: "backend", authentication: "post" } }],
    ["client.clientSecret", { client: { ...client, authentication: "none" } }],
    ["scope", { scope: ["read write"] }],
    ["scope", { scope: [""] }],
    ["parameters.client_secret", { parameters: { client_secret: "in the form" } }],
    ["parameters.grant_type", { parameters: { grant_type: "password" } }],
    ["parameters.redirect_uri", { parameters: { redirect_uri: "https://evil.example" } }]
  ])("that are invalid fail with a ConfigError, before anything is sent: %s", ([path, options]) =>
    expectInvalid(path, clientCredentials(options))
  )

  it.effect.each<OAuth.Server>([
    "http://127.0.0.1:8080",
    "http://localhost:8080",
    "http://[::1]:8080",
    new URL("https://auth.example/tenant"),
    { tokenEndpoint: "http://127.0.0.1/token" }
  ])("may name a server by https, or by http on loopback: %o", (server) => Effect.asVoid(clientCredentials({ server })))

  it.effect("of an authorization code grant need an authorization endpoint, and an issuer for the scope openid", () =>
    Effect.gen(function* () {
      const authorizationCode = (server: OAuth.Server, options: Partial<OAuth.AuthorizationCodeOptions> = {}) =>
        Effect.scoped(
          OAuth.authorizationCode({ server, client: { clientId: "cli" }, receiver: Loopback.receiver(), ...options })
        ).pipe(Effect.provide(noClient))
      const endpoints = {
        tokenEndpoint: "https://auth.example/token",
        authorizationEndpoint: "https://auth.example/auth"
      }
      yield* expectInvalid(
        "server.authorizationEndpoint",
        authorizationCode({ tokenEndpoint: endpoints.tokenEndpoint })
      )
      yield* expectInvalid("server.issuer", authorizationCode(endpoints, { scope: ["openid"] }))
      // JavaScript has no types.
      yield* expectInvalid("timeout", authorizationCode(endpoints, { timeout: "a while" as "1 second" }))
      yield* expectInvalid(
        "authorizationParameters.state",
        authorizationCode(endpoints, { authorizationParameters: { state: "mine" } })
      )
    })
  )

  it.effect("of a device code grant need a device authorization endpoint", () =>
    expectInvalid(
      "server.deviceAuthorizationEndpoint",
      Effect.scoped(
        OAuth.deviceCode({
          server: { tokenEndpoint: "https://auth.example/token" },
          client: { clientId: "cli" },
          show: () => Effect.void
        })
      ).pipe(Effect.provide(noClient))
    )
  )

  it.effect("that are invalid fail the layer of an API", () =>
    Effect.gen(function* () {
      const layer = apiOf({ api: "http://127.0.0.1/" }, OAuth.clientCredentials({ server: "nowhere", client }))
      const error = yield* Effect.flip(Effect.provide(Effect.void, Layer.provide(layer, noClient)))
      expect(ConfigError.isConfigError(error)).toBe(true)
    })
  )
})

describe("the name of the caller", () => {
  it.scoped("is made of the client and the server, and shows no secret", () =>
    Effect.gen(function* () {
      const refreshToken = Redacted.make("hunter2")
      expect((yield* OAuth.clientCredentials({ server, client })).name).toBe(
        `OAuth client ${client.clientId} at auth.example`
      )
      expect((yield* OAuth.refreshToken({ server, client, refreshToken, name: "store" })).name).toBe(
        `user of OAuth client ${client.clientId} at auth.example`
      )
    }).pipe(Effect.provide(noClient))
  )
})

describe("the identity", () => {
  it.scoped("differs with everything that tokens depend on, and shows no secret", () =>
    Effect.gen(function* () {
      const identityOf = (options: Partial<OAuth.Options>) =>
        Effect.map(OAuth.clientCredentials({ server, client, ...options }), ({ identity }) => identity)
      const identityWith = (refreshToken: string) =>
        Effect.map(
          OAuth.refreshToken({ server, client, refreshToken: Redacted.make(refreshToken) }),
          ({ identity }) => identity
        )
      const identities = yield* Effect.all([
        identityOf({}),
        identityOf({ client: { ...client, clientId: "other" } }),
        identityOf({ server: "https://other.example" }),
        identityOf({ server: "https://auth.example:8443" }),
        identityOf({ server: "https://localhost" }),
        identityOf({ server: "http://localhost" }),
        // Tenants of a host, which servers also call realms.
        identityOf({ server: "https://auth.example/one" }),
        identityOf({ server: "https://auth.example/two" }),
        identityOf({ server: "https://auth.example/one/" }),
        identityOf({ server: { tokenEndpoint: "https://auth.example/one/token" } }),
        identityOf({ server: { tokenEndpoint: "https://auth.example/two/token" } }),
        identityOf({ server: { tokenEndpoint: "https://auth.example/token?realm=one" } }),
        identityOf({ server: { tokenEndpoint: "https://auth.example/token", issuer: "https://auth.example/one" } }),
        identityOf({ server: { tokenEndpoint: "https://auth.example/token", issuer: "https://auth.example/two" } }),
        identityOf({ scope: ["read"] }),
        identityOf({ scope: ["read", "write"] }),
        identityOf({ parameters: { audience: "https://api.example" } }),
        identityOf({ parameters: { tenant: Redacted.make("hidden tenant") } }),
        identityWith("of bob"),
        identityWith("of eve")
      ])
      expect(new Set(identities).size).toBe(identities.length)
      for (const [scope, same] of [
        [
          ["read", "write"],
          ["write", "read"]
        ],
        [[], []]
      ] as const) {
        expect(yield* identityOf({ scope, server: new URL("https://AUTH.example:443/") })).toBe(
          yield* identityOf({ scope: same })
        )
      }
      expect(identities.join(" ")).not.toMatch(/do not show|hidden|of bob/)
      expect(identities[0]).toBe("client_credentials backend@auth.example")
      expect(yield* identityOf({ server: "https://auth.example/one" })).toMatch(
        /^client_credentials backend@auth\.example [\da-f]{32}$/
      )
    }).pipe(Effect.provide(noClient))
  )
})
