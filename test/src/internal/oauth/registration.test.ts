import { describe, expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createHash, generateKeyPairSync } from "node:crypto"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { noClient } from "../../../support/cache.js"
import { apiOf } from "../../../support/oauth.js"

const secret = Redacted.make("do not show this")

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" })
const pem = String(pair.privateKey.export({ format: "pem", type: "pkcs8" }))
const jwk = pair.privateKey.export({ format: "jwk" })
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

/** Options as JavaScript may have them, which the types forbid. */
type Untyped<A> = Readonly<Partial<Record<keyof A, unknown>>>

const endpoints = {
  tokenEndpoint: "https://auth.example/token",
  authorizationEndpoint: "https://auth.example/auth",
  deviceAuthorizationEndpoint: "https://auth.example/device"
}

const key = { issuer: "svc@example", privateKey: Redacted.make(pem) }

const { d: _, ...publicJwk } = jwk

/** Another key in a form that is not supported. */
const exported = (modulusLength: number, type: "pkcs1" | "pkcs8", passphrase?: string) =>
  Redacted.make(
    String(
      generateKeyPairSync("rsa", { modulusLength }).privateKey.export({
        format: "pem",
        type,
        ...(passphrase && { cipher: "aes-128-cbc", passphrase })
      })
    )
  )

describe("options", () => {
  it.effect.each<[path: string, options: Untyped<OAuth.Options>]>([
    ["server", { server: "auth.example" }],
    ["server", { server: "http://auth.example" }],
    ["server", { server: "ftp://localhost" }],
    ["server", { server: "http://127.0.0.1.auth.example" }],
    ["server", { server: "https://user:password@auth.example" }],
    ["server", { server: "https://auth.example/?tenant=1" }],
    ["server", { server: "https://auth.example/#part" }],
    ["server", { server: "" }],
    ["server", { server: undefined }],
    ["server", { server: null }],
    ["server", { server: 5 }],
    ["server.tokenEndpoint", { server: {} }],
    ["server.tokenEndpoint", { server: { tokenEndpoint: "http://auth.example/token" } }],
    ["server.tokenEndpoint", { server: { tokenEndpoint: "/token" } }],
    ...(
      ["revocationEndpoint", "pushedAuthorizationRequestEndpoint", "userInfoEndpoint", "jwksUri", "issuer"] as const
    ).flatMap((name): ReadonlyArray<[path: string, options: Untyped<OAuth.Options>]> =>
      ["http://auth.example/path", "/path", ""].map((url) => [
        `server.${name}`,
        { server: { tokenEndpoint: "https://auth.example/token", [name]: url } }
      ])
    ),
    ["client", { client: undefined }],
    ["client", { client: "backend" }],
    ["server.metadataUrl", { server: { metadataUrl: "http://auth.example/metadata", issuer: "https://auth.example" } }],
    ["server.issuer", { server: { metadataUrl: "https://auth.example/metadata" } }],
    ["server.issuer", { server: { metadataUrl: "https://auth.example/metadata", issuer: "auth.example" } }],
    [
      "server.issuer",
      { server: { metadataUrl: "https://auth.example/metadata", issuer: "https://{tenant}.example/" } }
    ],
    ["server.issuer", { server: { metadataUrl: "https://auth.example/metadata", issuer: "https://{tenant}" } }],
    [
      "server.issuer",
      { server: { metadataUrl: "https://auth.example/metadata", issuer: "https://auth.example/{a b}" } }
    ],
    ["server.issuer", { server: { metadataUrl: "https://auth.example/metadata", issuer: 5 } }],
    ["server.issuer", { server: { metadataUrl: "https://auth.example/metadata", issuer: null } }],
    [
      "server.issuer",
      { server: { metadataUrl: "https://auth.example/metadata", issuer: new URL("ftp://auth.example") } }
    ],
    ["bearerTokenTypes", { bearerTokenTypes: [""] }],
    ...["bot", [undefined], [5], null, {}, 5, true, [["bot"]]].map(
      (bearerTokenTypes): [path: string, options: Untyped<OAuth.Options>] => ["bearerTokenTypes", { bearerTokenTypes }]
    ),
    ...["x", ["x"], 5, true, null, [], new Map([["a", "b"]]), new URLSearchParams("a=b"), secret].map(
      (parameters): [path: string, options: Untyped<OAuth.Options>] => ["parameters", { parameters }]
    ),
    ...["x", 5, true, {}, []].map((probe): [path: string, options: Untyped<OAuth.Options>] => ["probe", { probe }]),
    ...[["nope"], ["ES256", 5], ["ES256", ""], ["es256"], [null], {}, 5].map(
      (idTokenAlgorithms): [path: string, options: Untyped<OAuth.Options>] => [
        "idTokenAlgorithms",
        { idTokenAlgorithms }
      ]
    ),
    ...[[-1, 0], -1n, "-1 minute"].flatMap(
      (duration): ReadonlyArray<[path: string, options: Untyped<OAuth.Options>]> => [
        ["clockTolerance", { clockTolerance: duration }],
        ["refreshMargin", { refreshMargin: duration }]
      ]
    ),
    ["bearerTokenTypes", { bearerTokenTypes: ["bot user"] }],
    ["client.clientId", { client: { clientId: "" } }],
    ["client.clientId", { client: { clientId: 5 } }],
    ["client.clientId", { client: { clientSecret: secret } }],
    ["client.clientSecret", { client: { clientId: "backend" } }],
    ["client.clientSecret", { client: { clientId: "backend", clientSecret: Redacted.make("") } }],
    ["client.clientSecret", { client: { clientId: "backend", clientSecret: Redacted.make("\ud800") } }],
    ["client.clientSecret", { client: { clientId: "backend", clientSecret: "do not show this" } }],
    ["client.clientSecret", { client: { clientId: "backend", authentication: "post" } }],
    ["client.clientSecret", { client: { clientId: "backend", authentication: "jwt" } }],
    ["client.clientSecret", { client: { ...client, authentication: "none" } }],
    ["client.clientSecret", { client: { ...client, privateKey: key.privateKey } }],
    ["client.clientId", { client: { ...client, clientId: "back:end", authentication: "basic-unencoded" } }],
    ["client.assertionAudience", { client: { ...client, authentication: "jwt", assertionAudience: "" } }],
    ["client.authentication", { client: { ...client, authentication: "client_secret_basic" } }],
    ["client.authentication", { client: { ...client, authentication: "" } }],
    ["client.authentication", { client: { clientId: "backend", privateKey: key.privateKey, authentication: "basic" } }],
    ...(
      [
        ["privateKey", { privateKey: pem }],
        ["privateKey", { privateKey: Redacted.make("") }],
        ["privateKey", { privateKey: Redacted.make("do not show this") }],
        ["privateKey", { privateKey: Redacted.make(`{"kty":"do not show this"`) }],
        ["privateKey", { privateKey: Redacted.make(5) }],
        ["privateKey", { privateKey: Redacted.make(publicJwk) }],
        ["privateKey", { privateKey: Redacted.make({ ...jwk, alg: "ES384" }) }],
        ["privateKey", { privateKey: Redacted.make({ ...jwk, alg: "unknown" }) }],
        ["privateKey", { privateKey: key.privateKey, algorithm: "RS256" }],
        ["privateKey", { privateKey: Redacted.make(pem.replace("MIG", "AAA")) }],
        ["privateKey", { privateKey: exported(2048, "pkcs8", "do not show this") }],
        ["privateKey", { privateKey: exported(1024, "pkcs8") }],
        ["privateKey", { privateKey: exported(1024, "pkcs1") }],
        ["algorithm", { privateKey: key.privateKey, algorithm: "HS256" }],
        ["keyId", { privateKey: key.privateKey, keyId: "" }]
      ] as const
    ).map(([name, options]): [path: string, options: Untyped<OAuth.Options>] => [
      `client.${name}`,
      { client: { clientId: "backend", ...options } }
    ]),
    ["scope", { scope: ["read write"] }],
    ["scope", { scope: [""] }],
    ["scope", { scope: "read write" }],
    ["scope", { scope: [5] }],
    ["scope", { scope: ["read", undefined] }],
    ["parameters.client_secret", { parameters: { client_secret: "in the form" } }],
    ["parameters.grant_type", { parameters: { grant_type: "password" } }],
    ["parameters.redirect_uri", { parameters: { redirect_uri: "https://evil.example" } }],
    ["parameters.assertion", { parameters: { assertion: "a.b.c" } }],
    ["parameters.", { parameters: { "": "nameless" } }],
    ["parameters.audience", { parameters: { audience: 5 } }],
    ["parameters.audience", { parameters: { audience: undefined } }],
    ["parameters.audience", { parameters: { audience: ["one", 2] } }],
    ["parameters.audience", { parameters: { audience: Redacted.make(5) } }],
    ["name", { name: "" }],
    ["name", { name: 5 }],
    ["clockTolerance", { clockTolerance: -1 }],
    ["clockTolerance", { clockTolerance: Number.NaN }],
    ["clockTolerance", { clockTolerance: "-5 seconds" }],
    ["clockTolerance", { clockTolerance: "soon" }],
    ["clockTolerance", { clockTolerance: "Infinity" }],
    ["clockTolerance", { clockTolerance: Number.POSITIVE_INFINITY }],
    ["idTokenAlgorithms", { idTokenAlgorithms: [] }],
    ["idTokenAlgorithms", { idTokenAlgorithms: "ES256" }],
    ["idTokenAlgorithms", { idTokenAlgorithms: ["ES256", "none"] }]
  ])("that are invalid fail with a ConfigError, before anything is sent: %s", ([path, options]) =>
    // The values are those of JavaScript.
    expectInvalid(path, clientCredentials(options as Partial<OAuth.Options>))
  )

  const receiver = Loopback.receiver()

  it.effect.each<[path: string, options: Untyped<OAuth.AuthorizationCodeOptions>]>([
    ...[0, -1, Number.NaN, "0 seconds", "-5 minutes", "soon", null].map(
      (timeout): [path: string, options: Untyped<OAuth.AuthorizationCodeOptions>] => ["timeout", { timeout }]
    ),
    ["pushedAuthorization", { pushedAuthorization: "yes" }],
    ...["yes", 1, null, {}].map(
      (insecureWithoutPkce): [path: string, options: Untyped<OAuth.AuthorizationCodeOptions>] => [
        "insecureWithoutPkce",
        { insecureWithoutPkce }
      ]
    ),
    ...["x", ["x"], 5, null].map(
      (authorizationParameters): [path: string, options: Untyped<OAuth.AuthorizationCodeOptions>] => [
        "authorizationParameters",
        { authorizationParameters }
      ]
    ),
    ["server.pushedAuthorizationRequestEndpoint", { pushedAuthorization: true }],
    ["receiver", { receiver: undefined }],
    ["receiver", { receiver: { redirectUri: "https://backend.example" } }],
    ["authorizationParameters.state", { authorizationParameters: { state: "mine" } }],
    ["authorizationParameters.request_uri", { authorizationParameters: { request_uri: "urn:mine" } }],
    ["authorizationParameters.prompt", { authorizationParameters: { prompt: 5 } }]
  ])("of the authorization code grant that are invalid fail with a ConfigError: %s", ([path, options]) =>
    expectInvalid(
      path,
      Effect.scoped(
        OAuth.authorizationCode({
          server: endpoints,
          client: { clientId: "cli" },
          receiver,
          // The values are those of JavaScript.
          ...(options as Partial<OAuth.AuthorizationCodeOptions>)
        })
      ).pipe(Effect.provide(noClient))
    )
  )

  it.effect.each<[path: string, options: Untyped<OAuth.DeviceCodeOptions>]>([
    ...[0, -1, Number.NaN, "0 seconds", "soon"].map(
      (timeout): [path: string, options: Untyped<OAuth.DeviceCodeOptions>] => ["timeout", { timeout }]
    ),
    ["show", { show: undefined }]
  ])("of the device authorization grant that are invalid fail with a ConfigError: %s", ([path, options]) =>
    expectInvalid(
      path,
      Effect.scoped(
        OAuth.deviceCode({
          server: endpoints,
          client: { clientId: "cli" },
          show: () => Effect.void,
          // The values are those of JavaScript.
          ...(options as Partial<OAuth.DeviceCodeOptions>)
        })
      ).pipe(Effect.provide(noClient))
    )
  )

  it.effect.each(["", undefined, "do not show this"])(
    "of the refresh token that are invalid fail with a ConfigError: %s",
    (refreshToken) =>
      expectInvalid(
        "refreshToken",
        Effect.scoped(
          OAuth.refreshToken({
            server,
            client,
            // The last two are not Redacted, as in JavaScript.
            refreshToken: (refreshToken === "" ? Redacted.make("") : refreshToken) as Redacted.Redacted
          })
        ).pipe(Effect.provide(noClient))
      )
  )

  it.effect.each<[path: string, options: Readonly<Record<string, unknown>>]>([
    ["assertion", { assertion: undefined }],
    ["assertion", { assertion: "a.b.c" }],
    ["assertion", { assertion: Redacted.make("") }],
    ["assertion.issuer", { assertion: { ...key, issuer: "" } }],
    ["assertion.subject", { assertion: { ...key, subject: 5 } }],
    ["assertion.audience", { assertion: { ...key, audience: "" } }],
    ["assertion.claims", { assertion: { ...key, claims: "scope" } }],
    ["assertion.claims", { assertion: { ...key, claims: { number: 5n } } }],
    ["assertion.privateKey", { assertion: { ...key, privateKey: undefined } }],
    ["assertion.algorithm", { assertion: { ...key, algorithm: "none" } }],
    ["name", { assertion: Effect.succeed(Redacted.make("a.b.c")) }],
    ["client.clientSecret", { client: { clientId: "backend", authentication: "basic" } }]
  ])("of the JWT bearer grant that are invalid fail with a ConfigError: %s", ([path, options]) =>
    expectInvalid(
      path,
      Effect.scoped(OAuth.jwtBearer({ server, assertion: key, ...options })).pipe(Effect.provide(noClient))
    )
  )

  it.effect.each<[path: string, options: Readonly<Record<string, unknown>>]>([
    ["subjectToken", { subjectToken: undefined }],
    ["subjectToken", { subjectToken: Redacted.make("") }],
    ["subjectToken", { subjectToken: "do not show this" }],
    ["actorToken", { actorToken: "do not show this" }],
    ["subjectTokenType", { subjectTokenType: "access_token" }],
    ["actorTokenType", { actorTokenType: "" }],
    ["requestedTokenType", { requestedTokenType: "jwt" }],
    ["name", { subjectToken: Effect.succeed(secret) }],
    ["name", { actorToken: Effect.succeed(secret) }],
    ["name", { actorToken: Effect.succeed(secret), name: "" }]
  ])("of a token exchange that are invalid fail with a ConfigError: %s", ([path, options]) =>
    expectInvalid(
      path,
      Effect.scoped(OAuth.tokenExchange({ server, client, subjectToken: secret, ...options })).pipe(
        Effect.provide(noClient)
      )
    )
  )

  it.effect.each<OAuth.Server>([
    "http://127.0.0.1:8080",
    "http://localhost:8080",
    "http://[::1]:8080",
    new URL("https://auth.example/tenant"),
    { tokenEndpoint: "http://127.0.0.1/token" },
    { metadataUrl: "https://auth.example/metadata", issuer: new URL("https://auth.example/tenant") }
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

describe("a secret parameter that can be guessed", () => {
  it.scoped.each(["4711", "0000", "summer", "1990-01-01"])(
    "is not revealed by the identity, and distinguishes: %s",
    (pin) =>
      Effect.gen(function* () {
        const identityOf = (pin: string, more: Partial<OAuth.Options> = {}) =>
          Effect.map(
            OAuth.clientCredentials({ server, client, parameters: { pin: Redacted.make(pin) }, ...more }),
            ({ identity }) => identity
          )
        const identity = yield* identityOf(pin)
        expect(yield* identityOf(pin)).toBe(identity)
        expect(yield* identityOf(`${pin}5`)).not.toBe(identity)
        // All texts that contain the PIN in the clear and could have been digested.
        const texts = [
          pin,
          JSON.stringify([[], [["pin", pin]], [], []]),
          JSON.stringify([[], [["pin", pin]], []]),
          JSON.stringify({ pin }),
          `pin=${pin}`
        ]
        for (const text of texts) {
          expect(identity).not.toContain(createHash("sha256").update(text).digest("hex").slice(0, 8))
        }
      }).pipe(Effect.provide(noClient))
  )
})
