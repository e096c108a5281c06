import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OAuth from "effect-herald/oauth"
import { confidential, make } from "../../../servers/oidc/index.js"
import { apiOf, clientOf, fastClock, getThing, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const backend = confidential()
const secret = backend.client_secret ?? ""

const optionsFor = (issuer: string): OAuth.Options => ({ server: issuer, client: clientOf(backend), scope: ["read"] })

describe("the client credentials grant", () => {
  test("requests one token, which is sent with every call", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const calls = Effect.replicateEffect(getThing, 3)
      yield* Effect.provide(calls, apiOf(oidc, OAuth.clientCredentials(optionsFor(oidc.issuer))))
      expect(oidc.resourceRequests.map(({ status }) => status)).toEqual([200, 200, 200])
      expect(oidc.tokenRequests.map(({ form, status }) => ({ form, status }))).toEqual([
        { form: { grant_type: "client_credentials", scope: "read" }, status: 200 }
      ])
    }))

  test("sends the secret by Basic or in the form, as configured, and never in the URL", () =>
    Effect.gen(function* () {
      const post = confidential({ client_id: "other", token_endpoint_auth_method: "client_secret_post" })
      const oidc = yield* make({ clients: [backend, post] })
      const requestToken = (client: OAuth.Client) =>
        Effect.flatMap(OAuth.clientCredentials({ server: oidc.issuer, client }), (tokens) => tokens.token())
      yield* requestToken(clientOf(backend))
      yield* requestToken(clientOf(post, "post"))
      const [basic, form] = oidc.tokenRequests
      expect(basic?.form).not.toHaveProperty("client_secret")
      expect(basic?.authorization).toMatch(/^Basic /)
      expect(form?.form).toMatchObject({ client_id: "other", client_secret: secret })
      expect(form?.authorization).toBeUndefined()
      expect(oidc.tokenRequests.map(({ target }) => target)).toEqual(["/token", "/token"])
    }))

  test("requests one token for 500 calls at a time, at first and after its expiry", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const time = fastClock()
      const calls = Effect.replicateEffect(getThing, 500, { concurrency: "unbounded" })
      const results = yield* Effect.gen(function* () {
        const first = yield* calls
        time.advance("59 minutes")
        yield* getThing
        const requestsBefore = oidc.tokenRequests.length
        time.advance("2 hours")
        const second = yield* calls
        return { first, requestsBefore, second }
      }).pipe(
        Effect.provide(
          apiOf(oidc, OAuth.clientCredentials({ ...optionsFor(oidc.issuer), refreshMargin: "30 seconds" }))
        ),
        Effect.withClock(time.clock)
      )
      expect(results.first.filter(({ ok }) => ok)).toHaveLength(500)
      expect(results.requestsBefore).toBe(1)
      expect(results.second.filter(({ ok }) => ok)).toHaveLength(500)
      expect(oidc.tokenRequests).toHaveLength(2)
      const used = new Set(oidc.resourceRequests.slice(501).map(({ authorization }) => authorization))
      expect(used.size).toBe(1)
    }))

  test("requests one new token after a 401 to many calls", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      yield* Effect.gen(function* () {
        yield* getThing
        yield* oidc.revoke()
        yield* Effect.replicateEffect(getThing, 50, { concurrency: "unbounded" })
      }).pipe(Effect.provide(apiOf(oidc, OAuth.clientCredentials(optionsFor(oidc.issuer)))))
      expect(oidc.tokenRequests).toHaveLength(2)
      expect(oidc.resourceRequests.filter(({ status }) => status === 200)).toHaveLength(51)
    }))

  test("is refused with a wrong secret after one request, and no error shows the secret", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const wrong = "wr0ng/s3cret+of mine"
      const client = { clientId: backend.client_id, clientSecret: Redacted.make(wrong) }
      const exit = yield* Effect.exit(
        Effect.provide(getThing, apiOf(oidc, OAuth.clientCredentials({ server: oidc.issuer, client })))
      )
      const error = yield* Effect.flip(exit)
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Misconfigured" })
      expect(error.message).toMatch(/refused the OAuth request: invalid_client \(client authentication failed\)/)
      expect(oidc.tokenRequests.map(({ status }) => status)).toEqual([401])
      const text = printed(exit)
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

  test("is refused for an unknown client", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const client = { clientId: "nobody", clientSecret: Redacted.make("secret") }
      const tokens = yield* OAuth.clientCredentials({ server: oidc.issuer, client })
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ _tag: "TokenFailure", reason: "Misconfigured" })
      expect(oidc.tokenRequests).toHaveLength(1)
    }))

  test("is refused for a scope that the client may not have, with the server's error code", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [confidential({ scope: "read" })] })
      const tokens = yield* OAuth.clientCredentials({ ...optionsFor(oidc.issuer), scope: ["read", "write"] })
      const failure = yield* Effect.flip(tokens.token())
      expect(failure).toMatchObject({ reason: "Misconfigured" })
      expect(failure.message).toContain("invalid_scope")
    }))

  test("issues a token that can be revoked, after which the next call requests another", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const tokens = yield* OAuth.clientCredentials(optionsFor(oidc.issuer))
      yield* Effect.gen(function* () {
        yield* getThing
        const { accessToken } = yield* tokens.token()
        yield* tokens.revoke
        expect(yield* Effect.promise(() => oidc.provider.ClientCredentials.find(Redacted.value(accessToken)))).toBe(
          undefined
        )
        yield* getThing
        expect(Redacted.value((yield* tokens.token()).accessToken)).not.toBe(Redacted.value(accessToken))
      }).pipe(Effect.provide(apiOf(oidc, Effect.succeed(tokens))))
      expect(oidc.tokenRequests.map(({ route, status }) => [route, status])).toEqual([
        ["token", 200],
        ["token/revocation", 200],
        ["token", 200]
      ])
      expect(oidc.tokenRequests[1]?.form).toMatchObject({ token_type_hint: "access_token" })
    }))

  test("sends no revocation where there is no token", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [backend] })
      const tokens = yield* OAuth.clientCredentials(optionsFor(oidc.issuer))
      yield* tokens.revoke
      expect(oidc.tokenRequests).toHaveLength(0)
    }))
})
