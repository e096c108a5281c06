import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { inspect } from "node:util"
import { make, publicClient } from "../../../servers/oidc/index.js"
import { listener } from "../../../support/listener.js"
import { apiOf, clientOf, fastClock, getThing, makeBrowser } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const web = publicClient({
  client_id: "web",
  client_secret: "of the backend alone",
  token_endpoint_auth_method: "client_secret_basic"
})

describe("spans and logs", () => {
  test("hold no secret of a sign-in, its refreshes, a failed refresh, and a revocation", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      const { spans, tracer } = listener()
      const logs: Array<string> = []
      const logger = Logger.make((entry) => void logs.push(inspect(entry, { depth: 10 })))
      const time = fastClock()
      const tokens = yield* OAuth.authorizationCode({
        server: oidc.issuer,
        client: clientOf(web),
        scope: ["openid", "offline_access", "read"],
        authorizationParameters: { prompt: "consent" },
        timeout: "1 day",
        receiver: Loopback.receiver({ open: makeBrowser().open })
      })
      const tokenSecrets: Array<string> = []
      const recordToken = Effect.map(tokens.token(), ({ accessToken, refreshToken }) => {
        tokenSecrets.push(Redacted.value(accessToken), Redacted.value(refreshToken ?? Redacted.make("none")))
      })
      yield* Effect.gen(function* () {
        yield* getThing
        yield* recordToken
        time.advance("2 hours")
        yield* getThing
        yield* recordToken
        yield* oidc.revoke()
        yield* oidc.revokeRefreshTokens
        yield* getThing
        yield* recordToken
        yield* tokens.revoke
      }).pipe(
        Effect.withSpan("test"),
        Effect.provide(apiOf(oidc, Effect.succeed(tokens))),
        Effect.withClock(time.clock),
        Effect.withTracer(tracer),
        Effect.provide(Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)))
      )
      const secrets = [
        ...tokenSecrets,
        ...oidc.tokenRequests.flatMap(({ authorization, form }) => [
          authorization?.slice(6),
          form["code"],
          form["code_verifier"],
          form["refresh_token"],
          form["token"]
        ]),
        web.client_secret
      ].flatMap((secret) => (typeof secret === "string" ? [secret] : []))
      expect(new Set(secrets).size).toBeGreaterThan(10)
      expect(spans.map(({ name }) => name)).toContain("POST /token")
      const text = `${logs.join("\n")} ${spans.map((span) => inspect(span, { depth: 10 })).join("\n")}`
      expect(text).toContain("refused the OAuth request: invalid_grant")
      for (const secret of secrets) expect(text).not.toContain(secret)
    }))
})
