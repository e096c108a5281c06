import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { TokenStore, type Token } from "effect-herald"
import * as OAuth from "effect-herald/oauth"
import * as Scripted from "../../../servers/scripted.js"
import { fastClock, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

// Not guessable: the identity of a guessable secret takes a fifth of a second of hashing.
const secret = "of-the-backend-8f14e45f"
const client: OAuth.Client = { clientId: "backend", clientSecret: Redacted.make(secret) }

const formBody = (body: string, status = 200, type = "application/x-www-form-urlencoded") =>
  Scripted.respond({ status, headers: { "content-type": type }, body })

const plain = (status: number, body = "", headers: Record<string, string> = {}) =>
  Scripted.respond({ status, headers: { "content-type": "text/html", ...headers }, body })

/** Records what is logged, as `level message`. */
const recordingLogger = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ annotations, logLevel, message }) => {
    lines.push(`${logLevel.label} ${String(message)} ${String(HashMap.toValues(annotations))}`)
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

/** The outcome of a refresh to which a server responds in this way. */
const refreshWith = (response: Scripted.Behaviour, options: Partial<OAuth.RefreshTokenOptions> = {}) =>
  Effect.gen(function* () {
    const server = yield* Scripted.make([response])
    const { layer, lines } = recordingLogger()
    const tokens = yield* OAuth.refreshToken({
      server: { tokenEndpoint: new URL("/token", server.url) },
      client,
      refreshToken: Redacted.make("presented-refresh-c9f0f895"),
      ...options
    })
    const exit = yield* Effect.exit(Effect.withClock(tokens.token(), fastClock().clock)).pipe(Effect.provide(layer))
    return { exit, server, lines: lines.filter((line) => line.includes("RFC 6749")) }
  })

const errorOf = (code: string, status = 400) => Scripted.json({ error: code }, { status })

describe("a refused refresh", () => {
  const refusals: ReadonlyArray<readonly [name: string, response: Scripted.Behaviour]> = [
    ...[400, 401, 403, 404, 410, 422].map((status) => [`${status}, empty`, plain(status)] as const),
    ["400, HTML", plain(400, "<h1>Bad Request</h1>")],
    ["404, HTML", plain(404, "<!doctype html>")],
    ["400, a form", formBody("error=invalid_grant&error_description=gone", 400)],
    ["401, a form as text", formBody("error=invalid_grant", 401, "text/plain")],
    ["400, a form with an unknown code", formBody("error=no_such_thing", 400)],
    ["400, an error that is an object", Scripted.json({ error: { message: "expired" } }, { status: 400 })],
    ["401, an object with a number", Scripted.json({ error: { message: "x", code: 190 } }, { status: 401 })],
    ["403, an object with a code", Scripted.json({ error: { code: "invalid_grant" } }, { status: 403 })],
    ["400, a list of errors", Scripted.json({ errors: [{ message: "no" }] }, { status: 400 })],
    ["400, an error that is a list", Scripted.json({ error: ["invalid_grant"] }, { status: 400 })],
    ["400, a sentence", errorOf("The refresh token is not valid")],
    ["400, a number", Scripted.json({ error: 5 }, { status: 400 })],
    ["400, another field", Scripted.json({ message: "Bad credentials" }, { status: 401 })],
    ["400, JSON that is no object", Scripted.json(["invalid_grant"], { status: 400 })],
    ["400, damaged JSON", plain(400, '{"error": "inval')],
    ["200", Scripted.json({ error: "bad_refresh_token" })],
    ["200, a form", formBody("error=bad_refresh_token")],
    ["200, not ok", Scripted.json({ ok: false, error: "invalid_refresh_token" })],
    ["200, WeChat's number", Scripted.json({ errcode: 40_030, errmsg: "invalid refresh_token" })],
    ["200, a number as text", Scripted.json({ errcode: "40030", errmsg: "no" })],
    ["200, no success", Scripted.json({ success: false, message: "the token is gone" })],
    ["200, not ok without an error", Scripted.json({ ok: false })],
    ["200, a code with a message", Scripted.json({ code: 20_037, msg: "the token is gone" })],
    ["200, a list of errors", Scripted.json({ errors: [{ message: "no" }] })],
    ["200, an error that is true", Scripted.json({ error: true, message: "no" })],
    ["200, a code as text", plain(200, "invalid_grant")],
    ["a code in another form", errorOf("invalidGrant")],
    ["a code beside an unknown error", Scripted.json({ error: "no", message: "Invalid-Token" }, { status: 400 })],
    ["500 with a code", errorOf("invalid_grant", 500)],
    ["uppercase", errorOf("INVALID_GRANT")],
    ...[
      "invalid_grant",
      "invalid_token",
      "expired_token",
      "access_denied",
      "interaction_required",
      "login_required",
      "consent_required",
      "account_selection_required",
      "bad_refresh_token",
      "bad_verification_code",
      "token_expired",
      "token_revoked",
      "unknown_to_everyone"
    ].map((code) => [code, errorOf(code)] as const)
  ]
  const forTheOperator: ReadonlyArray<readonly [name: string, response: Scripted.Behaviour]> = [
    ...[
      "invalid_client",
      "invalid_request",
      "unauthorized_client",
      "unsupported_grant_type",
      "invalid_scope",
      "invalid_target",
      "incorrect_client_credentials",
      "redirect_uri_mismatch",
      "bad_client_secret",
      "deleted_client"
    ].map((code) => [code, errorOf(code)] as const),
    ["401", errorOf("invalid_client", 401)],
    ["200", errorOf("incorrect_client_credentials", 200)],
    ["a form", formBody("error=invalid_client", 401)],
    ["an object", Scripted.json({ error: { code: "invalid_client", message: "no" } }, { status: 401 })],
    ["a challenge", plain(401, "", { "www-authenticate": 'Basic realm="x", error="invalid_client"' })],
    ["500", errorOf("invalid_client", 500)],
    ...["invalid_client", "Invalid Client", "invalidClient", "INVALID-CLIENT"].flatMap((code) =>
      [
        { error: code },
        { error: "Unauthorized", message: code },
        { error: "Unauthorized", error_code: code },
        { message: code },
        { msg: code },
        { name: code },
        { title: code },
        { errorType: code },
        { type: code },
        { error_description: code },
        { error: [code] },
        { error: { message: code } },
        { error: { name: code } },
        { errors: [code] },
        { errors: [{ code }] },
        { errors: [{ error: code }] },
        { errors: [{ title: code }] },
        { error: { errors: [{ reason: code }] } }
      ].map((body) => [JSON.stringify(body), Scripted.json(body, { status: 401 })] as const)
    ),
    ["a text", plain(401, " invalid_client\n")],
    ["a text of JSON", Scripted.json("invalid_client", { status: 401 })],
    ["200, a message", Scripted.json({ message: "invalid_client" })],
    ["a form with raw spaces", formBody("error=invalid_client&error_description=Client not found", 401)],
    ["a form that begins as a query", formBody("?error=invalid_client", 401)],
    ["a redirect", Scripted.redirect("https://auth.example/login")],
    ...[405, 406, 411, 413, 414, 415, 431].map((status) => [`${status}`, plain(status)] as const)
  ]
  const temporary: ReadonlyArray<readonly [name: string, response: Scripted.Behaviour]> = [
    ...[
      "slow_down",
      "temporarily_unavailable",
      "server_error",
      "rate_limit_exceeded",
      "ratelimited",
      "internal_failure"
    ].map((code) => [code, errorOf(code)] as const),
    ["200", errorOf("ratelimited", 200)],
    ["429", plain(429)],
    ["429 with a code", errorOf("invalid_grant", 429)],
    ...[500, 501, 502, 503, 504, 520].map((status) => [`${status}`, plain(status, "<h1>Oh no</h1>")] as const),
    ["503 with an unknown code", errorOf("maintenance", 503)],
    ...[
      "resource_exhausted",
      "unavailable",
      "rateLimitExceeded",
      "userRateLimitExceeded",
      "quota_exceeded",
      "rate_limit",
      "throttled",
      "Throttling",
      "too_many_attempts",
      "try_again_later"
    ].map((code) => [`403 ${code}`, errorOf(code, 403)] as const),
    ...[{ "retry-after": "60" }, { "retry-after-ms": "60000" }, { "x-ratelimit-remaining": "0" }].flatMap((headers) =>
      [400, 401, 403].map(
        (status) => [`${status} with ${JSON.stringify(headers)}`, plain(status, "slower", headers)] as const
      )
    ),
    ...[
      { error: { status: "RESOURCE_EXHAUSTED" } },
      { error: { status: "UNAVAILABLE" } },
      { error: { errors: [{ reason: "rateLimitExceeded" }] } },
      { error: { code: 4, is_transient: true } },
      { error: "later", is_transient: true }
    ].map((body) => [`403 ${JSON.stringify(body)}`, Scripted.json(body, { status: 403 })] as const),
    ["200, another success", Scripted.json({ code: 200, message: "ok" })],
    ["HTML with status 200", plain(200, "<h1>Hello</h1>")],
    ["no connection", Scripted.reset]
  ]
  const rows = [
    ...refusals.map((row) => ["Refused", ...row] as const),
    ...forTheOperator.map((row) => ["Misconfigured", ...row] as const),
    ...temporary.map((row) => ["Unavailable", ...row] as const)
  ]
  for (const [reason, name, response] of rows) {
    test(`is ${reason}: ${name}`, () =>
      Effect.gen(function* () {
        const { exit, server } = yield* refreshWith(response)
        const failure = yield* Effect.flip(exit)
        expect(failure).toMatchObject({ _tag: "TokenFailure", reason })
        expect(failure.message).toContain(server.url.host)
        if (reason !== "Unavailable") expect(server.requests).toHaveLength(1)
      }))
  }

  test("has the server's code and description in its message, without secrets", () =>
    Effect.gen(function* () {
      const said = "the token presented-refresh-c9f0f895 of of-the-backend-8f14e45f is gone"
      const rows: ReadonlyArray<readonly [code: string, response: Scripted.Behaviour]> = [
        ["invalid_grant", Scripted.json({ error: "invalid_grant", error_description: said }, { status: 400 })],
        ["status 400", Scripted.json({ error: { message: said } }, { status: 400 })],
        ["status 401", Scripted.json({ message: said }, { status: 401 })],
        [
          "invalid_grant",
          formBody(new URLSearchParams({ error: "invalid_grant", error_description: said }).toString(), 400)
        ]
      ]
      for (const [code, response] of rows) {
        const { exit } = yield* refreshWith(response)
        const { message } = yield* Effect.flip(exit)
        expect(message).toContain(code)
        // The whole description goes, as it repeats a secret.
        expect(message).toContain("redacted")
        expect(printed(exit)).not.toMatch(/presented-refresh-c9f0f895|of-the-backend/)
      }
    }))
})

describe("a token response", () => {
  const granted = { access_token: "the-access-token", token_type: "Bearer" }
  type Expected = Partial<Omit<Token.Token, "refreshToken"> & { lifetime: number; refreshToken: string; log: string }>
  const rows: ReadonlyArray<readonly [name: string, response: Scripted.Behaviour, expected?: Expected]> = [
    ...[200, 201, 202, 203, 206, 299].map((status) => [`${status}`, Scripted.json(granted, { status })] as const),
    [
      "a form",
      formBody("access_token=the-access-token&scope=repo%2Cgist&token_type=bearer&expires_in=60"),
      { lifetime: 60, scope: "repo gist", log: "DEBUG" }
    ],
    ["a form as text", formBody("access_token=the-access-token\n", 200, "text/plain")],
    ["JSON as text", plain(200, JSON.stringify(granted))],
    ["an error that is empty", Scripted.json({ ...granted, error: "" })],
    ["an error beside the token", Scripted.json({ ...granted, error: "odd" })],
    ["a token type with spaces", Scripted.json({ ...granted, token_type: " bearer " })],
    ["a token type that is no text", Scripted.json({ ...granted, token_type: ["Bearer"] })],
    [
      "a form with raw spaces",
      formBody("access_token=the-access-token&refresh_token=12345&scope=read write&token_type=bearer"),
      { scope: "read write", refreshToken: "12345" }
    ],
    ["a form that begins as a query", formBody("?access_token=the-access-token")],
    ["a code beside the token", Scripted.json({ ...granted, code: 1, message: "invalid_client", success: false })],
    ["lifetime 3600", Scripted.json({ ...granted, expires_in: 3600 }), { lifetime: 3600 }],
    ["lifetime as text", Scripted.json({ ...granted, expires_in: "3600" }), { lifetime: 3600, log: "DEBUG" }],
    ["lifetime with a fraction", Scripted.json({ ...granted, expires_in: 3600.5 }), { lifetime: 3600.5 }],
    ...["", 0, "0", -1, "-1", 1e300, 9_223_372_036_854_776, []].map(
      (value) => [`lifetime ${JSON.stringify(value)}`, Scripted.json({ ...granted, expires_in: value })] as const
    ),
    ...["never", {}, [3600], true].map(
      (value) =>
        [
          `lifetime ${JSON.stringify(value)}`,
          Scripted.json({ ...granted, expires_in: value }),
          { log: "WARN" }
        ] as const
    ),
    ["scope as a list", Scripted.json({ ...granted, scope: ["read", "write"] }), { scope: "read write", log: "DEBUG" }],
    ["scope with commas", Scripted.json({ ...granted, scope: "read,write" }), { scope: "read write", log: "DEBUG" }],
    ["scope with commas in names", Scripted.json({ ...granted, scope: "a,b c" }), { scope: "a,b c" }],
    ...["a, b, c", "a,b,c", ["a,b", "c"], ["a, b", "c"]].map(
      (scope) =>
        [
          `scope ${JSON.stringify(scope)}`,
          Scripted.json({ ...granted, scope }),
          { scope: "a b c", log: "DEBUG" }
        ] as const
    ),
    ["scope as an empty list", Scripted.json({ ...granted, scope: [] })],
    ["scope that is empty", Scripted.json({ ...granted, scope: "" })],
    ["scope as an object", Scripted.json({ ...granted, scope: { read: true } }), { log: "WARN" }],
    [
      "refresh token that is empty",
      Scripted.json({ ...granted, refresh_token: "" }),
      { refreshToken: "presented-refresh-c9f0f895" }
    ],
    [
      "refresh token that is a number",
      Scripted.json({ ...granted, refresh_token: 12345 }),
      { refreshToken: "12345", log: "DEBUG" }
    ],
    ["refresh token that is an object", Scripted.json({ ...granted, refresh_token: {} }), { log: "WARN" }],
    ["an ID token that is no text", Scripted.json({ ...granted, id_token: 5 })],
    ["nulls", Scripted.json({ ...granted, scope: null, expires_in: null, refresh_token: null, token_type: null })],
    ["other fields", Scripted.json({ ...granted, __proto__: null, constructor: 1, team: { id: "T1" } })]
  ]
  for (const [name, response, expected = {}] of rows) {
    test(`is taken: ${name}`, () =>
      Effect.gen(function* () {
        const { exit, lines } = yield* refreshWith(response)
        const token = yield* exit
        const { lifetime, log, refreshToken, scope } = expected
        expect(Redacted.value(token.accessToken)).toBe("the-access-token")
        expect(token.tokenType).toBe("Bearer")
        expect(token.expiresAt === undefined ? undefined : (token.expiresAt - token.grantedAt) / 1000).toBe(lifetime)
        expect(token.scope).toBe(scope)
        if (refreshToken === "12345") expect(Redacted.value(token.refreshToken!)).toBe(refreshToken)
        // A debug message is not logged by default.
        expect(lines.map((line) => line.split(" ")[0])).toEqual(log === "WARN" ? ["WARN"] : [])
        expect(lines.join("")).not.toMatch(/the-access-token|never|12345/)
      }))
  }

  test("logs fields without a value at debug level", () =>
    Effect.gen(function* () {
      const fields = { expires_in: -1, refresh_token: "", scope: [] }
      for (const [name, value] of Object.entries(fields)) {
        const server = yield* Scripted.make([Scripted.json({ ...granted, [name]: value })])
        const { layer, lines } = recordingLogger()
        yield* Effect.flatMap(
          OAuth.clientCredentials({ server: { tokenEndpoint: new URL("/token", server.url) }, client }),
          (tokens) => tokens.token()
        ).pipe(Logger.withMinimumLogLevel(LogLevel.Debug), Effect.provide(layer))
        expect(lines.filter((line) => line.includes("RFC 6749"))).toEqual([
          expect.stringMatching(`^DEBUG .*found no value in ${name}`)
        ])
      }
    }))

  test("may have a number as its access token", () =>
    Effect.gen(function* () {
      const { exit } = yield* refreshWith(Scripted.json({ ...granted, access_token: 12_345 }))
      expect(Redacted.value((yield* exit).accessToken)).toBe("12345")
    }))

  test("of a type that the API takes as Bearer is such a token, in any case", () =>
    Effect.gen(function* () {
      for (const type of ["bot", "BOT"]) {
        const { exit } = yield* refreshWith(Scripted.json({ ...granted, token_type: type }), {
          bearerTokenTypes: ["Bot"]
        })
        expect((yield* exit).tokenType).toBe("Bearer")
      }
      const { exit } = yield* refreshWith(Scripted.json({ ...granted, token_type: "user" }), {
        bearerTokenTypes: ["bot"]
      })
      expect(yield* Effect.flip(exit)).toMatchObject({
        reason: "Invalid",
        message: expect.stringContaining("bearerTokenTypes")
      })
    }))

  test("saves its refresh token, whatever else it holds", () =>
    Effect.gen(function* () {
      const next = { refresh_token: "next-refresh" }
      const responses: ReadonlyArray<readonly [name: string, status: number, body: unknown]> = [
        ["a new access token", 200, { ...granted, ...next }],
        ["status 201", 201, { ...granted, ...next }],
        ["odd fields", 200, { ...granted, ...next, scope: {}, expires_in: "never", id_token: "a.b.c" }],
        ["another token type", 200, { ...granted, ...next, token_type: "mac" }],
        ["DPoP", 200, { ...granted, ...next, token_type: "DPoP" }],
        ["no access token", 200, next],
        ["an empty access token", 200, { ...next, access_token: "" }],
        ["an access token that is no text", 200, { ...next, access_token: 5 }],
        ["an access token with a newline", 200, { ...next, access_token: "a\nb" }]
      ]
      for (const [name, status, body] of responses) {
        const server = yield* Scripted.make([
          Scripted.json({ ...granted, expires_in: 3600, refresh_token: "first-refresh" }),
          Scripted.json(body, { status }),
          Scripted.respond({ status: 503 })
        ])
        const store = yield* Layer.build(TokenStore.layerMemory)
        const time = fastClock()
        const run = Effect.scoped(
          Effect.flatMap(
            OAuth.clientCredentials({
              server: { tokenEndpoint: new URL("/token", server.url) },
              client,
              name: "the token"
            }),
            (tokens) => Effect.exit(tokens.token())
          )
        ).pipe(Effect.provide(store), Effect.withClock(time.clock))
        yield* run
        time.advance("2 hours")
        yield* run
        const saved = yield* Effect.provide(
          Effect.flatMap(TokenStore.TokenStore, ({ load }) => load("the token")),
          store
        )
        expect(Option.getOrUndefined(saved), name).toContain("next-refresh")
      }
    }))

  test("to a refresh whose access token can't be used fails the calls, and requests no new grant", () =>
    Effect.gen(function* () {
      const refreshed: ReadonlyArray<object> = [
        { token_type: "mac" },
        { token_type: "DPoP" },
        { access_token: "a\nb" }
      ].flatMap((fields) => [fields, { ...fields, refresh_token: "next-refresh" }])
      for (const fields of refreshed) {
        const server = yield* Scripted.make([
          Scripted.json({ ...granted, expires_in: 3600, refresh_token: "first-refresh" }),
          Scripted.json({ ...granted, ...fields }),
          Scripted.json({ ...granted, expires_in: 3600 })
        ])
        const time = fastClock()
        const tokens = yield* OAuth.clientCredentials({
          server: { tokenEndpoint: new URL("/token", server.url) },
          client
        })
        yield* Effect.withClock(tokens.token(), time.clock)
        time.advance("2 hours")
        for (let call = 0; call < 3; call += 1) {
          const failure = yield* Effect.flip(Effect.withClock(tokens.token(), time.clock))
          expect(failure, JSON.stringify(fields)).toMatchObject({ reason: "Invalid" })
        }
        expect(server.requests).toHaveLength(2)
        time.advance("1 minute")
        yield* Effect.withClock(tokens.token(), time.clock)
        expect(new URLSearchParams(server.requests[2]?.body).get("refresh_token")).toBe(
          "refresh_token" in fields ? "next-refresh" : "first-refresh"
        )
      }
    }))
})
