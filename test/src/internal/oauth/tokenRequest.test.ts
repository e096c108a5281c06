import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OAuth from "effect-herald/oauth"
import { confidential } from "../../../servers/oidc/index.js"
import * as Scripted from "../../../servers/scripted.js"
import { stub } from "../../../support/kit.js"
import { clientOf, fastClock, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const backend = confidential()
const secret = backend.client_secret ?? ""

const serverAt = (url: URL) => ({ tokenEndpoint: new URL("/token", url) })

/** The outcome of a token request to a token endpoint with this script. */
const requestTokenFrom = (script: Scripted.Script, options: Partial<OAuth.Options> = {}) =>
  Effect.gen(function* () {
    const server = yield* Scripted.make(script)
    const tokens = yield* OAuth.clientCredentials({
      server: serverAt(server.url),
      client: clientOf(backend),
      ...options
    })
    const exit = yield* Effect.exit(Effect.withClock(tokens.token(), fastClock().clock))
    return { exit, failure: Effect.flip(exit), server }
  })

describe("a token request", () => {
  test("sends scope and parameters, a list as repeated parameters", () =>
    Effect.gen(function* () {
      const { server } = yield* requestTokenFrom([Scripted.json({ access_token: "token" })], {
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

  test("returns a Bearer token where the response has no token type", () =>
    Effect.gen(function* () {
      for (const fields of [{}, { token_type: null, refresh_token: null, scope: null, expires_in: null }]) {
        const { exit } = yield* requestTokenFrom([Scripted.json({ access_token: "token", ...fields })])
        const token = yield* exit
        expect(token.tokenType).toBe("Bearer")
        expect(token.refreshToken).toBeUndefined()
        expect(token.expiresAt).toBeUndefined()
      }
    }))

  test("fails with Invalid for a token of another type, which a header could not authenticate with", () =>
    Effect.gen(function* () {
      for (const type of ["DPoP", "mac", "None"]) {
        const { failure } = yield* requestTokenFrom([Scripted.json({ access_token: "token", token_type: type })])
        expect(yield* failure).toMatchObject({ reason: "Invalid" })
      }
    }))

  test("fails with Refused for an error response with status 200", () =>
    Effect.gen(function* () {
      const { failure, server } = yield* requestTokenFrom([Scripted.json({ error: "bad_verification_code" })])
      expect(yield* failure).toMatchObject({ reason: "Refused" })
      expect((yield* failure).message).toContain("bad_verification_code")
      expect(server.requests).toHaveLength(1)
    }))

  test("fails with Unavailable for HTML, and for other responses that are no token response, as it presents no grant", () =>
    Effect.gen(function* () {
      const html = (status: number) =>
        Scripted.respond({ status, headers: { "content-type": "text/html" }, body: "<h1>Hello</h1>" })
      for (const response of [
        html(200),
        html(404),
        Scripted.respond({ status: 204 }),
        Scripted.json([1]),
        Scripted.json("token"),
        Scripted.json({ access_token: {} }),
        Scripted.json({}),
        Scripted.json({ error: 5 }, { status: 400 }),
        Scripted.json({ error: "temporarily_unavailable" }, { status: 400 })
      ]) {
        const { failure, server } = yield* requestTokenFrom([response])
        expect(yield* failure).toMatchObject({ reason: "Unavailable" })
        expect((yield* failure).message).toContain(server.url.host)
        expect((yield* failure).message).not.toContain("Hello")
      }
    }))

  test("fails with Misconfigured for a 401 or 403 without a code, as it presents no grant, and is sent once for five calls", () =>
    Effect.gen(function* () {
      for (const status of [401, 403]) {
        for (const response of [Scripted.respond({ status }), Scripted.json({ message: "no" }, { status })]) {
          const server = yield* Scripted.make([response])
          const tokens = yield* OAuth.clientCredentials({ server: serverAt(server.url), client: clientOf(backend) })
          const failures = yield* Effect.replicateEffect(Effect.flip(tokens.token()), 5)
          expect(failures.map(({ reason }) => reason)).toEqual(Array(5).fill("Misconfigured"))
          expect(failures[0]?.message).toContain("change the options")
          expect(server.requests).toHaveLength(1)
        }
      }
    }))

  test("is retried while the server has a passing problem", () =>
    Effect.gen(function* () {
      const granted = Scripted.json({ access_token: "token", token_type: "Bearer" })
      for (const problem of [
        Scripted.respond({ status: 503, headers: { "retry-after": "1" } }),
        Scripted.respond({ status: 429, headers: { "retry-after": "1" } }),
        Scripted.respond({ status: 502 }),
        Scripted.reset
      ]) {
        const { exit, server } = yield* requestTokenFrom([problem, granted])
        expect(Redacted.value((yield* exit).accessToken)).toBe("token")
        expect(server.requests).toHaveLength(2)
      }
    }))

  test("fails with Unavailable where the server can't be reached", () =>
    Effect.gen(function* () {
      const url = yield* Scripted.closedPort
      const tokens = yield* OAuth.clientCredentials({ server: serverAt(url), client: clientOf(backend) })
      const exit = yield* Effect.exit(Effect.withClock(tokens.token(), fastClock().clock))
      const failure = yield* Effect.flip(exit)
      expect(failure).toMatchObject({ reason: "Unavailable" })
      expect(failure.message).toContain("ECONNREFUSED")
      expect(printed(exit)).not.toContain(secret)
    }))

  test("follows no redirect, so that credentials are not sent on", () =>
    Effect.gen(function* () {
      const target = yield* Scripted.make([Scripted.json({ access_token: "of another server", token_type: "Bearer" })])
      for (const status of [301, 302, 303, 307, 308]) {
        const { failure } = yield* requestTokenFrom([Scripted.redirect(new URL("/token", target.url), status)])
        expect(yield* failure).toMatchObject({ reason: "Misconfigured" })
        expect((yield* failure).message).toContain("redirect")
      }
      expect(target.requests.filter(({ body, headers }) => body !== "" || headers.authorization)).toEqual([])
    }))

  test("fails with Unavailable for a status that the `Response` constructor refuses, such as 0 in browsers", () =>
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
          const failure = yield* OAuth.clientCredentials({
            server: { tokenEndpoint: "https://auth.example/token" },
            client: clientOf(backend)
          }).pipe(
            Effect.flatMap((tokens) => tokens.token()),
            Effect.provide(layer),
            Effect.flip
          )
          expect(failure, `${status} ${body}`).toMatchObject({ _tag: "TokenFailure", reason: "Unavailable" })
          expect(failure.message).toMatch(status === 204 || status === 205 ? `with status ${status}` : "redirect")
          expect(requests).toHaveLength(1)
        }
      }
    }))

  test("removes secrets from the server's error description, makes it one line, and cuts it off", () =>
    Effect.gen(function* () {
      /** Parts of a request that a server, or a proxy before it, might repeat. */
      const repeatedParts: ReadonlyArray<(request: Scripted.Received) => string> = [
        () => secret,
        () => encodeURIComponent(secret),
        () => btoa(secret),
        ({ headers }) => headers.authorization ?? "",
        ({ headers }) => headers.authorization?.slice(6) ?? ""
      ]
      for (const partOf of repeatedParts) {
        const { exit, server } = yield* requestTokenFrom((request) =>
          Scripted.json({ error: "invalid_client", error_description: `bad ${partOf(request)} here` }, { status: 401 })
        )
        expect(printed(exit)).toContain("invalid_client")
        expect(server.requests.map(partOf)).not.toEqual([""])
        for (const request of server.requests) expect(printed(exit)).not.toContain(partOf(request))
      }
      const parameter = yield* requestTokenFrom(
        [Scripted.json({ error: "invalid_request", error_description: "what is another secret" }, { status: 400 })],
        { parameters: { password: Redacted.make("another secret") } }
      )
      expect(printed(parameter.exit)).not.toContain("another secret")
      const long = yield* requestTokenFrom([
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
})
