import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Token, TokenStore } from "effect-herald"
import * as OAuth from "effect-herald/oauth"
import { Loopback } from "effect-herald/node"
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { inspect } from "node:util"
import { device, make, publicClient } from "../../../servers/oidc/index.js"
import { browse } from "../../../servers/oidc/browser.js"
import * as Scripted from "../../../servers/scripted.js"
import { clientOf, fastClock, makeBrowser, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const cli = publicClient()
const scope = ["openid", "offline_access", "read"]

const signInAt = (issuer: string, server: OAuth.Server = issuer) =>
  OAuth.authorizationCode({
    server,
    client: clientOf(cli),
    scope,
    authorizationParameters: { prompt: "consent" },
    timeout: "1 day",
    receiver: Loopback.receiver({ open: makeBrowser().open })
  })

describe("the claims of a sign-in", () => {
  test("are those of the ID token, at once and after a refresh", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const time = fastClock()
      const tokens = yield* signInAt(oidc.issuer)
      yield* Effect.gen(function* () {
        const claims = yield* tokens.claims
        expect(claims).toMatchObject({ iss: oidc.issuer, sub: "bob", aud: "cli" })
        time.advance("2 hours")
        expect(yield* tokens.claims).toMatchObject({ iss: oidc.issuer, sub: "bob", aud: "cli" })
        expect(oidc.tokenRequests.map(({ form }) => form["grant_type"])).toEqual([
          "authorization_code",
          "refresh_token"
        ])
        expect(yield* tokens.userInfo).toEqual({ sub: "bob" })
      }).pipe(Effect.withClock(time.clock))
    }))

  test("are those of the ID token where the endpoints are named by hand, with the algorithm of the server", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const { issuer } = oidc
      const endpoints = { issuer, authorizationEndpoint: `${issuer}/auth`, tokenEndpoint: `${issuer}/token` }
      const complete = { ...endpoints, jwksUri: `${issuer}/jwks`, userInfoEndpoint: `${issuer}/me` }
      const tokens = yield* signInAt(issuer, complete)
      expect(yield* tokens.claims).toMatchObject({ iss: issuer, sub: "bob" })
      expect(yield* tokens.userInfo).toEqual({ sub: "bob" })
      const incomplete = yield* signInAt(issuer, endpoints)
      expect(yield* Effect.flip(incomplete.claims)).toMatchObject({
        reason: "Misconfigured",
        message: expect.stringContaining("`jwksUri`")
      })
      expect(yield* Effect.flip(incomplete.userInfo)).toMatchObject({
        reason: "Misconfigured",
        message: expect.stringContaining("`userInfoEndpoint`")
      })
    }))

  test("are those of the ID token of a sign-in on another device", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [device()] })
      const tokens = yield* OAuth.deviceCode({
        server: oidc.issuer,
        client: clientOf(device()),
        scope,
        show: ({ verificationUriComplete }) => Effect.orDie(browse(new URL(verificationUriComplete ?? "")))
      })
      const { claims } = tokens
      expect(yield* Effect.withClock(claims, fastClock().clock)).toMatchObject({ iss: oidc.issuer, sub: "bob" })
    }))

  test("are requested with the current token, which a 401 refreshes", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [cli] })
      const tokens = yield* signInAt(oidc.issuer)
      yield* tokens.token()
      yield* oidc.revoke()
      expect(yield* tokens.userInfo).toEqual({ sub: "bob" })
      expect(oidc.tokenRequests.map(({ form }) => form["grant_type"])).toEqual(["authorization_code", "refresh_token"])
    }))
})

/** Encodes a value, or the JSON of one. */
const base64 = (value: object | string) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")

const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" })
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const ed25519 = generateKeyPairSync("ed25519")

const secret = "of the client, with at least 32 characters"

const now = () => Math.floor(Date.now() / 1000)

/** Signs an ID token. */
const idTokenOf = (
  header: { readonly alg: string; readonly kid?: string },
  claims: object | string,
  key?: KeyObject
): string => {
  const input = `${base64(header)}.${base64(claims)}`
  const { alg } = header
  const signature =
    key === undefined
      ? alg.startsWith("HS")
        ? createHmac(`sha${alg.slice(2)}`, secret)
            .update(input)
            .digest()
        : Buffer.from("none")
      : alg === "EdDSA" || alg === "Ed25519"
        ? sign(null, Buffer.from(input), key)
        : sign(`sha${alg.slice(2)}`, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" })
  return `${input}.${signature.toString("base64url")}`
}

const issuer = "https://auth.example"

const claimsOf = (more: object = {}) => ({
  iss: issuer,
  aud: "backend",
  sub: "bob",
  iat: now(),
  exp: now() + 600,
  name: "Bob",
  ...more
})

const jwks = {
  keys: [
    { ...p256.publicKey.export({ format: "jwk" }), kid: "p256" },
    { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa", alg: "RS256" },
    { ...ed25519.publicKey.export({ format: "jwk" }), kid: "ed25519" }
  ]
}

interface Given {
  readonly idToken?: unknown
  readonly fields?: object
  readonly keys?: Scripted.Behaviour
  readonly userInfo?: Scripted.Behaviour
  readonly options?: Partial<OAuth.RefreshTokenOptions>
}

/** Tokens of a server with these responses. */
const tokensOf = ({ fields = {}, idToken, keys = Scripted.json(jwks), options = {}, userInfo }: Given) =>
  Effect.gen(function* () {
    const server = yield* Scripted.make(({ target }) => {
      if (target === "/jwks") return keys
      if (target === "/me") return userInfo ?? Scripted.json({ sub: "bob", name: "Bob" })
      return Scripted.json({
        access_token: "s3cret-access",
        refresh_token: "s3cret-refresh",
        token_type: "Bearer",
        id_token: idToken,
        ...fields
      })
    })
    const tokens = yield* OAuth.refreshToken({
      server: {
        issuer,
        tokenEndpoint: new URL("/token", server.url),
        jwksUri: new URL("/jwks", server.url),
        userInfoEndpoint: new URL("/me", server.url)
      },
      client: { clientId: "backend", clientSecret: Redacted.make(secret) },
      refreshToken: Redacted.make("the-first-refresh-token"),
      ...options
    })
    return { tokens, server }
  })

describe("an ID token", () => {
  const algorithms: ReadonlyArray<
    readonly [header: { alg: string; kid?: string }, key: KeyObject | undefined, options?: Given["options"]]
  > = [
    [{ alg: "ES256" }, p256.privateKey],
    [{ alg: "ES256", kid: "p256" }, p256.privateKey],
    [{ alg: "RS256", kid: "rsa" }, rsa.privateKey],
    [{ alg: "EdDSA" }, ed25519.privateKey],
    [{ alg: "Ed25519" }, ed25519.privateKey],
    [{ alg: "ES256" }, p256.privateKey, { idTokenAlgorithms: ["ES256"] }],
    [{ alg: "HS256" }, undefined, { idTokenAlgorithms: ["HS256"] }],
    [{ alg: "HS512" }, undefined, { idTokenAlgorithms: ["RS256", "HS512"] }]
  ]

  test("is verified with the server's keys, by any algorithm, or with the secret where that is permitted", () =>
    Effect.gen(function* () {
      for (const [header, key, options = {}] of algorithms) {
        const { server, tokens } = yield* tokensOf({ idToken: idTokenOf(header, claimsOf(), key), options })
        expect(yield* tokens.claims, header.alg).toMatchObject({ sub: "bob", name: "Bob" })
        yield* tokens.claims
        // It is verified once.
        expect(server.requests.filter(({ target }) => target === "/jwks")).toHaveLength(key === undefined ? 0 : 1)
      }
    }))

  test("is accepted with clocks that differ, and after it has expired, since it was received before", () =>
    Effect.gen(function* () {
      for (const more of [
        { iat: now() + 60, exp: now() + 660, nbf: now() + 60 },
        { iat: now() - 660, exp: now() - 60 },
        { iat: now() - 1_000_000, exp: now() - 900_000 }
      ]) {
        const { tokens } = yield* tokensOf({ idToken: idTokenOf({ alg: "ES256" }, claimsOf(more), p256.privateKey) })
        expect((yield* tokens.claims).sub).toBe("bob")
      }
    }))

  const tampered = (jwt: string) => {
    const [header, , signature] = jwt.split(".")
    return `${header}.${base64(claimsOf({ sub: "eve" }))}.${signature}`
  }

  const invalid: ReadonlyArray<readonly [name: string, idToken: () => unknown, options?: Given["options"]]> = [
    ["other claims than signed", () => tampered(idTokenOf({ alg: "ES256" }, claimsOf(), p256.privateKey))],
    [
      "another key",
      () => idTokenOf({ alg: "ES256" }, claimsOf(), generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)
    ],
    ["an unknown key", () => idTokenOf({ alg: "ES256", kid: "other" }, claimsOf(), p256.privateKey)],
    ["no signature", () => idTokenOf({ alg: "none" }, claimsOf())],
    ["the secret where only keys are permitted", () => idTokenOf({ alg: "HS256" }, claimsOf())],
    [
      "another algorithm than permitted",
      () => idTokenOf({ alg: "ES256" }, claimsOf(), p256.privateKey),
      { idTokenAlgorithms: ["RS256"] }
    ],
    ["another secret", () => tampered(idTokenOf({ alg: "HS256" }, claimsOf())), { idTokenAlgorithms: ["HS256"] }],
    ["another issuer", () => idTokenOf({ alg: "ES256" }, claimsOf({ iss: "https://evil.example" }), p256.privateKey)],
    ["another audience", () => idTokenOf({ alg: "ES256" }, claimsOf({ aud: "other" }), p256.privateKey)],
    ["no subject", () => idTokenOf({ alg: "ES256" }, claimsOf({ sub: undefined }), p256.privateKey)],
    ["no JWT", () => "s3cret-id"]
  ]

  test("that is not valid makes `claims` fail with Unsafe, and nothing else", () =>
    Effect.gen(function* () {
      for (const [name, idToken, options = {}] of invalid) {
        const text = idToken()
        const { tokens } = yield* tokensOf({ idToken: text, options })
        expect(Redacted.value((yield* tokens.token()).accessToken)).toBe("s3cret-access")
        const exit = yield* Effect.exit(tokens.claims)
        expect(yield* Effect.flip(exit), name).toMatchObject({ reason: "Unsafe" })
        expect(printed(exit)).not.toContain(text)
      }
    }))

  test("that is missing makes `claims` fail with Invalid, which names the scope", () =>
    Effect.gen(function* () {
      for (const idToken of [undefined, null, "", 5]) {
        const { tokens } = yield* tokensOf({ idToken })
        const failure = yield* Effect.flip(tokens.claims)
        expect(failure).toMatchObject({ reason: "Invalid", message: expect.stringContaining("`openid`") })
      }
    }))

  test("can't be verified without the server's keys", () =>
    Effect.gen(function* () {
      for (const [keys, reason] of [
        [Scripted.respond({ status: 404 }), "Misconfigured"],
        [Scripted.json({}), "Unavailable"],
        [Scripted.json([]), "Unavailable"],
        [Scripted.json({ keys: ["text"] }), "Unavailable"],
        [Scripted.respond({ body: "<h1>Hello</h1>" }), "Unavailable"]
      ] as const) {
        const { tokens } = yield* tokensOf({ idToken: idTokenOf({ alg: "ES256" }, claimsOf(), p256.privateKey), keys })
        expect(yield* Effect.flip(tokens.claims)).toMatchObject({ reason })
      }
    }))

  test("of an earlier response is used where a refresh has none", () =>
    Effect.gen(function* () {
      let idToken: string | undefined = idTokenOf({ alg: "ES256" }, claimsOf(), p256.privateKey)
      const server = yield* Scripted.make(({ target }) =>
        target === "/jwks"
          ? Scripted.json(jwks)
          : Scripted.json({ access_token: "token", refresh_token: "next", expires_in: 60, id_token: idToken })
      )
      const tokens = yield* OAuth.refreshToken({
        server: { issuer, tokenEndpoint: new URL("/token", server.url), jwksUri: new URL("/jwks", server.url) },
        client: { clientId: "backend" },
        refreshToken: Redacted.make("the-first-refresh-token")
      })
      const time = fastClock()
      yield* Effect.gen(function* () {
        yield* tokens.claims
        idToken = undefined
        time.advance("2 hours")
        expect((yield* tokens.claims).sub).toBe("bob")
        expect(server.requests.filter(({ target }) => target === "/token")).toHaveLength(2)
        // A new grant may be that of another user.
        yield* tokens.token({ forceNew: true })
        expect(yield* Effect.flip(tokens.claims)).toMatchObject({ reason: "Invalid" })
      }).pipe(Effect.withClock(time.clock))
    }))
})

describe("UserInfo", () => {
  test("of another user than the ID token's fails with Unsafe", () =>
    Effect.gen(function* () {
      const idToken = idTokenOf({ alg: "ES256" }, claimsOf(), p256.privateKey)
      const { tokens } = yield* tokensOf({ idToken, userInfo: Scripted.json({ sub: "eve" }) })
      expect(yield* Effect.flip(tokens.userInfo)).toMatchObject({ reason: "Unsafe" })
    }))

  test("is returned without an ID token, too", () =>
    Effect.gen(function* () {
      const { server, tokens } = yield* tokensOf({})
      expect(yield* tokens.userInfo).toEqual({ sub: "bob", name: "Bob" })
      expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer s3cret-access")
    }))

  test("that the server refuses, or that is not valid, fails without secrets", () =>
    Effect.gen(function* () {
      for (const [userInfo, reason] of [
        [Scripted.respond({ status: 401 }), expect.any(String)],
        [Scripted.json({ error: "insufficient_scope s3cret-access" }, { status: 403 }), "Misconfigured"],
        [Scripted.respond({ status: 404 }), "Misconfigured"],
        ...[408, 425, 429, 500, 503].map((status) => [Scripted.respond({ status }), "Unavailable"] as const),
        [Scripted.json({ name: "Bob" }), "Unavailable"],
        [Scripted.respond({ body: "s3cret-access" }), "Unavailable"]
      ] as const) {
        const { tokens } = yield* tokensOf({ userInfo })
        const exit = yield* Effect.exit(Effect.withClock(tokens.userInfo, fastClock().clock))
        expect(yield* Effect.flip(exit)).toMatchObject({ _tag: "TokenFailure", reason })
        expect(printed(exit)).not.toContain("s3cret")
      }
    }))
})

describe("other fields of a token response", () => {
  const fields = { team: { id: "T1", name: "Team" }, instance_url: "https://my.example", bot: "s3cret-bot" }

  const fieldsOf = ({ fields }: Token.Token) => fields && Redacted.value(fields)

  test("are part of the token, print no secret, and are undefined where there are none", () =>
    Effect.gen(function* () {
      const { tokens } = yield* tokensOf({ fields, idToken: "s3cret-id" })
      const token = yield* tokens.token()
      expect(fieldsOf(token)).toEqual(fields)
      expect(token.idToken && Redacted.value(token.idToken)).toBe("s3cret-id")
      expect(`${inspect(token, { depth: 10, showHidden: true })} ${JSON.stringify(token)}`).not.toContain("s3cret")
      const without = yield* tokensOf({})
      expect(yield* without.tokens.token()).toMatchObject({ fields: undefined, idToken: undefined })
    }))

  test("are kept by a store, with the ID token", () =>
    Effect.gen(function* () {
      const store = yield* TokenStore.makeMemory
      const read = Effect.gen(function* () {
        const { server, tokens } = yield* tokensOf({
          fields,
          idToken: "s3cret-id",
          options: { name: "the token", server: { tokenEndpoint: "http://127.0.0.1:1/token" } }
        }).pipe(Effect.provideService(TokenStore.TokenStore, store))
        return { requests: server.requests.length, token: yield* tokens.token() }
      })
      const written = yield* Effect.flatMap(
        tokensOf({ fields, idToken: "s3cret-id", options: { name: "the token" } }),
        ({ tokens }) => tokens.token()
      ).pipe(Effect.provideService(TokenStore.TokenStore, store))
      const { requests, token } = yield* read
      expect(requests).toBe(0)
      expect(fieldsOf(token)).toEqual(fields)
      expect(token.idToken && Redacted.value(token.idToken)).toBe("s3cret-id")
      expect(token.grantId).toBe(written.grantId)
    }))

  test("are kept by a refresh that returns none of them, and replaced by those that it returns", () =>
    Effect.gen(function* () {
      const responses = [fields, {}, { instance_url: "https://other.example" }]
      const server = yield* Scripted.make(
        responses.map((more) =>
          Scripted.json({ access_token: "token", refresh_token: "next", expires_in: 3600, ...more })
        )
      )
      const tokens = yield* OAuth.refreshToken({
        server: { tokenEndpoint: new URL("/token", server.url) },
        client: { clientId: "cli" },
        refreshToken: Redacted.make("the-first-refresh-token")
      })
      const time = fastClock()
      yield* Effect.gen(function* () {
        for (const expected of [fields, fields, { ...fields, instance_url: "https://other.example" }]) {
          expect(fieldsOf(yield* tokens.token())).toEqual(expected)
          time.advance("2 hours")
        }
      }).pipe(Effect.withClock(time.clock))
    }))
})

test("integers beyond 2^53 are exact in fields, in a store, in claims and in UserInfo", () =>
  Effect.gen(function* () {
    const long = 409107086526644233n
    /** JSON in which the texts of digits are integers. */
    const exact = (value: object) => JSON.stringify(value).replaceAll(/"(\d{18})"/g, "$1")
    const claims = exact(claimsOf({ id: `${long}`, nested: [{ id: `${long}` }] }))
    for (const [alg, key] of [["ES256", p256.privateKey] as const, ["HS256", undefined] as const]) {
      const server = yield* Scripted.make(({ target }) => {
        if (target === "/jwks") return Scripted.json(jwks)
        const body =
          target === "/me"
            ? exact({ sub: "bob", id: `${long}` })
            : exact({
                access_token: "token",
                refresh_token: "next",
                id_token: idTokenOf({ alg }, claims, key),
                expires_in: "409107086526644233",
                team: { id: `${long}`, ids: [`${long}`, 1] }
              })
        return Scripted.respond({ headers: { "content-type": "application/json" }, body })
      })
      const store = yield* TokenStore.makeMemory
      const make = Effect.provideService(
        OAuth.refreshToken({
          server: {
            issuer,
            tokenEndpoint: new URL("/token", server.url),
            jwksUri: new URL("/jwks", server.url),
            userInfoEndpoint: new URL("/me", server.url)
          },
          client: { clientId: "backend", clientSecret: Redacted.make(secret) },
          refreshToken: Redacted.make("the-first-refresh-token"),
          idTokenAlgorithms: [alg],
          name: alg
        }),
        TokenStore.TokenStore,
        store
      )
      // The second one reads the token from the store.
      for (const tokens of [yield* make, yield* make]) {
        const { expiresAt, fields } = yield* tokens.token()
        expect(fields && Redacted.value(fields)).toEqual({ team: { id: long, ids: [long, 1] } })
        expect(expiresAt).toBeUndefined()
        expect(yield* tokens.claims).toMatchObject({
          sub: "bob",
          id: long,
          nested: [{ id: long }],
          exp: expect.any(Number),
          iat: expect.any(Number)
        })
        expect(yield* tokens.userInfo).toEqual({ sub: "bob", id: long })
      }
      expect(server.requests.filter(({ target }) => target === "/token")).toHaveLength(1)
    }
  }))

describe("the ID token of a sign-in with a browser", () => {
  test("is valid with a clock that is off by less than the tolerance, and not with more", () =>
    Effect.gen(function* () {
      const signIn = (off: number, options: Partial<OAuth.AuthorizationCodeOptions> = {}) =>
        Effect.gen(function* () {
          let nonce: string | null = null
          const server = yield* Scripted.make(() =>
            Scripted.json({
              access_token: "token",
              id_token: idTokenOf(
                { alg: "ES256" },
                claimsOf({ nonce, iat: now() + off, nbf: now() + off, exp: now() + off + 10 }),
                p256.privateKey
              )
            })
          )
          const tokens = yield* OAuth.authorizationCode({
            server: {
              issuer,
              authorizationEndpoint: new URL("/auth", server.url),
              tokenEndpoint: new URL("/token", server.url)
            },
            client: { clientId: "backend" },
            scope: ["openid"],
            receiver: Effect.succeed({
              redirectUri: "https://backend.example/signed-in",
              awaitCallback: (url) =>
                Effect.sync(() => {
                  nonce = url.searchParams.get("nonce")
                  return new URL(
                    `https://backend.example/signed-in?code=1&state=${url.searchParams.get("state")}&iss=${issuer}`
                  )
                })
            }),
            ...options
          })
          return yield* Effect.either(tokens.token())
        })
      for (const off of [-100, -60, 0, 60, 100]) {
        expect(yield* signIn(off), String(off)).toMatchObject({ _tag: "Right", right: { tokenType: "Bearer" } })
      }
      for (const off of [-200, 200]) {
        expect(yield* signIn(off), String(off)).toMatchObject({ left: { reason: "Unsafe" } })
        expect(yield* signIn(off, { clockTolerance: "5 minutes" })).toMatchObject({ _tag: "Right" })
      }
      expect(yield* signIn(60, { clockTolerance: "10 seconds" })).toMatchObject({ left: { reason: "Unsafe" } })
      expect(yield* signIn(0, { idTokenAlgorithms: ["RS256"] })).toMatchObject({ _tag: "Left" })
    }))
})
