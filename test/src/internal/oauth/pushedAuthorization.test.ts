import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { make, publicClient } from "../../../servers/oidc/index.js"
import * as Scripted from "../../../servers/scripted.js"
import { clientOf, makeBrowser, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"

const web = publicClient({
  client_id: "web",
  client_secret: "of the backend",
  token_endpoint_auth_method: "client_secret_basic"
})

/** A server with the endpoint for pushed requests, which are required or not. */
const serverWith = (required: boolean) =>
  make({
    clients: [web],
    configuration: {
      features: {
        devInteractions: { enabled: true },
        pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: required }
      }
    }
  })

const options = (open: NonNullable<Loopback.Options["open"]>) => ({
  client: clientOf(web),
  scope: ["openid", "offline_access", "read"],
  parameters: { audience: "https://api.example", tenant: Redacted.make("hidden") },
  authorizationParameters: { prompt: "consent" },
  receiver: Loopback.receiver({ open })
})

const namesOf = (url: URL | undefined) => [...(url?.searchParams.keys() ?? [])]

describe("the parameters of an authorization request", () => {
  test("are pushed where the server requires it, its endpoint is configured, or that is asked for", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<
        readonly [
          required: boolean,
          pushed: boolean,
          options: (issuer: string) => Pick<OAuth.AuthorizationCodeOptions, "pushedAuthorization" | "server">
        ]
      > = [
        [true, true, (server) => ({ server })],
        [false, false, (server) => ({ server })],
        [false, true, (server) => ({ server, pushedAuthorization: true })],
        [
          false,
          true,
          (issuer) => ({
            server: {
              issuer,
              authorizationEndpoint: `${issuer}/auth`,
              tokenEndpoint: `${issuer}/token`,
              pushedAuthorizationRequestEndpoint: `${issuer}/request`
            }
          })
        ],
        [
          false,
          false,
          (issuer) => ({
            pushedAuthorization: false,
            server: {
              issuer,
              authorizationEndpoint: `${issuer}/auth`,
              tokenEndpoint: `${issuer}/token`,
              pushedAuthorizationRequestEndpoint: `${issuer}/request`
            }
          })
        ]
      ]
      for (const [index, [required, pushed, optionsOf]] of cases.entries()) {
        const oidc = yield* serverWith(required)
        const { open, opened } = makeBrowser()
        const tokens = yield* OAuth.authorizationCode({ ...options(open), ...optionsOf(oidc.issuer) })
        expect((yield* tokens.token()).refreshToken, String(index)).toBeDefined()
        expect(namesOf(opened[0]).includes("redirect_uri"), String(index)).toBe(!pushed)
        if (pushed) expect(namesOf(opened[0]).toSorted(), String(index)).toEqual(["client_id", "request_uri"])
      }
    }))

  const endpoints = (url: URL): OAuth.Endpoints => ({
    issuer: "https://auth.example",
    authorizationEndpoint: new URL("/auth?tenant=one", url),
    tokenEndpoint: new URL("/token", url),
    pushedAuthorizationRequestEndpoint: new URL("/par", url)
  })

  /** A sign-in that the user denies, at a server that responds to the pushed request so. */
  const signInAt = (par: Scripted.Behaviour) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([par])
      const opened: Array<URL> = []
      const tokens = yield* OAuth.authorizationCode({
        ...options(() => Effect.void),
        server: endpoints(server.url),
        receiver: Effect.succeed({
          redirectUri: "https://backend.example/signed-in",
          awaitCallback: (url) =>
            Effect.sync(() => {
              opened.push(url)
              return new URL("https://backend.example/signed-in?error=access_denied")
            })
        })
      })
      const exit = yield* Effect.exit(tokens.token())
      return { exit, failure: yield* Effect.flip(exit), opened, requests: server.requests }
    })

  test("are sent in a form with the client's authentication, without the redacted ones", () =>
    Effect.gen(function* () {
      const { opened, requests } = yield* signInAt(
        Scripted.json({ request_uri: "urn:pushed:1", expires_in: 60 }, { status: 201 })
      )
      expect(requests).toHaveLength(1)
      expect(requests[0]).toMatchObject({ method: "POST", target: "/par" })
      expect(requests[0]?.headers.authorization).toMatch(/^Basic /)
      const form = new URLSearchParams(requests[0]?.body)
      expect(Object.fromEntries(form)).toMatchObject({
        audience: "https://api.example",
        client_id: "web",
        code_challenge_method: "S256",
        prompt: "consent",
        redirect_uri: "https://backend.example/signed-in",
        response_type: "code",
        scope: "openid offline_access read"
      })
      expect(form.has("tenant")).toBe(false)
      expect(Object.fromEntries(opened[0]?.searchParams ?? [])).toEqual({
        tenant: "one",
        client_id: "web",
        request_uri: "urn:pushed:1"
      })
    }))

  test("are pushed to servers whose response differs from RFC 9126", () =>
    Effect.gen(function* () {
      for (const [body, status] of [
        [{ request_uri: "urn:pushed:1" }, 201],
        [{ request_uri: "urn:pushed:1", expires_in: "60" }, 200],
        [{ request_uri: "urn:pushed:1", expires_in: -1 }, 202]
      ] as const) {
        const { opened } = yield* signInAt(Scripted.json(body, { status }))
        expect(opened[0]?.searchParams.get("request_uri")).toBe("urn:pushed:1")
      }
    }))

  test("that the server refuses end the sign-in before a page opens", () =>
    Effect.gen(function* () {
      for (const par of [
        Scripted.json({ error: "invalid_request", error_description: "no" }, { status: 400 }),
        Scripted.json({}, { status: 201 }),
        Scripted.respond({ status: 201 }),
        Scripted.respond({ status: 404, body: "<h1>Not found</h1>" })
      ]) {
        const { exit, failure, opened } = yield* signInAt(par)
        expect(failure).toMatchObject({ _tag: "TokenFailure" })
        expect(opened).toEqual([])
        expect(printed(exit)).not.toContain("of the backend")
      }
    }))
})
