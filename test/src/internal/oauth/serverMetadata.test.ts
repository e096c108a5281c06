import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { TokenStore } from "effect-herald"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { confidential, make } from "../../../servers/oidc/index.js"
import * as Scripted from "../../../servers/scripted.js"
import { clientOf, fastClock } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const backend = confidential()
const client: OAuth.Client = { clientId: "backend", clientSecret: Redacted.make("do not show this") }

describe("the metadata of a server", () => {
  test("are discovered by its issuer once, for any number of grants", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const discoveries: Array<string> = []
      oidc.intercept = ({ url = "" }) => {
        if (url.startsWith("/.well-known/")) discoveries.push(url)
        return false
      }
      const tokens = yield* OAuth.clientCredentials({ server: oidc.issuer, client: clientOf(backend) })
      yield* tokens.token()
      yield* Effect.replicateEffect(tokens.token({ forceNew: true }), 3)
      expect(discoveries).toEqual(["/.well-known/openid-configuration"])
      expect(oidc.tokenRequests).toHaveLength(4)
    }))

  test("are requested again after a failed discovery", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      let failing = true
      oidc.intercept = (_, response) => {
        if (failing) response.writeHead(500).end()
        return failing
      }
      const tokens = yield* OAuth.clientCredentials({ server: oidc.issuer, client: clientOf(backend) })
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Unavailable" })
      failing = false
      expect((yield* tokens.token()).tokenType).toBe("Bearer")
    }))

  /** A server with these metadata, where OpenID Connect Discovery or RFC 8414 has them. */
  const serverWith = (metadata: (url: URL) => object, standard: "oidc" | "oauth2" = "oidc") =>
    Effect.gen(function* () {
      const path = standard === "oidc" ? "openid-configuration" : "oauth-authorization-server"
      const server: Scripted.Scripted = yield* Scripted.make(({ target }) => {
        if (target.includes(path)) return Scripted.json(metadata(server.url))
        return target === "/token" ? Scripted.json({ access_token: "token" }) : Scripted.respond({ status: 404 })
      })
      return server
    })

  test("are discovered by RFC 8414 where the server does not support OpenID Connect", () =>
    Effect.gen(function* () {
      const server = yield* serverWith(
        (url) => ({ issuer: `${url.origin}/one`, token_endpoint: `${url.origin}/token` }),
        "oauth2"
      )
      const tokens = yield* OAuth.clientCredentials({ server: new URL("/one", server.url), client })
      yield* tokens.token()
      expect(server.requests.map(({ target }) => target)).toEqual([
        "/one/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/one",
        "/token"
      ])
    }))

  test("that are not published make a token request fail with Unavailable, and a hint", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ status: 404 })])
      const tokens = yield* OAuth.clientCredentials({ server: server.url, client })
      const failure = yield* Effect.flip(tokens.token())
      expect(failure).toMatchObject({ reason: "Unavailable" })
      expect(failure.message).toContain("configure its endpoints")
    }))

  test("with another issuer are not trusted, and no secret is sent", () =>
    Effect.gen(function* () {
      const server = yield* serverWith((url) => ({
        issuer: "https://auth.example",
        token_endpoint: `${url.origin}/token`
      }))
      const tokens = yield* OAuth.clientCredentials({ server: server.url, client })
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Unsafe" })
      expect(server.requests.some(({ target }) => target === "/token")).toBe(false)
    }))

  test("with an endpoint over plain http are not trusted", () =>
    Effect.gen(function* () {
      const server = yield* serverWith((url) => ({
        issuer: url.origin,
        token_endpoint: "http://auth.example/token"
      }))
      const tokens = yield* OAuth.clientCredentials({ server: server.url.origin, client })
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Unsafe" })
    }))

  test("without the endpoint of a grant make it fail with Misconfigured", () =>
    Effect.gen(function* () {
      const server = yield* serverWith((url) => ({ issuer: url.origin, token_endpoint: `${url.origin}/token` }))
      const device = yield* OAuth.deviceCode({ server: server.url.origin, client, show: () => Effect.void })
      expect(yield* Effect.flip(device.token())).toMatchObject({ reason: "Misconfigured" })
      const code = yield* OAuth.authorizationCode({ server: server.url.origin, client, receiver: Loopback.receiver() })
      expect(yield* Effect.flip(code.token())).toMatchObject({ reason: "Misconfigured" })
    }))
})

describe("a server", () => {
  test("with several tenants on one host issues tokens for each of them", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ target }) => Scripted.json({ access_token: target }))
      const accessTokens = yield* Effect.forEach(["/one", "/two"], (path) =>
        Effect.flatMap(
          OAuth.clientCredentials({ server: { tokenEndpoint: new URL(path, server.url) }, client }),
          (tokens) => Effect.map(tokens.token(), ({ accessToken }) => Redacted.value(accessToken))
        )
      ).pipe(Effect.provide(TokenStore.layerMemory))
      expect(accessTokens).toEqual(["/one", "/two"])
    }))

  test("that never responds makes a token request fail at its time limit", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.silence])
      const time = fastClock({ shortLimits: true })
      const tokens = yield* OAuth.refreshToken({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client,
        refreshToken: Redacted.make("refresh")
      })
      const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
      expect(failure).toMatchObject({ reason: "Unavailable" })
    }))

  test("that stops responding makes a refresh, which can't be interrupted, fail at its time limit", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ access_token: "token", expires_in: 3600, refresh_token: "refresh" }),
        Scripted.silence
      ])
      const time = fastClock({ shortLimits: true })
      const tokens = yield* OAuth.clientCredentials({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client
      })
      // Without the fast clock, since this request succeeds.
      yield* tokens.token()
      time.advance("2 hours")
      const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
      expect(failure).toMatchObject({ reason: "Unavailable" })
      expect(failure.message).toContain("refresh: ")
    }))
})
