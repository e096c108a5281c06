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

  /** The outcome of a token request to a server that has these responses by path, and 404 elsewhere. */
  const discoverAt = (
    serverOf: (origin: string) => OAuth.Server,
    pages: (origin: string) => Readonly<Record<string, Scripted.Behaviour>>
  ) =>
    Effect.gen(function* () {
      const server: Scripted.Scripted = yield* Scripted.make(({ target }) => {
        if (target === "/token") return Scripted.json({ access_token: "token" })
        return pages(server.url.origin)[target] ?? Scripted.respond({ status: 404, body: "<h1>No</h1>" })
      })
      const tokens = yield* OAuth.clientCredentials({ server: serverOf(server.url.origin), client })
      const exit = yield* Effect.exit(Effect.withClock(tokens.token(), fastClock().clock))
      return { exit, origin: server.url.origin, targets: server.requests.map(({ target }) => target) }
    })

  const html = (status = 200) =>
    Scripted.respond({ status, headers: { "content-type": "text/html" }, body: "<h1>Hi</h1>" })
  const documentOf = (issuer: string, origin: string) => Scripted.json({ issuer, token_endpoint: `${origin}/token` })
  const [oidc, oauth2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]

  type Pages = (origin: string) => Readonly<Record<string, Scripted.Behaviour>>
  const documentAt =
    (path: string, issuer = "", more: Pages = () => ({})): Pages =>
    (origin) => ({ [path]: documentOf(`${origin}${issuer}`, origin), ...more(origin) })

  const found: ReadonlyArray<readonly [name: string, path: string, pages: Pages]> = [
    ["a redirect to a slash", "", documentAt(`${oidc}/`, "", () => ({ [oidc]: Scripted.redirect(`${oidc}/`, 301) }))],
    [
      "several redirects",
      "",
      documentAt("/three", "", () => ({
        [oidc]: Scripted.redirect("/one", 302),
        "/one": Scripted.redirect("two", 307),
        "/two": Scripted.redirect("/three", 308)
      }))
    ],
    ["HTML at the first", "", documentAt(oauth2, "", () => ({ [oidc]: html() }))],
    ["an empty body at the first", "", documentAt(oauth2, "", () => ({ [oidc]: Scripted.respond() }))],
    [
      "JSON without an issuer at the first",
      "",
      documentAt(oauth2, "", () => ({ [oidc]: Scripted.json({ ok: true }) }))
    ],
    [
      "another issuer at the first",
      "",
      documentAt(oauth2, "", (origin) => ({ [oidc]: documentOf("https://x.example", origin) }))
    ],
    [
      "a redirect to another origin at the first",
      "",
      documentAt(oauth2, "", () => ({ [oidc]: Scripted.redirect("https://x.example/") }))
    ],
    ...[400, 401, 403, 405, 500, 501, 502, 503].map(
      (status) => [`${status} at the first`, "", documentAt(oauth2, "", () => ({ [oidc]: html(status) }))] as const
    ),
    ...[Scripted.reset, Scripted.hangUp].map(
      (behaviour, index) =>
        [`no response at the first (${index})`, "", documentAt(oauth2, "", () => ({ [oidc]: behaviour }))] as const
    ),
    ["the URL of the document, with a query", `${oidc}?p=b2c_1`, documentAt(`${oidc}?p=b2c_1`)],
    ...["/realms/one", "/realms/one/"].flatMap((path) =>
      [
        `/realms/one${oidc}`,
        `${oauth2}/realms/one`,
        `${oidc}/realms/one`,
        `/realms/one${oauth2}`,
        `/realms/one${oidc}/`,
        `${oauth2}/realms/one/`
      ].flatMap((document) => [
        [`${path} at ${document}`, path, documentAt(document, "/realms/one")] as const,
        [`${path} at ${document} with a slash`, path, documentAt(document, "/realms/one/")] as const
      ])
    ),
    ["the URL of the document", oidc, documentAt(oidc)],
    ["the URL of the document, with a slash", `${oauth2}/`, documentAt(`${oauth2}/`, "/")],
    ["the URL of a document with a path", `/one${oidc}`, documentAt(`/one${oidc}`, "/one")],
    ["the URL of a document of RFC 8414", `${oauth2}/one`, documentAt(`${oauth2}/one`, "/one")]
  ]
  for (const [name, path, pages] of found) {
    test(`are found: ${name}`, () =>
      Effect.gen(function* () {
        const { exit } = yield* discoverAt((origin) => `${origin}${path}`, pages)
        expect(Redacted.value((yield* exit).accessToken)).toBe("token")
      }))
  }

  test("are requested again where the server was unavailable for a moment", () =>
    Effect.gen(function* () {
      let requests = 0
      const { exit } = yield* discoverAt(
        (origin) => origin,
        (origin) => {
          requests += 1
          return { [oidc]: requests > 5 ? documentOf(origin, origin) : html(503), [oauth2]: html(503) }
        }
      )
      expect((yield* exit).tokenType).toBe("Bearer")
    }))

  test("that are not found make a token request fail with everything that was tried", () =>
    Effect.gen(function* () {
      const { exit, targets } = yield* discoverAt(
        (origin) => `${origin}/one`,
        (origin) => ({
          [`/one${oidc}`]: html(),
          [`${oauth2}/one`]: html(501),
          [`${oidc}/one`]: Scripted.redirect("https://x.example"),
          [`/one${oauth2}`]: Scripted.redirect(`${origin}/one${oauth2}`)
        })
      )
      const failure = yield* Effect.flip(exit)
      expect(failure).toMatchObject({ reason: "Unavailable" })
      for (const part of [
        `/one${oidc}: no JSON object`,
        `${oauth2}/one: status 501`,
        `${oidc}/one: a redirect to another origin`,
        `/one${oauth2}: too many redirects`,
        `/one${oidc}/: status 404`,
        "metadataUrl"
      ]) {
        expect(failure.message).toContain(part)
      }
      expect(targets).not.toContain("/token")
    }))

  const template = "/{tenantid}/v2.0"
  const accepted: ReadonlyArray<readonly [name: string, path: string, issuer: string | undefined, named: string]> = [
    ["a template", "/common/v2.0/document", template, template],
    ["a template that it fills", "/common/v2.0/document", template, "/9188040d/v2.0"],
    ["an issuer at another URL", "/document", "/tenant", "/tenant"],
    ["an issuer without a path", "/document", "", ""],
    ["an issuer without its slash", "/document", "/tenant", "/tenant/"],
    ["an issuer with a slash", "/document", "/tenant/", "/tenant"],
    ["a template with a dash", "/document", "/{tenant-id}/v2.0", "/one/v2.0"],
    ["no issuer, for a well-known URL", `/tenant${oidc}`, undefined, "/tenant"]
  ]
  for (const [name, path, issuer, named] of accepted) {
    test(`are taken from a document with ${name}`, () =>
      Effect.gen(function* () {
        for (const asUrl of [false, true]) {
          const { exit, targets } = yield* discoverAt(
            (origin) => {
              const text = issuer === undefined ? undefined : `${origin}${issuer}`
              return {
                metadataUrl: `${origin}${path}`,
                issuer: asUrl && text !== undefined ? new URL(text) : text
              }
            },
            documentAt(path, named)
          )
          expect((yield* exit).tokenType).toBe("Bearer")
          expect(targets).toEqual([path, "/token"])
        }
      }))
  }

  test("are not taken from a document with another issuer than the configured one", () =>
    Effect.gen(function* () {
      for (const named of ["/a/b/v2.0", "//v2.0", "/tenant/v2.0/", "/tenant/v1.0", "", "/tenant?x/v2.0"]) {
        const { exit, targets } = yield* discoverAt(
          (origin) => ({ metadataUrl: `${origin}/document`, issuer: `${origin}${template}` }),
          documentAt("/document", named)
        )
        expect(yield* Effect.flip(exit), named).toMatchObject({ reason: "Unsafe" })
        expect(targets).toEqual(["/document"])
      }
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
        refreshToken: Redacted.make("the-first-refresh-token")
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
