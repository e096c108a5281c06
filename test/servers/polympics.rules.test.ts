import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Permissions from "../../schemas/polympics/Permissions.js"
import { httpApp, layer } from "effect-herald/polympics/testing"
import type { ServerOptions } from "effect-herald/polympics/testing"
import {
  admin,
  bot,
  call,
  captain,
  everything,
  issue,
  json,
  member,
  empty,
  options,
  outOfScope,
  error,
  stray,
  test,
  internalError,
  weak
} from "./polympicsRequests.js"

describe("awards", () => {
  test(
    "are given once and taken once, without a body",
    Effect.gen(function* () {
      const path = "/account/5/award/1"
      expect(yield* call("PUT", path, bot)).toEqual(empty(201))
      expect(yield* call("PUT", path, admin)).toEqual(empty(208))
      expect((yield* call("GET", "/account/5")).text).toContain('"awards":[{"id":1,')
      expect(yield* call("DELETE", path, bot)).toEqual(empty(204))
      expect(yield* call("DELETE", path, bot)).toEqual(empty(404))
      expect((yield* call("GET", "/account/5")).text).toContain('"awards":[]')
    })
  )

  test(
    "are given by callers with the permission, to known accounts",
    Effect.gen(function* () {
      expect(yield* call("PUT", "/account/5/award/1")).toEqual(error(401, "Not authenticated"))
      for (const as of [weak, member, "A1:wrong"]) {
        expect(yield* call("PUT", "/account/5/award/1", as)).toEqual(outOfScope)
        expect(yield* call("DELETE", "/account/1/award/1", as)).toEqual(outOfScope)
        expect(yield* call("DELETE", "/award/1", as)).toEqual(outOfScope)
      }
      const text = '[{"loc":["path","account"],"msg":"Account not found.","type":"value_error"},'
      const found = yield* call("PUT", "/account/77/award/x", weak)
      expect(found).toMatchObject({ status: 422, text: expect.stringContaining(text) })
      expect(found.text).toContain("Invalid Award ID: must be int.")
    })
  )

  test(
    "are taken from all accounts when they are deleted, and their team can be deleted then",
    Effect.gen(function* () {
      expect(yield* call("DELETE", "/team/2", bot)).toEqual(internalError)
      expect((yield* call("GET", "/account/5")).text).toContain('"team":{"id":2')
      expect(yield* call("DELETE", "/award/1", bot)).toEqual(empty(204))
      expect((yield* call("GET", "/award/1")).status).toBe(422)
      expect((yield* call("GET", "/account/1")).text).toContain('"awards":[]')
      expect(yield* call("DELETE", "/team/2", bot)).toEqual(empty(204))
      expect((yield* call("GET", "/account/5")).text).toContain('"team":null')
    })
  )

  test(
    "have ids after the highest one",
    Effect.gen(function* () {
      const body = { title: "New", image_url: "", team: 1, accounts: ["1", 1] }
      expect((yield* call("POST", "/awards/new", bot, body)).text).toBe('{"id":8,"title":"New","image_url":""}')
      expect((yield* call("GET", "/award/8")).text.match(/"discriminator"/g)).toHaveLength(1)
    })
  )
})

describe("captains", () => {
  test(
    "can rename and delete their team, and remove its members",
    Effect.gen(function* () {
      expect((yield* call("PATCH", "/account/1", captain, { team: 0 })).text).toContain('"team":null')
      expect(yield* call("PATCH", "/account/1", captain, { team: 1 })).toEqual(outOfScope)
      expect(yield* call("PATCH", "/account/5", captain, { team: 0 })).toEqual(outOfScope)
      for (const as of [stray, member]) {
        expect(yield* call("PATCH", "/team/1", as, { name: "x" })).toEqual(outOfScope)
        expect(yield* call("DELETE", "/team/1", as)).toEqual(outOfScope)
      }
      expect((yield* call("PATCH", "/team/1", captain, { name: "Won" })).text).toContain('"name":"Won"')
      expect(yield* call("DELETE", "/team/2", captain)).toEqual(outOfScope)
      expect(yield* call("DELETE", "/team/1", captain)).toEqual(empty(204))
      expect((yield* call("GET", "/account/2")).text).toContain('"team":null')
    })
  )
})

describe("sessions", () => {
  test(
    "are made by apps with the permission authenticateUsers",
    Effect.gen(function* () {
      const body = { account: 5 }
      expect(yield* call("POST", "/auth/create_session", weak, body)).toEqual(outOfScope)
      expect(yield* call("POST", "/auth/create_session", admin, body)).toEqual(outOfScope)
      expect((yield* call("POST", "/auth/create_session", bot, { account: "77" })).status).toBe(422)
      // A user can have the bit in its mask, but not the permission.
      expect(yield* call("POST", "/auth/create_session", everything, body)).toEqual(outOfScope)
      const made = yield* call("POST", "/auth/create_session", bot, body)
      expect(made.status).toBe(201)
      const [, username, password] = /^\{"username":"(S7)","password":"([^"]+)","expires_at":2592000.0\}$/.exec(
        made.text
      )!
      expect(Buffer.from(password!, "base64")).toHaveLength(32)
      expect((yield* call("GET", "/auth/me", `${username}:${password}`)).text).toContain('"id":"5"')
      const other = yield* call("POST", "/auth/create_session", bot, body)
      expect(other.text).not.toContain(password)
    })
  )

  test(
    "expire after 30 days, and are deleted by the first use after that",
    Effect.gen(function* () {
      yield* TestClock.adjust("30 days")
      expect((yield* call("GET", "/auth/me", member)).status).toBe(200)
      yield* TestClock.adjust("1 millis")
      expect(yield* call("PATCH", "/account/1", member, { team: 2 })).toEqual(outOfScope)
      yield* TestClock.setTime(0)
      expect((yield* call("GET", "/auth/me", member)).status).toBe(401)
      // A session that was not used after its expiry still exists.
      expect((yield* call("GET", "/auth/me", captain)).status).toBe(200)
    })
  )

  test(
    "are deleted with their account",
    Effect.gen(function* () {
      expect(yield* call("DELETE", "/account/1", captain)).toEqual(outOfScope)
      expect(yield* call("DELETE", "/account/1", member)).toEqual(empty(204))
      expect((yield* call("GET", "/auth/me", member)).status).toBe(401)
      expect((yield* call("GET", "/award/1")).text).toContain('"awardees":[]')
      expect((yield* call("GET", "/team/1")).text).toContain('"member_count":1')
      const made = { id: "1", name: "Again", discriminator: "1" }
      expect((yield* call("POST", "/accounts/new", bot, made)).text).toContain('"awards":[]')
    })
  )
})

describe("reset_token", () => {
  test(
    "returns the new password to an app, and the account to a user",
    Effect.gen(function* () {
      const reset = yield* call("POST", "/auth/reset_token", bot)
      const [, password] = /^\{"name":"bot","permissions":95,"username":"A1","password":"([^"]{44})"\}$/.exec(
        reset.text
      )!
      expect((yield* call("GET", "/auth/me", bot)).status).toBe(401)
      expect((yield* call("GET", "/auth/me", `A1:${password}`)).text).toBe(
        '{"name":"bot","permissions":95,"username":"A1"}'
      )
      const account = yield* call("GET", "/account/1")
      expect(yield* call("POST", "/auth/reset_token", member)).toEqual(account)
      expect((yield* call("GET", "/auth/me", member)).status).toBe(401)
      const noToken = error(401, "A token was not used to authenticate.")
      expect(yield* call("POST", "/auth/reset_token", member)).toEqual(noToken)
      expect(yield* call("POST", "/auth/reset_token")).toEqual(error(401, "Not authenticated"))
    })
  )
})

describe("Discord", () => {
  test(
    "makes sessions for registered users, and accounts for others",
    Effect.gen(function* () {
      const account = yield* call("GET", "/account/1")
      const old = yield* call("POST", "/auth/discord", undefined, { token: "old" })
      expect(old).toMatchObject({ status: 200, text: expect.stringMatching(/^\{"username":"S7",/) })
      expect(yield* call("GET", "/account/1")).toEqual(account)
      expect((yield* call("POST", "/auth/discord", undefined, { token: "new" })).status).toBe(200)
      expect((yield* call("GET", "/account/99")).text).toContain('"name":"Newcomer","discriminator":"9999"')
      const bad = error(401, "Bad Discord user token.")
      expect(yield* call("POST", "/auth/discord", undefined, { token: "unknown" })).toEqual(bad)
      expect(yield* call("POST", "/auth/discord", undefined, { token: "broken" })).toEqual(internalError)
      const missing = issue(["body", "token"], "field required", "value_error.missing")
      expect(yield* call("POST", "/auth/discord", undefined, {})).toEqual(missing)
    })
  )

  test(
    "makes no accounts while signups are closed",
    Effect.gen(function* () {
      const closed = error(403, "Signups are closed.")
      expect(yield* call("GET", "/accounts/signups")).toEqual(json('{"signups_open":false}'))
      expect(yield* call("POST", "/auth/discord", undefined, { token: "new" })).toEqual(closed)
      expect((yield* call("POST", "/auth/discord", undefined, { token: "old" })).status).toBe(200)
      const account = { id: "7", name: "x", discriminator: "1" }
      expect(yield* call("POST", "/accounts/new", bot, account)).toEqual(closed)
      expect((yield* call("GET", "/account/7")).status).toBe(422)
    }),
    { signupsOpen: false }
  )

  const valid = { id: "99", name: "N", discriminator: "1", avatarUrl: "https://a.test" }
  const unstorable = [
    { title: "an id of 2^63", user: { ...valid, id: "9223372036854775808" }, response: internalError },
    { title: "an id below -2^63", user: { ...valid, id: "-9223372036854775809" }, response: internalError },
    { title: "a name of 256 characters", user: { ...valid, name: "N".repeat(256) }, response: internalError },
    { title: "a name with NUL", user: { ...valid, name: "\0" }, response: internalError },
    {
      title: "a discriminator of 256 characters",
      user: { ...valid, discriminator: "1".repeat(256) },
      response: internalError
    },
    { title: "an avatar of 513 characters", user: { ...valid, avatarUrl: "a".repeat(513) }, response: internalError },
    {
      title: "an id that is no integer",
      user: { ...valid, id: "x" },
      response: error(401, "Bad Discord user token.")
    }
  ]
  for (const { response, title, user } of unstorable) {
    test(
      `makes no session for a user with ${title}`,
      Effect.gen(function* () {
        expect(yield* call("POST", "/auth/discord", undefined, { token: "odd" })).toEqual(response)
        expect((yield* call("GET", "/account/99")).status).toBe(422)
        const next = yield* call("POST", "/auth/discord", undefined, { token: "largest" })
        expect(next.text).toContain('"username":"S1"')
      }),
      { sessions: [], discordUsers: { odd: user, largest: { ...valid, id: "9223372036854775807" } } }
    )
  }
})

describe("permission masks", () => {
  test(
    "are exact signed integers of 64 bits",
    Effect.gen(function* () {
      const grant = (mask: bigint) => call("PATCH", "/account/1", bot, `{"grant_permissions": ${mask}}`)
      const shown = (mask: bigint) => expect.stringContaining(`"permissions":${mask},`)
      expect(yield* grant(2n ** 60n)).toEqual(outOfScope)
      expect(yield* grant(-(2n ** 63n) - 32n)).toEqual(internalError)
      expect((yield* call("GET", "/account/1")).text).toEqual(shown(0n))
      expect((yield* grant(-(2n ** 63n))).text).toEqual(shown(-(2n ** 63n)))
      expect((yield* grant(-(2n ** 53n) - 32n)).text).toEqual(shown(-(2n ** 53n) - 32n))
      expect((yield* call("GET", "/account/5")).text).toEqual(shown(2n ** 53n + 1n))
    }),
    {
      accounts: [
        { id: "1", name: "a" },
        { id: "5", name: "b", permissions: Permissions.fromMask(2n ** 53n + 1n) }
      ],
      awards: [],
      sessions: []
    }
  )
})

describe("the client without sockets", () => {
  test(
    "sends every kind of body",
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const authorization = `Basic ${Buffer.from(bot).toString("base64")}`
      const request = HttpClientRequest.post("https://elsewhere.test/teams/new", { headers: { authorization } })
      const body = Stream.make('{"na', 'me":"Streamed"}').pipe(Stream.encodeText)
      const response = yield* client.execute(
        HttpClientRequest.bodyStream(request, body, { contentType: "application/json" })
      )
      expect(yield* response.json).toMatchObject({ name: "Streamed" })
      const form = yield* client.execute(HttpClientRequest.bodyFormDataRecord(request, { name: "x" }))
      expect(form.status).toBe(422)
    })
  )

  it.effect("uses the clock of the call, and has a new state for each build", () =>
    Effect.gen(function* () {
      const team = call("POST", "/teams/new", bot, { name: "x" })
      yield* TestClock.adjust("90 minutes")
      for (const _ of [1, 2]) {
        expect((yield* Effect.provide(team, layer(options))).text).toContain('{"id":3,"name":"x","created_at":5400.0,')
      }
    })
  )

  it.effect("is interrupted with the call", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      const makePassword = Deferred.succeed(begun, undefined).pipe(
        Effect.zipRight(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
      )
      const request = call("POST", "/auth/create_session", bot, { account: 1 })
      const fiber = yield* Effect.fork(Effect.provide(request, layer({ ...options, makePassword })))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      expect(yield* Deferred.isDone(stopped)).toBe(true)
    })
  )
})

describe("searches", () => {
  test(
    "have the changes since the last one",
    Effect.gen(function* () {
      const names = (query: string) =>
        Effect.map(call("GET", `/accounts/search${query}`), ({ text }) =>
          // The response is a page of accounts.
          (JSON.parse(text) as { data: ReadonlyArray<{ name: string }> }).data.map(({ name }) => name)
        )
      expect(yield* names("?q=CAP")).toEqual(["Captain", "Captain of none"])
      expect(yield* names("?team=2")).toEqual(["Member of two"])
      yield* call("PATCH", "/account/1", bot, { team: 2 })
      expect(yield* names("?team=2")).toEqual(["Member", "Member of two"])
      yield* call("PATCH", "/account/1", bot, { team: 1 })
      yield* call("PATCH", "/account/5", bot, { name: "(a) captain", team: 1 })
      expect(yield* names("?q=CAP")).toEqual(["(a) captain", "Captain", "Captain of none"])
      expect(yield* names("?q=c%25n_o")).toEqual(["Captain of none"])
      expect(yield* names("?team=2")).toEqual([])
      expect(yield* names("")).toEqual(["(a) captain", "Admin", "Captain", "Captain of none", "Member", "Zed"])
      yield* call("DELETE", "/account/2", bot)
      yield* call("POST", "/accounts/new", bot, { id: 7, name: "captain", discriminator: "1" })
      yield* call("POST", "/accounts/new", bot, { id: -7, name: "captain", discriminator: "1" })
      expect(yield* names("?q=CAP")).toEqual(["(a) captain", "captain", "captain", "Captain of none"])
      expect((yield* call("GET", "/accounts/search?q=captain&per_page=1&page=1")).text).toContain('"id":"-7"')
      const far = `page=${2n ** 62n}&per_page=1`
      expect((yield* call("GET", `/accounts/search?${far}`)).text).toContain('{"page":4611686018427387904,')
      expect(yield* call("GET", `/accounts/search?per_page=${2n ** 63n}`)).toEqual(internalError)
    })
  )
})

it.effect("contradictory options are a defect with the reason", () =>
  Effect.gen(function* () {
    const defect = (options: ServerOptions) =>
      Effect.scoped(httpApp(options)).pipe(
        Effect.as(""),
        Effect.catchAllDefect((defect) => Effect.succeed(String(defect)))
      )
    expect(yield* defect({ accounts: [{ id: "1", name: "x", team: 9 }] })).toContain("no team 9")
    expect(yield* defect({ teams: [1, 1].map((id) => ({ id, name: "x" })) })).toContain("two of team 1")
  })
)
