import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Authoriser, TokenStore, Verbs } from "effect-herald"
import * as OAuth from "effect-herald/oauth"
import { make, type Oidc, publicClient } from "../../../servers/oidc/index.js"
import * as Scripted from "../../../servers/scripted.js"
import { getThing, makeBrowser, apiOf, clientOf, fastClock, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"
import { signIn } from "../../../support/oauthSignIn.js"

const cli = publicClient()

const signInAt = ({ issuer }: Oidc, { open }: ReturnType<typeof makeBrowser>) => signIn(issuer, open)

/** The grant types of the token requests, with the statuses of their responses. */
const grantsOf = (oidc: Oidc) => oidc.tokenRequests.map(({ form, status }) => `${String(form["grant_type"])} ${status}`)

/** The statuses of the API's responses. */
const statusesOf = (oidc: Oidc) => oidc.resourceRequests.map(({ status }) => status)

/** Makes this many calls at a time. */
const concurrently = <A, E, R>(calls: number, call: Effect.Effect<A, E, R>) =>
  Effect.replicateEffect(call, calls, { concurrency: "unbounded" })

describe("an expired token", () => {
  test("is refreshed once for all calls, by the latest of rotating refresh tokens", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const user = makeBrowser()
      const time = fastClock()
      yield* Effect.gen(function* () {
        yield* getThing
        for (let round = 0; round < 3; round += 1) {
          time.advance("2 hours")
          yield* concurrently(100, getThing)
        }
      }).pipe(Effect.provide(apiOf(oidc, signInAt(oidc, user))), Effect.withClock(time.clock))
      expect(user.opened).toHaveLength(1)
      expect(grantsOf(oidc)).toEqual([
        "authorization_code 200",
        "refresh_token 200",
        "refresh_token 200",
        "refresh_token 200"
      ])
      const refreshes = oidc.tokenRequests.slice(1).map(({ form }) => form)
      // A server that rotates refresh tokens accepts each of them once.
      expect(new Set(refreshes.map((form) => form["refresh_token"])).size).toBe(3)
      expect(refreshes.map((form) => form["client_id"])).toEqual(["cli", "cli", "cli"])
      expect(statusesOf(oidc).every((status) => status === 200)).toBe(true)
    }))

  test("is refreshed by the same refresh token where the server does not rotate it", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ access_token: "1", expires_in: 3600, refresh_token: "r" }),
        Scripted.json({ access_token: "2", expires_in: 3600 }),
        Scripted.json({ access_token: "3", expires_in: 3600 })
      ])
      const tokens = yield* OAuth.clientCredentials({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client: { clientId: "backend", clientSecret: Redacted.make("secret") }
      })
      const time = fastClock()
      const received = yield* Effect.forEach([1, 2, 3], () =>
        Effect.tap(tokens.token(), () => Effect.sync(() => time.advance("2 hours")))
      ).pipe(Effect.withClock(time.clock))
      expect(received.map(({ accessToken }) => Redacted.value(accessToken))).toEqual(["1", "2", "3"])
      const forms = server.requests.map(({ body }) => new URLSearchParams(body))
      expect(forms.map((form) => form.get("grant_type"))).toEqual([
        "client_credentials",
        "refresh_token",
        "refresh_token"
      ])
      expect(forms.slice(1).map((form) => form.get("refresh_token"))).toEqual(["r", "r"])
    }))

  test("makes the user sign in again where the server has revoked the refresh token", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const user = makeBrowser()
      const time = fastClock()
      yield* Effect.gen(function* () {
        yield* getThing
        yield* oidc.revokeRefreshTokens
        time.advance("2 hours")
        yield* concurrently(20, getThing)
      }).pipe(Effect.provide(apiOf(oidc, signInAt(oidc, user))), Effect.withClock(time.clock))
      expect(user.opened).toHaveLength(2)
      expect(grantsOf(oidc)).toEqual(["authorization_code 200", "refresh_token 400", "authorization_code 200"])
    }))

  test("makes the user sign in again where another program has used the refresh token", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const user = makeBrowser()
      const time = fastClock()
      const tokens = yield* signInAt(oidc, user)
      yield* Effect.gen(function* () {
        const { refreshToken } = yield* tokens.token()
        const other = yield* OAuth.refreshToken({
          server: oidc.issuer,
          client: clientOf(cli),
          refreshToken: refreshToken ?? Redacted.make("")
        })
        yield* other.token()
        time.advance("2 hours")
        yield* getThing
      }).pipe(Effect.provide(apiOf(oidc, Effect.succeed(tokens))), Effect.withClock(time.clock))
      expect(grantsOf(oidc)).toEqual([
        "authorization_code 200",
        "refresh_token 200",
        "refresh_token 400",
        "authorization_code 200"
      ])
      expect(user.opened).toHaveLength(2)
    }))

  test("does not make the user sign in again while the server is unavailable", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const user = makeBrowser()
      const time = fastClock()
      yield* Effect.gen(function* () {
        yield* getThing
        time.advance("2 hours")
        oidc.intercept = ({ url }, response) => {
          if (url === "/token") response.writeHead(503).end()
          return url === "/token"
        }
        expect(yield* Effect.flip(getThing)).toMatchObject({ _tag: "AuthoriserError", reason: "Unavailable" })
        oidc.intercept = undefined
        yield* getThing
      }).pipe(Effect.provide(apiOf(oidc, signInAt(oidc, user))), Effect.withClock(time.clock))
      expect(user.opened).toHaveLength(1)
      expect(grantsOf(oidc)).toEqual(["authorization_code 200", "refresh_token 200"])
    }))
})

describe("a revoked token", () => {
  test("is refreshed once, and the calls are sent again", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const user = makeBrowser()
      yield* Effect.gen(function* () {
        yield* getThing
        yield* oidc.revoke()
        yield* concurrently(50, getThing)
      }).pipe(Effect.provide(apiOf(oidc, signInAt(oidc, user))))
      expect(grantsOf(oidc)).toEqual(["authorization_code 200", "refresh_token 200"])
      expect(user.opened).toHaveLength(1)
      expect(statusesOf(oidc).filter((status) => status === 200)).toHaveLength(51)
    }))

  test("is removed with its refresh token, and the next call is a new sign-in", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const user = makeBrowser()
      const tokens = yield* signInAt(oidc, user)
      const { accessToken, refreshToken } = yield* tokens.token()
      yield* tokens.revoke
      expect(oidc.tokenRequests.at(-1)).toMatchObject({
        route: "token/revocation",
        status: 200,
        form: { client_id: "cli", token_type_hint: "refresh_token" }
      })
      const revoked = yield* OAuth.refreshToken({
        server: oidc.issuer,
        client: clientOf(cli),
        refreshToken: refreshToken ?? Redacted.make("")
      })
      const exit = yield* Effect.exit(revoked.token())
      expect(yield* Effect.flip(exit)).toMatchObject({ reason: "Refused" })
      expect(printed(exit)).not.toContain(Redacted.value(refreshToken ?? Redacted.make("none")))
      const next = yield* tokens.token()
      expect(Redacted.value(next.accessToken)).not.toBe(Redacted.value(accessToken))
      expect(user.opened).toHaveLength(2)
    }))

  test("is removed even if the server is unavailable", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const user = makeBrowser()
      const tokens = yield* signInAt(oidc, user)
      yield* tokens.token()
      oidc.intercept = ({ url }, response) => {
        if (url === "/token/revocation") response.writeHead(500).end()
        return url === "/token/revocation"
      }
      expect(yield* Effect.flip(tokens.revoke)).toMatchObject({ reason: "Unavailable" })
      yield* tokens.token()
      expect(user.opened).toHaveLength(2)
    }))

  /** The outcome of a revocation to which a server responds in this way. */
  const revokeWith = (response: Scripted.Behaviour) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ target }) =>
        target === "/token" ? Scripted.json({ access_token: "token", refresh_token: "refresh" }) : response
      )
      const tokens = yield* OAuth.clientCredentials({
        server: { tokenEndpoint: new URL("/token", server.url), revocationEndpoint: new URL("/revoke", server.url) },
        client: { clientId: "backend", clientSecret: Redacted.make("secret") }
      })
      yield* tokens.token()
      return yield* Effect.either(Effect.withClock(tokens.revoke, fastClock().clock))
    })

  const errorOf = (error: string, status: number) => Scripted.json({ error }, { status })

  test("is revoked where the server responds with any 2xx, or says that the token is gone", () =>
    Effect.gen(function* () {
      for (const [name, response] of [
        ...[200, 201, 202, 204, 205, 206].map((status) => [`${status}`, Scripted.respond({ status })] as const),
        ["200 with HTML", Scripted.respond({ body: "<h1>Bye</h1>" })],
        ["200 with JSON", Scripted.json({ ok: true })],
        ["202 with text", Scripted.respond({ status: 202, body: "accepted" })],
        ...["invalid_token", "invalid_grant", "token_revoked", "unsupported_token_type"].flatMap((code) =>
          [200, 400, 401, 403].map((status) => [`${status} ${code}`, errorOf(code, status)] as const)
        )
      ] as const) {
        expect((yield* revokeWith(response))._tag, name).toBe("Right")
      }
    }))

  test("is not known to be revoked where the server responds in another way", () =>
    Effect.gen(function* () {
      for (const [reason, response] of [
        ["Misconfigured", errorOf("invalid_client", 401)],
        ["Misconfigured", errorOf("invalid_request", 400)],
        ["Misconfigured", errorOf("invalid_client", 200)],
        ["Refused", Scripted.respond({ status: 404 })],
        ["Unavailable", Scripted.respond({ status: 503 })],
        ["Misconfigured", Scripted.redirect("/elsewhere")]
      ] as const) {
        expect(yield* revokeWith(response)).toMatchObject({ _tag: "Left", left: { reason } })
      }
    }))

  test("is removed without a request where the server has no revocation endpoint", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "token" })])
      const tokens = yield* OAuth.clientCredentials({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client: { clientId: "backend", clientSecret: Redacted.make("secret") }
      })
      yield* tokens.token()
      yield* tokens.revoke
      expect(server.requests).toHaveLength(1)
      yield* tokens.token()
      expect(server.requests).toHaveLength(2)
    }))
})

describe("an existing refresh token", () => {
  test("is exchanged for tokens, and the store has the refresh token that replaces it for the next run", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const first = yield* Effect.flatMap(signInAt(oidc, makeBrowser()), (tokens) => tokens.token())
      const store = yield* Layer.build(TokenStore.layerMemory)
      const run = Effect.scoped(
        Effect.provide(
          getThing,
          apiOf(
            oidc,
            OAuth.refreshToken({
              server: oidc.issuer,
              client: clientOf(cli),
              refreshToken: first.refreshToken ?? Redacted.make("")
            })
          ).pipe(Layer.provide(Layer.succeedContext(store)))
        )
      )
      const time = fastClock()
      yield* Effect.gen(function* () {
        yield* run
        time.advance("2 hours")
        yield* run
        time.advance("2 hours")
        yield* run
      }).pipe(Effect.withClock(time.clock))
      expect(grantsOf(oidc)).toEqual([
        "authorization_code 200",
        "refresh_token 200",
        "refresh_token 200",
        "refresh_token 200"
      ])
    }))

  /** The tokens of a refresh token "r", at a server that issues no other one. */
  const withoutRotation = (...responses: ReadonlyArray<Scripted.Behaviour>) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(responses)
      const tokens = yield* OAuth.refreshToken({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client: { clientId: "cli" },
        refreshToken: Redacted.make("r")
      })
      return { server, tokens }
    })

  test("replaces a token that a 401 rejects at once, also where the server issues no other refresh token", () =>
    Effect.gen(function* () {
      const { server, tokens } = yield* withoutRotation(
        Scripted.json({ access_token: "1", expires_in: 3600 }),
        Scripted.json({ access_token: "2", expires_in: 3600 })
      )
      const api = yield* Scripted.make([Scripted.respond({ status: 401 }), Scripted.json({ ok: true })])
      class Api extends Authoriser.Tag("test/refreshed")<Api>() {}
      const live = Api.layer({ baseUrl: api.url, credentials: Effect.succeed(tokens) })
      expect(yield* Effect.provide(Verbs.make(Api).get("/thing"), live)).toEqual({ ok: true })
      expect(api.requests.map(({ headers }) => headers["authorization"])).toEqual(["Bearer 1", "Bearer 2"])
      expect(server.requests.map(({ body }) => new URLSearchParams(body).get("refresh_token"))).toEqual(["r", "r"])
    }))

  test("that the server refuses later is not sent again at once", () =>
    Effect.gen(function* () {
      const time = fastClock()
      const { server, tokens } = yield* withoutRotation(
        Scripted.json({ access_token: "1", expires_in: 3600 }),
        Scripted.json({ error: "invalid_grant" }, { status: 400 })
      )
      yield* Effect.gen(function* () {
        yield* tokens.token()
        time.advance("2 hours")
        expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Refused" })
        expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Refused" })
      }).pipe(Effect.withClock(time.clock))
      expect(server.requests).toHaveLength(2)
    }))

  test("that is invalid fails with Refused after one request", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const tokens = yield* OAuth.refreshToken({
        server: oidc.issuer,
        client: clientOf(cli),
        refreshToken: Redacted.make("made up by me")
      })
      const exit = yield* Effect.exit(tokens.token())
      expect(yield* Effect.flip(exit)).toMatchObject({ reason: "Refused" })
      expect(oidc.tokenRequests).toHaveLength(1)
      expect(printed(exit)).not.toContain("made up by me")
    }))
})
