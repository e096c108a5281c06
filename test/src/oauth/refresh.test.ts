import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Loopback from "effect-herald/loopback"
import * as OAuth from "effect-herald/oauth"
import { TokenStore } from "effect-herald"
import { make, type Oidc, publicClient } from "../../servers/oidc/index.js"
import * as Scripted from "../../servers/scripted.js"
import { ask, browser, callerAt, clientOf, hasty, shown } from "./kit.js"
import { test } from "./live.js"

const cli = publicClient()

const loginAt = (oidc: Oidc, { open }: ReturnType<typeof browser>) =>
  OAuth.authorisationCode({
    server: oidc.issuer,
    client: clientOf(cli),
    scope: ["openid", "offline_access", "read"],
    pageParameters: { prompt: "consent" },
    // Of which a hasty clock leaves enough.
    patience: "1 day",
    receiver: Loopback.receiver({ open })
  })

const grants = (oidc: Oidc) => oidc.tokenRequests.map(({ form, status }) => `${String(form["grant_type"])} ${status}`)

const statuses = (oidc: Oidc) => oidc.resourceRequests.map(({ status }) => status)

const all = <A, E, R>(calls: number, call: Effect.Effect<A, E, R>) =>
  Effect.replicateEffect(call, calls, { concurrency: "unbounded" })

describe("a token that expires", () => {
  test("is refreshed once for all who call, and what rotates is kept", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const person = browser()
      const time = hasty()
      yield* Effect.gen(function* () {
        yield* ask
        for (let round = 0; round < 3; round += 1) {
          time.pass("2 hours")
          yield* all(100, ask)
        }
      }).pipe(Effect.provide(callerAt(oidc, loginAt(oidc, person))), Effect.withClock(time.clock))
      expect(person.opened).toHaveLength(1)
      expect(grants(oidc)).toEqual([
        "authorization_code 200",
        "refresh_token 200",
        "refresh_token 200",
        "refresh_token 200"
      ])
      const refreshes = oidc.tokenRequests.slice(1).map(({ form }) => form)
      // A server that rotates takes each but once.
      expect(new Set(refreshes.map((form) => form["refresh_token"])).size).toBe(3)
      expect(refreshes.map((form) => form["client_id"])).toEqual(["cli", "cli", "cli"])
      expect(statuses(oidc).every((status) => status === 200)).toBe(true)
    }))

  test("is refreshed by the same refresh token where that does not rotate", () =>
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
      const time = hasty()
      const had = yield* Effect.forEach([1, 2, 3], () =>
        Effect.tap(tokens.token(), () => Effect.sync(() => time.pass("2 hours")))
      ).pipe(Effect.withClock(time.clock))
      expect(had.map(({ accessToken }) => Redacted.value(accessToken))).toEqual(["1", "2", "3"])
      const forms = server.requests.map(({ body }) => new URLSearchParams(body))
      expect(forms.map((form) => form.get("grant_type"))).toEqual([
        "client_credentials",
        "refresh_token",
        "refresh_token"
      ])
      expect(forms.slice(1).map((form) => form.get("refresh_token"))).toEqual(["r", "r"])
    }))

  test("and whose refresh token the server no longer takes, has the person log in again", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const person = browser()
      const time = hasty()
      yield* Effect.gen(function* () {
        yield* ask
        yield* oidc.revokeRefreshTokens
        time.pass("2 hours")
        yield* all(20, ask)
      }).pipe(Effect.provide(callerAt(oidc, loginAt(oidc, person))), Effect.withClock(time.clock))
      expect(person.opened).toHaveLength(2)
      expect(grants(oidc)).toEqual(["authorization_code 200", "refresh_token 400", "authorization_code 200"])
    }))

  test("and whose refresh token was used by another, has the person log in again", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const person = browser()
      const time = hasty()
      const tokens = yield* loginAt(oidc, person)
      yield* Effect.gen(function* () {
        const { refreshToken } = yield* tokens.token()
        const other = yield* OAuth.refreshToken({
          server: oidc.issuer,
          client: clientOf(cli),
          refreshToken: refreshToken ?? Redacted.make("")
        })
        yield* other.token()
        time.pass("2 hours")
        yield* ask
      }).pipe(Effect.provide(callerAt(oidc, Effect.succeed(tokens))), Effect.withClock(time.clock))
      expect(grants(oidc)).toEqual([
        "authorization_code 200",
        "refresh_token 200",
        "refresh_token 400",
        "authorization_code 200"
      ])
      expect(person.opened).toHaveLength(2)
    }))

  test("is not given up while the server is away: nobody logs in again for that", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const person = browser()
      const time = hasty()
      yield* Effect.gen(function* () {
        yield* ask
        time.pass("2 hours")
        oidc.intercept = ({ url }, response) => {
          if (url === "/token") response.writeHead(503).end()
          return url === "/token"
        }
        expect(yield* Effect.flip(ask)).toMatchObject({ _tag: "AuthoriserError", reason: "Unavailable" })
        oidc.intercept = undefined
        yield* ask
      }).pipe(Effect.provide(callerAt(oidc, loginAt(oidc, person))), Effect.withClock(time.clock))
      expect(person.opened).toHaveLength(1)
      expect(grants(oidc)).toEqual(["authorization_code 200", "refresh_token 200"])
    }))
})

describe("a token that is revoked", () => {
  test("is refreshed once, and the calls are replayed", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const person = browser()
      yield* Effect.gen(function* () {
        yield* ask
        yield* oidc.revoke()
        yield* all(50, ask)
      }).pipe(Effect.provide(callerAt(oidc, loginAt(oidc, person))))
      expect(grants(oidc)).toEqual(["authorization_code 200", "refresh_token 200"])
      expect(person.opened).toHaveLength(1)
      expect(statuses(oidc).filter((status) => status === 200)).toHaveLength(51)
    }))

  test("by its holder is gone, with all that would come of it", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const person = browser()
      const tokens = yield* loginAt(oidc, person)
      const { accessToken, refreshToken } = yield* tokens.token()
      yield* tokens.revoke
      expect(oidc.tokenRequests.at(-1)).toMatchObject({
        route: "token/revocation",
        status: 200,
        form: { client_id: "cli", token_type_hint: "refresh_token" }
      })
      const reused = yield* OAuth.refreshToken({
        server: oidc.issuer,
        client: clientOf(cli),
        refreshToken: refreshToken ?? Redacted.make("")
      })
      const exit = yield* Effect.exit(reused.token())
      expect(yield* Effect.flip(exit)).toMatchObject({ reason: "Refused" })
      expect(shown(exit)).not.toContain(Redacted.value(refreshToken ?? Redacted.make("none")))
      const again = yield* tokens.token()
      expect(Redacted.value(again.accessToken)).not.toBe(Redacted.value(accessToken))
      expect(person.opened).toHaveLength(2)
    }))

  test("by its holder is forgotten, even if the server can't be asked", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const person = browser()
      const tokens = yield* loginAt(oidc, person)
      yield* tokens.token()
      oidc.intercept = ({ url }, response) => {
        if (url === "/token/revocation") response.writeHead(500).end()
        return url === "/token/revocation"
      }
      expect(yield* Effect.flip(tokens.revoke)).toMatchObject({ reason: "Unavailable" })
      yield* tokens.token()
      expect(person.opened).toHaveLength(2)
    }))

  test("of a server that can't revoke is forgotten", () =>
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

describe("a refresh token that one has", () => {
  test("gives tokens, and a store keeps what comes of it for the next run", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const first = yield* Effect.flatMap(loginAt(oidc, browser()), (tokens) => tokens.token())
      const store = yield* Layer.build(TokenStore.layerMemory)
      const run = Effect.scoped(
        Effect.provide(
          ask,
          callerAt(
            oidc,
            OAuth.refreshToken({
              server: oidc.issuer,
              client: clientOf(cli),
              refreshToken: first.refreshToken ?? Redacted.make("")
            })
          ).pipe(Layer.provide(Layer.succeedContext(store)))
        )
      )
      const time = hasty()
      yield* Effect.gen(function* () {
        yield* run
        time.pass("2 hours")
        yield* run
        time.pass("2 hours")
        yield* run
      }).pipe(Effect.withClock(time.clock))
      expect(grants(oidc)).toEqual([
        "authorization_code 200",
        "refresh_token 200",
        "refresh_token 200",
        "refresh_token 200"
      ])
    }))

  test("is refused where it is none", () =>
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
      expect(shown(exit)).not.toContain("made up by me")
    }))
})
