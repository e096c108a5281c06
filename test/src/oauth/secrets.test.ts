import { inspect } from "node:util"
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Loopback from "effect-herald/loopback"
import * as OAuth from "effect-herald/oauth"
import { make, publicClient } from "../../servers/oidc/index.js"
import { listener } from "../listener.js"
import { ask, browser, callerAt, clientOf, hasty } from "./kit.js"
import { test } from "./live.js"

const web = publicClient({
  client_id: "web",
  client_secret: "of the backend alone",
  token_endpoint_auth_method: "client_secret_basic"
})

describe("a login", () => {
  test("leaves no secret in spans and logs, from first to last", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [web] })
      const { spans, tracer } = listener()
      const logs: Array<string> = []
      const logger = Logger.make((entry) => void logs.push(inspect(entry, { depth: 10 })))
      const time = hasty()
      const { open } = browser()
      const tokens = yield* OAuth.authorisationCode({
        server: oidc.issuer,
        client: clientOf(web),
        scope: ["openid", "offline_access", "read"],
        pageParameters: { prompt: "consent" },
        patience: "1 day",
        receiver: Loopback.receiver({ open })
      })
      const had: Array<string> = []
      const keep = Effect.map(tokens.token(), ({ accessToken, refreshToken }) => {
        had.push(Redacted.value(accessToken), Redacted.value(refreshToken ?? Redacted.make("none")))
      })
      yield* Effect.gen(function* () {
        yield* ask
        yield* keep
        time.pass("2 hours")
        yield* ask
        yield* keep
        yield* oidc.revoke()
        yield* oidc.revokeRefreshTokens
        yield* ask
        yield* keep
        yield* tokens.revoke
      }).pipe(
        Effect.withSpan("test"),
        Effect.provide(callerAt(oidc, Effect.succeed(tokens))),
        Effect.withClock(time.clock),
        Effect.withTracer(tracer),
        Effect.provide(Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)))
      )
      const secrets = [
        ...had,
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
      const seen = `${logs.join("\n")} ${spans.map((span) => inspect(span, { depth: 10 })).join("\n")}`
      expect(seen).toContain("refuses: invalid_grant")
      for (const secret of secrets) expect(seen).not.toContain(secret)
    }))
})
