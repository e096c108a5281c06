import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Token } from "effect-herald"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { createHash } from "node:crypto"
import { browse, type Person } from "../servers/oidc/browser.js"
import { type AuthServer, type ClientOptions, type MakeServer, user } from "../servers/oauth/index.js"
import * as Jmondi from "../servers/oauth/jmondi.js"
import * as NodeOAuth from "../servers/oauth/nodeOAuth.js"
import * as OidcProvider from "../servers/oauth/oidcProvider.js"
import { apiOf, fastClock, getThing, makeBrowser, printed } from "../support/oauth.js"
import { client } from "../support/client.js"

/*
 * Every flow of authorization servers that others wrote.
 */

interface Case {
  readonly name: string
  readonly make: MakeServer
  /** The scope of a sign-in that grants a refresh token. */
  readonly scope: ReadonlyArray<string>
  /**
   * The characters of a client id and a secret that the server accepts over Basic. Of those that forms escape, a server that does not
   * decode accepts these without the encoding.
   */
  readonly characters: { readonly basic: string; readonly unencoded?: string }
  /** The outcome of a request for a scope that the server does not know. */
  readonly unknownScope: "refused" | "ignored"
  readonly flows: { readonly device: boolean; readonly revocation: boolean; readonly tokenExchange: boolean }
  /** The error code with which the server refuses a code or a refresh token that is no longer valid. */
  readonly refusal: string
}

const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("")
/** The characters that WHATWG forms do not escape. */
const unescaped = ascii.replace(/[^\w*.-]/g, "")

const cases: ReadonlyArray<Case> = [
  {
    name: "@node-oauth/oauth2-server",
    make: NodeOAuth.make,
    scope: ["read"],
    // It does not decode ids and secrets over Basic.
    characters: { basic: unescaped, unencoded: ascii },
    unknownScope: "refused",
    flows: { device: false, revocation: false, tokenExchange: false },
    refusal: "invalid_grant"
  },
  {
    name: "@jmondi/oauth2-server",
    make: Jmondi.make,
    scope: ["read"],
    // It does not decode ids and secrets over Basic, and drops what follows a second colon.
    characters: { basic: unescaped, unencoded: ascii.replace(":", "") },
    unknownScope: "refused",
    flows: { device: false, revocation: true, tokenExchange: true },
    // Not as RFC 6749, 5.2, demands.
    refusal: "invalid_request"
  },
  {
    name: "oidc-provider",
    make: OidcProvider.make,
    scope: ["openid", "offline_access", "read"],
    characters: { basic: ascii },
    unknownScope: "ignored",
    flows: { device: true, revocation: true, tokenExchange: false },
    refusal: "invalid_grant"
  }
]

const program = (more: Partial<ClientOptions> = {}): ClientOptions => ({
  id: "reporter",
  secret: "secret0fTheReporter",
  authentication: "basic",
  grants: ["client_credentials"],
  ...more
})

const cli = (more: Partial<ClientOptions> = {}): ClientOptions => ({
  id: "cli",
  authentication: "none",
  grants: ["authorization_code", "refresh_token"],
  ...more
})

const confidentialCli = (authentication: "basic" | "post") =>
  cli({ id: "backend", secret: "secret0fTheBackend", authentication })

const clientOf = ({ authentication, id, secret }: ClientOptions): OAuth.Client =>
  secret === undefined || authentication === "none"
    ? { clientId: id }
    : { clientId: id, clientSecret: Redacted.make(secret), authentication }

const live = (body: () => Effect.Effect<void, unknown, HttpClient | Scope.Scope>) => () =>
  Effect.provide(Effect.suspend(body), client)
const test = (title: string, body: () => Effect.Effect<void, unknown, HttpClient | Scope.Scope>) =>
  it.scopedLive(title, live(body))

/** Calls of the API, in a layer of their own. */
const call = (
  server: AuthServer,
  tokens: Effect.Effect<OAuth.RevocableTokens, unknown, HttpClient | Scope.Scope>,
  calls: Effect.Effect<unknown, unknown, never> | typeof getThing = getThing
) => Effect.provide(calls, Layer.orDie(apiOf(server, tokens)))

describe.each(cases)("at $name", ({ characters, flows, make, refusal, scope, unknownScope }) => {
  const credentials = (server: AuthServer, client: ClientOptions, more: Partial<OAuth.Options> = {}) =>
    OAuth.clientCredentials({ server: server.server, client: clientOf(client), scope: ["read"], ...more })

  const signIn = (
    server: AuthServer,
    open: NonNullable<Loopback.Options["open"]>,
    client: ClientOptions = cli(),
    more: Partial<OAuth.AuthorizationCodeOptions> = {}
  ) =>
    OAuth.authorizationCode({
      server: server.server,
      client: clientOf(client),
      scope,
      authorizationParameters: { prompt: "consent" },
      // On a fast clock, the default would be over in a third of a second.
      timeout: "1 day",
      receiver: Loopback.receiver({ open }),
      ...more
    })

  const grantTypes = ({ tokenRequests }: AuthServer) =>
    tokenRequests.map(({ form, status }) => `${String(form["grant_type"])} ${status}`)
  const statuses = ({ resourceRequests }: AuthServer) => resourceRequests.map(({ status }) => status)

  describe("client credentials", () => {
    it.scopedLive.each(["basic", "post"] as const)("get one token for all calls, by %s", (authentication) =>
      live(() =>
        Effect.gen(function* () {
          const client = program({ authentication })
          const server = yield* make({ clients: [client] })
          const results = yield* Effect.provide(
            Effect.replicateEffect(getThing, 50, { concurrency: "unbounded" }),
            apiOf(server, credentials(server, client))
          )
          expect(results).toHaveLength(50)
          expect(statuses(server)).toEqual(Array.from({ length: 50 }, () => 200))
          expect(grantTypes(server)).toEqual(["client_credentials 200"])
          const [request] = server.tokenRequests
          expect(request?.target).toBe("/token")
          expect(request?.authorization?.startsWith("Basic ") ?? false).toBe(authentication === "basic")
          expect("client_secret" in request!.form).toBe(authentication === "post")
        })
      )()
    )

    test("grant the scope that was asked for, and no other", () =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [program()] })
        const tokens = yield* credentials(server, program(), { scope: ["read", "write"] })
        expect((yield* tokens.token()).scope?.split(" ").toSorted()).toEqual(["read", "write"])
        const other = yield* Effect.either(
          Effect.flatMap(credentials(server, program(), { scope: ["admin"] }), (tokens) => tokens.token())
        )
        if (unknownScope === "ignored") expect(other).toMatchObject({ _tag: "Right", right: { scope: undefined } })
        else expect(other).toMatchObject({ _tag: "Left", left: { message: expect.stringContaining("invalid_scope") } })
      }))

    it.scopedLive.each(["basic", "post"] as const)("with a wrong secret or id are refused, by %s", (authentication) =>
      live(() =>
        Effect.gen(function* () {
          const client = program({ authentication })
          const server = yield* make({ clients: [client] })
          for (const wrong of [{ secret: "another secret" }, { id: "nobody" }]) {
            const exit = yield* Effect.exit(
              Effect.provide(getThing, apiOf(server, credentials(server, { ...client, ...wrong })))
            )
            expect(exit._tag).toBe("Failure")
            expect(yield* Effect.flip(exit)).toMatchObject({ _tag: "AuthoriserError" })
            expect(printed(exit)).toContain("invalid_client")
            expect(printed(exit)).not.toContain("another secret")
          }
          expect(statuses(server)).toEqual([])
        })
      )()
    )

    const odd = [
      { authentication: "basic", title: "that forms do not escape", text: "a-b_c.d*e" },
      { authentication: "basic", title: "that the server accepts", text: characters.basic },
      { authentication: "post", title: "of ASCII", text: ascii }
    ] as const
    for (const { authentication, text, title } of odd) {
      it.scopedLive(
        `have an id and a secret of all characters ${title}, by ${authentication}`,
        live(() =>
          Effect.gen(function* () {
            // An id has no colon over Basic (RFC 7617, 2).
            const id = `id${text.replaceAll(":", "")}id`
            const client = program({ id, secret: `secret${text}secret`, authentication })
            const server = yield* make({ clients: [client] })
            expect(yield* call(server, credentials(server, client))).toEqual({ ok: true })
            expect(grantTypes(server)).toEqual(["client_credentials 200"])
          })
        )
      )
    }
  })

  const { unencoded } = characters
  if (unencoded !== undefined) {
    test("client credentials have an id and a secret of all characters, by Basic without the encoding", () =>
      Effect.gen(function* () {
        const client = program({ id: `id${unencoded.replaceAll(":", "")}id`, secret: `secret${unencoded}secret` })
        const server = yield* make({ clients: [client] })
        const tokens = OAuth.clientCredentials({
          server: server.server,
          client: {
            clientId: client.id,
            clientSecret: Redacted.make(String(client.secret)),
            authentication: "basic-unencoded"
          }
        })
        expect(yield* call(server, tokens)).toEqual({ ok: true })
      }))
  }

  describe("a sign-in with a browser", () => {
    const clients = [
      cli(),
      confidentialCli("basic"),
      confidentialCli("post"),
      cli({ id: `id${ascii}`, secret: `secret${ascii}`, authentication: "post" })
    ]
    it.scopedLive.each(clients)("gets one token for all calls, with PKCE: $id, $authentication", (client) =>
      live(() =>
        Effect.gen(function* () {
          const server = yield* make({ clients: [client] })
          const { lastPage, open, opened } = makeBrowser()
          yield* Effect.provide(
            Effect.replicateEffect(getThing, 50, { concurrency: "unbounded" }),
            apiOf(server, signIn(server, open, client))
          )
          expect(statuses(server)).toEqual(Array.from({ length: 50 }, () => 200))
          expect(grantTypes(server)).toEqual(["authorization_code 200"])
          expect(opened).toHaveLength(1)
          expect((yield* lastPage).status).toBe(200)
          const [sent] = server.authorizations
          const verifier = String(server.tokenRequests[0]?.form["code_verifier"])
          expect(sent?.get("code_challenge_method")).toBe("S256")
          expect(sent?.get("code_challenge")).toBe(createHash("sha256").update(verifier).digest("base64url"))
          expect(sent?.get("scope")).toBe(scope.join(" "))
          expect(opened[0]?.href).not.toContain(verifier)
        })
      )()
    )

    test("grants a token of the user", () =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [cli()] })
        const tokens = yield* signIn(server, makeBrowser({ name: user }).open)
        const { accessToken, refreshToken, scope: granted } = yield* tokens.token()
        expect(refreshToken).toBeDefined()
        expect(granted?.split(" ")).toContain("read")
        const response = yield* Effect.promise(() =>
          fetch(`${server.api}/me`, { headers: { authorization: `Bearer ${Redacted.value(accessToken)}` } })
        )
        expect(yield* Effect.promise(() => response.json())).toEqual({ ok: true, owner: user })
      }))

    test("that the user denies fails with Denied", () =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [cli()] })
        const { lastPage, open } = makeBrowser({ agrees: false })
        const error = yield* Effect.flip(Effect.provide(getThing, apiOf(server, signIn(server, open))))
        expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Denied" })
        expect((yield* lastPage).status).toBe(400)
        expect(server.tokenRequests).toEqual([])
      }))

    test("whose code has expired fails with the server's reason, and the code is not sent again", () =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [cli()], codesExpire: true })
        const exit = yield* Effect.exit(Effect.provide(getThing, apiOf(server, signIn(server, makeBrowser().open))))
        expect(yield* Effect.flip(exit)).toMatchObject({ _tag: "AuthoriserError" })
        expect(printed(exit)).toContain(refusal)
        expect(grantTypes(server)).toEqual(["authorization_code 400"])
        expect(printed(exit)).not.toContain(server.tokenRequests[0]?.form["code"])
      }))

    test("with a wrong secret fails with the server's reason", () =>
      Effect.gen(function* () {
        const client = confidentialCli("basic")
        const server = yield* make({ clients: [client] })
        const wrong = { ...client, secret: "another secret" }
        const exit = yield* Effect.exit(
          Effect.provide(getThing, apiOf(server, signIn(server, makeBrowser().open, wrong)))
        )
        expect(yield* Effect.flip(exit)).toMatchObject({ _tag: "AuthoriserError" })
        expect(printed(exit)).toContain("invalid_client")
        expect(printed(exit)).not.toContain("another secret")
        expect(statuses(server)).toEqual([])
      }))
  })

  describe("a refresh", () => {
    /** Signs in, and runs a body between which calls the clock can be put forward. */
    const signedIn = (
      client: ClientOptions,
      body: (session: {
        readonly server: AuthServer
        readonly opened: ReadonlyArray<URL>
        readonly calls: (count: number) => Effect.Effect<ReadonlyArray<unknown>, unknown>
        readonly advance: ReturnType<typeof fastClock>["advance"]
        readonly tokens: OAuth.RevocableTokens
      }) => Effect.Effect<void, unknown, HttpClient>
    ) =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [client] })
        const { open, opened } = makeBrowser()
        const time = fastClock()
        const tokens = yield* signIn(server, open, client)
        const context = yield* Layer.build(apiOf(server, Effect.succeed(tokens)))
        const http = yield* Effect.context<HttpClient>()
        const calls = (count: number) =>
          Effect.replicateEffect(getThing, count, { concurrency: "unbounded" }).pipe(
            Effect.provide(context),
            Effect.provide(http)
          )
        yield* Effect.withClock(
          Effect.zipRight(calls(1), body({ server, opened, calls, advance: time.advance, tokens })),
          time.clock
        )
      })

    const clients = [cli(), confidentialCli("basic"), confidentialCli("post")]
    it.scopedLive.each(clients)(
      "is sent once for 50 calls at the expiry, and its refresh token replaces the old one: $id, $authentication",
      (client) =>
        live(() =>
          signedIn(client, ({ advance, calls, opened, server }) =>
            Effect.gen(function* () {
              for (let expiries = 1; expiries <= 3; expiries += 1) {
                advance("2 hours")
                expect(yield* calls(50)).toHaveLength(50)
                expect(grantTypes(server)).toEqual([
                  "authorization_code 200",
                  ...Array.from({ length: expiries }, () => "refresh_token 200")
                ])
              }
              const sent = server.tokenRequests.flatMap(({ form }) => form["refresh_token"] ?? [])
              expect(new Set(sent).size).toBe(3)
              expect(opened).toHaveLength(1)
              expect(statuses(server).every((status) => status === 200)).toBe(true)
            })
          )
        )()
    )

    test("follows a 401 to 50 calls once", () =>
      signedIn(cli(), ({ advance, calls, opened, server }) =>
        Effect.gen(function* () {
          advance("10 minutes")
          yield* server.revoke()
          expect(yield* calls(50)).toHaveLength(50)
          expect(grantTypes(server)).toEqual(["authorization_code 200", "refresh_token 200"])
          expect(opened).toHaveLength(1)
        })
      ))

    /** A refused refresh: the user signs in again, if the server says that the refresh token is the problem. */
    const afterRefusal = (calls: Effect.Effect<unknown, unknown>, server: AuthServer, opened: ReadonlyArray<URL>) =>
      Effect.gen(function* () {
        const result = yield* Effect.either(calls)
        expect(grantTypes(server)).toContain("refresh_token 400")
        if (refusal === "invalid_grant") {
          expect(result._tag).toBe("Right")
          expect(opened).toHaveLength(2)
        } else {
          expect(result).toMatchObject({ _tag: "Left", left: { _tag: "AuthoriserError", reason: "Misconfigured" } })
          expect(opened).toHaveLength(1)
        }
      })
    it.scopedLive(
      "that the server refuses leads to one new sign-in for 50 calls, or to an error for the operator",
      live(() =>
        signedIn(cli(), ({ advance, calls, opened, server }) =>
          Effect.gen(function* () {
            advance("2 hours")
            yield* server.revokeRefreshTokens
            yield* afterRefusal(calls(50), server, opened)
          })
        )
      )
    )

    it.scopedLive(
      "after a thief has used the refresh token is refused, and the thief's token is revoked",
      live(() =>
        signedIn(cli(), ({ advance, calls, opened, server }) =>
          Effect.gen(function* () {
            advance("2 hours")
            yield* calls(1)
            const refresh = server.tokenRequests.find(({ form }) => form["grant_type"] === "refresh_token")
            const stolen = String(refresh?.form["refresh_token"])
            const response = yield* Effect.promise(() =>
              fetch(server.tokenEndpoint, {
                method: "POST",
                body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: stolen, client_id: "cli" })
              })
            )
            expect(response.status).toBe(400)
            // The server has revoked all tokens of the sign-in (RFC 9700, 4.14.2).
            advance("10 minutes")
            yield* afterRefusal(calls(50), server, opened)
          })
        )
      )
    )

    test("with a secret that is no longer valid is an error for the operator, without a sign-in", () =>
      Effect.gen(function* () {
        const client = confidentialCli("basic")
        const server = yield* make({ clients: [client] })
        const { open, opened } = makeBrowser()
        const { refreshToken } = yield* Effect.flatMap(signIn(server, open, client), (tokens) => tokens.token())
        const exit = yield* Effect.exit(
          Effect.provide(
            getThing,
            apiOf(
              server,
              OAuth.refreshToken({
                server: server.server,
                client: clientOf({ ...client, secret: "another secret" }),
                refreshToken: refreshToken!
              })
            )
          )
        )
        expect(yield* Effect.flip(exit)).toMatchObject({ _tag: "AuthoriserError" })
        expect(printed(exit)).toContain("invalid_client")
        expect(printed(exit)).not.toContain(Redacted.value(refreshToken!))
        expect(opened).toHaveLength(1)
      }))

    test("begins with a refresh token from elsewhere", () =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [cli()] })
        const { refreshToken } = yield* Effect.flatMap(signIn(server, makeBrowser().open), (tokens) => tokens.token())
        const tokens = OAuth.refreshToken({
          server: server.server,
          client: clientOf(cli()),
          refreshToken: refreshToken!
        })
        expect(yield* call(server, tokens)).toEqual({ ok: true })
        expect(grantTypes(server)).toEqual(["authorization_code 200", "refresh_token 200"])
      }))
  })

  describe("what only the operator can mend", () => {
    const client = confidentialCli("basic")
    const problems: ReadonlyArray<{
      readonly title: string
      readonly tokens: (server: AuthServer) => Effect.Effect<OAuth.RevocableTokens, unknown, HttpClient | Scope.Scope>
    }> = [
      ...(["basic", "post"] as const).map((authentication) => ({
        title: `a wrong secret, by ${authentication}`,
        tokens: (server: AuthServer) =>
          credentials(server, program({ id: authentication, secret: "another secret", authentication }))
      })),
      { title: "an unknown client", tokens: (server) => credentials(server, program({ id: "nobody" })) },
      {
        title: "a wrong secret for a refresh token",
        tokens: (server) =>
          OAuth.refreshToken({
            server: server.server,
            client: clientOf({ ...client, secret: "another secret" }),
            refreshToken: Redacted.make("of a user")
          })
      },
      ...(unknownScope === "ignored"
        ? []
        : [
            {
              title: "an unknown scope",
              tokens: (server: AuthServer) => credentials(server, program(), { scope: ["admin"] })
            }
          ])
    ]
    for (const { title, tokens } of problems) {
      it.scopedLive(
        `is Misconfigured: ${title}`,
        live(() =>
          Effect.gen(function* () {
            const clients = [
              program(),
              client,
              program({ id: "basic" }),
              program({ id: "post", authentication: "post" })
            ]
            const server = yield* make({ clients })
            const error = yield* Effect.flip(call(server, tokens(server)))
            expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Misconfigured" })
            expect(statuses(server)).toEqual([])
          })
        )
      )
    }
  })

  describe("signing out", () => {
    test(
      flows.revocation
        ? "revokes the tokens at the server"
        : "forgets the tokens, without a request to a server that has no revocation",
      () =>
        Effect.gen(function* () {
          const server = yield* make({ clients: [cli()] })
          const { open, opened } = makeBrowser()
          const tokens = yield* signIn(server, open)
          const before = yield* tokens.token()
          yield* tokens.revoke
          const revocations = server.tokenRequests.filter(({ route }) => route !== "token")
          expect(revocations.map(({ form, status }) => ({ hint: form["token_type_hint"], status }))).toEqual(
            flows.revocation ? [{ hint: "refresh_token", status: 200 }] : []
          )
          if (flows.revocation) {
            const refused = yield* Effect.promise(() =>
              fetch(server.tokenEndpoint, {
                method: "POST",
                body: new URLSearchParams({
                  grant_type: "refresh_token",
                  refresh_token: Redacted.value(before.refreshToken!),
                  client_id: "cli"
                })
              })
            )
            expect(refused.status).toBe(400)
          }
          const after = yield* tokens.token()
          expect(Redacted.value(after.accessToken)).not.toBe(Redacted.value(before.accessToken))
          expect(opened).toHaveLength(2)
        })
    )
  })

  describe.runIf(flows.tokenExchange)("a token exchange", () => {
    const gateway = program({ id: "gateway" })
    const exchange = (server: AuthServer, subjectToken: Redacted.Redacted) =>
      OAuth.tokenExchange({ server: server.server, client: clientOf(gateway), scope: ["read"], subjectToken })

    test("gets a token of the user for the user's token", () =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [cli(), gateway] })
        const signedIn = yield* Effect.flatMap(signIn(server, makeBrowser().open), (tokens) => tokens.token())
        const tokens = yield* exchange(server, signedIn.accessToken)
        const { accessToken } = yield* tokens.token()
        expect(Redacted.value(accessToken)).not.toBe(Redacted.value(signedIn.accessToken))
        const response = yield* Effect.promise(() =>
          fetch(`${server.api}/me`, { headers: { authorization: `Bearer ${Redacted.value(accessToken)}` } })
        )
        expect(yield* Effect.promise(() => response.json())).toEqual({ ok: true, owner: user })
      }))

    test("of a token that is no longer valid fails with the server's reason", () =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [cli(), gateway] })
        const { accessToken } = yield* Effect.flatMap(signIn(server, makeBrowser().open), (tokens) => tokens.token())
        yield* server.revoke()
        const exit = yield* Effect.exit(call(server, exchange(server, accessToken)))
        expect(yield* Effect.flip(exit)).toMatchObject({ _tag: "AuthoriserError" })
        expect(printed(exit)).toContain("invalid_request (the subject token is not valid)")
        expect(printed(exit)).not.toContain(Redacted.value(accessToken))
      }))
  })

  describe.runIf(flows.device)("a sign-in on another device", () => {
    const television = cli({ id: "television", grants: ["device_code", "refresh_token"] })
    const withDevice = (
      person: Person,
      body: (server: AuthServer, tokens: OAuth.RevocableTokens) => Effect.Effect<void, unknown, HttpClient>
    ) =>
      Effect.gen(function* () {
        const server = yield* make({ clients: [television] })
        const tokens = yield* OAuth.deviceCode({
          server: server.server,
          client: clientOf(television),
          scope,
          show: ({ verificationUriComplete, verificationUri }) =>
            Effect.forkDaemon(browse(new URL(verificationUriComplete ?? verificationUri), person))
        })
        yield* Effect.withClock(body(server, tokens), fastClock().clock)
      })

    test("gets a token of the user", () =>
      withDevice({ name: user }, (server, tokens) =>
        Effect.gen(function* () {
          expect((yield* tokens.token()).refreshToken).toBeDefined()
          expect(yield* call(server, Effect.succeed(tokens))).toEqual({ ok: true })
        })
      ))

    test("that the user denies fails with Denied", () =>
      withDevice({ agrees: false }, (server, tokens) =>
        Effect.gen(function* () {
          const failure: Token.TokenFailure = yield* Effect.flip(tokens.token())
          expect(failure.reason).toBe("Denied")
          expect(statuses(server)).toEqual([])
        })
      ))
  })
})
