import { describe, expect } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OAuth from "effect-herald/oauth"
import { browse, type Person } from "../../servers/oidc/browser.js"
import { device, make, type Oidc } from "../../servers/oidc/index.js"
import * as Scripted from "../../servers/scripted.js"
import { ask, callerAt, clientOf, hasty, shown } from "./kit.js"
import { test } from "./live.js"

const television = device()

/** Waits, on a clock of its own, until something is so. */
const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    while (!condition()) await new Promise(setImmediate)
  })

const loginAt = (oidc: Oidc, show: OAuth.DeviceOptions["show"]) =>
  OAuth.deviceCode({
    server: oidc.issuer,
    client: clientOf(television),
    scope: ["openid", "offline_access", "read"],
    // Without it the server gives no `offline_access`.
    parameters: { prompt: "consent" },
    show
  })

/** The person goes there once the device has been told to wait. */
const later =
  (oidc: Oidc, who: Person, prompts: Array<OAuth.DevicePrompt> = []) =>
  (prompt: OAuth.DevicePrompt) =>
    Effect.sync(() => prompts.push(prompt)).pipe(
      Effect.zipRight(
        until(() => oidc.tokenRequests.filter(({ error }) => error === "authorization_pending").length > 1)
      ),
      Effect.zipRight(browse(new URL(prompt.verificationUriComplete ?? prompt.verificationUri), who)),
      Effect.forkDaemon
    )

describe("a login on another device", () => {
  test("shows the person where to go, waits, and gives a token that calls have", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [television] })
      const prompts: Array<OAuth.DevicePrompt> = []
      const time = hasty()
      yield* Effect.replicateEffect(ask, 20, { concurrency: "unbounded" }).pipe(
        Effect.provide(callerAt(oidc, loginAt(oidc, later(oidc, {}, prompts)))),
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
      const [begun, ...polls] = oidc.tokenRequests
      expect(begun?.form).toMatchObject({ client_id: "television", scope: "openid offline_access read" })
      expect(polls.slice(0, -1).every(({ error }) => error === "authorization_pending")).toBe(true)
      expect(polls.at(-1)).toMatchObject({ status: 200 })
      // The server says no interval: five seconds (RFC 8628, 3.2).
      const waits = time.slept.filter((long) => long < 60_000)
      expect(waits).toEqual(polls.map(() => 5000))
    }))

  test("that the person does not agree to is denied", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [television] })
      const error = yield* ask.pipe(
        Effect.provide(callerAt(oidc, loginAt(oidc, later(oidc, { agrees: false })))),
        Effect.withClock(hasty().clock),
        Effect.flip
      )
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Denied" })
      expect(error.message).toContain("End-User aborted interaction")
    }))
})

describe("a device", () => {
  const pending = Scripted.json({ error: "authorization_pending" }, { status: 400 })
  const granted = Scripted.json({ access_token: "token", token_type: "Bearer" })

  /** Logs in at a server that answers polls by this script. */
  const polling = (
    polls: ReadonlyArray<Scripted.Behaviour>,
    more: object = {},
    options: Partial<OAuth.DeviceOptions> = {}
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
              ...more
            })
          : (polls[Math.min(polled++, polls.length - 1)] ?? pending)
      )
      const time = hasty()
      const tokens = yield* OAuth.deviceCode({
        server: {
          tokenEndpoint: new URL("/token", server.url),
          deviceAuthorisationEndpoint: new URL("/device", server.url)
        },
        client: { clientId: "television" },
        show: () => Effect.void,
        ...options
      })
      const exit = yield* Effect.exit(Effect.withClock(tokens.token(), time.clock))
      return { exit, failure: Effect.flip(exit), server, waits: time.slept.filter((long) => long < 60_000) }
    })

  test("polls at the server's pace, and slower for good when told to slow down", () =>
    Effect.gen(function* () {
      const slower = Scripted.json({ error: "slow_down" }, { status: 400 })
      const { exit, server, waits } = yield* polling([pending, slower, pending, slower, granted])
      expect(Redacted.value((yield* exit).accessToken)).toBe("token")
      expect(waits).toEqual([7000, 7000, 12_000, 12_000, 17_000])
      const form = new URLSearchParams(server.requests.at(-1)?.body)
      expect([...form]).toEqual([
        ["device_code", "the-device-code"],
        ["grant_type", "urn:ietf:params:oauth:grant-type:device_code"],
        ["client_id", "television"]
      ])
    }))

  test("polls on, less often, while the server can't be asked", () =>
    Effect.gen(function* () {
      const gone = Scripted.answer({ status: 500 })
      const { exit, waits } = yield* polling([pending, gone, Scripted.hangUp, pending, granted])
      expect(Redacted.value((yield* exit).accessToken)).toBe("token")
      expect(waits).toEqual([7000, 7000, 14_000, 28_000, 28_000])
    }))

  test("gives up when its code has expired, by the server's word or by its own", () =>
    Effect.gen(function* () {
      const told = yield* polling([pending, Scripted.json({ error: "expired_token" }, { status: 400 })])
      expect(yield* told.failure).toMatchObject({ reason: "TimedOut" })
      expect((yield* told.failure).message).toContain("start anew")
      const own = yield* polling([pending], { expires_in: 100 })
      expect(yield* own.failure).toMatchObject({ reason: "TimedOut" })
      expect((yield* own.failure).message).toMatch(/within 1m 40s: start it again/)
      const impatient = yield* polling([pending], {}, { patience: "80 seconds" })
      expect((yield* impatient.failure).message).toMatch(/within 1m 20s/)
    }))

  test("says that the server was away if that is why it gave up", () =>
    Effect.gen(function* () {
      const { failure } = yield* polling([pending, Scripted.answer({ status: 500 })], { expires_in: 300 })
      expect(yield* failure).toMatchObject({ reason: "Unavailable" })
    }))

  test("gives up at once on what is no answer to a poll, and shows no code", () =>
    Effect.gen(function* () {
      const told = Scripted.json({ error: "invalid_grant", error_description: "no the-device-code" }, { status: 400 })
      const { exit, failure, server } = yield* polling([told])
      expect(yield* failure).toMatchObject({ reason: "Refused" })
      expect(server.requests).toHaveLength(2)
      expect(shown(exit)).not.toContain("the-device-code")
    }))

  test("is refused if the server does not know it", () =>
    Effect.gen(function* () {
      const oidc = yield* make({ clients: [] })
      const tokens = yield* loginAt(oidc, () => Effect.die("there is nothing to show"))
      expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Refused" })
    }))
})
