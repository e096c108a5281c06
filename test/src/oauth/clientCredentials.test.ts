import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OAuth from "effect-herald/oauth"
import * as Scripted from "../../servers/scripted.js"
import { confidential, make } from "../../servers/oidc/index.js"
import { stub } from "../kit.js"
import { ask, callerAt, clientOf, hasty, shown } from "./kit.js"
import { test } from "./live.js"

const backend = confidential()
const secret = backend.client_secret ?? ""

const optionsFor = (issuer: string): OAuth.Options => ({ server: issuer, client: clientOf(backend), scope: ["read"] })

const tokenEndpoint = (url: URL) => ({ tokenEndpoint: new URL("/token", url) })

describe("client credentials", () => {
  test("are exchanged for a token, which calls then have", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const calls = Effect.replicateEffect(ask, 3)
      yield* Effect.provide(calls, callerAt(oidc, OAuth.clientCredentials(optionsFor(oidc.issuer))))
      expect(oidc.resourceRequests.map(({ status }) => status)).toEqual([200, 200, 200])
      expect(oidc.tokenRequests.map(({ form, status }) => ({ form, status }))).toEqual([
        { form: { grant_type: "client_credentials", scope: "read" }, status: 200 }
      ])
    }))

  test("are in Basic or in the form, as one likes, and never in the URL", () =>
    Effect.gen(function* () {
      const post = confidential({ client_id: "other", token_endpoint_auth_method: "client_secret_post" })
      const oidc = yield* make({ clients: [backend, post] })
      const asked = (client: OAuth.Client) =>
        Effect.flatMap(OAuth.clientCredentials({ server: oidc.issuer, client }), (tokens) => tokens.token())
      yield* asked(clientOf(backend))
      yield* asked({ ...clientOf(post), authentication: "post" })
      const [basic, form] = oidc.tokenRequests
      expect(basic?.form).not.toHaveProperty("client_secret")
      expect(basic?.authorization).toMatch(/^Basic /)
      expect(form?.form).toMatchObject({ client_id: "other", client_secret: secret })
      expect(form?.authorization).toBeUndefined()
      expect(oidc.tokenRequests.map(({ target }) => target)).toEqual(["/token", "/token"])
    }))

  test("are exchanged once for 500 calls at a time, at first and when the token has expired", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const time = hasty()
      const wave = Effect.replicateEffect(ask, 500, { concurrency: "unbounded" })
      const answers = yield* Effect.gen(function* () {
        const first = yield* wave
        time.pass("59 minutes")
        yield* ask
        const before = oidc.tokenRequests.length
        time.pass("2 hours")
        const second = yield* wave
        return { first, before, second }
      }).pipe(
        Effect.provide(callerAt(oidc, OAuth.clientCredentials({ ...optionsFor(oidc.issuer), margin: "30 seconds" }))),
        Effect.withClock(time.clock)
      )
      expect(answers.first.filter(({ ok }) => ok)).toHaveLength(500)
      expect(answers.before).toBe(1)
      expect(answers.second.filter(({ ok }) => ok)).toHaveLength(500)
      expect(oidc.tokenRequests).toHaveLength(2)
      const used = new Set(oidc.resourceRequests.slice(501).map(({ authorization }) => authorization))
      expect(used.size).toBe(1)
    }))

  test("are exchanged anew, once, when the server no longer takes the token", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      yield* Effect.gen(function* () {
        yield* ask
        yield* oidc.revoke()
        yield* Effect.replicateEffect(ask, 50, { concurrency: "unbounded" })
      }).pipe(Effect.provide(callerAt(oidc, OAuth.clientCredentials(optionsFor(oidc.issuer)))))
      expect(oidc.tokenRequests).toHaveLength(2)
      expect(oidc.resourceRequests.filter(({ status }) => status === 200)).toHaveLength(51)
    }))

  test("that are wrong are refused, once, and shown nowhere", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const wrong = "wr0ng/s3cret+of mine"
      const client = { clientId: backend.client_id, clientSecret: Redacted.make(wrong) }
      const exit = yield* Effect.exit(
        Effect.provide(ask, callerAt(oidc, OAuth.clientCredentials({ server: oidc.issuer, client })))
      )
      const error = yield* Effect.flip(exit)
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Refused" })
      expect(error.message).toMatch(/refuses: invalid_client \(client authentication failed\)/)
      expect(oidc.tokenRequests.map(({ status }) => status)).toEqual([401])
      const text = shown(exit)
      expect(text).toContain("invalid_client")
      for (const form of [
        wrong,
        encodeURIComponent(wrong),
        btoa(wrong),
        oidc.tokenRequests[0]?.authorization?.slice(6)
      ]) {
        expect(text).not.toContain(form)
      }
    }))

  test("of a client that nobody knows are refused", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const client = { clientId: "nobody", clientSecret: Redacted.make("secret") }
      const tokens = yield* OAuth.clientCredentials({ server: oidc.issuer, client })
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ _tag: "TokenFailure", reason: "Refused" })
      expect(oidc.tokenRequests).toHaveLength(1)
    }))

  test("ask for more than they may: refused, with what the server says", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [confidential({ scope: "read" })] })
      const tokens = yield* OAuth.clientCredentials({ ...optionsFor(oidc.issuer), scope: ["read", "write"] })
      const failure = yield* Effect.flip(tokens.token())
      expect(failure).toMatchObject({ reason: "Refused" })
      expect(failure.message).toContain("invalid_scope")
    }))

  test("can be revoked, and are exchanged anew after that", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const tokens = yield* OAuth.clientCredentials(optionsFor(oidc.issuer))
      yield* Effect.gen(function* () {
        yield* ask
        const { accessToken } = yield* tokens.token()
        yield* tokens.revoke
        expect(yield* Effect.promise(() => oidc.provider.ClientCredentials.find(Redacted.value(accessToken)))).toBe(
          undefined
        )
        yield* ask
        expect(Redacted.value((yield* tokens.token()).accessToken)).not.toBe(Redacted.value(accessToken))
      }).pipe(Effect.provide(callerAt(oidc, Effect.succeed(tokens))))
      expect(oidc.tokenRequests.map(({ route, status }) => [route, status])).toEqual([
        ["token", 200],
        ["token/revocation", 200],
        ["token", 200]
      ])
      expect(oidc.tokenRequests[1]?.form).toMatchObject({ token_type_hint: "access_token" })
    }))

  test("that were never exchanged have nothing to revoke", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const tokens = yield* OAuth.clientCredentials(optionsFor(oidc.issuer))
      yield* tokens.revoke
      expect(oidc.tokenRequests).toHaveLength(0)
    }))
})

describe("a token endpoint", () => {
  const against = (script: Scripted.Script, more: Partial<OAuth.Options> = {}) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(script)
      const time = hasty()
      const tokens = yield* OAuth.clientCredentials({
        server: tokenEndpoint(server.url),
        client: clientOf(backend),
        ...more
      })
      const exit = yield* Effect.exit(Effect.withClock(tokens.token(), time.clock))
      return { exit, server, failure: Effect.flip(exit) }
    })

  test("that says no token type gives a Bearer token", () =>
    Effect.gen(function* () {
      for (const more of [{}, { token_type: null, refresh_token: null, scope: null, expires_in: null }]) {
        const { exit } = yield* against([Scripted.json({ access_token: "token", ...more })])
        const token = yield* exit
        expect(token.tokenType).toBe("Bearer")
        expect(token.refreshToken).toBeUndefined()
        expect(token.expiresAt).toBeUndefined()
      }
    }))

  test("that gives a token which can't be presented is not believed", () =>
    Effect.gen(function* () {
      for (const type of ["DPoP", "mac", "None"]) {
        const { failure } = yield* against([Scripted.json({ access_token: "token", token_type: type })])
        expect(yield* failure).toMatchObject({ reason: "Invalid" })
      }
    }))

  test("that says an error with status 200 refuses", () =>
    Effect.gen(function* () {
      const { failure, server } = yield* against([Scripted.json({ error: "bad_verification_code" })])
      expect(yield* failure).toMatchObject({ reason: "Refused" })
      expect((yield* failure).message).toContain("bad_verification_code")
      expect(server.requests).toHaveLength(1)
    }))

  test("that answers in HTML, or not at all like one, is unavailable", () =>
    Effect.gen(function* () {
      const html = (status: number) =>
        Scripted.answer({ status, headers: { "content-type": "text/html" }, body: "<h1>Hello</h1>" })
      for (const behaviour of [
        html(200),
        html(404),
        html(401),
        Scripted.answer({ status: 204 }),
        Scripted.json([1]),
        Scripted.json("token"),
        Scripted.json({ access_token: 5 }),
        Scripted.json({}),
        Scripted.json({ error: 5 }, { status: 400 }),
        Scripted.json({ error: "temporarily_unavailable" }, { status: 400 })
      ]) {
        const { failure, server } = yield* against([behaviour])
        expect(yield* failure).toMatchObject({ reason: "Unavailable" })
        expect((yield* failure).message).toContain(server.url.host)
        expect((yield* failure).message).not.toContain("Hello")
      }
    }))

  test("that is away for a while is asked again", () =>
    Effect.gen(function* () {
      const granted = Scripted.json({ access_token: "token", token_type: "Bearer" })
      for (const trouble of [
        Scripted.answer({ status: 503, headers: { "retry-after": "1" } }),
        Scripted.answer({ status: 429, headers: { "retry-after": "1" } }),
        Scripted.answer({ status: 502 }),
        Scripted.reset
      ]) {
        const { exit, server } = yield* against([trouble, granted])
        expect(Redacted.value((yield* exit).accessToken)).toBe("token")
        expect(server.requests).toHaveLength(2)
      }
    }))

  test("that is down is unavailable", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.closedPort
      const tokens = yield* OAuth.clientCredentials({ server: tokenEndpoint(server), client: clientOf(backend) })
      const exit = yield* Effect.exit(Effect.withClock(tokens.token(), hasty().clock))
      const failure = yield* Effect.flip(exit)
      expect(failure).toMatchObject({ reason: "Unavailable" })
      expect(failure.message).toContain("ECONNREFUSED")
      expect(shown(exit)).not.toContain(secret)
    }))

  test("that redirects is not followed, and gets no credentials sent on", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([Scripted.json({ access_token: "of another", token_type: "Bearer" })])
      for (const status of [301, 302, 303, 307, 308]) {
        const { failure } = yield* against([Scripted.redirect(new URL("/token", other.url), status)])
        expect(yield* failure).toMatchObject({ reason: "Unavailable" })
        expect((yield* failure).message).toContain("redirect")
      }
      expect(other.requests.filter(({ body, headers }) => body !== "" || headers.authorization)).toEqual([])
    }))

  test("whose answer no `Response` can be, as of other clients than Node's, is unavailable", () =>
    Effect.gen(function* () {
      const bodies = [
        "",
        "text",
        JSON.stringify({ access_token: "token" }),
        JSON.stringify({ error: "invalid_client" })
      ]
      for (const status of [0, 100, 101, 199, 204, 205, 304]) {
        for (const body of bodies) {
          const { layer, requests } = stub([
            () => Object.defineProperty(new Response(body), "status", { value: status })
          ])
          const tokens = yield* OAuth.clientCredentials({
            server: { tokenEndpoint: "https://auth.example/token" },
            client: clientOf(backend)
          })
          const failure = yield* Effect.flip(Effect.provide(tokens.token(), layer))
          expect(failure, `${status} ${body}`).toMatchObject({ _tag: "TokenFailure", reason: "Unavailable" })
          expect(failure.message).toMatch(status === 204 || status === 205 ? `with status ${status}` : "redirect")
          expect(requests).toHaveLength(1)
        }
      }
    }))

  test("that repeats a secret in its error has it kept to itself, and a long one cut", () =>
    Effect.gen(function* () {
      /** What a server, or a proxy before it, could repeat of a request. */
      const told: ReadonlyArray<(sent: Scripted.Received) => string> = [
        () => secret,
        () => encodeURIComponent(secret),
        () => btoa(secret),
        ({ headers }) => headers.authorization ?? "",
        ({ headers }) => headers.authorization?.slice(6) ?? ""
      ]
      for (const tell of told) {
        const { exit, server } = yield* against((sent) =>
          Scripted.json({ error: "invalid_client", error_description: `bad ${tell(sent)} here` }, { status: 401 })
        )
        expect(shown(exit)).toContain("invalid_client")
        expect(server.requests.map(tell)).not.toEqual([""])
        for (const sent of server.requests) expect(shown(exit)).not.toContain(tell(sent))
      }
      const given = yield* against(
        [Scripted.json({ error: "invalid_request", error_description: "what is another secret" }, { status: 400 })],
        { parameters: { password: Redacted.make("another secret") } }
      )
      expect(shown(given.exit)).not.toContain("another secret")
      const long = yield* against([
        Scripted.json(
          { error: "invalid_request", error_description: `a\r\nb\u001b[31m${"x".repeat(5000)}` },
          { status: 400 }
        )
      ])
      const { message } = yield* long.failure
      expect(message.length).toBeLessThan(400)
      expect(message).toMatch(/^[\x20-\x7e…]+$/)
      expect(message).toContain("a b ")
    }))

  test("is told what else it wants to know", () =>
    Effect.gen(function* () {
      const { server } = yield* against([Scripted.json({ access_token: "token" })], {
        scope: ["read", "write"],
        parameters: { audience: "https://api.example", resource: ["https://one.example", "https://two.example"] }
      })
      expect([...new URLSearchParams(server.requests[0]?.body)]).toEqual([
        ["audience", "https://api.example"],
        ["resource", "https://one.example"],
        ["resource", "https://two.example"],
        ["scope", "read write"],
        ["grant_type", "client_credentials"]
      ])
    }))
})
