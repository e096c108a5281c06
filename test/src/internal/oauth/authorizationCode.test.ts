import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Token } from "effect-herald"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { createHash } from "node:crypto"
import { browse } from "../../../servers/oidc/browser.js"
import { confidential, make, type Oidc, publicClient } from "../../../servers/oidc/index.js"
import * as Scripted from "../../../servers/scripted.js"
import { getThing, makeBrowser, apiOf, clientOf, fastClock, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const cli = publicClient()
const scope = ["openid", "offline_access", "read"]

const optionsFor = ({ issuer }: Oidc, open: NonNullable<Loopback.Options["open"]>): OAuth.AuthorizationCodeOptions => ({
  server: issuer,
  client: clientOf(cli),
  scope,
  authorizationParameters: { prompt: "consent" },
  receiver: Loopback.receiver({ open })
})

/** Tokens for a user who signs in with a browser. */
const signInAt = (oidc: Oidc, open: NonNullable<Loopback.Options["open"]>) =>
  OAuth.authorizationCode(optionsFor(oidc, open))

/** Reports whether a server listens at this URL. */
const isOpen = (url: string | URL) =>
  Effect.promise(() =>
    fetch(url).then(
      () => true,
      () => false
    )
  )

const redirectUriOf = (page: URL) => page.searchParams.get("redirect_uri") ?? ""

describe("a sign-in with a browser", () => {
  test("obtains one token for all calls, and closes the receiver", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const { lastPage, open, opened } = makeBrowser()
      yield* Effect.provide(
        Effect.replicateEffect(getThing, 100, { concurrency: "unbounded" }),
        apiOf(oidc, signInAt(oidc, open))
      )
      expect(oidc.resourceRequests.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200))
      expect(oidc.tokenRequests).toHaveLength(1)
      expect(opened).toHaveLength(1)
      const page = yield* lastPage
      expect(page.status).toBe(200)
      expect(page.text).toContain("You can close this window")
      expect(yield* isOpen(redirectUriOf(opened[0]!))).toBe(false)
    }))

  test("sends a code challenge (PKCE, S256), and no secret to the browser", () =>
    Effect.gen(function* () {
      const web = publicClient({
        client_id: "web",
        client_secret: "of the backend",
        token_endpoint_auth_method: "client_secret_post"
      })
      const oidc = yield* make({ clients: [cli, web] })
      const { open, opened } = makeBrowser()
      yield* Effect.flatMap(signInAt(oidc, open), (tokens) => tokens.token())
      const hidden = { tenant: Redacted.make("hidden"), audience: "https://api.example" }
      yield* Effect.flatMap(
        OAuth.authorizationCode({
          ...optionsFor(oidc, open),
          client: clientOf(web, "post"),
          parameters: hidden
        }),
        (tokens) => tokens.token()
      )
      for (const [index, page] of opened.entries()) {
        const verifier = oidc.tokenRequests[index]?.form["code_verifier"]
        expect(verifier).toMatch(/^[\w.~-]{43,128}$/)
        expect(page.searchParams.get("code_challenge_method")).toBe("S256")
        expect(page.searchParams.get("code_challenge")).toBe(
          createHash("sha256").update(String(verifier)).digest("base64url")
        )
        expect(page.href).not.toContain(String(verifier))
        expect(page.href).not.toMatch(/client_secret|of.the.backend|hidden/)
      }
      const [first, second] = opened
      expect(second?.searchParams.get("audience")).toBe("https://api.example")
      for (const name of ["state", "nonce", "code_challenge"]) {
        expect(first?.searchParams.get(name)?.length).toBeGreaterThanOrEqual(43)
        expect(first?.searchParams.get(name)).not.toBe(second?.searchParams.get(name))
      }
      expect(oidc.tokenRequests[0]?.form).toMatchObject({ client_id: "cli", grant_type: "authorization_code" })
      expect(oidc.tokenRequests[1]?.form).toMatchObject({ client_secret: "of the backend", tenant: "hidden" })
    }))

  test("is a new one for every grant: no code is redeemed twice", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const { open, opened } = makeBrowser()
      const tokens = yield* signInAt(oidc, open)
      const first = yield* tokens.token()
      const second = yield* tokens.token({ forceNew: true })
      expect(Redacted.value(first.accessToken)).not.toBe(Redacted.value(second.accessToken))
      expect(opened).toHaveLength(2)
      expect(new Set(oidc.tokenRequests.map(({ form }) => form["code"])).size).toBe(2)
      expect(oidc.tokenRequests.map(({ status }) => status)).toEqual([200, 200])
    }))

  test("redeems its code once, even if the outcome of that is unknown", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      let redeemed = 0
      oidc.intercept = ({ url }, response) => {
        if (url !== "/token") return false
        redeemed += 1
        response.writeHead(502).end()
        return true
      }
      const tokens = yield* signInAt(oidc, makeBrowser().open)
      const failure = yield* Effect.flip(tokens.token())
      expect(failure).toMatchObject({ reason: "Unavailable" })
      expect(redeemed).toBe(1)
    }))

  test("that the user denies fails with Denied, and the page shows the reason", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const { lastPage, open, opened } = makeBrowser({ agrees: false })
      const error = yield* Effect.flip(Effect.provide(getThing, apiOf(oidc, signInAt(oidc, open))))
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Denied" })
      expect(error.message).toContain("End-User aborted interaction")
      const page = yield* lastPage
      expect(page.status).toBe(400)
      expect(page.text).toContain("End-User aborted interaction")
      expect(yield* isOpen(redirectUriOf(opened[0]!))).toBe(false)
      expect(oidc.tokenRequests).toHaveLength(0)
    }))

  test("ends at its timeout", () =>
    Effect.gen(function* () {
      let page: URL | undefined
      const tokens = yield* OAuth.authorizationCode({
        server: { authorizationEndpoint: "https://auth.example/auth", tokenEndpoint: "https://auth.example/token" },
        client: { clientId: "cli" },
        receiver: Loopback.receiver({
          open: (url) =>
            Effect.sync(() => {
              page = url
            })
        })
      })
      const time = fastClock()
      const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
      expect(failure).toMatchObject({ reason: "TimedOut" })
      expect(failure.message).toMatch(/within 5 minutes: sign in again/)
      expect(time.sleeps).toEqual([300_000])
      expect(yield* isOpen(redirectUriOf(page!))).toBe(false)
    }))

  test("ignores callbacks with another state", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const statuses: Array<number> = []
      const { open } = makeBrowser()
      const tokens = yield* signInAt(oidc, (url) =>
        Effect.gen(function* () {
          const redirectUri = redirectUriOf(url)
          const state = url.searchParams.get("state") ?? ""
          for (const query of [
            "code=stolen&state=guessed",
            "error=access_denied",
            "error=access_denied&state=guessed",
            `code=stolen&state=${state}&state=${state}`,
            ""
          ]) {
            const { status } = yield* Effect.promise(() => fetch(`${redirectUri}?${query}&iss=${oidc.issuer}`))
            statuses.push(status)
          }
          yield* open(url)
        })
      )
      const token = yield* tokens.token()
      expect(token.refreshToken).toBeDefined()
      expect(statuses).toEqual([400, 400, 400, 400, 400])
      expect(oidc.tokenRequests.map(({ form }) => form["code"])).not.toContain("stolen")
    }))

  test("sends scope and redirect URI exactly as configured", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [publicClient({ redirect_uris: ["http://127.0.0.1/cb/%C3%A9?x=1"] })] })
      const { open, opened } = makeBrowser()
      const tokens = yield* OAuth.authorizationCode({
        ...optionsFor(oidc, open),
        receiver: Loopback.receiver({ open, path: "/cb/%C3%A9?x=1" })
      })
      yield* tokens.token()
      expect(opened[0]?.searchParams.get("scope")).toBe("openid offline_access read")
      expect(oidc.tokenRequests[0]?.form["redirect_uri"]).toBe(redirectUriOf(opened[0]!))
      expect(redirectUriOf(opened[0]!)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/cb\/%C3%A9\?x=1$/)
    }))

  test("of an unknown client ends at the timeout, since the server does not redirect the browser", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [confidential()] })
      const { lastPage, open } = makeBrowser()
      const tokens = yield* OAuth.authorizationCode({ ...optionsFor(oidc, open), timeout: "10 seconds" })
      const time = fastClock()
      const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
      expect(failure).toMatchObject({ reason: "TimedOut" })
      // The server shows the error to the user.
      expect((yield* lastPage).text).toContain("invalid_client")
    }))
})

/** A receiver other than `Loopback`, with this callback for an authorization URL. */
const receiverOf = (
  callback: (authorizationUrl: URL) => Effect.Effect<URL, Token.TokenFailure>,
  redirectUri: string | URL = "https://backend.example/signed-in"
): OAuth.AuthorizationCodeOptions["receiver"] => Effect.succeed({ redirectUri, awaitCallback: callback })

describe("a receiver other than Loopback", () => {
  const web = publicClient({
    client_id: "web",
    application_type: "web",
    client_secret: "of the backend",
    token_endpoint_auth_method: "client_secret_basic",
    redirect_uris: ["https://backend.example/signed-in"]
  })

  /** Signs in, and returns the URL that the browser is redirected to. */
  const signInUntilCallback = (authorizationUrl: URL) =>
    Effect.orDie(Effect.map(browse(authorizationUrl, { until: "https://backend.example" }), ({ url }) => url))

  /** A sign-in whose callback is changed. */
  const signInWith = (oidc: Oidc, change: (callback: URL) => void): Effect.Effect<unknown, unknown, HttpClient> =>
    Effect.scoped(
      Effect.flatMap(
        OAuth.authorizationCode({
          server: oidc.issuer,
          client: clientOf(web),
          scope,
          receiver: receiverOf((url) =>
            Effect.tap(signInUntilCallback(url), (callback) => Effect.sync(() => change(callback)))
          )
        }),
        (tokens) => tokens.token()
      )
    )

  test("may have its redirect URI as text or as a URL", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      for (const uri of ["https://backend.example/signed-in", new URL("https://backend.example/signed-in")]) {
        const tokens = yield* OAuth.authorizationCode({
          server: oidc.issuer,
          client: clientOf(web),
          scope,
          receiver: receiverOf(signInUntilCallback, uri)
        })
        expect((yield* tokens.token()).tokenType).toBe("Bearer")
      }
    }))

  test("makes the sign-in fail with Unsafe if the callback does not belong to it", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      const changes: ReadonlyArray<readonly [name: string, change: (callback: URL) => void]> = [
        ["another state", ({ searchParams }) => searchParams.set("state", "guessed")],
        ["no state", ({ searchParams }) => searchParams.delete("state")],
        ["another issuer (mix-up)", ({ searchParams }) => searchParams.set("iss", "https://evil.example")],
        ["no issuer, of a server that names itself", ({ searchParams }) => searchParams.delete("iss")],
        ["two issuers", ({ searchParams }) => searchParams.append("iss", "https://evil.example")],
        ["no code", ({ searchParams }) => searchParams.delete("code")],
        ["two codes", ({ searchParams }) => searchParams.append("code", "stolen")],
        ["a token", ({ searchParams }) => searchParams.set("id_token", "a.b.c")],
        ["a JWT", ({ searchParams }) => searchParams.set("response", "a.b.c")]
      ]
      for (const [name, change] of changes) {
        expect(yield* Effect.flip(signInWith(oidc, change)), name).toMatchObject({ reason: "Unsafe" })
      }
      expect(oidc.tokenRequests).toHaveLength(0)
    }))

  test("has the error of the authorization response in the failure", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      const failing = (error: string, description?: string) =>
        Effect.flip(
          signInWith(oidc, ({ searchParams }) => {
            searchParams.delete("code")
            searchParams.set("error", error)
            if (description !== undefined) searchParams.set("error_description", description)
          })
        )
      expect(yield* failing("invalid_scope", "no such\nscope")).toMatchObject({
        reason: "Refused",
        message: expect.stringContaining("invalid_scope (no such scope)")
      })
      expect(yield* failing("access_denied")).toMatchObject({ reason: "Denied" })
      expect(yield* failing("server_error")).toMatchObject({ reason: "Unavailable" })
    }))

  test("may die with a defect, which the call dies with", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      const tokens = yield* OAuth.authorizationCode({
        server: oidc.issuer,
        client: clientOf(web),
        receiver: receiverOf(() => Effect.die("of the receiver"))
      })
      const exit = yield* Effect.exit(tokens.token())
      expect(printed(exit)).toContain("of the receiver")
    }))
})

describe("an authorization code", () => {
  const endpoints = (url: URL, issuer?: string): OAuth.Endpoints => ({
    ...(issuer === undefined ? {} : { issuer }),
    authorizationEndpoint: new URL("/auth", url),
    tokenEndpoint: new URL("/token", url)
  })

  /** A receiver whose callbacks hold the code `the-code`, and these parameters. */
  const granting = (parameters: Record<string, string> = {}) =>
    receiverOf((url) => {
      const callback = new URL("https://backend.example/signed-in?code=the-code")
      callback.searchParams.set("state", url.searchParams.get("state") ?? "")
      for (const [name, value] of Object.entries(parameters)) callback.searchParams.set(name, value)
      return Effect.succeed(callback)
    })

  test("that the server refuses fails with Refused, and no error shows it", () =>
    Effect.gen(function* () {
      for (const secret of ["code", "code_verifier"]) {
        const server = yield* Scripted.make(({ body }) => {
          const description = `no ${new URLSearchParams(body).get(secret)} here`
          return Scripted.json({ error: "invalid_grant", error_description: description }, { status: 400 })
        })
        const tokens = yield* OAuth.authorizationCode({
          server: endpoints(server.url),
          client: { clientId: "cli" },
          receiver: granting()
        })
        const exit = yield* Effect.exit(tokens.token())
        expect(yield* Effect.flip(exit)).toMatchObject({ reason: "Refused" })
        expect(server.requests).toHaveLength(1)
        const sent = new URLSearchParams(server.requests[0]?.body).get(secret)
        expect(sent?.length).toBeGreaterThan(7)
        expect(printed(exit)).toContain("invalid_grant")
        expect(printed(exit)).not.toContain(sent)
      }
    }))

  test("is redeemed with any issuer in the callback, or none, where no issuer is configured", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "token", id_token: "not.a.token" })])
      for (const parameters of [{}, { iss: "https://auth.example" }]) {
        const tokens = yield* OAuth.authorizationCode({
          server: endpoints(server.url),
          client: { clientId: "cli" },
          receiver: granting(parameters)
        })
        expect(Redacted.value((yield* tokens.token()).accessToken)).toBe("token")
      }
    }))

  test("is not redeemed with another issuer in the callback than the configured one", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "token" })])
      const issuer = "https://auth.example"
      const signIn = (iss: string) =>
        Effect.flatMap(
          OAuth.authorizationCode({
            server: endpoints(server.url, issuer),
            client: { clientId: "cli" },
            receiver: granting({ iss })
          }),
          (tokens) => tokens.token()
        )
      expect((yield* signIn(issuer)).tokenType).toBe("Bearer")
      expect(yield* Effect.flip(signIn("https://evil.example"))).toMatchObject({ reason: "Unsafe" })
      expect(server.requests).toHaveLength(1)
    }))

  test("for the scope openid is exchanged for a token with an ID token of this sign-in", () =>
    Effect.gen(function* () {
      const issuer = "https://auth.example"
      const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
      let nonce: string | null = null
      const claims = () => ({
        iss: issuer,
        aud: "cli",
        sub: "bob",
        iat: Math.floor(Date.now() / 1000),
        exp: Math.floor(Date.now() / 1000) + 600,
        nonce
      })
      let idToken: () => object | undefined = claims
      const server = yield* Scripted.make(() => {
        const token = idToken()
        return Scripted.json({
          access_token: "token",
          ...(token && { id_token: `${base64({ alg: "RS256" })}.${base64(token)}.signed` })
        })
      })
      const signIn = Effect.scoped(
        Effect.flatMap(
          OAuth.authorizationCode({
            server: endpoints(server.url, issuer),
            client: { clientId: "cli" },
            scope: ["openid"],
            receiver: Effect.map(granting({ iss: issuer }), ({ awaitCallback, redirectUri }) => ({
              redirectUri,
              awaitCallback: (url, check) => {
                nonce = url.searchParams.get("nonce")
                return awaitCallback(url, check)
              }
            }))
          }),
          (tokens) => tokens.token()
        )
      )
      expect((yield* signIn).tokenType).toBe("Bearer")
      const invalid: ReadonlyArray<readonly [reason: string, make: () => object | undefined]> = [
        ["Unavailable", () => undefined],
        ["Unsafe", () => ({ ...claims(), nonce: "of another sign-in" })],
        ["Unsafe", () => ({ ...claims(), iss: "https://evil.example" })],
        ["Unsafe", () => ({ ...claims(), aud: "other" })],
        ["Unsafe", () => ({ ...claims(), exp: 1 })]
      ]
      for (const [reason, make] of invalid) {
        idToken = make
        expect(yield* Effect.flip(signIn)).toMatchObject({ reason })
      }
    }))
})
