import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OAuth from "effect-herald/oauth"
import { createPublicKey, createVerify, generateKeyPairSync, type KeyObject } from "node:crypto"
import type { JWKS } from "oidc-provider"
import { confidential, make } from "../../../servers/oidc/index.js"
import * as Scripted from "../../../servers/scripted.js"
import { clientOf, fastClock, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const granted = Scripted.json({ access_token: "token", token_type: "Bearer", refresh_token: "next" })

/** The metadata of a server at this URL. */
const metadata = (url: URL, more: object = {}) =>
  Scripted.json({ issuer: url.origin, token_endpoint: `${url.origin}/token`, ...more })

/** A server that publishes these metadata, and grants every token. */
const publishing = (more: object = {}) =>
  Scripted.make(({ headers, target }) =>
    target.startsWith("/.well-known/") ? metadata(new URL(`http://${headers.host}`), more) : granted
  )

const requestToken = (server: OAuth.Server, client: OAuth.Client) =>
  Effect.flatMap(OAuth.clientCredentials({ server, client }), (tokens) => tokens.token())

const basicOf = (header = "") => Buffer.from(header.replace(/^Basic /, ""), "base64").toString("utf8")

/** The claims and the header of a JWT. */
const parseJwt = (jwt: string | null = "") =>
  (jwt ?? "")
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>) as [
    header: Record<string, unknown>,
    claims: Record<string, unknown>
  ]

describe("HTTP Basic", () => {
  const texts = [
    "plain",
    "a-b_c.d*e",
    "~tilde~",
    "with:colon",
    "100%",
    "a+b",
    "two words",
    "s3cret:with/odd+characters & spaces%",
    "Grüße, 東京 🌍",
    "(!'quotes\")"
  ]

  test("has the client id and the secret in the encoding of forms, as WHATWG specifies it", () =>
    Effect.gen(function* () {
      for (const text of texts) {
        const server = yield* Scripted.make([granted])
        yield* requestToken(
          { tokenEndpoint: new URL("/token", server.url) },
          { clientId: text, clientSecret: Redacted.make(text) }
        )
        const [request] = server.requests
        const form = new URLSearchParams({ text }).toString().slice("text=".length)
        expect(basicOf(request?.headers.authorization)).toBe(`${form}:${form}`)
        expect(request?.body).toBe("grant_type=client_credentials")
      }
    }))

  test("is accepted by servers that decode it and by those that do not, with `-`, `_`, `.` and `*`", () =>
    Effect.gen(function* () {
      const id = "my_app-1.example"
      const secret = "a-b_c.d*e"
      for (const decode of [(text: string) => text, (text: string) => decodeURIComponent(text.replaceAll("+", " "))]) {
        const server = yield* Scripted.make(({ headers }) =>
          basicOf(headers.authorization).split(":").map(decode).join(":") === `${id}:${secret}`
            ? granted
            : Scripted.json({ error: "invalid_client" }, { status: 401 })
        )
        const tokenEndpoint = new URL("/token", server.url)
        yield* requestToken({ tokenEndpoint }, { clientId: id, clientSecret: Redacted.make(secret) })
      }
    }))

  test("has them as they are, in UTF-8, where that is asked for", () =>
    Effect.gen(function* () {
      for (const text of texts) {
        const server = yield* Scripted.make([granted])
        yield* requestToken(
          { tokenEndpoint: new URL("/token", server.url) },
          { clientId: "my~app", clientSecret: Redacted.make(text), authentication: "basic-unencoded" }
        )
        expect(basicOf(server.requests[0]?.headers.authorization)).toBe(`my~app:${text}`)
      }
    }))

  test("appears in no error of a server that repeats it, in any form", () =>
    Effect.gen(function* () {
      const secret = "p-q_r.s~t u+ä"
      const client = { clientId: "backend", clientSecret: Redacted.make(secret) }
      for (const authentication of ["basic", "basic-unencoded"] as const) {
        const forms: ReadonlyArray<(header: string) => string> = [
          () => secret,
          (header) => header.slice("Basic ".length),
          (header) => basicOf(header),
          (header) => basicOf(header).slice("backend:".length)
        ]
        for (const form of forms) {
          const server = yield* Scripted.make(({ headers }) =>
            Scripted.json(
              { error: "invalid_client", error_description: `no ${form(headers.authorization ?? "")} here` },
              { status: 401 }
            )
          )
          const tokenEndpoint = new URL("/token", server.url)
          const exit = yield* Effect.exit(requestToken({ tokenEndpoint }, { ...client, authentication }))
          expect(printed(exit)).toContain("invalid_client")
          expect(printed(exit)).not.toContain(form(server.requests[0]?.headers.authorization ?? ""))
        }
      }
    }))
})

describe("the method of client authentication", () => {
  const secret = Redacted.make("of the client, with at least 32 characters")

  const methodOf = ({ body, headers }: Scripted.Received) => {
    const form = new URLSearchParams(body)
    if (headers.authorization?.startsWith("Basic ") === true) return "basic"
    if (form.has("client_secret")) return "post"
    return form.has("client_assertion") ? "jwt" : "none"
  }

  const cases: ReadonlyArray<readonly [listed: unknown, method: string]> = [
    [undefined, "basic"],
    [[], "basic"],
    [["client_secret_basic", "client_secret_post"], "basic"],
    [["client_secret_post", "client_secret_basic"], "basic"],
    [["client_secret_post"], "post"],
    [["none", "client_secret_post", "client_secret_jwt"], "post"],
    [["client_secret_jwt", "private_key_jwt"], "jwt"],
    [["private_key_jwt", "tls_client_auth"], "basic"],
    ["client_secret_post", "post"],
    [null, "basic"]
  ]

  test("is the first that the server lists and the client can use: `basic`, `post`, `jwt`", () =>
    Effect.gen(function* () {
      for (const [listed, method] of cases) {
        const server = yield* publishing({ token_endpoint_auth_methods_supported: listed })
        yield* requestToken(server.url, { clientId: "backend", clientSecret: secret })
        expect(methodOf(server.requests.at(-1)!), JSON.stringify(listed)).toBe(method)
      }
    }))

  test("is the configured one, whatever the server lists", () =>
    Effect.gen(function* () {
      const server = yield* publishing({ token_endpoint_auth_methods_supported: ["client_secret_basic"] })
      for (const authentication of ["basic", "post", "jwt"] as const) {
        yield* requestToken(server.url, { clientId: "backend", clientSecret: secret, authentication })
        expect(methodOf(server.requests.at(-1)!)).toBe(authentication)
      }
    }))

  test("is `none` for a client without a secret or a key", () =>
    Effect.gen(function* () {
      const server = yield* publishing({ token_endpoint_auth_methods_supported: ["client_secret_basic"] })
      const tokens = yield* OAuth.refreshToken({
        server: server.url,
        client: { clientId: "cli" },
        refreshToken: Redacted.make("the-first-refresh-token")
      })
      yield* tokens.token()
      expect(methodOf(server.requests.at(-1)!)).toBe("none")
      expect(new URLSearchParams(server.requests.at(-1)?.body).get("client_id")).toBe("cli")
    }))

  test("of a revocation is the one that the server lists for it", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ headers, target }) =>
        target.startsWith("/.well-known/")
          ? metadata(new URL(`http://${headers.host}`), {
              token_endpoint_auth_methods_supported: ["client_secret_basic"],
              revocation_endpoint: `http://${headers.host}/revoke`,
              revocation_endpoint_auth_methods_supported: ["client_secret_post"]
            })
          : granted
      )
      const tokens = yield* OAuth.clientCredentials({
        server: server.url,
        client: { clientId: "backend", clientSecret: secret }
      })
      yield* tokens.token()
      yield* tokens.revoke
      expect(server.requests.slice(1).map(methodOf)).toEqual(["basic", "post"])
    }))
})

const pemOf = (key: KeyObject, type: "pkcs1" | "pkcs8" = "pkcs8") => String(key.export({ format: "pem", type }))

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve })
const p256 = ec("P-256")
const ed25519 = generateKeyPairSync("ed25519")

const jwkOf = (key: KeyObject, more: object = {}): JsonWebKey => ({
  ...(key.export({ format: "jwk" }) as JsonWebKey),
  ...more
})

describe("client authentication with a private key", () => {
  /** An authorization server that knows these public keys of the client `backend`. */
  const serverFor = (publicKey: KeyObject, algorithm: string, kid?: string) =>
    make({
      clients: [
        {
          client_id: "backend",
          token_endpoint_auth_method: "private_key_jwt",
          token_endpoint_auth_signing_alg: algorithm as "ES256",
          grant_types: ["client_credentials"],
          redirect_uris: [],
          response_types: [],
          jwks: { keys: [{ ...jwkOf(publicKey), use: "sig", ...(kid && { kid }) }] as JWKS["keys"] }
        }
      ],
      configuration: {
        clientAuthMethods: ["private_key_jwt"],
        enabledJWA: { clientAuthSigningAlgValues: ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256"] }
      }
    })

  const importedKey = () =>
    crypto.subtle.importKey("jwk", jwkOf(p256.privateKey), { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"])

  const p384 = ec("P-384")
  const p521 = ec("P-521")
  const lines = pemOf(p256.privateKey)

  const cases: ReadonlyArray<
    readonly [
      name: string,
      publicKey: KeyObject,
      algorithm: string,
      key: () => OAuth.KeyOptions | Promise<OAuth.KeyOptions>
    ]
  > = [
    ["PEM of RSA", rsa.publicKey, "RS256", () => ({ privateKey: Redacted.make(pemOf(rsa.privateKey)) })],
    [
      "PEM of RSA in PKCS#1",
      rsa.publicKey,
      "RS256",
      () => ({ privateKey: Redacted.make(pemOf(rsa.privateKey, "pkcs1")) })
    ],
    [
      "PEM of RSA, PSS",
      rsa.publicKey,
      "PS256",
      () => ({ privateKey: Redacted.make(pemOf(rsa.privateKey)), algorithm: "PS256" })
    ],
    ["PEM of P-256", p256.publicKey, "ES256", () => ({ privateKey: Redacted.make(lines) })],
    ["PEM in one line", p256.publicKey, "ES256", () => ({ privateKey: Redacted.make(lines.replaceAll("\n", "\\n")) })],
    [
      "PEM in CRLF",
      p256.publicKey,
      "ES256",
      () => ({ privateKey: Redacted.make(`\r\n${lines.replaceAll("\n", "\r\n")}`) })
    ],
    ["PEM of P-384", p384.publicKey, "ES384", () => ({ privateKey: Redacted.make(pemOf(p384.privateKey)) })],
    ["PEM of P-521", p521.publicKey, "ES512", () => ({ privateKey: Redacted.make(pemOf(p521.privateKey)) })],
    ["PEM of Ed25519", ed25519.publicKey, "EdDSA", () => ({ privateKey: Redacted.make(pemOf(ed25519.privateKey)) })],
    ["JWK", p256.publicKey, "ES256", () => ({ privateKey: Redacted.make(jwkOf(p256.privateKey)) })],
    [
      "JWK with members that Web Crypto does not take",
      rsa.publicKey,
      "PS256",
      () => ({
        privateKey: Redacted.make(jwkOf(rsa.privateKey, { alg: "PS256", use: "sig", key_ops: ["sign", "verify"] }))
      })
    ],
    [
      "JWK as text",
      p256.publicKey,
      "ES256",
      () => ({ privateKey: Redacted.make(JSON.stringify(jwkOf(p256.privateKey))) })
    ],
    ["CryptoKey", p256.publicKey, "ES256", async () => ({ privateKey: Redacted.make(await importedKey()) })]
  ]

  test("is accepted, with a key in any form, by the default algorithm of its kind", () =>
    Effect.gen(function* () {
      for (const [name, publicKey, algorithm, keyOf] of cases) {
        const oidc = yield* serverFor(publicKey, algorithm)
        const key = yield* Effect.promise(async () => keyOf())
        yield* requestToken(oidc.issuer, { clientId: "backend", ...key })
        expect(oidc.tokenRequests, name).toMatchObject([{ status: 200, authorization: undefined }])
        expect(parseJwt(String(oidc.tokenRequests[0]?.form["client_assertion"]))[0], name).toMatchObject({
          alg: algorithm
        })
      }
    }))

  test("names the key by its id, which is that of a JWK by default", () =>
    Effect.gen(function* () {
      const oidc = yield* serverFor(p256.publicKey, "ES256", "current")
      const named = Redacted.make(jwkOf(p256.privateKey, { kid: "current" }))
      for (const key of [
        { privateKey: named },
        { privateKey: Redacted.make(lines), keyId: "current" },
        { privateKey: Redacted.make(jwkOf(p256.privateKey, { kid: "old" })), keyId: "current" }
      ]) {
        yield* requestToken(oidc.issuer, { clientId: "backend", ...key })
        expect(parseJwt(String(oidc.tokenRequests.at(-1)?.form["client_assertion"]))[0]["kid"]).toBe("current")
      }
    }))

  test("sends another assertion with every attempt, since a server accepts each once", () =>
    Effect.gen(function* () {
      const oidc = yield* serverFor(p256.publicKey, "ES256")
      let requests = 0
      oidc.intercept = ({ url }, response) => {
        if (url !== "/token") return false
        requests += 1
        if (requests > 1) return false
        // The server has handled the request, and a proxy before it lost the response.
        const end = response.end.bind(response)
        response.end = () => {
          response.removeHeader("content-length")
          response.statusCode = 502
          return end()
        }
        return false
      }
      yield* Effect.withClock(
        requestToken(oidc.issuer, { clientId: "backend", privateKey: Redacted.make(lines) }),
        fastClock().clock
      )
      const ids = oidc.tokenRequests.map(({ form }) => parseJwt(String(form["client_assertion"]))[1]["jti"])
      expect(ids).toHaveLength(2)
      expect(new Set(ids).size).toBe(2)
    }))

  test("has the issuer as its audience, or the token endpoint without one, or the configured one", () =>
    Effect.gen(function* () {
      const discovered = yield* publishing()
      const tokenEndpoint = new URL("/token", discovered.url).href
      const key = { clientId: "backend", privateKey: Redacted.make(lines) }
      const servers: ReadonlyArray<readonly [server: OAuth.Server, client: OAuth.Client, audience: string]> = [
        [discovered.url, key, discovered.url.origin],
        [{ tokenEndpoint }, key, tokenEndpoint],
        [{ tokenEndpoint, issuer: "https://auth.example" }, key, "https://auth.example"],
        [discovered.url, { ...key, assertionAudience: tokenEndpoint }, tokenEndpoint],
        [
          { tokenEndpoint },
          { clientId: "backend", clientSecret: Redacted.make("secret"), authentication: "jwt" },
          tokenEndpoint
        ]
      ]
      for (const [server, client, audience] of servers) {
        yield* requestToken(server, client)
        const form = new URLSearchParams(discovered.requests.at(-1)?.body)
        const [, claims] = parseJwt(form.get("client_assertion"))
        expect(claims).toMatchObject({ aud: audience, iss: "backend", sub: "backend" })
        expect(form.get("client_assertion_type")).toBe("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
      }
    }))

  test("is valid for servers whose clock is off by the tolerance, in either direction", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([granted])
      const options = {
        server: { tokenEndpoint: new URL("/token", server.url) },
        client: { clientId: "backend", privateKey: Redacted.make(lines) }
      }
      for (const [clockTolerance, tolerance] of [
        [undefined, 120],
        ["10 seconds", 10],
        [0, 0]
      ] as const) {
        yield* Effect.flatMap(OAuth.clientCredentials({ ...options, clockTolerance }), (tokens) => tokens.token())
        const [, claims] = parseJwt(new URLSearchParams(server.requests.at(-1)?.body).get("client_assertion"))
        const now = Math.floor(Date.now() / 1000)
        expect(claims).not.toHaveProperty("nbf")
        expect(Math.abs(now - tolerance - Number(claims["iat"]))).toBeLessThan(30)
        expect(Number(claims["exp"]) - Number(claims["iat"])).toBe(60 + 2 * tolerance)
      }
    }))

  test("has a signature by the key", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([granted])
      yield* requestToken(
        { tokenEndpoint: new URL("/token", server.url) },
        { clientId: "backend", privateKey: Redacted.make(pemOf(rsa.privateKey)) }
      )
      const jwt = new URLSearchParams(server.requests[0]?.body).get("client_assertion") ?? ""
      const [header = "", claims = "", signature = ""] = jwt.split(".")
      const verify = createVerify("sha256").update(`${header}.${claims}`)
      expect(verify.verify(createPublicKey(pemOf(rsa.privateKey)), signature, "base64url")).toBe(true)
    }))

  test("appears in no error of a server that repeats the assertion", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ body }) =>
        Scripted.json(
          { error: "invalid_client", error_description: new URLSearchParams(body).get("client_assertion") },
          { status: 401 }
        )
      )
      const exit = yield* Effect.exit(
        requestToken(
          { tokenEndpoint: new URL("/token", server.url) },
          { clientId: "backend", privateKey: Redacted.make(lines) }
        )
      )
      expect(printed(exit)).toContain("invalid_client")
      expect(printed(exit)).not.toContain(new URLSearchParams(server.requests[0]?.body).get("client_assertion"))
    }))
})

describe("client authentication with an assertion that the secret signs", () => {
  test("is accepted, and does not send the secret", () =>
    Effect.gen(function* () {
      const backend = confidential({ token_endpoint_auth_method: "client_secret_jwt" })
      const oidc = yield* make({
        clients: [backend],
        configuration: { clientAuthMethods: ["client_secret_jwt"] }
      })
      yield* requestToken(oidc.issuer, clientOf(backend))
      yield* requestToken(oidc.issuer, clientOf(backend, "jwt"))
      expect(oidc.tokenRequests.map(({ status }) => status)).toEqual([200, 200])
      expect(JSON.stringify(oidc.tokenRequests)).not.toContain(JSON.stringify(backend.client_secret).slice(1, -1))
    }))
})
