import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials } from "effect-herald"
import { Document, Security } from "effect-herald/spec"
import * as Scripted from "../../servers/scripted.js"
import { client as transport } from "../../support/client.js"

const secret = Redacted.make("secret")

const schemes = {
  header_key: { type: "apiKey", in: "header", name: "X-Key" },
  query_key: { type: "apiKey", in: "query", name: "key" },
  cookie_key: { type: "apiKey", in: "cookie", name: "session" },
  basic: { type: "http", scheme: "Basic" },
  bearer: { type: "http", scheme: "bearer" },
  digest: { type: "http", scheme: "digest" },
  oauth: {
    type: "oauth2",
    flows: {
      clientCredentials: { tokenUrl: "/token", scopes: {} },
      authorizationCode: {
        tokenUrl: "/token",
        authorizationUrl: "https://auth.example/authorize",
        scopes: { read: "" }
      }
    }
  },
  implicit: { type: "oauth2", flows: { implicit: { authorizationUrl: "https://auth.example/authorize", scopes: {} } } },
  oidc: { type: "openIdConnect", openIdConnectUrl: "https://auth.example/.well-known/openid-configuration" },
  mtls: { type: "mutualTLS" }
}

const documentAt = (source: string, more: object = {}) =>
  Effect.runSync(
    Document.fromJson(
      {
        openapi: "3.1.0",
        info: { title: "", version: "" },
        paths: {},
        components: { securitySchemes: schemes },
        ...more
      },
      { source }
    )
  )

const document = documentAt("https://api.example/openapi.json")

/** The request with these credentials, for an operation of these schemes. */
const authorized = (given: Security.GivenSchemes, security?: ReadonlyArray<ReadonlyArray<string>>, of = document) =>
  Effect.gen(function* () {
    const credentials = yield* Security.credentials(of, given)
    const own = security === undefined ? credentials : credentials.forSecurity!(security)
    const { request } = yield* own.authorize(HttpClientRequest.get("https://api.example/"))
    return { headers: { ...request.headers }, params: request.urlParams }
  })

describe("Security.credentials", () => {
  it.scoped.each([
    ["header_key", secret, { headers: { "x-key": "secret" } }],
    ["query_key", secret, { params: [["key", "secret"]] }],
    ["cookie_key", secret, { headers: { cookie: "session=secret" } }],
    ["basic", { username: "ada", password: secret }, { headers: { authorization: `Basic ${btoa("ada:secret")}` } }],
    ["bearer", secret, { headers: { authorization: "Bearer secret" } }],
    ["oauth", secret, { headers: { authorization: "Bearer secret" } }],
    ["implicit", secret, { headers: { authorization: "Bearer secret" } }],
    ["oidc", secret, { headers: { authorization: "Bearer secret" } }],
    ["digest", Credentials.token(secret), { headers: { authorization: "Token secret" } }],
    ["mtls", Credentials.none, { headers: {} }]
  ] as const)("makes those of the scheme %s", ([name, given, expected]) =>
    Effect.gen(function* () {
      expect(yield* authorized({ [name]: given }, [[name]])).toMatchObject(expected)
    }).pipe(Effect.provide(transport))
  )

  it.scoped.each([
    ["header_key", "secret", /header_key.*must be a Redacted key, which is sent in the header X-Key/],
    [
      "query_key",
      { username: "a", password: secret },
      /must be a Redacted key, which is sent in the query parameter key/
    ],
    ["basic", secret, /must be \{ username, password \}/],
    ["basic", { username: "ada", password: "secret" }, /password.*must be a Redacted text/],
    ["bearer", { clientId: "a", clientSecret: secret }, /must be a Redacted token/],
    ["digest", secret, /must be Credentials, since the library has none for the HTTP scheme digest/],
    [
      "oauth",
      { username: "a" },
      /must be a Redacted access token, a client \{ clientId, clientSecret \}, or Credentials/
    ],
    ["implicit", { clientId: "a", clientSecret: secret }, /must be a Redacted access token, or Credentials/],
    ["mtls", secret, /must be nothing: give the certificate to the transport/],
    ["bearer", null, /must be a Redacted token/],
    [
      "baerer",
      secret,
      /baerer.*is not a security scheme of the document; did you mean bearer\? There are: header_key.*bearer takes a Redacted token/
    ],
    ["toString", secret, /is not a security scheme of the document/]
  ] as const)("refuses for the scheme %s what it does not take", ([name, given, message]) =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(Security.credentials(document, { [name]: given } as never))
      expect(ConfigError.isConfigError(failed)).toBe(true)
      expect(String(failed)).toMatch(message)
      expect(String(failed)).not.toContain("secret,")
    })
  )

  it.scoped("selects by the security of the operation, and by that of the document for the others", () =>
    Effect.gen(function* () {
      const given = { header_key: secret, bearer: Redacted.make("token"), basic: undefined }
      const secured = documentAt("https://api.example/openapi.json", { security: [{ bearer: [] }] })
      expect(yield* authorized(given, undefined, secured)).toMatchObject({ headers: { authorization: "Bearer token" } })
      const both = yield* authorized(given, [["basic"], ["header_key", "bearer"]], secured)
      expect(both.headers).toMatchObject({ authorization: "Bearer token", "x-key": "secret" })
      expect((yield* authorized(given, [["header_key"], []], secured)).headers).toEqual({ "x-key": "secret" })
      expect((yield* authorized(given, [], secured)).headers).toEqual({})
      const failed = yield* Effect.flip(authorized(given, [["basic"]], secured))
      expect(String(failed)).toMatch(/needs the credentials of basic/)
    }).pipe(Effect.provide(transport))
  )

  it.scoped("obtains tokens by the client credentials grant of OAuth 2.0", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "granted", token_type: "bearer" })])
      const local = documentAt(`${server.url.href}openapi.json`)
      const client = { clientId: "app", clientSecret: secret, scope: ["read", "write"] }
      expect(yield* authorized({ oauth: client }, [["oauth"]], local)).toMatchObject({
        headers: { authorization: "Bearer granted" }
      })
      expect(server.requests.map(({ body, target }) => `${target} ${body}`)).toEqual([
        "/token scope=read+write&grant_type=client_credentials"
      ])
    }).pipe(Effect.provide(transport))
  )
})

describe("Security.server", () => {
  it.effect("is the authorization server of a scheme", () =>
    Effect.gen(function* () {
      expect(yield* Security.server(document, "oauth")).toEqual({
        tokenEndpoint: "https://api.example/token",
        authorizationEndpoint: "https://auth.example/authorize"
      })
      expect(yield* Security.server(document, "oidc")).toEqual({
        metadataUrl: "https://auth.example/.well-known/openid-configuration"
      })
    })
  )

  it.effect.each([
    ["implicit", /has no flow with a `tokenUrl`/],
    ["basic", /has the type http, which has no authorization server/],
    ["none", /is not a security scheme of the document/]
  ] as const)("is not there for the scheme %s", ([name, message]) =>
    Effect.gen(function* () {
      expect(String(yield* Effect.flip(Security.server(document, name)))).toMatch(message)
    })
  )
})
