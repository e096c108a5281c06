import { describe, expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { TokenStore } from "effect-herald"
import * as Loopback from "effect-herald/loopback"
import * as OAuth from "effect-herald/oauth"
import { confidential, make } from "../../servers/oidc/index.js"
import * as Scripted from "../../servers/scripted.js"
import { callerAt, clientOf, hasty } from "./kit.js"
import { test } from "./live.js"

const secret = Redacted.make("do not show this")
const client: OAuth.Client = { clientId: "backend", clientSecret: secret }
const server = "https://auth.example"

const whatIsWrong = (options: Partial<OAuth.Options>) =>
  Effect.scoped(Effect.flip(OAuth.clientCredentials({ server, client, ...options })))

/** Where the mistake is, and that it does not show the secret. */
const refusesAt = (path: string, failing: Effect.Effect<ConfigError.ConfigError, unknown>) =>
  Effect.map(failing, (error) => {
    expect(ConfigError.isConfigError(error)).toBe(true)
    expect("path" in error ? error.path.join(".") : "").toBe(path)
    expect(String(error)).not.toContain(Redacted.value(secret))
  })

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
  ])("that can't be are refused before anything is sent: %s", ([path, options]) =>
    refusesAt(path, whatIsWrong(options))
  )

  it.effect.each<OAuth.Server>([
    "http://127.0.0.1:8080",
    "http://localhost:8080",
    "http://[::1]:8080",
    new URL("https://auth.example/tenant"),
    { tokenEndpoint: "http://127.0.0.1/token" }
  ])("that can be are taken: %o", (server) => Effect.scoped(Effect.asVoid(OAuth.clientCredentials({ server, client }))))

  it.effect("of a login want a page to log in on, and an issuer for `openid`", () =>
    Effect.gen(function* () {
      const login = (server: OAuth.Server, more: Partial<OAuth.CodeOptions> = {}) =>
        Effect.scoped(
          Effect.flip(
            OAuth.authorisationCode({ server, client: { clientId: "cli" }, receiver: Loopback.receiver(), ...more })
          )
        )
      const endpoints = {
        tokenEndpoint: "https://auth.example/token",
        authorisationEndpoint: "https://auth.example/auth"
      }
      yield* refusesAt("server.authorisationEndpoint", login({ tokenEndpoint: endpoints.tokenEndpoint }))
      yield* refusesAt("server.issuer", login(endpoints, { scope: ["openid"] }))
      // Spelt by who writes no types.
      yield* refusesAt("patience", login(endpoints, { patience: "a while" as "1 second" }))
      yield* refusesAt("pageParameters.state", login(endpoints, { pageParameters: { state: "mine" } }))
    })
  )

  it.effect("of a device want an endpoint for devices", () =>
    refusesAt(
      "server.deviceAuthorisationEndpoint",
      Effect.scoped(
        Effect.flip(
          OAuth.deviceCode({
            server: { tokenEndpoint: "https://auth.example/token" },
            client: { clientId: "cli" },
            show: () => Effect.void
          })
        )
      )
    )
  )

  it.scoped("tell callers apart by what they ask for, and show no secret", () =>
    Effect.gen(function* () {
      const identityOf = (options: Partial<OAuth.Options>) =>
        Effect.map(OAuth.clientCredentials({ server, client, ...options }), ({ identity }) => identity)
      const identities = yield* Effect.all([
        identityOf({}),
        identityOf({ client: { ...client, clientId: "other" } }),
        identityOf({ server: "https://other.example" }),
        identityOf({ server: "https://auth.example:8443" }),
        identityOf({ server: "https://localhost" }),
        identityOf({ server: "http://localhost" }),
        // Tenants and realms.
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
        Effect.map(OAuth.refreshToken({ server, client, refreshToken: Redacted.make("of bob") }), (it) => it.identity),
        Effect.map(OAuth.refreshToken({ server, client, refreshToken: Redacted.make("of eve") }), (it) => it.identity)
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
    })
  )
})

describe("a server", () => {
  const backend = confidential()

  test("is found by its issuer, once, for however many grants", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const asked: Array<string> = []
      oidc.intercept = ({ url = "" }) => {
        if (url.startsWith("/.well-known/")) asked.push(url)
        return false
      }
      const tokens = yield* OAuth.clientCredentials({ server: oidc.issuer, client: clientOf(backend) })
      yield* tokens.token()
      yield* Effect.replicateEffect(tokens.token({ forceNew: true }), 3)
      expect(asked).toEqual(["/.well-known/openid-configuration"])
      expect(oidc.tokenRequests).toHaveLength(4)
    }))

  test("that could not be found is looked for again", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      let away = true
      oidc.intercept = (_, response) => {
        if (away) response.writeHead(500).end()
        return away
      }
      const tokens = yield* OAuth.clientCredentials({ server: oidc.issuer, client: clientOf(backend) })
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Unavailable" })
      away = false
      expect((yield* tokens.token()).tokenType).toBe("Bearer")
    }))

  test("with many tenants on a host gives each its own tokens, though all else is the same", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ target }) => Scripted.json({ access_token: target }))
      const had = yield* Effect.forEach(["/one", "/two"], (path) =>
        Effect.flatMap(
          OAuth.clientCredentials({ server: { tokenEndpoint: new URL(path, server.url) }, client }),
          (tokens) => Effect.map(tokens.token(), ({ accessToken }) => Redacted.value(accessToken))
        )
      ).pipe(Effect.provide(TokenStore.layerMemory))
      expect(had).toEqual(["/one", "/two"])
    }))

  /** A server that tells this of itself where RFC 8414 has it. */
  const telling = (metadata: (url: URL) => object, oidc = false) =>
    Effect.gen(function* () {
      const made: Scripted.Scripted = yield* Scripted.make(({ target }) => {
        if (target.includes(oidc ? "openid-configuration" : "oauth-authorization-server")) {
          return Scripted.json(metadata(made.url))
        }
        return target === "/token" ? Scripted.json({ access_token: "token" }) : Scripted.answer({ status: 404 })
      })
      return made
    })

  test("of OAuth alone is found by RFC 8414", () =>
    Effect.gen(function* () {
      const server = yield* telling((url) => ({ issuer: `${url.origin}/one`, token_endpoint: `${url.origin}/token` }))
      const tokens = yield* OAuth.clientCredentials({ server: new URL("/one", server.url), client })
      yield* tokens.token()
      expect(server.requests.map(({ target }) => target)).toEqual([
        "/one/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/one",
        "/token"
      ])
    }))

  test("that tells nothing is unavailable, and says what to do", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.answer({ status: 404 })])
      const tokens = yield* OAuth.clientCredentials({ server: server.url, client })
      const failure = yield* Effect.flip(tokens.token())
      expect(failure).toMatchObject({ reason: "Unavailable" })
      expect(failure.message).toContain("name them")
    }))

  test("that says it is another is not trusted, nor sent a secret", () =>
    Effect.gen(function* () {
      const server = yield* telling(
        (url) => ({ issuer: "https://auth.example", token_endpoint: `${url.origin}/token` }),
        true
      )
      const tokens = yield* OAuth.clientCredentials({ server: server.url, client })
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Unsafe" })
      expect(server.requests.some(({ target }) => target === "/token")).toBe(false)
    }))

  test("that would have secrets sent in the clear is not trusted", () =>
    Effect.gen(function* () {
      const server = yield* telling(
        (url) => ({ issuer: url.origin, token_endpoint: "http://auth.example/token" }),
        true
      )
      const tokens = yield* OAuth.clientCredentials({ server: server.url.origin, client })
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Unsafe" })
    }))

  test("that does not offer what is asked for refuses", () =>
    Effect.gen(function* () {
      const server = yield* telling((url) => ({ issuer: url.origin, token_endpoint: `${url.origin}/token` }), true)
      const device = yield* OAuth.deviceCode({ server: server.url.origin, client, show: () => Effect.void })
      expect(yield* Effect.flip(device.token())).toMatchObject({ reason: "Refused" })
      const code = yield* OAuth.authorisationCode({ server: server.url.origin, client, receiver: Loopback.receiver() })
      expect(yield* Effect.flip(code.token())).toMatchObject({ reason: "Refused" })
    }))

  test("that never answers does not hold anything up for ever", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.silence])
      // The limits of the wire are a thousandth, too.
      const time = hasty({ wire: true })
      const tokens = yield* OAuth.refreshToken({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client,
        refreshToken: Redacted.make("refresh")
      })
      const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
      expect(failure).toMatchObject({ reason: "Unavailable" })
    }))

  test("that stops answering does not hold up a refresh, which nothing interrupts", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ access_token: "token", expires_in: 3600, refresh_token: "refresh" }),
        Scripted.silence
      ])
      const time = hasty({ wire: true })
      const tokens = yield* OAuth.clientCredentials({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client
      })
      // The first is not to be hurried.
      yield* tokens.token()
      time.pass("2 hours")
      const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
      expect(failure).toMatchObject({ reason: "Unavailable" })
      expect(failure.message).toContain("refresh: ")
    }))

  test("is a mistake of the layer's where it is one", () =>
    Effect.gen(function* () {
      const layer = callerAt({ api: "http://127.0.0.1/" }, OAuth.clientCredentials({ server: "nowhere", client }))
      const error = yield* Effect.flip(Effect.provide(Effect.void, layer))
      expect(ConfigError.isConfigError(error)).toBe(true)
    }))
})
