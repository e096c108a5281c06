import { createHash } from "node:crypto"
import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Loopback from "effect-herald/loopback"
import * as OAuth from "effect-herald/oauth"
import type { TokenFailure } from "../../../src/Token.js"
import { browse } from "../../servers/oidc/browser.js"
import { confidential, make, type Oidc, publicClient } from "../../servers/oidc/index.js"
import * as Scripted from "../../servers/scripted.js"
import { ask, browser, callerAt, clientOf, hasty, shown } from "./kit.js"
import { test } from "./live.js"

const cli = publicClient()
const scope = ["openid", "offline_access", "read"]

const optionsFor = ({ issuer }: Oidc, open: NonNullable<Loopback.Options["open"]>): OAuth.CodeOptions => ({
  server: issuer,
  client: clientOf(cli),
  scope,
  pageParameters: { prompt: "consent" },
  receiver: Loopback.receiver({ open })
})

const loginAt = (oidc: Oidc, open: NonNullable<Loopback.Options["open"]>) =>
  OAuth.authorisationCode(optionsFor(oidc, open))

/** Whether a server still listens there. */
const isOpen = (url: string | URL) =>
  Effect.promise(() =>
    fetch(url).then(
      () => true,
      () => false
    )
  )

const redirectUriOf = (page: URL) => page.searchParams.get("redirect_uri") ?? ""

describe("a login in a browser", () => {
  test("gives a token that calls have, and asks once for many of them", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const { ended, open, opened } = browser()
      yield* Effect.provide(
        Effect.replicateEffect(ask, 100, { concurrency: "unbounded" }),
        callerAt(oidc, loginAt(oidc, open))
      )
      expect(oidc.resourceRequests.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200))
      expect(oidc.tokenRequests).toHaveLength(1)
      expect(opened).toHaveLength(1)
      const page = yield* ended
      expect(page.status).toBe(200)
      expect(page.text).toContain("You can close this window")
      expect(yield* isOpen(redirectUriOf(opened[0]!))).toBe(false)
    }))

  test("proves with the code that it began it (PKCE, S256), and sends no secret to the browser", () =>
    Effect.gen(function* () {
      const web = publicClient({
        client_id: "web",
        client_secret: "of the backend",
        token_endpoint_auth_method: "client_secret_post"
      })
      const oidc = yield* make({ clients: [cli, web] })
      const { open, opened } = browser()
      yield* Effect.flatMap(loginAt(oidc, open), (tokens) => tokens.token())
      const hidden = { tenant: Redacted.make("hidden"), audience: "https://api.example" }
      yield* Effect.flatMap(
        OAuth.authorisationCode({
          ...optionsFor(oidc, open),
          client: { ...clientOf(web), authentication: "post" },
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
      const [one, other] = opened
      expect(other?.searchParams.get("audience")).toBe("https://api.example")
      for (const fresh of ["state", "nonce", "code_challenge"]) {
        expect(one?.searchParams.get(fresh)?.length).toBeGreaterThanOrEqual(43)
        expect(one?.searchParams.get(fresh)).not.toBe(other?.searchParams.get(fresh))
      }
      expect(oidc.tokenRequests[0]?.form).toMatchObject({ client_id: "cli", grant_type: "authorization_code" })
      expect(oidc.tokenRequests[1]?.form).toMatchObject({ client_secret: "of the backend", tenant: "hidden" })
    }))

  test("is begun anew for a new token: no code is redeemed twice", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const { open, opened } = browser()
      const tokens = yield* loginAt(oidc, open)
      const first = yield* tokens.token()
      const second = yield* tokens.token({ forceNew: true })
      expect(Redacted.value(first.accessToken)).not.toBe(Redacted.value(second.accessToken))
      expect(opened).toHaveLength(2)
      expect(new Set(oidc.tokenRequests.map(({ form }) => form["code"])).size).toBe(2)
      expect(oidc.tokenRequests.map(({ status }) => status)).toEqual([200, 200])
    }))

  test("redeems its code once, though nothing is known of how that went", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      let redeemed = 0
      oidc.intercept = ({ url }, response) => {
        if (url !== "/token") return false
        redeemed += 1
        response.writeHead(502).end()
        return true
      }
      const tokens = yield* loginAt(oidc, browser().open)
      const failure = yield* Effect.flip(tokens.token())
      expect(failure).toMatchObject({ reason: "Unavailable" })
      expect(redeemed).toBe(1)
    }))

  test("that the person does not agree to is denied, and tells both", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const { ended, open, opened } = browser({ agrees: false })
      const error = yield* Effect.flip(Effect.provide(ask, callerAt(oidc, loginAt(oidc, open))))
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Denied" })
      expect(error.message).toContain("End-User aborted interaction")
      const page = yield* ended
      expect(page.status).toBe(400)
      expect(page.text).toContain("End-User aborted interaction")
      expect(yield* isOpen(redirectUriOf(opened[0]!))).toBe(false)
      expect(oidc.tokenRequests).toHaveLength(0)
    }))

  test("that nobody finishes ends after a while, and says what to do", () =>
    Effect.gen(function* () {
      let page: URL | undefined
      const tokens = yield* OAuth.authorisationCode({
        server: { authorisationEndpoint: "https://auth.example/auth", tokenEndpoint: "https://auth.example/token" },
        client: { clientId: "cli" },
        receiver: Loopback.receiver({
          open: (url) =>
            Effect.sync(() => {
              page = url
            })
        })
      })
      const time = hasty()
      const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
      expect(failure).toMatchObject({ reason: "TimedOut" })
      expect(failure.message).toMatch(/within 5m: start it again, and follow the link/)
      expect(time.slept).toEqual([300_000])
      expect(yield* isOpen(redirectUriOf(page!))).toBe(false)
    }))

  test("is not ended by what comes with another state", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const strays: Array<number> = []
      const { open } = browser()
      const tokens = yield* loginAt(oidc, (url) =>
        Effect.gen(function* () {
          const at = redirectUriOf(url)
          const state = url.searchParams.get("state") ?? ""
          for (const query of [
            "code=stolen&state=guessed",
            "error=access_denied",
            "error=access_denied&state=guessed",
            `code=stolen&state=${state}&state=${state}`,
            ""
          ]) {
            const { status } = yield* Effect.promise(() => fetch(`${at}?${query}&iss=${oidc.issuer}`))
            strays.push(status)
          }
          yield* open(url)
        })
      )
      const token = yield* tokens.token()
      expect(token.refreshToken).toBeDefined()
      expect(strays).toEqual([400, 400, 400, 400, 400])
      expect(oidc.tokenRequests.map(({ form }) => form["code"])).not.toContain("stolen")
    }))

  test("with the scope and the redirect URI that were said, to the letter", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [publicClient({ redirect_uris: ["http://127.0.0.1/cb/%C3%A9?x=1"] })] })
      const { open, opened } = browser()
      const tokens = yield* OAuth.authorisationCode({
        ...optionsFor(oidc, open),
        receiver: Loopback.receiver({ open, path: "/cb/%C3%A9?x=1" })
      })
      yield* tokens.token()
      expect(opened[0]?.searchParams.get("scope")).toBe("openid offline_access read")
      expect(oidc.tokenRequests[0]?.form["redirect_uri"]).toBe(redirectUriOf(opened[0]!))
      expect(redirectUriOf(opened[0]!)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/cb\/%C3%A9\?x=1$/)
    }))

  test("of a client that the server does not know fails when the person has had enough", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [confidential()] })
      const { ended, open } = browser()
      const tokens = yield* OAuth.authorisationCode({ ...optionsFor(oidc, open), patience: "10 seconds" })
      const time = hasty()
      const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
      expect(failure).toMatchObject({ reason: "TimedOut" })
      // The server may not send the browser anywhere, and says so to the person.
      expect((yield* ended).text).toContain("invalid_client")
    }))
})

/** A receiver of one's own, at which a browser arrives with this. */
const arriving = (
  how: (page: URL) => Effect.Effect<URL, TokenFailure>,
  redirectUri: string | URL = "https://backend.example/signed-in"
): OAuth.CodeOptions["receiver"] => Effect.succeed({ redirectUri, visit: how })

describe("a receiver of one's own", () => {
  const web = publicClient({
    client_id: "web",
    application_type: "web",
    client_secret: "of the backend",
    token_endpoint_auth_method: "client_secret_basic",
    redirect_uris: ["https://backend.example/signed-in"]
  })

  /** Logs in, as far as the page that the browser is sent back to. */
  const back = (page: URL) =>
    Effect.orDie(Effect.map(browse(page, { until: "https://backend.example" }), ({ url }) => url))

  const through = (oidc: Oidc, change: (came: URL) => void): Effect.Effect<unknown, unknown, HttpClient> =>
    Effect.scoped(
      Effect.flatMap(
        OAuth.authorisationCode({
          server: oidc.issuer,
          client: clientOf(web),
          scope,
          receiver: arriving((page) => Effect.tap(back(page), (came) => Effect.sync(() => change(came))))
        }),
        (tokens) => tokens.token()
      )
    )

  test("works as well, with its URI as text or as a URL", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      for (const uri of ["https://backend.example/signed-in", new URL("https://backend.example/signed-in")]) {
        const tokens = yield* OAuth.authorisationCode({
          server: oidc.issuer,
          client: clientOf(web),
          scope,
          receiver: arriving(back, uri)
        })
        expect((yield* tokens.token()).tokenType).toBe("Bearer")
      }
    }))

  test("is not believed if what came is not the answer to what was asked", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      const changes: ReadonlyArray<readonly [what: string, change: (came: URL) => void]> = [
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
      for (const [what, change] of changes) {
        expect(yield* Effect.flip(through(oidc, change)), what).toMatchObject({ reason: "Unsafe" })
      }
      expect(oidc.tokenRequests).toHaveLength(0)
    }))

  test("tells what the server says of other errors", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      const failing = (error: string, description?: string) =>
        Effect.flip(
          through(oidc, ({ searchParams }) => {
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

  test("fails as it likes", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      const tokens = yield* OAuth.authorisationCode({
        server: oidc.issuer,
        client: clientOf(web),
        receiver: arriving(() => Effect.die("of the receiver's own"))
      })
      const exit = yield* Effect.exit(tokens.token())
      expect(shown(exit)).toContain("of the receiver's own")
    }))
})

describe("a code", () => {
  const endpoints = (url: URL, issuer?: string): OAuth.Endpoints => ({
    ...(issuer === undefined ? {} : { issuer }),
    authorisationEndpoint: new URL("/auth", url),
    tokenEndpoint: new URL("/token", url)
  })

  /** The person has agreed, and the code is this. */
  const agreeing = (more: Record<string, string> = {}) =>
    arriving((page) => {
      const came = new URL("https://backend.example/signed-in?code=the-code")
      came.searchParams.set("state", page.searchParams.get("state") ?? "")
      for (const [name, value] of Object.entries(more)) came.searchParams.set(name, value)
      return Effect.succeed(came)
    })

  test("that the server does not take is refused, and shown nowhere", () =>
    Effect.gen(function* () {
      for (const secret of ["code", "code_verifier"]) {
        const server = yield* Scripted.make(({ body }) => {
          const description = `no ${new URLSearchParams(body).get(secret)} here`
          return Scripted.json({ error: "invalid_grant", error_description: description }, { status: 400 })
        })
        const tokens = yield* OAuth.authorisationCode({
          server: endpoints(server.url),
          client: { clientId: "cli" },
          receiver: agreeing()
        })
        const exit = yield* Effect.exit(tokens.token())
        expect(yield* Effect.flip(exit)).toMatchObject({ reason: "Refused" })
        expect(server.requests).toHaveLength(1)
        const sent = new URLSearchParams(server.requests[0]?.body).get(secret)
        expect(sent?.length).toBeGreaterThan(7)
        expect(shown(exit)).toContain("invalid_grant")
        expect(shown(exit)).not.toContain(sent)
      }
    }))

  test("of a server that is not known by a name is taken with any, or with none", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "token", id_token: "not.a.token" })])
      for (const more of [{}, { iss: "https://auth.example" }]) {
        const tokens = yield* OAuth.authorisationCode({
          server: endpoints(server.url),
          client: { clientId: "cli" },
          receiver: agreeing(more)
        })
        expect(Redacted.value((yield* tokens.token()).accessToken)).toBe("token")
      }
    }))

  test("of a server that is known by a name is not taken with another", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ access_token: "token" })])
      const issuer = "https://auth.example"
      const login = (iss: string) =>
        Effect.flatMap(
          OAuth.authorisationCode({
            server: endpoints(server.url, issuer),
            client: { clientId: "cli" },
            receiver: agreeing({ iss })
          }),
          (tokens) => tokens.token()
        )
      expect((yield* login(issuer)).tokenType).toBe("Bearer")
      expect(yield* Effect.flip(login("https://evil.example"))).toMatchObject({ reason: "Unsafe" })
      expect(server.requests).toHaveLength(1)
    }))

  test("for `openid` wants an ID token of this very login", () =>
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
      const login = Effect.scoped(
        Effect.flatMap(
          OAuth.authorisationCode({
            server: endpoints(server.url, issuer),
            client: { clientId: "cli" },
            scope: ["openid"],
            receiver: Effect.map(agreeing({ iss: issuer }), ({ redirectUri, visit }) => ({
              redirectUri,
              visit: (page, judge) => {
                nonce = page.searchParams.get("nonce")
                return visit(page, judge)
              }
            }))
          }),
          (tokens) => tokens.token()
        )
      )
      expect((yield* login).tokenType).toBe("Bearer")
      const wrong: ReadonlyArray<readonly [reason: string, make: () => object | undefined]> = [
        ["Unavailable", () => undefined],
        ["Unsafe", () => ({ ...claims(), nonce: "of another login" })],
        ["Unsafe", () => ({ ...claims(), iss: "https://evil.example" })],
        ["Unsafe", () => ({ ...claims(), aud: "other" })],
        ["Unsafe", () => ({ ...claims(), exp: 1 })]
      ]
      for (const [reason, make] of wrong) {
        idToken = make
        expect(yield* Effect.flip(login)).toMatchObject({ reason })
      }
    }))
})
