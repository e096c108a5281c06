import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Token } from "effect-herald"
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

  /** The outcome of a sign-in whose code is redeemed at a token endpoint that responds by this script. */
  const redeemWith = (responses: ReadonlyArray<Scripted.Behaviour>) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(responses)
      const { lastPage, open } = makeBrowser()
      const oidc = yield* make({ clients: [cli] })
      const tokens = yield* OAuth.authorizationCode({
        ...optionsFor(oidc, open),
        scope: ["read"],
        server: {
          issuer: oidc.issuer,
          authorizationEndpoint: `${oidc.issuer}/auth`,
          tokenEndpoint: new URL("/token", server.url)
        }
      })
      const exit = yield* Effect.exit(tokens.token())
      const codes = server.requests.map(({ body }) => new URLSearchParams(body).get("code"))
      return { exit, codes, page: yield* lastPage }
    })

  const granted = Scripted.json({ access_token: "token" })
  const lost: ReadonlyArray<readonly [name: string, response: Scripted.Behaviour]> = [
    ...[500, 502, 503, 504].map((status) => [`${status}`, Scripted.respond({ status })] as const),
    ["503 with a code", Scripted.json({ error: "temporarily_unavailable" }, { status: 503 })],
    ["a reset", Scripted.reset],
    ["no response", Scripted.hangUp],
    ["half a response", Scripted.cutShort({ body: '{"access_token":' })]
  ]
  for (const [name, response] of lost) {
    test(`redeems its code once more after ${name}`, () =>
      Effect.gen(function* () {
        const { codes, exit, page } = yield* redeemWith([response, granted])
        expect(Redacted.value((yield* exit).accessToken)).toBe("token")
        expect(codes).toHaveLength(2)
        expect(new Set(codes).size).toBe(1)
        expect([page.status, page.text]).toEqual([200, expect.stringContaining("You can close this window")])
      }))
  }

  test("redeems its code no third time, and fails with the first cause, which the page shows", () =>
    Effect.gen(function* () {
      const [, failing] = lost[1]!
      const used = Scripted.json({ error: "invalid_grant", error_description: "code was used" }, { status: 400 })
      for (const second of [failing, used, Scripted.respond({ status: 400 })]) {
        const { codes, exit, page } = yield* redeemWith([failing, second, granted])
        const failure = yield* Effect.flip(exit)
        expect(failure).toMatchObject({ reason: "Unavailable", message: expect.stringContaining("status 502") })
        expect(codes).toHaveLength(2)
        expect([page.status, page.text]).toEqual([400, expect.stringContaining("status 502")])
      }
      const wrong = yield* redeemWith([failing, Scripted.json({ error: "invalid_client" }, { status: 401 })])
      expect(yield* Effect.flip(wrong.exit)).toMatchObject({ reason: "Misconfigured" })
    }))

  test("redeems its code once more after a response that is none of a server", () =>
    Effect.gen(function* () {
      for (const body of ["<h1>Welcome</h1>", '{"access_token":"tok', "", "[]"]) {
        const { codes, exit } = yield* redeemWith([Scripted.respond({ body }), granted])
        expect((yield* exit).tokenType, body).toBe("Bearer")
        expect(codes).toHaveLength(2)
      }
    }))

  test("redeems its code once where the server has responded, and the page shows the reason", () =>
    Effect.gen(function* () {
      const refused = Scripted.json({ error: "invalid_grant" }, { status: 400 })
      for (const [reason, response] of [
        ["Refused", refused],
        ["Invalid", Scripted.json({})],
        ["Invalid", Scripted.json({ token: "token" }, { status: 201 })],
        ["Unavailable", Scripted.json({ error: "temporarily_unavailable" }, { status: 400 })],
        ["Invalid", Scripted.json({ access_token: "token", token_type: "mac" })],
        ["Misconfigured", Scripted.redirect("https://auth.example")]
      ] as const) {
        const { codes, exit, page } = yield* redeemWith([response, granted])
        const failure = yield* Effect.flip(exit)
        expect(failure).toMatchObject({ reason })
        expect(codes).toHaveLength(1)
        expect(page.status).toBe(400)
        expect(page.text).toContain("Sign-in failed")
      }
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
        reason: "Misconfigured",
        message: expect.stringContaining("invalid_scope (no such scope)")
      })
      expect(yield* failing("access_denied")).toMatchObject({ reason: "Denied" })
      expect(yield* failing("user_cancelled_login")).toMatchObject({ reason: "Denied" })
      expect(yield* failing("server_error")).toMatchObject({ reason: "Unavailable" })
      expect(yield* failing("interaction_required")).toMatchObject({ reason: "Refused" })
    }))

  test("may return an authorization response in an odd form, which fails with its cause", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      type Change = (callback: URL) => void
      const intoFragment: Change = (callback) => {
        callback.hash = callback.search.slice(1)
        callback.search = ""
      }
      const rows: ReadonlyArray<readonly [name: string, reason: string, message: RegExp, change: Change]> = [
        [
          "an error twice",
          "Denied",
          /access_denied \(not today\)/,
          ({ searchParams }) => {
            searchParams.append("error", "access_denied")
            searchParams.append("error", "server_error")
            searchParams.append("error_description", "not today")
          }
        ],
        [
          "an error beside an empty one",
          "Denied",
          /access_denied/,
          ({ searchParams }) => {
            searchParams.append("error", "")
            searchParams.append("error", "access_denied")
          }
        ],
        [
          "an error beside a code",
          "Denied",
          /denied/,
          ({ searchParams }) => searchParams.set("error", "access_denied")
        ],
        [
          "an error by another name",
          "Refused",
          /1349126 \(not live\)/,
          ({ searchParams }) => {
            searchParams.delete("code")
            searchParams.set("error_code", "1349126")
            searchParams.set("error_message", "not live")
          }
        ],
        ["an empty code", "Unsafe", /exactly one code/, ({ searchParams }) => searchParams.set("code", "")],
        [
          "an empty error and no code",
          "Unsafe",
          /exactly one code/,
          ({ searchParams }) => {
            searchParams.delete("code")
            searchParams.set("error", "")
          }
        ],
        [
          "a token in the fragment",
          "Unsafe",
          /fragment.*authorization code grant/,
          (callback) => {
            callback.hash = "access_token=abc&token_type=bearer"
          }
        ],
        ["everything in the fragment", "Unsafe", /fragment/, intoFragment],
        [
          "an error in the fragment",
          "Denied",
          /access_denied/,
          (callback) => {
            callback.searchParams.set("error", "access_denied")
            intoFragment(callback)
          }
        ]
      ]
      for (const [name, reason, message, change] of rows) {
        expect(yield* Effect.flip(signInWith(oidc, change)), name).toMatchObject({
          reason,
          message: expect.stringMatching(message)
        })
      }
      expect(oidc.tokenRequests).toHaveLength(0)
      // Facebook's mark at the end of a redirect URI.
      yield* signInWith(oidc, (callback) => {
        callback.hash = "_=_"
      })
      expect(oidc.tokenRequests).toHaveLength(1)
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

  test("is redeemed with an issuer of a named origin, or none, where no issuer is configured", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "token", id_token: "not.a.token" })])
      const { origin } = server.url
      const signIn = (iss?: string) =>
        Effect.flatMap(
          OAuth.authorizationCode({
            server: { ...endpoints(server.url), authorizationEndpoint: "https://login.auth.example/auth" },
            client: { clientId: "cli" },
            receiver: granting(iss === undefined ? {} : { iss })
          }),
          (tokens) => tokens.token()
        )
      const own = [undefined, "", origin, `${origin}/`, `${origin}/tenant/v2.0`, "https://login.auth.example/issuer"]
      for (const iss of own) expect(Redacted.value((yield* signIn(iss)).accessToken), iss).toBe("token")
      for (const iss of [
        "https://evil.example",
        "https://auth.example",
        "https://login.auth.example.evil.example",
        "https://login.auth.example:8443",
        "http://login.auth.example",
        "login.auth.example",
        "null",
        "javascript:alert(1)",
        "http://127.0.0.1"
      ]) {
        const failure = yield* Effect.flip(signIn(iss))
        expect(failure, iss).toMatchObject({ reason: "Unsafe" })
        expect(failure.message).toContain("issuer")
      }
      expect(server.requests).toHaveLength(own.length)
    }))

  test("is redeemed without PKCE only where that is asked for", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "token" })])
      for (const insecureWithoutPkce of [true, false, undefined]) {
        let url = new URL("https://auth.example")
        const tokens = yield* OAuth.authorizationCode({
          server: endpoints(server.url),
          client: { clientId: "cli" },
          receiver: Effect.map(granting(), (receiver) => ({
            ...receiver,
            awaitCallback: (authorizationUrl, check) => {
              url = authorizationUrl
              return receiver.awaitCallback(authorizationUrl, check)
            }
          })),
          insecureWithoutPkce
        })
        yield* tokens.token()
        const names = [...url.searchParams.keys(), ...new URLSearchParams(server.requests.at(-1)?.body).keys()]
        const pkce = names.filter((name) => name.startsWith("code_"))
        expect(pkce).toEqual(
          insecureWithoutPkce === true ? [] : ["code_challenge", "code_challenge_method", "code_verifier"]
        )
      }
    }))

  test("lets a receiver show the result of the sign-in, once, however it ends", () =>
    Effect.gen(function* () {
      const never: Scripted.Behaviour = Scripted.silence
      const rows: ReadonlyArray<
        readonly [
          result: string,
          response: Scripted.Behaviour,
          callback: Effect.Effect<never, Token.TokenFailure> | undefined
        ]
      > = [
        ["SignedIn", Scripted.json({ access_token: "token" }), undefined],
        ["Refused", Scripted.json({ error: "invalid_grant" }, { status: 400 }), undefined],
        ["TimedOut", never, Effect.never],
        ["Invalid", never, Effect.die("of the receiver")],
        ["Denied", never, Effect.fail(new Token.TokenFailure({ reason: "Denied", message: "no" }))]
      ]
      for (const [expected, response, callback] of rows) {
        const server = yield* Scripted.make([response])
        const results: Array<string> = []
        const tokens = yield* OAuth.authorizationCode({
          server: endpoints(server.url),
          client: { clientId: "cli" },
          timeout: "5 seconds",
          receiver: Effect.map(granting(), (receiver) => ({
            redirectUri: receiver.redirectUri,
            awaitCallback: (url, check) => callback ?? receiver.awaitCallback(url, check),
            showResult: (result) =>
              Effect.sync(() => results.push(result._tag === "Failed" ? result.failure.reason : result._tag))
          }))
        })
        const exit = yield* Effect.exit(Effect.withClock(tokens.token(), fastClock().clock))
        expect(results, expected).toEqual([expected])
        expect(exit._tag).toBe(expected === "SignedIn" ? "Success" : "Failure")
      }
    }))

  test("may name the configured issuer with or without a slash, which is a text or a URL", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "token" })])
      const url = "https://auth.example"
      for (const issuer of [url, `${url}/`, new URL(url), `${url}/one`, new URL(`${url}/one/`)]) {
        const named = String(issuer).replace(/\/$/, "")
        const signIn = (iss: string) =>
          Effect.flatMap(
            OAuth.authorizationCode({
              server: { ...endpoints(server.url), issuer },
              client: { clientId: "cli" },
              receiver: granting({ iss })
            }),
            (tokens) => tokens.token()
          )
        for (const iss of [named, `${named}/`]) expect((yield* signIn(iss)).tokenType, iss).toBe("Bearer")
        for (const iss of [`${named}/two`, `${named}.evil.example`, `${named}?x`, `${named}//`]) {
          expect(yield* Effect.flip(signIn(iss)), iss).toMatchObject({ reason: "Unsafe" })
        }
      }
    }))

  test("that can't be redeemed opens one login page for all calls of a minute", () =>
    Effect.gen(function* () {
      const html = Scripted.respond({ body: "<h1>Welcome</h1>" })
      const rows: ReadonlyArray<readonly [name: string, response: Scripted.Behaviour, parameters?: object]> = [
        ["an empty object", Scripted.json({})],
        ["HTML", html],
        ["a redirect", Scripted.redirect("https://auth.example")],
        ["502", Scripted.respond({ status: 502 })],
        ["temporarily_unavailable", Scripted.json({ error: "temporarily_unavailable" }, { status: 400 })],
        ["a callback with an error", html, { error: "server_error" }]
      ]
      for (const [name, response, parameters = {}] of rows) {
        const server = yield* Scripted.make([response])
        let pages = 0
        const tokens = yield* OAuth.authorizationCode({
          server: endpoints(server.url),
          client: { clientId: "cli" },
          receiver: Effect.tap(granting({ ...parameters }), () => {
            pages += 1
          })
        })
        const time = fastClock()
        const run = Effect.withClock(Effect.flip(tokens.token()), time.clock)
        const first = yield* run
        expect(yield* run, name).toEqual(first)
        expect(pages, name).toBe(1)
        time.advance("61 seconds")
        yield* run
        expect(pages, name).toBe(first.reason === "Invalid" ? 1 : 2)
      }
    }))

  test("is not awaited longer than the timeout where the receiver is not ready", () =>
    Effect.gen(function* () {
      for (const receiver of [Effect.never, Effect.uninterruptible(Effect.never)]) {
        const tokens = yield* OAuth.authorizationCode({
          server: endpoints(new URL("http://127.0.0.1:9")),
          client: { clientId: "cli" },
          timeout: "5 seconds",
          receiver
        })
        const failure = yield* Effect.flip(Effect.withClock(tokens.token(), fastClock({ shortLimits: true }).clock))
        expect(failure).toMatchObject({ reason: "TimedOut" })
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
        ["Invalid", () => undefined],
        ["Invalid", () => ({ ...claims(), nonce: undefined })],
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
