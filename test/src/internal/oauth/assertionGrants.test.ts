import { describe, expect } from "@effect/vitest"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Token, TokenStore } from "effect-herald"
import * as OAuth from "effect-herald/oauth"
import { createVerify, generateKeyPairSync } from "node:crypto"
import { confidential, make, type Oidc } from "../../../servers/oidc/index.js"
import * as Scripted from "../../../servers/scripted.js"
import { apiOf, clientOf, fastClock, getThing, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
const exchange = "urn:ietf:params:oauth:grant-type:token-exchange"

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const privateKey = Redacted.make(String(rsa.privateKey.export({ format: "pem", type: "pkcs8" })))

const granted = Scripted.json({ access_token: "token", token_type: "Bearer", expires_in: 3600 })

const formOf = (request: Scripted.Received | undefined) => Object.fromEntries(new URLSearchParams(request?.body))

const claimsOf = (jwt = "") =>
  JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>

/** Grants a token of the client for a grant type, if the server's own check of the parameters passes. */
const registerGrant = (
  { provider }: Oidc,
  grantType: string,
  parameters: ReadonlyArray<string>,
  check: (parameters: Record<string, unknown>) => boolean
) =>
  provider.registerGrantType(
    grantType,
    async (ctx, next) => {
      const { ClientCredentials } = provider
      const client = ctx.oidc.client!
      if (!check(ctx.oidc.params ?? {})) {
        ctx.status = 400
        ctx.body = { error: "invalid_grant", error_description: "not accepted" }
        return next()
      }
      const token = new ClientCredentials({ client, scope: "read" })
      ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: token.tokenType }
      return next()
    },
    [...parameters],
    []
  )

/** A client for a grant type that the types of `oidc-provider` do not list. */
const clientFor = (grantType: string) => confidential({ grant_types: [grantType as "client_credentials"] })

describe("the JWT bearer grant", () => {
  test("gets a token for an assertion that is signed with the key, from a server that checks it", () =>
    Effect.gen(function* () {
      const backend = clientFor(jwtBearer)
      const oidc = yield* make({ clients: [backend] })
      const assertions: Array<string> = []
      registerGrant(oidc, jwtBearer, ["assertion"], ({ assertion }) => {
        const jwt = String(assertion)
        assertions.push(jwt)
        const [header, claims, signature = ""] = jwt.split(".")
        return (
          claimsOf(jwt)["iss"] === "svc@example" &&
          createVerify("sha256").update(`${header}.${claims}`).verify(rsa.publicKey, signature, "base64url")
        )
      })
      const time = fastClock()
      yield* Effect.gen(function* () {
        yield* getThing
        yield* getThing
        time.advance("2 hours")
        yield* getThing
      }).pipe(
        Effect.provide(
          apiOf(
            oidc,
            OAuth.jwtBearer({
              server: oidc.issuer,
              client: clientOf(backend),
              scope: ["read"],
              assertion: { issuer: "svc@example", privateKey }
            })
          )
        ),
        Effect.withClock(time.clock)
      )
      expect(oidc.tokenRequests.map(({ status }) => status)).toEqual([200, 200])
      expect(oidc.tokenRequests[0]?.authorization).toMatch(/^Basic /)
      expect(new Set(assertions.map((jwt) => claimsOf(jwt)["jti"])).size).toBe(2)
    }))

  test("sends what Google and others read: claims, the scope among them, the endpoint as audience, and no client", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([granted])
      const tokenEndpoint = new URL("/token", server.url).href
      const tokens = yield* OAuth.jwtBearer({
        server: { tokenEndpoint },
        scope: ["read", "write"],
        assertion: {
          issuer: "svc@example",
          subject: "bob@example",
          privateKey,
          keyId: "key-1",
          claims: { target: "x", exp: 1 }
        }
      })
      yield* tokens.token()
      const [request] = server.requests
      expect(request?.headers.authorization).toBeUndefined()
      const { assertion = "", ...form } = formOf(request)
      expect(form).toEqual({ grant_type: jwtBearer, scope: "read write" })
      expect(JSON.parse(Buffer.from(assertion.split(".")[0] ?? "", "base64url").toString())).toEqual({
        alg: "RS256",
        kid: "key-1",
        typ: "JWT"
      })
      const { iat, jti, ...claims } = claimsOf(assertion)
      expect(claims).toEqual({
        iss: "svc@example",
        sub: "bob@example",
        aud: tokenEndpoint,
        scope: "read write",
        target: "x",
        exp: 1
      })
      expect([typeof iat, typeof jti]).toEqual(["number", "string"])
    }))

  test("has the subject, audience and scope that are configured, or their defaults", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([granted])
      const tokenEndpoint = new URL("/token", server.url).href
      const cases: ReadonlyArray<
        readonly [options: Partial<OAuth.JwtAssertion>, server: OAuth.Server, claims: object]
      > = [
        [{}, { tokenEndpoint }, { sub: "svc@example", aud: tokenEndpoint }],
        [{}, { tokenEndpoint, issuer: "https://auth.example" }, { aud: "https://auth.example" }],
        [{ audience: "https://login.example" }, { tokenEndpoint }, { aud: "https://login.example" }],
        [{ audience: new URL("https://login.example/x") }, { tokenEndpoint }, { aud: "https://login.example/x" }]
      ]
      for (const [options, at, claims] of cases) {
        const tokens = yield* OAuth.jwtBearer({
          server: at,
          assertion: { issuer: "svc@example", privateKey, ...options }
        })
        yield* tokens.token()
        const sent = claimsOf(formOf(server.requests.at(-1))["assertion"])
        expect(sent).toMatchObject(claims)
        expect(sent).not.toHaveProperty("scope")
      }
    }))

  test("sends another assertion with every attempt", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ status: 502 }), Scripted.reset, granted])
      const tokens = yield* OAuth.jwtBearer({
        server: { tokenEndpoint: new URL("/token", server.url) },
        assertion: { issuer: "svc@example", privateKey }
      })
      yield* Effect.withClock(tokens.token(), fastClock().clock)
      const ids = server.requests.map((request) => claimsOf(formOf(request)["assertion"])["jti"])
      expect(ids).toHaveLength(3)
      expect(new Set(ids).size).toBe(3)
    }))

  test("takes an assertion of another issuer, fixed or obtained for each grant, and sends it once", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([granted])
      const at = { tokenEndpoint: new URL("/token", server.url) }
      const fixed = yield* OAuth.jwtBearer({ server: at, assertion: Redacted.make("a.b.c") })
      yield* fixed.token()
      let obtained = 0
      const tokens = yield* OAuth.jwtBearer({
        server: at,
        name: "bob",
        assertion: Effect.sync(() => Redacted.make(`a.b.${(obtained += 1)}`))
      })
      yield* tokens.token()
      yield* tokens.token({ forceNew: true })
      expect(server.requests.map((request) => formOf(request)["assertion"])).toEqual(["a.b.c", "a.b.1", "a.b.2"])
      const lost = yield* Scripted.make([Scripted.respond({ status: 502 })])
      const once = yield* OAuth.jwtBearer({
        server: { tokenEndpoint: new URL("/token", lost.url) },
        assertion: Redacted.make("a.b.c")
      })
      expect(yield* Effect.flip(Effect.withClock(once.token(), fastClock().clock))).toMatchObject({
        reason: "Unavailable"
      })
      expect(lost.requests).toHaveLength(1)
    }))

  test("fails with the failure of an assertion that can't be obtained", () =>
    Effect.gen(function* () {
      const failure = new Token.TokenFailure({ reason: "Denied", message: "no" })
      const tokens = yield* OAuth.jwtBearer({
        server: { tokenEndpoint: "http://127.0.0.1:1/token" },
        name: "bob",
        assertion: Effect.fail(failure)
      })
      expect(yield* Effect.flip(tokens.token())).toBe(failure)
    }))

  test("that the server refuses shows neither the assertion nor the key", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((request) =>
        Scripted.json(
          { error: "invalid_grant", error_description: `no ${formOf(request)["assertion"]}` },
          { status: 400 }
        )
      )
      const tokens = yield* OAuth.jwtBearer({
        server: { tokenEndpoint: new URL("/token", server.url) },
        assertion: { issuer: "svc@example", privateKey }
      })
      const exit = yield* Effect.exit(tokens.token())
      expect(printed(exit)).toContain("invalid_grant")
      expect(printed(exit)).not.toContain(formOf(server.requests[0])["assertion"])
      expect(printed(exit)).not.toContain("PRIVATE KEY")
    }))
})

describe("a token exchange", () => {
  test("gets a token for the token of another user, from a server that checks it", () =>
    Effect.gen(function* () {
      const backend = clientFor(exchange)
      const oidc = yield* make({ clients: [backend] })
      registerGrant(oidc, exchange, ["subject_token", "subject_token_type"], (parameters) => {
        return (
          parameters["subject_token"] === "of bob" &&
          parameters["subject_token_type"] === "urn:ietf:params:oauth:token-type:access_token"
        )
      })
      const tokensFor = (subjectToken: string) =>
        OAuth.tokenExchange({
          server: oidc.issuer,
          client: clientOf(backend),
          subjectToken: Redacted.make(subjectToken)
        })
      yield* Effect.provide(getThing, apiOf(oidc, tokensFor("of bob")))
      const failing = yield* tokensFor("of eve")
      const exit = yield* Effect.exit(failing.token())
      expect(yield* Effect.flip(exit)).toMatchObject({ reason: "Refused" })
      expect(printed(exit)).not.toContain("of eve")
      expect(oidc.tokenRequests.map(({ status }) => status)).toEqual([200, 400])
    }))

  test("sends tokens, their types, audience, resource and scope (RFC 8693, 2.1)", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([granted])
      const at = { tokenEndpoint: new URL("/token", server.url) }
      const tokens = yield* OAuth.tokenExchange({
        server: at,
        client: { clientId: "gateway" },
        subjectToken: Redacted.make("of bob"),
        subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
        name: "an actor",
        actorToken: Effect.succeed(Redacted.make("of the gateway")),
        requestedTokenType: "urn:ietf:params:oauth:token-type:access_token",
        parameters: { audience: "orders", resource: ["https://one.example", "https://two.example"] },
        scope: ["read"]
      })
      yield* tokens.token()
      expect(
        [...new URLSearchParams(server.requests[0]?.body)].toSorted(([one], [two]) => (one < two ? -1 : 1))
      ).toEqual([
        ["actor_token", "of the gateway"],
        ["actor_token_type", "urn:ietf:params:oauth:token-type:access_token"],
        ["audience", "orders"],
        ["client_id", "gateway"],
        ["grant_type", exchange],
        ["requested_token_type", "urn:ietf:params:oauth:token-type:access_token"],
        ["resource", "https://one.example"],
        ["resource", "https://two.example"],
        ["scope", "read"],
        ["subject_token", "of bob"],
        ["subject_token_type", "urn:ietf:params:oauth:token-type:jwt"]
      ])
    }))

  test("obtains the token of the subject for each grant", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([granted])
      let obtained = 0
      const tokens = yield* OAuth.tokenExchange({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client: { clientId: "gateway" },
        name: "bob",
        subjectToken: Effect.sync(() => Redacted.make(`subject ${(obtained += 1)}`))
      })
      yield* tokens.token()
      yield* tokens.token()
      yield* tokens.token({ forceNew: true })
      expect(server.requests.map((request) => formOf(request)["subject_token"])).toEqual(["subject 1", "subject 2"])
    }))

  test("gets a token for every actor that an effect obtains, whose store and name are shared with no other", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ body }) =>
        Scripted.json({
          access_token: `for-${new URLSearchParams(body).get("actor_token") ?? "nobody"}`,
          expires_in: 3600
        })
      )
      const exchangeAt = {
        server: { tokenEndpoint: new URL("/token", server.url) },
        client: { clientId: "gateway" },
        subjectToken: Redacted.make("of bob")
      }
      const tokens = yield* Effect.all([
        OAuth.tokenExchange(exchangeAt),
        ...["alice", "eve"].map((name) =>
          OAuth.tokenExchange({ ...exchangeAt, name, actorToken: Effect.succeed(Redacted.make(name)) })
        )
      ])
      const received = yield* Effect.forEach(tokens, (one) => one.token())
      expect(received.map(({ accessToken }) => Redacted.value(accessToken))).toEqual([
        "for-nobody",
        "for-alice",
        "for-eve"
      ])
      const partitions = yield* Effect.forEach(tokens, (one) =>
        Effect.map(one.authorize(HttpClientRequest.get("https://api.test")), ({ partition }) => partition)
      )
      expect(partitions[0]).toBeUndefined()
      expect(new Set(partitions).size).toBe(3)
    }).pipe(Effect.provide(TokenStore.layerMemory)))

  test("has an identity of its own for every subject, actor and name", () =>
    Effect.gen(function* () {
      const identityOf = (options: Partial<OAuth.TokenExchangeOptions>) =>
        Effect.map(
          OAuth.tokenExchange({
            server: "https://auth.example",
            client: { clientId: "gateway" },
            subjectToken: Redacted.make("of bob"),
            ...options
            // `name` and `subjectToken` are given together.
          } as OAuth.TokenExchangeOptions),
          ({ identity }) => identity
        )
      const obtained = Effect.succeed(Redacted.make("of bob"))
      const identities = yield* Effect.all([
        identityOf({}),
        identityOf({ subjectToken: Redacted.make("of eve") }),
        identityOf({ actorToken: Redacted.make("of the gateway") }),
        identityOf({ requestedTokenType: "urn:ietf:params:oauth:token-type:jwt" }),
        identityOf({ name: "bob", subjectToken: obtained }),
        identityOf({ name: "eve", subjectToken: obtained }),
        identityOf({ name: "alice", actorToken: obtained }),
        identityOf({ name: "eve", actorToken: obtained }),
        identityOf({ name: "eve", subjectToken: obtained, actorToken: obtained }),
        identityOf({ name: "eve", subjectToken: obtained, actorToken: Redacted.make("of bob") }),
        identityOf({
          actorToken: Redacted.make("of the gateway"),
          actorTokenType: "urn:ietf:params:oauth:token-type:jwt"
        })
      ])
      expect(new Set(identities).size).toBe(identities.length)
      expect(identities.join(" ")).not.toMatch(/of bob|of eve|of the gateway/)
    }))
})

describe("a resource indicator (RFC 8707)", () => {
  test("is a parameter, once for each resource, by which the server limits the audience of the token", () =>
    Effect.gen(function* () {
      const client = confidential()
      const oidc = yield* make({
        clients: [client],
        configuration: {
          features: {
            devInteractions: { enabled: true },
            clientCredentials: { enabled: true },
            resourceIndicators: {
              enabled: true,
              getResourceServerInfo: (_, resource) => ({
                scope: "read",
                audience: resource,
                accessTokenFormat: "opaque"
              })
            }
          }
        }
      })
      const tokens = yield* OAuth.clientCredentials({
        server: oidc.issuer,
        client: clientOf(client),
        scope: ["read"],
        parameters: { resource: "https://orders.example" }
      })
      const { accessToken } = yield* tokens.token()
      const token = yield* Effect.promise(() => oidc.provider.ClientCredentials.find(Redacted.value(accessToken)))
      expect(token?.aud).toBe("https://orders.example")
    }))
})
