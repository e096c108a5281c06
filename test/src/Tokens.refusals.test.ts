import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import type { HttpClient } from "@effect/platform/HttpClient"
import { type Token, Tokens, TokenStore } from "effect-herald"
import { Caller, once, status, stub, thing } from "../support/kit.js"
import { failure } from "../support/tokenServer.js"

const baseUrl = "https://api.test"

/** The start of every test, in milliseconds since the epoch. */
const startTime = 1_000_000_000

const test = <E>(name: string, body: () => Effect.Effect<void, E, HttpClient | Scope.Scope>) =>
  it.scoped(name, () =>
    TestClock.setTime(startTime).pipe(Effect.zipRight(Effect.suspend(body)), Effect.provide(stub([status(200)]).layer))
  )

interface SetUpOptions extends Partial<Omit<Tokens.Options, "grant" | "refresh">> {
  /** The status of the API for a token. */
  readonly api?: (token: string) => number
  /** The failure of the grant with this number, from 1. */
  readonly grantFailure?: (number: number) => Token.TokenFailure["reason"] | undefined
  /** The failure of the refresh with this number, from 1. */
  readonly refreshFailure?: (number: number) => Token.TokenFailure["reason"] | undefined
  /** Refresh tokens are issued. Default: true. */
  readonly refreshes?: boolean
  /** Fields of the stored token. Default: none is stored. */
  readonly stored?: object
}

/** Tokens, with counts of the requests to the authorization server and to the API. */
const setUp = ({
  api = () => 200,
  grantFailure = () => undefined,
  refreshFailure = () => undefined,
  refreshes = true,
  stored,
  ...options
}: SetUpOptions) =>
  Effect.gen(function* () {
    const counts = { grants: 0, refreshes: 0, api: 0 }
    let issued = 0
    const respond = (reason: Token.TokenFailure["reason"] | undefined) =>
      reason === undefined
        ? Effect.sync(() => {
            issued += 1
            return {
              accessToken: Redacted.make(`access-${issued}`),
              refreshToken: refreshes ? Redacted.make(`refresh-${issued}`) : undefined,
              expiresIn: 3600
            }
          })
        : failure(reason)
    const store = yield* TokenStore.makeMemory
    if (stored !== undefined)
      yield* store.save("test", JSON.stringify({ access_token: "stored", granted_at: 1, ...stored }))
    const tokens = yield* Tokens.make({
      name: "test",
      identity: "app",
      grant: Effect.suspend(() => respond(grantFailure((counts.grants += 1)))),
      ...(refreshes ? { refresh: () => Effect.suspend(() => respond(refreshFailure((counts.refreshes += 1)))) } : {}),
      ...options
    }).pipe(Effect.provideService(TokenStore.TokenStore, store))
    const requests: Array<string> = []
    const http = stub(
      Array.from({ length: 500 }, (_, index) => () => {
        counts.api += 1
        const token = (http.requests[index]?.request.headers["authorization"] ?? "").replace("Bearer ", "")
        requests.push(token)
        return new Response('{"ok":true}', { status: api(token) })
      })
    )
    const context = yield* Layer.build(
      Layer.mergeAll(Caller.layer({ baseUrl, credentials: Effect.succeed(tokens) }), once, http.layer)
    )
    const call = Effect.map(Effect.either(Effect.provide(thing(), context)), (result) =>
      result._tag === "Right" ? "ok" : result.left._tag
    )
    return { tokens, store, counts, requests, call }
  })

const all = (count: number) => ["sequential", "concurrent"].map((order) => [order, count] as const)

describe("a 401 that no token cures", () => {
  for (const [order, count] of all(20)) {
    const concurrency = order === "sequential" ? 1 : "unbounded"

    test(`does not ask the user again and again: ${count} ${order} calls`, () =>
      Effect.gen(function* () {
        const { call, counts } = yield* setUp({ api: () => 401, refreshes: false })
        const results = yield* Effect.replicateEffect(call, count, { concurrency })
        expect(new Set(results)).toEqual(new Set(["Unauthorized"]))
        expect(counts).toEqual({ grants: 1, refreshes: 0, api: count })
      }))

    test(`is tried with one refreshed token: ${count} ${order} calls`, () =>
      Effect.gen(function* () {
        const { call, counts } = yield* setUp({
          api: () => 401,
          stored: { refresh_token: "r" }
        })
        const results = yield* Effect.replicateEffect(call, count, { concurrency })
        expect(new Set(results)).toEqual(new Set(["Unauthorized"]))
        expect(counts).toMatchObject({ grants: 0, refreshes: 1 })
        expect(counts.api).toBeLessThanOrEqual(2 * count)
      }))

    test(`is tried with one more token where a grant needs no user: ${count} ${order} calls`, () =>
      Effect.gen(function* () {
        const { call, counts } = yield* setUp({
          api: () => 401,
          refreshes: false,
          subject: "fixed"
        })
        yield* Effect.replicateEffect(call, count, { concurrency })
        expect(counts.grants).toBe(2)
      }))
  }

  for (const [kind, options, granted] of [
    ["a refresh", { stored: { refresh_token: "r" } }, { grants: 0, refreshes: 1 }],
    ["a grant that needs no user", { refreshes: false, subject: "fixed", stored: {} }, { grants: 1, refreshes: 0 }],
    ["no grant that needs a user", { refreshes: false, stored: {} }, { grants: 0, refreshes: 0 }]
  ] as const) {
    test(`to a stored token that another process was granted moments ago is tried with ${kind}`, () =>
      Effect.gen(function* () {
        const { call, counts } = yield* setUp({
          api: () => 401,
          ...options,
          stored: { ...options.stored, granted_at: startTime / 1000 - 20 }
        })
        expect(yield* call).toBe("Unauthorized")
        expect(yield* call).toBe("Unauthorized")
        expect(counts).toMatchObject(granted)
      }))
  }

  test("to a revoked token from the store is cured by a refresh, even moments after its grant", () =>
    Effect.gen(function* () {
      const { call, counts, requests } = yield* setUp({
        api: (token) => (token === "stored" ? 401 : 200),
        stored: { refresh_token: "r", granted_at: startTime / 1000 - 20 }
      })
      expect(yield* call).toBe("ok")
      expect(counts).toMatchObject({ grants: 0, refreshes: 1 })
      expect(requests).toEqual(["stored", "access-1"])
    }))

  test("is tried again after five minutes, at most", () =>
    Effect.gen(function* () {
      const { call, counts } = yield* setUp({ api: () => 401, refreshes: false })
      for (let minute = 0; minute < 60; minute += 1) {
        yield* Effect.replicateEffect(call, 3)
        yield* TestClock.adjust("1 minute")
      }
      expect(counts.grants).toBeGreaterThan(2)
      expect(counts.grants).toBeLessThanOrEqual(2 + 60 / 5)
    }))

  test("does not make a token unusable for other resources", () =>
    Effect.gen(function* () {
      let failing = true
      const { call, counts, requests } = yield* setUp({
        api: () => (failing ? 401 : 200),
        refreshes: false
      })
      expect(yield* call).toBe("Unauthorized")
      failing = false
      expect(yield* call).toBe("ok")
      expect(counts.grants).toBe(1)
      expect(requests).toEqual(["access-1", "access-1"])
    }))

  test("is cured by a token that another program has stored, even moments after a grant", () =>
    Effect.gen(function* () {
      const { call, counts, store } = yield* setUp({
        api: (token) => (token === "other" ? 200 : 401),
        refreshes: false
      })
      expect(yield* call).toBe("Unauthorized")
      yield* store.save("test", JSON.stringify({ access_token: "other" }))
      expect(yield* call).toBe("ok")
      expect(counts.grants).toBe(1)
    }))

  test("is blamed on a token that is a minute old, so that the user signs in again", () =>
    Effect.gen(function* () {
      const { call, counts } = yield* setUp({
        api: (token) => (token === "access-1" ? 401 : 200),
        refreshes: false
      })
      expect(yield* call).toBe("Unauthorized")
      yield* TestClock.adjust("1 minute")
      expect(yield* call).toBe("ok")
      expect(counts.grants).toBe(2)
    }))
})

/** The reasons of grants, with the time for which they are remembered. */
const remembered: ReadonlyArray<readonly [Token.TokenFailure["reason"], Duration.DurationInput | undefined]> = [
  ["Denied", "5 minutes"],
  ["TimedOut", "5 minutes"],
  ["Unsafe", "5 minutes"],
  ["Invalid", "5 minutes"],
  ["Refused", "1 minute"],
  ["Misconfigured", "1 minute"],
  ["Unavailable", undefined]
]

describe("a refusal", () => {
  for (const [reason, time] of remembered) {
    test(`of a grant by ${reason} is remembered ${time === undefined ? "not at all" : `for ${String(time)}`}`, () =>
      Effect.gen(function* () {
        const { counts, tokens } = yield* setUp({ grantFailure: () => reason })
        const failures = yield* Effect.replicateEffect(Effect.flip(tokens.token()), 5)
        expect(new Set(failures.map((one) => one.reason))).toEqual(new Set([reason]))
        if (time === undefined) {
          expect(counts.grants).toBe(5)
          return
        }
        expect(counts.grants).toBe(1)
        yield* TestClock.adjust(Duration.subtract(time, 1))
        yield* Effect.flip(tokens.token())
        yield* Effect.flip(tokens.token({ forceLoad: true }))
        expect(counts.grants).toBe(1)
        yield* TestClock.adjust(1)
        yield* Effect.flip(tokens.token())
        expect(counts.grants).toBe(2)
      }))

    test(`of a grant by ${reason} is not what forceNew returns`, () =>
      Effect.gen(function* () {
        const { counts, tokens } = yield* setUp({ grantFailure: (number) => (number < 3 ? reason : undefined) })
        yield* Effect.flip(tokens.token())
        yield* Effect.flip(tokens.token({ forceNew: true }))
        expect(counts.grants).toBe(2)
        yield* tokens.token({ forceNew: true })
        yield* tokens.token()
        expect(counts.grants).toBe(3)
      }))
  }

  test("of a grant ends with a token in the store, and with forget", () =>
    Effect.gen(function* () {
      const { counts, store, tokens } = yield* setUp({ grantFailure: () => "Denied" })
      yield* Effect.flip(tokens.token())
      yield* store.save("test", JSON.stringify({ access_token: "other" }))
      expect(Redacted.value((yield* tokens.token()).accessToken)).toBe("other")
      yield* tokens.forget
      yield* Effect.flip(tokens.token())
      expect(counts.grants).toBe(2)
    }))

  test("of a grant does not keep a refresh token in the store from being used", () =>
    Effect.gen(function* () {
      const { counts, store, tokens } = yield* setUp({ grantFailure: () => "Denied" })
      yield* Effect.flip(tokens.token())
      yield* store.save(
        "test",
        JSON.stringify({ access_token: "old", refresh_token: "r", granted_at: 1, expires_at: 2 })
      )
      yield* tokens.token()
      expect(counts).toMatchObject({ grants: 1, refreshes: 1 })
    }))

  for (const [order, count] of all(20)) {
    test(`of a refresh token leads to one refresh and one login: ${count} ${order} calls`, () =>
      Effect.gen(function* () {
        const { call, counts } = yield* setUp({
          stored: { refresh_token: "dead", expires_at: 2 },
          refreshFailure: () => "Refused",
          grantFailure: () => "Denied"
        })
        yield* Effect.replicateEffect(call, count, { concurrency: order === "sequential" ? 1 : "unbounded" })
        expect(counts).toEqual({ grants: 1, refreshes: 1, api: 0 })
      }))
  }

  test("of a refresh token is not repeated while the grant is unavailable", () =>
    Effect.gen(function* () {
      const { counts, tokens } = yield* setUp({
        stored: { refresh_token: "dead", expires_at: 2 },
        refreshFailure: () => "Refused",
        grantFailure: (number) => (number < 4 ? "Unavailable" : undefined)
      })
      yield* Effect.replicateEffect(Effect.flip(tokens.token()), 3)
      yield* tokens.token()
      expect(counts).toMatchObject({ grants: 4, refreshes: 1 })
    }))

  for (const reason of ["Misconfigured", "Unavailable", "Denied", "TimedOut", "Unsafe", "Store"] as const) {
    test(`of a refresh by ${reason} leads to no login`, () =>
      Effect.gen(function* () {
        const { counts, tokens } = yield* setUp({
          stored: { refresh_token: "r", expires_at: 2 },
          refreshFailure: (number) => (number === 1 ? reason : undefined)
        })
        expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason })
        if (reason === "Misconfigured") {
          expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason })
          expect(counts.refreshes).toBe(1)
          yield* TestClock.adjust("1 minute")
        }
        yield* tokens.token()
        expect(counts).toMatchObject({ grants: 0, refreshes: 2 })
      }))
  }
})

describe("a clock that is set", () => {
  for (const [name, by] of [
    ["back by an hour", -3_600_000],
    ["back by a day", -86_400_000],
    ["back by a second", -1000],
    ["forward by an hour", 3_600_000],
    ["forward by a year", 31_536_000_000]
  ] as const) {
    test(`${name} causes one refresh, and no more`, () =>
      Effect.gen(function* () {
        const { call, counts } = yield* setUp({ grantFailure: () => undefined })
        expect(yield* call).toBe("ok")
        yield* TestClock.setTime(startTime + by)
        const results = yield* Effect.replicateEffect(call, 20)
        expect(new Set(results)).toEqual(new Set(["ok"]))
        expect(counts.refreshes).toBeLessThanOrEqual(1)
      }))
  }

  test("back does not make a token live longer", () =>
    Effect.gen(function* () {
      const live = Clock.make()
      let [offset, elapsed] = [0, 0]
      const millis = () => startTime + elapsed + offset
      const clock: Clock.Clock = {
        ...live,
        unsafeCurrentTimeMillis: millis,
        currentTimeMillis: Effect.sync(millis),
        unsafeCurrentTimeNanos: () => BigInt(elapsed) * 1_000_000n
      }
      const { call, counts } = yield* setUp({})
      yield* Effect.gen(function* () {
        yield* call
        elapsed = 50 * 60_000
        yield* call
        expect(counts.refreshes).toBe(0)
        offset = -30 * 60_000
        yield* call
        expect(counts.refreshes).toBe(0)
        // An hour after the grant, less the margin.
        elapsed = 59 * 60_000
        yield* call
        expect(counts.refreshes).toBe(1)
        yield* Effect.replicateEffect(call, 5)
        expect(counts.refreshes).toBe(1)
      }).pipe(Effect.withClock(clock))
    }))

  test("does not make a token that could not be saved give way to the older one in the store", () =>
    Effect.gen(function* () {
      const memory = yield* TokenStore.makeMemory
      const later = startTime / 1000 + 3600
      yield* memory.save(
        "test",
        JSON.stringify({ access_token: "old", refresh_token: "r", granted_at: later, expires_at: later + 60 })
      )
      const presented: Array<string> = []
      const tokens = yield* Tokens.make({
        name: "test",
        identity: "app",
        grant: failure("Denied"),
        refresh: (token) =>
          Effect.sync(() => ({
            accessToken: Redacted.make(`access-${presented.push(Redacted.value(token))}`),
            refreshToken: Redacted.make(`r-${presented.length}`),
            expiresIn: 60
          }))
      }).pipe(
        Effect.provideService(TokenStore.TokenStore, {
          ...memory,
          save: () => new TokenStore.TokenStoreFailure({ message: "read-only" })
        })
      )
      for (let minute = 0; minute < 4; minute += 1) {
        yield* tokens.token()
        yield* TestClock.adjust("1 minute")
      }
      expect(presented).toEqual(["r", "r-1", "r-2", "r-3"])
    }))
})
