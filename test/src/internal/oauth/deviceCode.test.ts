import { describe, expect } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OAuth from "effect-herald/oauth"
import { browse, type Person } from "../../../servers/oidc/browser.js"
import { device, make, type Oidc } from "../../../servers/oidc/index.js"
import * as Scripted from "../../../servers/scripted.js"
import { getThing, apiOf, clientOf, fastClock, printed } from "../../../support/oauth.js"
import { test } from "../../../support/oauthLive.js"
import { until } from "../../../support/settle.js"

const television = device()

/** Tokens for a user who signs in on another device. */
const signInAt = (oidc: Oidc, show: OAuth.DeviceCodeOptions["show"]) =>
  OAuth.deviceCode({
    server: oidc.issuer,
    client: clientOf(television),
    scope: ["openid", "offline_access", "read"],
    // Without consent, the server grants no `offline_access`.
    parameters: { prompt: "consent" },
    show
  })

/** A `show` that records the prompt. The user signs in once the server has responded twice that the authorization is pending. */
const signInLater =
  (oidc: Oidc, user: Person, prompts: Array<OAuth.DevicePrompt> = []) =>
  (prompt: OAuth.DevicePrompt) =>
    Effect.sync(() => prompts.push(prompt)).pipe(
      Effect.zipRight(
        until(() => oidc.tokenRequests.filter(({ error }) => error === "authorization_pending").length > 1)
      ),
      Effect.zipRight(browse(new URL(prompt.verificationUriComplete ?? prompt.verificationUri), user)),
      Effect.forkDaemon
    )

describe("a sign-in on another device", () => {
  test("shows a prompt, waits, and obtains one token for all calls", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [television] })
      const prompts: Array<OAuth.DevicePrompt> = []
      const time = fastClock()
      yield* Effect.replicateEffect(getThing, 20, { concurrency: "unbounded" }).pipe(
        Effect.provide(apiOf(oidc, signInAt(oidc, signInLater(oidc, {}, prompts)))),
        Effect.withClock(time.clock)
      )
      expect(oidc.resourceRequests.filter(({ status }) => status === 200)).toHaveLength(20)
      expect(prompts).toHaveLength(1)
      expect(prompts[0]).toMatchObject({
        userCode: expect.stringMatching(/^\w{4}-\w{4}$/),
        verificationUri: `${oidc.issuer}/device`,
        verificationUriComplete: `${oidc.issuer}/device?user_code=${prompts[0]?.userCode}`
      })
      expect(Duration.toHours(prompts[0]?.expiresIn ?? 0)).toBe(24)
      const [authorization, ...polls] = oidc.tokenRequests
      expect(authorization?.form).toMatchObject({ client_id: "television", scope: "openid offline_access read" })
      expect(polls.slice(0, -1).every(({ error }) => error === "authorization_pending")).toBe(true)
      expect(polls.at(-1)).toMatchObject({ status: 200 })
      // Without an interval in the response, it is five seconds (RFC 8628, 3.2).
      const intervals = time.sleeps.filter((sleep) => sleep < 60_000)
      expect(intervals).toEqual(polls.map(() => 5000))
    }))

  test("that the user denies fails with Denied", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [television] })
      const error = yield* getThing.pipe(
        Effect.provide(apiOf(oidc, signInAt(oidc, signInLater(oidc, { agrees: false })))),
        Effect.withClock(fastClock().clock),
        Effect.flip
      )
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Denied" })
      expect(error.message).toContain("End-User aborted interaction")
    }))
})

describe("polling", () => {
  const pending = Scripted.json({ error: "authorization_pending" }, { status: 400 })
  const granted = Scripted.json({ access_token: "token", token_type: "Bearer" })

  /**
   * The outcome of a sign-in at a server that responds to polls by this script.
   *
   * - `fields`: fields of its device authorization response
   * - `expiresAt`: the number of the poll at which a code with a lifetime of 200 seconds or more expires. Default: never, since a
   *   thousandth of that time may be too short for the polls of a busy machine
   */
  const signInWith = (
    polls: ReadonlyArray<Scripted.Behaviour>,
    fields: object = {},
    { expiresAt, ...options }: Partial<OAuth.DeviceCodeOptions> & { readonly expiresAt?: number } = {}
  ) =>
    Effect.gen(function* () {
      let polled = 0
      const server = yield* Scripted.make(({ target }) =>
        target === "/device"
          ? Scripted.json({
              device_code: "the-device-code",
              user_code: "ABCD",
              verification_uri: "https://auth.example/device",
              expires_in: 86_400,
              interval: 7,
              ...fields
            })
          : (polls[Math.min(polled++, polls.length - 1)] ?? pending)
      )
      const isLifetime = (millis: number) => millis >= 200_000
      const expiry = expiresAt === undefined ? Effect.never : until(() => polled >= expiresAt)
      const time = fastClock({ endOf: (millis) => (isLifetime(millis) ? expiry : undefined) })
      const tokens = yield* OAuth.deviceCode({
        server: {
          tokenEndpoint: new URL("/token", server.url),
          deviceAuthorizationEndpoint: new URL("/device", server.url)
        },
        client: { clientId: "television" },
        show: () => Effect.void,
        ...options
      })
      const exit = yield* Effect.exit(Effect.withClock(tokens.token(), time.clock))
      return { exit, failure: Effect.flip(exit), server, intervals: time.sleeps.filter((sleep) => !isLifetime(sleep)) }
    })

  test("has the server's interval, which grows for good with every slow_down", () =>
    Effect.gen(function* () {
      const slowDown = Scripted.json({ error: "slow_down" }, { status: 400 })
      const { exit, intervals, server } = yield* signInWith([pending, slowDown, pending, slowDown, granted])
      expect(Redacted.value((yield* exit).accessToken)).toBe("token")
      expect(intervals).toEqual([7000, 7000, 12_000, 12_000, 17_000])
      const form = new URLSearchParams(server.requests.at(-1)?.body)
      expect([...form]).toEqual([
        ["device_code", "the-device-code"],
        ["grant_type", "urn:ietf:params:oauth:grant-type:device_code"],
        ["client_id", "television"]
      ])
    }))

  test("keeps the pace of RFC 8628, whatever the status of the server's responses", () =>
    Effect.gen(function* () {
      for (const status of [200, 400, 401, 403, 428, 429, 500, 503]) {
        const slowDown = Scripted.json({ error: "slow_down" }, { status })
        const waiting = Scripted.json({ error: "authorization_pending" }, { status })
        const { exit, intervals, server } = yield* signInWith([waiting, slowDown, waiting, slowDown, granted])
        expect(Redacted.value((yield* exit).accessToken), `${status}`).toBe("token")
        expect(intervals, `${status}`).toEqual([7000, 7000, 12_000, 12_000, 17_000])
        expect(server.requests).toHaveLength(6)
      }
    }))

  test("finds the codes of RFC 8628 wherever servers send them", () =>
    Effect.gen(function* () {
      const bodiesOf = (code: string) => [
        { status: 400, message: code },
        { error: "Bad Request", status: 400, message: code },
        { error: { message: code } },
        { errors: [{ code }] }
      ]
      const slow = bodiesOf("slow_down")
      for (const [index, body] of bodiesOf("authorization_pending").entries()) {
        const { exit, intervals } = yield* signInWith([
          Scripted.json(body, { status: 400 }),
          Scripted.json(slow[index], { status: 400 }),
          granted
        ])
        expect(Redacted.value((yield* exit).accessToken)).toBe("token")
        expect(intervals).toEqual([7000, 7000, 12_000])
      }
    }))

  test("ends at the timeout, or with the token, while the prompt is shown", () =>
    Effect.gen(function* () {
      for (const show of [() => Effect.never, () => Effect.uninterruptible(Effect.never)]) {
        const { failure } = yield* signInWith([pending], {}, { show, timeout: "40 seconds" })
        expect(yield* failure).toMatchObject({ reason: "TimedOut" })
        const { exit } = yield* signInWith([pending, granted], {}, { show })
        expect((yield* exit).tokenType).toBe("Bearer")
      }
    }))

  test("ends at a redirect, which each request would get", () =>
    Effect.gen(function* () {
      const { failure, server } = yield* signInWith([Scripted.redirect("https://auth.example")])
      expect(yield* failure).toMatchObject({ reason: "Misconfigured" })
      expect(server.requests).toHaveLength(2)
    }))

  test("honours Retry-After, a 429 of any kind, and the interval that GitHub sends", () =>
    Effect.gen(function* () {
      const after = (seconds: number) => ({ "retry-after": `${seconds}` })
      const rows: ReadonlyArray<readonly [name: string, response: Scripted.Behaviour, waits: ReadonlyArray<number>]> = [
        ["429", Scripted.respond({ status: 429 }), [12_000, 12_000]],
        ["429 with Retry-After", Scripted.respond({ status: 429, headers: after(40) }), [40_000, 12_000]],
        ["429 in HTML", Scripted.respond({ status: 429, headers: after(1), body: "<h1>Slow</h1>" }), [12_000, 12_000]],
        [
          "slow_down with Retry-After",
          Scripted.json({ error: "slow_down" }, { status: 429, headers: after(40) }),
          [40_000, 12_000]
        ],
        [
          "pending with Retry-After",
          Scripted.json({ error: "authorization_pending" }, { status: 429, headers: after(40) }),
          [40_000, 7000]
        ],
        ["503 with Retry-After", Scripted.respond({ status: 503, headers: after(40) }), [40_000, 14_000]],
        ["slow_down with an interval", Scripted.json({ error: "slow_down", interval: 31 }), [31_000, 31_000]],
        ["slow_down with a lower interval", Scripted.json({ error: "slow_down", interval: "1" }), [12_000, 12_000]],
        [
          "temporarily_unavailable",
          Scripted.json({ error: "temporarily_unavailable" }, { status: 400 }),
          [14_000, 14_000]
        ],
        ["a reset", Scripted.reset, [14_000, 14_000]],
        ["a page of a proxy", Scripted.respond({ body: "<h1>Maintenance</h1>" }), [14_000, 14_000]]
      ]
      for (const [name, response, waits] of rows) {
        const { exit, intervals } = yield* signInWith([response, pending, granted])
        expect(Redacted.value((yield* exit).accessToken), name).toBe("token")
        expect(intervals, name).toEqual([7000, ...waits])
      }
    }))

  test("takes the device authorization response as servers send it", () =>
    Effect.gen(function* () {
      const uri = "https://auth.example/device"
      type Expected = {
        readonly interval?: number
        readonly expiresIn?: number
        readonly prompt?: Partial<OAuth.DevicePrompt>
      }
      const rows: ReadonlyArray<readonly [name: string, fields: object, expected: Expected]> = [
        ["Google's verification_url", { verification_uri: undefined, verification_url: uri }, {}],
        [
          "Google's verification_url_complete",
          { verification_uri: undefined, verification_url: uri, verification_url_complete: `${uri}?c` },
          { prompt: { verificationUriComplete: `${uri}?c` } }
        ],
        ["both", { verification_url: "https://old.example" }, {}],
        [
          "the complete one alone",
          { verification_uri: undefined, verification_uri_complete: uri },
          { prompt: { verificationUriComplete: uri } }
        ],
        ["an interval as text", { interval: "9" }, { interval: 9 }],
        ["an interval below a second", { interval: 0.1 }, { interval: 1 }],
        [
          "an interval that is longer than the lifetime",
          { interval: 5000, expires_in: 600 },
          { interval: 150, expiresIn: 600 }
        ],
        ["a fraction of an interval", { interval: 2.5 }, { interval: 2.5 }],
        ...[0, "0", "", null, undefined, -1, "soon", []].map(
          (interval) => [`interval ${JSON.stringify(interval)}`, { interval }, { interval: 5 }] as const
        ),
        ["a lifetime as text", { expires_in: "600" }, { expiresIn: 600 }],
        ...[0, "", null, undefined, -1, "later"].map(
          (expires_in) => [`lifetime ${JSON.stringify(expires_in)}`, { expires_in }, { expiresIn: 900 }] as const
        ),
        ["a user code that is a number", { user_code: 123456 }, { prompt: { userCode: "123456" } }],
        ["a complete URI that is no text", { verification_uri_complete: {} }, {}],
        ["nothing that is optional", { interval: undefined, verification_uri_complete: null }, { interval: 5 }]
      ]
      for (const [name, fields, { expiresIn = 86_400, interval = 7, prompt = {} }] of rows) {
        const prompts: Array<OAuth.DevicePrompt> = []
        const show = (shown: OAuth.DevicePrompt) => Effect.sync(() => prompts.push(shown))
        const { exit, intervals } = yield* signInWith([pending, granted], fields, { show })
        expect(Redacted.value((yield* exit).accessToken), name).toBe("token")
        expect(intervals, name).toEqual([interval * 1000, interval * 1000])
        expect(prompts, name).toEqual([
          {
            userCode: "ABCD",
            verificationUri: uri,
            verificationUriComplete: undefined,
            ...prompt,
            expiresIn: Duration.seconds(expiresIn)
          }
        ])
      }
    }))

  test("takes a device authorization response that is a form, or has another status of 2xx", () =>
    Effect.gen(function* () {
      const fields = {
        device_code: "d",
        user_code: "u",
        verification_uri: "https://auth.example/device",
        interval: "1"
      }
      const form = new URLSearchParams({ ...fields, expires_in: "900" }).toString()
      for (const response of [Scripted.respond({ body: form }), Scripted.json(fields, { status: 201 })]) {
        const server = yield* Scripted.make(({ target }) => (target === "/device" ? response : granted))
        const tokens = yield* OAuth.deviceCode({
          server: {
            tokenEndpoint: new URL("/token", server.url),
            deviceAuthorizationEndpoint: new URL("/device", server.url)
          },
          client: { clientId: "television" },
          show: () => Effect.void
        })
        expect((yield* Effect.withClock(tokens.token(), fastClock().clock)).tokenType).toBe("Bearer")
      }
    }))

  test("ends with Denied or TimedOut by the codes of other servers, too", () =>
    Effect.gen(function* () {
      for (const [code, reason] of [
        ["access_denied", "Denied"],
        ["authorization_declined", "Denied"],
        ["expired_token", "TimedOut"],
        ["code_expired", "TimedOut"],
        ["bad_verification_code", "Refused"],
        ["invalid_client", "Misconfigured"]
      ] as const) {
        for (const status of [200, 400, 403]) {
          const { failure, server } = yield* signInWith([Scripted.json({ error: code }, { status })])
          expect(yield* failure, code).toMatchObject({ reason })
          expect(server.requests).toHaveLength(2)
        }
      }
    }))

  test("continues, with a doubled interval, while the server is unavailable", () =>
    Effect.gen(function* () {
      const failing = Scripted.respond({ status: 500 })
      const { exit, intervals } = yield* signInWith([pending, failing, Scripted.hangUp, pending, granted])
      expect(Redacted.value((yield* exit).accessToken)).toBe("token")
      expect(intervals).toEqual([7000, 7000, 14_000, 28_000, 28_000])
    }))

  test("ends when the code expires, by the server's response or its lifetime, or at the timeout", () =>
    Effect.gen(function* () {
      const byResponse = yield* signInWith([pending, Scripted.json({ error: "expired_token" }, { status: 400 })])
      expect(yield* byResponse.failure).toMatchObject({ reason: "TimedOut" })
      expect((yield* byResponse.failure).message).toContain("sign in again")
      const byLifetime = yield* signInWith([pending], { expires_in: 100 })
      expect(yield* byLifetime.failure).toMatchObject({ reason: "TimedOut" })
      expect((yield* byLifetime.failure).message).toMatch(/within 1 minute 40 seconds: sign in again/)
      const byTimeout = yield* signInWith([pending], {}, { timeout: "80 seconds" })
      expect((yield* byTimeout.failure).message).toMatch(/within 1 minute 20 seconds/)
    }))

  test("fails with Unavailable if the server is unavailable when the code expires", () =>
    Effect.gen(function* () {
      // The second poll fails. The third one is sent once the client has received that.
      const failing = Scripted.respond({ status: 500 })
      const { failure } = yield* signInWith([pending, failing], { expires_in: 300 }, { expiresAt: 3 })
      expect(yield* failure).toMatchObject({ reason: "Unavailable" })
    }))

  test("ends with any other error response, whose message does not show the device code", () =>
    Effect.gen(function* () {
      const invalid = Scripted.json(
        { error: "invalid_grant", error_description: "no the-device-code" },
        { status: 400 }
      )
      const { exit, failure, server } = yield* signInWith([invalid])
      expect(yield* failure).toMatchObject({ reason: "Refused" })
      expect(server.requests).toHaveLength(2)
      expect(printed(exit)).not.toContain("the-device-code")
    }))

  test("does not begin for an unknown client", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [] })
      const tokens = yield* signInAt(oidc, () => Effect.die("there is no prompt"))
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Misconfigured" })
    }))
})
