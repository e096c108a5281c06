import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Deadline, ResponseCache, RetryPolicy, Token, Tokens, TokenStore } from "effect-herald"
import { Caller, elapsing, forAll, status, stub, thing } from "../support/kit.js"
import { settle } from "../support/settle.js"
import { failure } from "../support/tokenServer.js"

const apiUrl = "https://api.test"

/** The start of every test, in milliseconds since the epoch: later than the `granted_at` of stored tokens. */
const startTime = 100_000

/** A stored token. Times are in seconds. */
const storedToken = (accessToken: string, fields: object = {}) =>
  JSON.stringify({
    access_token: accessToken,
    refresh_token: `r-${accessToken}`,
    grant_id: "person",
    granted_at: 0,
    ...fields
  })

const expired = { expires_at: 1 }

interface SetupOptions extends Partial<Tokens.Options> {
  /** The text in the store. */
  readonly stored?: string | undefined
  /** Fields of every token response that replace the default ones. */
  readonly response?: Partial<Token.TokenResponse>
  /** The failure of refreshes, as long as there is one. */
  readonly refreshFailure?: () => Token.TokenFailure | undefined
  /** Access tokens that fail the probe. Default: there is no probe. */
  readonly failProbe?: ReadonlyArray<string>
  /** The operations of the store that fail. */
  readonly failStore?: () => ReadonlyArray<"load" | "save" | "lock">
}

/** Tokens with a store and a server that record their operations as events. */
const setUp = (options: SetupOptions = {}) =>
  Effect.gen(function* () {
    const {
      failProbe,
      failStore = () => [],
      refreshFailure = () => undefined,
      response = {},
      stored,
      ...more
    } = options
    const events: Array<string> = []
    const logged: Array<string> = []
    const memory = yield* TokenStore.makeMemory
    if (stored !== undefined) yield* memory.save("test", stored)
    const record = (event: string) => Effect.sync(() => void events.push(event))
    const recordAccess = (operation: "load" | "save" | "lock", event: string) =>
      Effect.suspend(() =>
        Effect.zipRight(
          record(event),
          failStore().includes(operation)
            ? new TokenStore.TokenStoreFailure({ message: `${operation} failed` })
            : Effect.void
        )
      )
    const accessTokenIn = (text: string) => String((JSON.parse(text) as { access_token: unknown }).access_token)
    const store: typeof TokenStore.TokenStore.Service = {
      load: (name) => Effect.zipRight(recordAccess("load", "load"), memory.load(name)),
      save: (name, text) =>
        Effect.zipRight(recordAccess("save", `save ${accessTokenIn(text)}`), memory.save(name, text)),
      remove: (name) => Effect.zipRight(record("remove"), memory.remove(name)),
      lock: (name) =>
        Effect.zipRight(
          Effect.tap(memory.lock(name), () => Effect.addFinalizer(() => record("unlock"))),
          recordAccess("lock", "lock")
        )
    }
    let [refreshes, grants] = [0, 0]
    const responseWith = (accessToken: string): Token.TokenResponse => ({
      accessToken: Redacted.make(accessToken),
      refreshToken: Redacted.make(`r-${accessToken}`),
      expiresIn: 3600,
      ...response
    })
    const tokens = yield* Tokens.make({
      name: "test",
      identity: "app",
      grant: Effect.suspend(() => Effect.as(record("grant"), responseWith(`new${(grants += 1)}`))),
      refresh: (token) =>
        Effect.suspend(() =>
          Effect.zipRight(
            record(`refresh ${Redacted.value(token)}`),
            refreshFailure() ?? Effect.sync(() => responseWith(`next${(refreshes += 1)}`))
          )
        ),
      ...(failProbe === undefined
        ? {}
        : {
            probe: ({ accessToken }) =>
              Effect.as(
                record(`probe ${Redacted.value(accessToken)}`),
                !failProbe.includes(Redacted.value(accessToken))
              )
          }),
      ...more
    }).pipe(Effect.provideService(TokenStore.TokenStore, store))
    const logger = Logger.make(({ message }) => void logged.push(String(message)))
    return {
      tokens,
      memory,
      events,
      /** Removes the events so far, and returns them without releases of locks. */
      takeEvents: () => events.splice(0).filter((event) => event !== "unlock"),
      logged,
      logger: Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)),
      /** The generation and the header of an authorized request. */
      authorize: Effect.map(tokens.authorize(HttpClientRequest.get(apiUrl)), ({ generation, request }) => ({
        generation,
        header: request.headers["authorization"]
      })),
      accessToken: (options?: Tokens.TokenOptions) =>
        Effect.map(tokens.token(options), ({ accessToken }) => Redacted.value(accessToken)),
      /** The text in the store. */
      text: Effect.map(memory.load("test"), Option.getOrUndefined)
    }
  })

/** A test in virtual time from `startTime`. */
const test = <E>(name: string, body: () => Effect.Effect<void, E, HttpClient.HttpClient | Scope.Scope>) =>
  it.scoped(name, () =>
    TestClock.adjust(startTime).pipe(Effect.zipRight(Effect.suspend(body)), Effect.provide(stub([status(200)]).layer))
  )

describe("a token", () => {
  test("is granted and saved where there is none, and then taken from memory", () =>
    Effect.gen(function* () {
      const { authorize, events, text } = yield* setUp()
      expect(yield* authorize).toEqual({ generation: 1, header: "Bearer new1" })
      expect(events.splice(0)).toEqual(["load", "lock", "load", "grant", "save new1", "unlock"])
      expect(yield* authorize).toEqual({ generation: 1, header: "Bearer new1" })
      expect(events).toEqual([])
      expect(JSON.parse((yield* text) ?? "")).toEqual({
        access_token: "new1",
        token_type: "Bearer",
        refresh_token: "r-new1",
        granted_at: startTime / 1000,
        expires_at: startTime / 1000 + 3600,
        grant_id: expect.stringMatching(/^[0-9a-f]{32}$/)
      })
    }))

  test("that is stored and fresh is used, without a lock, and not saved again", () =>
    Effect.gen(function* () {
      const { authorize, events } = yield* setUp({ stored: storedToken("old") })
      expect(yield* authorize).toEqual({ generation: 1, header: "Bearer old" })
      expect(events).toEqual(["load"])
    }))

  test("that is stored and expired is refreshed", () =>
    Effect.gen(function* () {
      const { authorize, events, text } = yield* setUp({ stored: storedToken("old", expired) })
      expect(yield* authorize).toEqual({ generation: 1, header: "Bearer next1" })
      expect(events).toEqual(["load", "lock", "load", "refresh r-old", "save next1", "unlock"])
      expect(yield* text).toContain('"r-next1"')
    }))

  test("is granted anew where the server refuses the refresh token", () =>
    Effect.gen(function* () {
      const { accessToken, takeEvents, text } = yield* setUp({
        stored: storedToken("old", expired),
        refreshFailure: () => failure("Refused")
      })
      expect(yield* accessToken()).toBe("new1")
      expect(takeEvents()).toEqual(["load", "lock", "load", "refresh r-old", "grant", "save new1"])
      expect(yield* text).toContain('"r-new1"')
    }))

  test("is logged when it is refreshed, and as a warning where its refresh token is refused, without its text", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      const linesOf = (refreshFailure: () => ReturnType<typeof failure> | undefined) =>
        Effect.gen(function* () {
          const { accessToken } = yield* setUp({ stored: storedToken("old", expired), refreshFailure })
          lines.length = 0
          yield* accessToken().pipe(
            Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
            Logger.withMinimumLogLevel(LogLevel.All)
          )
          return [...lines]
        })
      expect(yield* linesOf(() => undefined)).toEqual([expect.stringMatching(/^DEBUG the token ".*" was refreshed$/)])
      expect(yield* linesOf(() => failure("Refused"))).toEqual([
        expect.stringMatching(/^WARN the token ".*" was not refreshed: /)
      ])
    }))

  for (const reason of ["Unavailable", "TimedOut", "Denied", "Unsafe"] as const) {
    test(`is not replaced where its refresh fails with ${reason}, and the refresh token is kept`, () =>
      Effect.gen(function* () {
        const before = storedToken("old", expired)
        let fails = true
        const { accessToken, takeEvents, text } = yield* setUp({
          stored: before,
          refreshFailure: () => (fails ? failure(reason) : undefined)
        })
        expect(yield* Effect.flip(accessToken())).toMatchObject({ reason })
        expect(takeEvents()).toEqual(["load", "lock", "load", "refresh r-old"])
        expect(yield* text).toBe(before)
        fails = false
        expect(yield* accessToken()).toBe("next1")
        expect(takeEvents()).toEqual(["load", "lock", "load", "refresh r-old", "save next1"])
      }))
  }

  test("is granted anew where there is no refresh token, or no refresh", () =>
    Effect.gen(function* () {
      const without = JSON.stringify({ access_token: "old", expires_at: 1, granted_at: 0 })
      for (const options of [{ stored: without }, { stored: storedToken("old", expired), refresh: undefined }]) {
        const { accessToken, takeEvents } = yield* setUp(options)
        expect(yield* accessToken()).toBe("new1")
        expect(takeEvents()).toEqual(["load", "lock", "load", "grant", "save new1"])
      }
    }))

  test("that a header cannot hold is Invalid, and not saved", () =>
    Effect.gen(function* () {
      const response = { accessToken: Redacted.make("two\nlines") }
      const granting = yield* setUp({ response })
      expect(yield* Effect.flip(granting.accessToken())).toMatchObject({ reason: "Invalid" })
      expect(granting.takeEvents()).toEqual(["load", "lock", "load", "grant"])
      // A refresh with such a token is followed by no grant, whose token would be such a token, too.
      const refreshing = yield* setUp({ stored: storedToken("old", expired), response })
      expect(yield* Effect.flip(refreshing.accessToken())).toMatchObject({ reason: "Invalid" })
      // The server may have revoked the previous refresh token.
      expect(refreshing.takeEvents()).toEqual(["load", "lock", "load", "refresh r-old", "save old"])
      expect(yield* refreshing.text).toContain("r-next1")
      // The failure is remembered for a minute.
      expect(yield* Effect.flip(refreshing.accessToken())).toMatchObject({ reason: "Invalid" })
      expect(refreshing.takeEvents()).toEqual(["load"])
      yield* TestClock.adjust("1 minute")
      expect(yield* Effect.flip(refreshing.accessToken())).toMatchObject({ reason: "Invalid" })
      expect(refreshing.takeEvents()).toEqual(["load", "lock", "load", "refresh r-next1", "save old"])
    }))

  test("is added to a request by `apply`", () =>
    Effect.gen(function* () {
      const apply = (request: HttpClientRequest.HttpClientRequest, { accessToken }: Token.Token) =>
        HttpClientRequest.setHeader(request, "x-token", Redacted.value(accessToken))
      const { tokens } = yield* setUp({ apply })
      const { request } = yield* tokens.authorize(HttpClientRequest.get(apiUrl))
      expect({ ...request.headers }).toEqual({ "x-token": "new1" })
      expect(tokens.identity).toBe("app")
    }))

  test("is sent with its type, which is Bearer in any case, or by default", () =>
    Effect.gen(function* () {
      for (const [tokenType, scheme] of [
        [undefined, "Bearer"],
        ["", "Bearer"],
        ["bearer", "Bearer"],
        ["MAC", "MAC"]
      ] as const) {
        const { authorize } = yield* setUp({ response: { tokenType } })
        expect((yield* authorize).header).toBe(`${scheme} new1`)
      }
    }))
})

describe("a failed grant", () => {
  test("makes the call fail with its reason, and nothing is sent", () =>
    Effect.gen(function* () {
      for (const reason of ["Refused", "Denied", "Unavailable"] as const) {
        const client = stub([status(200)])
        const credentials = Tokens.make({
          name: "test",
          identity: "app",
          grant: Effect.fail(failure(reason, "a reason of the test"))
        })
        const error = yield* Effect.flip(
          Effect.provide(thing(), Layer.merge(Caller.layer({ baseUrl: apiUrl, credentials }), client.layer))
        )
        expect(error).toMatchObject({
          _tag: "AuthoriserError",
          reason,
          message: expect.stringContaining("a reason of the test")
        })
        expect(client.requests).toEqual([])
      }
    }))

  test("is tried again by the next call", () =>
    Effect.gen(function* () {
      let grants = 0
      const { accessToken } = yield* setUp({
        grant: Effect.suspend(() =>
          (grants += 1) === 1 ? failure("Unavailable") : Effect.succeed({ accessToken: Redacted.make("second") })
        )
      })
      expect(yield* Effect.flip(accessToken())).toMatchObject({ reason: "Unavailable" })
      expect(yield* accessToken()).toBe("second")
      expect(grants).toBe(2)
    }))
})

describe("a probe", () => {
  test("tests a token from the store or the server once, and not the one in memory", () =>
    Effect.gen(function* () {
      const stored = yield* setUp({ stored: storedToken("old"), failProbe: [] })
      expect([yield* stored.accessToken(), yield* stored.accessToken()]).toEqual(["old", "old"])
      expect(stored.takeEvents()).toEqual(["load", "probe old"])
      const granted = yield* setUp({ failProbe: [] })
      expect([yield* granted.accessToken(), yield* granted.accessToken()]).toEqual(["new1", "new1"])
      expect(granted.takeEvents()).toEqual(["load", "lock", "load", "grant", "save new1", "probe new1"])
    }))

  test("that a token fails makes it refreshed, then granted, then the call fails", () =>
    Effect.gen(function* () {
      const upToRefresh = ["load", "probe old", "lock", "load", "refresh r-old", "save next1", "probe next1"]
      const one = yield* setUp({ stored: storedToken("old"), failProbe: ["old"] })
      expect(yield* one.accessToken()).toBe("next1")
      expect(one.takeEvents()).toEqual(upToRefresh)
      const two = yield* setUp({ stored: storedToken("old"), failProbe: ["old", "next1"] })
      expect(yield* two.accessToken()).toBe("new1")
      expect(two.takeEvents()).toEqual([...upToRefresh, "grant", "save new1", "probe new1"])
      const three = yield* setUp({ stored: storedToken("old"), failProbe: ["old", "next1", "new1"] })
      expect(yield* Effect.flip(three.accessToken())).toMatchObject({
        reason: "Invalid",
        message: "the newly granted token failed the probe, too"
      })
      // A token that failed the probe is not left in the store.
      expect(three.takeEvents()).toEqual([...upToRefresh, "grant", "save new1", "probe new1", "remove"])
      expect(yield* three.text).toBeUndefined()
    }))

  test("does not test an expired token", () =>
    Effect.gen(function* () {
      const { accessToken, takeEvents } = yield* setUp({ stored: storedToken("old", expired), failProbe: [] })
      yield* accessToken()
      expect(takeEvents()).toEqual(["load", "lock", "load", "refresh r-old", "save next1", "probe next1"])
    }))

  for (const reason of ["Unavailable", "Refused", "Invalid"] as const) {
    test(`that itself fails with ${reason} makes the call fail, and the token is kept`, () =>
      Effect.gen(function* () {
        let fails = true
        for (const text of [storedToken("old"), storedToken("old", expired), undefined]) {
          fails = true
          const probe = () => Effect.suspend(() => (fails ? failure(reason) : Effect.succeed(true)))
          const { accessToken, takeEvents } = yield* setUp({ stored: text, probe })
          expect(yield* Effect.flip(accessToken())).toMatchObject({ reason })
          const first = takeEvents()
          fails = false
          const expected = text === storedToken("old") ? "old" : text === undefined ? "new1" : "next1"
          expect(yield* accessToken()).toBe(expected)
          // It was saved before the probe, so that it is not requested again.
          expect([first.includes(`save ${expected}`), takeEvents()]).toEqual([expected !== "old", ["load"]])
        }
      }))
  }
})

describe("forceLoad", () => {
  test("uses a token that another program has stored since", () =>
    Effect.gen(function* () {
      const { accessToken, authorize, memory, takeEvents } = yield* setUp({ stored: storedToken("old") })
      expect(yield* authorize).toMatchObject({ generation: 1, header: "Bearer old" })
      yield* memory.save("test", storedToken("other"))
      expect(yield* authorize).toMatchObject({ generation: 1, header: "Bearer old" })
      takeEvents()
      expect(yield* accessToken({ forceLoad: true })).toBe("other")
      expect(takeEvents()).toEqual(["load"])
      expect(yield* authorize).toEqual({ generation: 2, header: "Bearer other" })
      // The same token keeps its generation.
      expect(yield* accessToken({ forceLoad: true })).toBe("other")
      expect((yield* authorize).generation).toBe(2)
    }))

  test("refreshes an expired token, and requests a grant where none is stored", () =>
    Effect.gen(function* () {
      const { accessToken, memory, takeEvents } = yield* setUp({ stored: storedToken("old") })
      yield* accessToken()
      yield* memory.save("test", storedToken("other", expired))
      expect(yield* accessToken({ forceLoad: true })).toBe("next1")
      yield* memory.remove("test")
      takeEvents()
      expect(yield* accessToken({ forceLoad: true })).toBe("new1")
      expect(takeEvents()).toEqual(["load", "lock", "load", "grant", "save new1"])
    }))

  test("does not use a stored token that the server has rejected", () =>
    Effect.gen(function* () {
      let unavailable = true
      const { accessToken, tokens } = yield* setUp({
        stored: storedToken("old"),
        refreshFailure: () => (unavailable ? failure("Unavailable") : undefined)
      })
      yield* accessToken()
      yield* Effect.flip(tokens.rejected(1))
      unavailable = false
      expect(yield* accessToken({ forceLoad: true })).toBe("next1")
    }))
})

describe("forceNew", () => {
  test("requests a grant in any case, and saves the token", () =>
    Effect.gen(function* () {
      const { accessToken, authorize, takeEvents } = yield* setUp({ stored: storedToken("old") })
      yield* accessToken()
      takeEvents()
      expect(yield* accessToken({ forceNew: true })).toBe("new1")
      expect(takeEvents()).toEqual(["lock", "grant", "save new1"])
      expect(yield* authorize).toEqual({ generation: 2, header: "Bearer new1" })
      // `forceNew` takes precedence.
      expect(yield* accessToken({ forceNew: true, forceLoad: true })).toBe("new2")
    }))

  test("keeps the previous token if the grant fails", () =>
    Effect.gen(function* () {
      const { accessToken, text } = yield* setUp({ stored: storedToken("old"), grant: failure("Denied") })
      yield* accessToken()
      expect(yield* Effect.flip(accessToken({ forceNew: true }))).toMatchObject({ reason: "Denied" })
      expect(yield* accessToken()).toBe("old")
      expect(yield* text).toBe(storedToken("old"))
    }))
})

describe("the expiry", () => {
  for (const [lifetime, refreshMargin, end] of [
    [3600, undefined, 3540],
    [3600, "10 minutes", 3000],
    [3600, 0, 3600],
    // The margin is limited to half of the lifetime.
    [100, undefined, 50],
    [120, undefined, 60],
    [3600, "2 hours", 1800],
    [1, undefined, 0.5],
    // The lifetime is unknown.
    [0, undefined, undefined],
    [-5, undefined, undefined],
    [undefined, undefined, undefined]
  ] as const) {
    const when = end === undefined ? "never" : `after ${end} s`
    test(`of a token with a lifetime of ${lifetime} s and a margin of ${refreshMargin ?? "a minute"} is ${when}`, () =>
      Effect.gen(function* () {
        const { accessToken } = yield* setUp({ response: { expiresIn: lifetime }, refreshMargin })
        yield* accessToken()
        yield* TestClock.adjust(Duration.millis((end ?? 1e9) * 1000 - 1))
        expect(yield* accessToken()).toBe("new1")
        yield* TestClock.adjust("1 millis")
        expect(yield* accessToken()).toBe(end === undefined ? "new1" : "next1")
      }))
  }

  test("may be before the grant in a damaged file", () =>
    Effect.gen(function* () {
      const { accessToken } = yield* setUp({ stored: storedToken("old", { granted_at: 100_000, expires_at: 99 }) })
      expect(yield* accessToken()).toBe("next1")
    }))

  test("of a token that the server issues again is the new one", () =>
    Effect.gen(function* () {
      const { accessToken, takeEvents } = yield* setUp({
        stored: storedToken("old", expired),
        response: { accessToken: Redacted.make("old") }
      })
      yield* accessToken()
      takeEvents()
      yield* accessToken()
      expect(takeEvents()).toEqual([])
      yield* TestClock.adjust("1 hour")
      yield* accessToken()
      expect(takeEvents()).toContain("save old")
    }))
})

describe("a stored token", () => {
  const parse = (value: unknown) => Token.parse(typeof value === "string" ? value : JSON.stringify(value))

  it.effect("may have been stored by another program, in the form of RFC 6749 with granted_at and expires_at", () =>
    Effect.gen(function* () {
      const stored = {
        access_token: "access",
        token_type: "Bearer",
        expires_in: 3600,
        scope: "playlist-read-private user-library-read",
        refresh_token: "refresh",
        granted_at: 1_716_100_000.25,
        expires_at: 1_716_103_600.25
      }
      const token = yield* parse(stored)
      expect(token).toMatchObject({
        tokenType: "Bearer",
        grantedAt: 1_716_100_000_250,
        expiresAt: 1_716_103_600_250,
        scope: "playlist-read-private user-library-read"
      })
      expect(Redacted.value(token!.accessToken)).toBe("access")
      expect(Redacted.value(token!.refreshToken!)).toBe("refresh")
      // Without a `grant_id`, it has the same one every time.
      expect(token!.grantId).toMatch(/^[0-9a-f]{32}$/)
      expect((yield* parse({ ...stored, access_token: "refreshed" }))!.grantId).toBe(token!.grantId)
    })
  )

  it.effect("expires at expires_at, or after expires_in, or at an unknown time", () =>
    Effect.gen(function* () {
      const endOf = (times: object) => Effect.map(parse({ access_token: "a", ...times }), (token) => token?.expiresAt)
      expect(yield* endOf({ granted_at: 100, expires_in: 10, expires_at: 500 })).toBe(500_000)
      expect(yield* endOf({ granted_at: 100, expires_in: 10 })).toBe(110_000)
      expect(yield* endOf({ granted_at: 100, expires_in: 10, expires_at: null })).toBe(110_000)
      expect(yield* endOf({ granted_at: null, expires_in: 10 })).toBe(undefined)
      expect(yield* endOf({ expires_in: 10 })).toBe(undefined)
      expect(yield* endOf({})).toBe(undefined)
    })
  )

  it.effect("is read as a token response is, so that one odd field does not make it unusable", () =>
    Effect.gen(function* () {
      const stored = { access_token: "a", refresh_token: "r", granted_at: 100 }
      type Row = readonly [fields: object, expected: Partial<Record<keyof Token.Token, unknown>>]
      const none = { expiresAt: undefined }
      const rows: ReadonlyArray<Row> = [
        [
          { scope: [], expires_in: "3600" },
          { scope: undefined, expiresAt: 3_700_000 }
        ],
        [{ scope: ["read", "write"] }, { scope: "read write" }],
        [{ scope: { read: true } }, { scope: undefined }],
        [{ scope: 5 }, { scope: undefined }],
        [{ expires_in: " 60 " }, { expiresAt: 160_000 }],
        [{ expires_in: 0.5 }, { expiresAt: 100_500 }],
        ...["", 0, -1, "never", [], {}, true, 1e300, null].map((expires_in): Row => [{ expires_in }, none]),
        [
          { granted_at: "100", expires_in: 10 },
          { grantedAt: 100_000, expiresAt: 110_000 }
        ],
        [
          { granted_at: "1970-01-01T00:01:40Z", expires_in: 10 },
          { grantedAt: 100_000, expiresAt: 110_000 }
        ],
        [
          { granted_at: "lately", expires_in: 10 },
          { grantedAt: 0, expiresAt: undefined }
        ],
        [{ expires_at: "500" }, { expiresAt: 500_000 }],
        [{ expires_at: "500.25" }, { expiresAt: 500_250 }],
        [{ expires_at: "1970-01-01T00:08:20Z" }, { expiresAt: 500_000 }],
        [{ expires_at: "", expires_in: 10 }, { expiresAt: 110_000 }],
        // Its refresh token can still be used.
        ...["tomorrow", {}, [], true].map((expires_at): Row => [{ expires_at }, { expiresAt: 0 }]),
        [{ token_type: ["Bearer"] }, { tokenType: "Bearer" }],
        [{ token_type: "" }, { tokenType: "Bearer" }],
        [{ grant_id: 5 }, { grantId: expect.stringMatching(/^[0-9a-f]{32}$/) }]
      ]
      for (const [fields, expected] of rows) {
        const token = yield* parse({ ...stored, ...fields })
        expect(token, JSON.stringify(fields)).toMatchObject(expected)
        expect(Redacted.value(token!.refreshToken!)).toBe("r")
      }
      for (const refresh_token of ["", {}, [], false, null]) {
        expect((yield* parse({ ...stored, refresh_token }))?.refreshToken).toBe(undefined)
      }
      expect(Redacted.value((yield* parse({ ...stored, refresh_token: 12 }))!.refreshToken!)).toBe("12")
    })
  )

  it.effect("is parsed as it was stringified", () =>
    forAll(
      fc.record({
        accessToken: fc.stringMatching(/^[\x21-\x7e]+$/).map((text) => Redacted.make(text)),
        tokenType: fc.constantFrom("Bearer", "MAC"),
        grantedAt: fc.nat(),
        expiresAt: fc.option(fc.nat(), { nil: undefined }),
        refreshToken: fc.option(
          fc.string({ minLength: 1, unit: "binary" }).map((text) => Redacted.make(text)),
          { nil: undefined }
        ),
        scope: fc.option(fc.string(), { nil: undefined }),
        grantId: fc.string()
      }),
      (token) => Effect.map(parse(Token.stringify(token)), (parsed) => expect(parsed).toEqual(token))
    )
  )

  const invalid = {
    "an error": { access_token: "hunter2", error: "invalid_token" },
    "damaged JSON": '{"access_token": "hunter2"',
    "an empty text": "",
    "a string": '"hunter2"',
    "a list": ["hunter2"],
    "an object without a token": { refresh_token: "hunter2" },
    "an empty token": { access_token: "", refresh_token: "hunter2" },
    "a token with a newline": { access_token: "hunter2\r\nx: y" },
    "a token with a space": { access_token: "hunter2 " },
    "a token that is not ASCII": { access_token: "hunter2é" },
    "a type with a newline": { access_token: "hunter2", token_type: "Bearer\r\nx:" },
    "a token that is a number": { access_token: 2, refresh_token: "hunter2" },
    "an invalid time": { access_token: "hunter2", expires_at: "tomorrow" },
    "a token in __proto__": '{"__proto__": {"access_token": "hunter2"}}'
  }

  for (const [name, value] of Object.entries(invalid)) {
    test(`that is ${name} is ignored with a warning`, () =>
      Effect.gen(function* () {
        const text = typeof value === "string" ? value : JSON.stringify(value)
        const { accessToken, logged, logger, text: after } = yield* setUp({ stored: text })
        expect(yield* Effect.provide(accessToken(), logger)).toBe("new1")
        expect(new Set(logged)).toEqual(new Set(['the stored token "test" is not a valid token and is ignored']))
        expect(yield* after).toContain('"new1"')
      }))
  }

  it.effect("never causes a defect, whatever its text", () =>
    forAll(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.json(),
        fc.object().map((value) => JSON.stringify(value))
      ),
      parse
    )
  )
})

describe("secrets", () => {
  test("are not in results, errors and logs", () =>
    Effect.gen(function* () {
      const secrets = ["old", "r-old", "next1", "r-next1", "new1", "r-new1"].map((name) => `hunter2-${name}`)
      const response = { accessToken: Redacted.make("hunter2-new"), refreshToken: Redacted.make("hunter2-r-new") }
      for (const failing of [[], ["save"], ["load"], ["lock"]] as const) {
        for (const refreshFailure of [undefined, failure("Refused"), failure("Unavailable")]) {
          for (const passes of [true, false]) {
            const { accessToken, authorize, logged, logger, tokens } = yield* setUp({
              stored: storedToken("hunter2-old", expired),
              response,
              failStore: () => failing,
              refreshFailure: () => refreshFailure,
              probe: () => Effect.succeed(passes)
            })
            const exits = yield* Effect.forEach(
              [authorize, accessToken(), tokens.rejected(1), tokens.forget],
              (effect: Effect.Effect<unknown, unknown, HttpClient.HttpClient>) => Effect.exit(Effect.asVoid(effect))
            ).pipe(Effect.provide(logger))
            const text = `${JSON.stringify(exits)} ${logged.join(" ")} ${exits.map(String).join(" ")}`
            for (const secret of [...secrets, "hunter2"]) expect(text).not.toContain(secret)
          }
        }
      }
    }))

  test("are redacted in tokens", () =>
    Effect.gen(function* () {
      const { tokens } = yield* setUp({
        response: { accessToken: Redacted.make("hunter2"), refreshToken: Redacted.make("hunter2") }
      })
      const token = yield* tokens.token()
      expect(JSON.stringify(token)).not.toContain("hunter2")
      expect(JSON.stringify(tokens)).not.toContain("hunter2")
    }))
})

describe("a refresh", () => {
  test("without a refresh token in its response keeps the previous one, and the scope", () =>
    Effect.gen(function* () {
      const { accessToken, takeEvents, text } = yield* setUp({
        stored: storedToken("old", { ...expired, scope: "read write" }),
        response: { refreshToken: undefined }
      })
      yield* accessToken()
      expect(JSON.parse((yield* text) ?? "")).toMatchObject({ refresh_token: "r-old", scope: "read write" })
      yield* TestClock.adjust("1 hour")
      takeEvents()
      expect(yield* accessToken()).toBe("next2")
      expect(takeEvents()).toContain("refresh r-old")
    }))

  test("uses each rotating refresh token once, and saves the token before it is used", () =>
    Effect.gen(function* () {
      const { events, tokens } = yield* setUp({ stored: storedToken("old", expired) })
      const client = stub([status(200)])
      const request = Effect.flatMap(tokens.authorize(HttpClientRequest.get(apiUrl)), () =>
        Effect.sync(() => events.push("request"))
      )
      yield* request
      yield* TestClock.adjust("1 hour")
      yield* request
      expect(events.filter((event) => /^(?:refresh|save|request)/.test(event))).toEqual([
        "refresh r-old",
        "save next1",
        "request",
        "refresh r-next1",
        "save next2",
        "request"
      ])
      expect(client.requests).toEqual([])
    }))

  test("whose token cannot be saved is used nevertheless, and so is its refresh token", () =>
    Effect.gen(function* () {
      let failing: ReadonlyArray<"save"> = ["save"]
      const { accessToken, logged, logger, memory, takeEvents, text } = yield* setUp({
        stored: storedToken("old", expired),
        failStore: () => failing
      })
      expect(yield* Effect.provide(accessToken(), logger)).toBe("next1")
      expect(logged).toEqual([
        'the token "test" could not be saved, so the next run cannot use it: save failed',
        'the token "test" was refreshed'
      ])
      expect(yield* text).toBe(storedToken("old", expired))
      // The stored token is older, and its refresh token was used.
      expect(yield* accessToken({ forceLoad: true })).toBe("next1")
      yield* TestClock.adjust("1 hour")
      takeEvents()
      expect(yield* accessToken()).toBe("next2")
      expect(takeEvents()).toEqual(["load", "lock", "load", "refresh r-next1", "save next2"])
      failing = []
      yield* TestClock.adjust("1 hour")
      expect(yield* accessToken()).toBe("next3")
      expect(yield* text).toContain('"r-next3"')
      // The store is up to date again.
      yield* memory.save("test", storedToken("other"))
      expect(yield* accessToken({ forceLoad: true })).toBe("other")
    }))

  test("whose token cannot be saved is replaced by one that another program saves later", () =>
    Effect.gen(function* () {
      const { accessToken, memory } = yield* setUp({ stored: storedToken("old", expired), failStore: () => ["save"] })
      expect(yield* accessToken()).toBe("next1")
      yield* memory.save("test", storedToken("other", { granted_at: startTime / 1000 + 10 }))
      yield* TestClock.adjust("1 hour")
      expect(yield* accessToken()).toBe("other")
    }))
})

describe("a store that fails", () => {
  test("to load makes the call fail, since another process may have used the refresh token", () =>
    Effect.gen(function* () {
      let failing: ReadonlyArray<"load"> = ["load"]
      const { authorize, takeEvents } = yield* setUp({ failStore: () => failing })
      expect(yield* Effect.flip(authorize)).toMatchObject({ reason: "Store", message: "load failed" })
      expect(takeEvents()).not.toContain("grant")
      failing = []
      expect((yield* authorize).header).toBe("Bearer new1")
    }))

  for (const operations of [["lock"], ["save"], ["lock", "save"]] as const) {
    for (const stored of [undefined, storedToken("old", expired)]) {
      test(`to ${operations.join(" and ")} is not used, with warnings, ${stored === undefined ? "for a grant" : "for a refresh"}`, () =>
        Effect.gen(function* () {
          const { accessToken, logged, logger, takeEvents } = yield* setUp({ stored, failStore: () => operations })
          const expected = stored === undefined ? "new1" : "next1"
          expect(yield* Effect.provide(accessToken(), logger)).toBe(expected)
          expect(
            logged.filter((line) => operations.some((operation) => line.includes(`${operation} failed`)))
          ).toHaveLength(operations.length)
          takeEvents()
          expect(yield* accessToken()).toBe(expected)
          expect(takeEvents()).toEqual([])
          // At its expiry, the refresh token that only this process has is used, once.
          yield* TestClock.adjust("1 hour")
          expect(yield* accessToken()).toBe(stored === undefined ? "next1" : "next2")
          expect(takeEvents()).toContain(`refresh r-${expected}`)
        }))
    }
  }

  test("to load is not used, with a warning, where a grant needs no user and there is nothing to refresh", () =>
    Effect.gen(function* () {
      const { accessToken, logged, logger } = yield* setUp({
        subject: "fixed",
        refresh: undefined,
        failStore: () => ["load", "lock", "save"]
      })
      expect(yield* Effect.provide(accessToken(), logger)).toBe("new1")
      expect(logged).toContain('the token "test" is granted without its store: load failed')
    }))

  for (const operation of ["load", "save", "remove", "lock"] as const) {
    test(`to respond to ${operation} is waited for with a limit`, () =>
      Effect.gen(function* () {
        const memory = yield* TokenStore.makeMemory
        const store = { ...memory, [operation]: () => Effect.never }
        const tokens = yield* Tokens.make({
          name: "test",
          identity: "app",
          subject: "fixed",
          grant: Effect.succeed({ accessToken: Redacted.make("new") })
        }).pipe(Effect.provideService(TokenStore.TokenStore, store))
        const exit = yield* elapsing(Effect.exit(Effect.zipRight(tokens.token(), tokens.forget)))
        if (operation === "remove" || operation === "load") {
          expect(String(exit)).toContain("did not respond within 30 seconds")
        } else expect(exit._tag).toBe("Success")
        const token = yield* elapsing(tokens.token())
        expect(Redacted.value(token.accessToken)).toBe("new")
      }))
  }

  test("does not matter while the token in memory is fresh", () =>
    Effect.gen(function* () {
      let failing: ReadonlyArray<"load" | "lock"> = []
      const { authorize } = yield* setUp({ failStore: () => failing })
      yield* authorize
      failing = ["load", "lock"]
      expect((yield* authorize).header).toBe("Bearer new1")
    }))
})

describe("a rejection", () => {
  test("makes the token refreshed, unless another program has stored a new one", () =>
    Effect.gen(function* () {
      const { authorize, memory, takeEvents, tokens } = yield* setUp({ stored: storedToken("old") })
      yield* authorize
      takeEvents()
      expect(yield* tokens.rejected(1)).toBe(true)
      expect(takeEvents()).toEqual(["load", "lock", "load", "refresh r-old", "save next1"])
      yield* memory.save("test", storedToken("other"))
      expect(yield* tokens.rejected(2)).toBe(true)
      expect(takeEvents()).toEqual(["load"])
      expect(yield* authorize).toEqual({ generation: 3, header: "Bearer other" })
    }))

  test("of a token that was replaced since changes nothing", () =>
    Effect.gen(function* () {
      const { accessToken, authorize, takeEvents, tokens } = yield* setUp()
      yield* authorize
      yield* accessToken({ forceNew: true })
      takeEvents()
      expect(yield* tokens.rejected(1)).toBe(true)
      expect(takeEvents()).toEqual([])
      expect((yield* authorize).generation).toBe(2)
    }))

  test("is final where the server issues the same token again, after one request", () =>
    Effect.gen(function* () {
      const { authorize, takeEvents, tokens } = yield* setUp({ response: { accessToken: Redacted.make("same") } })
      yield* authorize
      takeEvents()
      expect(yield* tokens.rejected(1)).toBe(false)
      expect(takeEvents()).toContain("save same")
      // Later rejections of the same token.
      expect(yield* tokens.rejected(1)).toBe(false)
      expect(takeEvents()).toEqual([])
      expect((yield* authorize).header).toBe("Bearer same")
      expect(takeEvents()).toEqual([])
    }))

  test("during a reload of the store is not satisfied by the reloaded token", () =>
    Effect.gen(function* () {
      const gate = yield* Effect.makeLatch(true)
      const { accessToken, takeEvents, tokens } = yield* setUp({
        stored: storedToken("old"),
        probe: () => Effect.as(gate.await, true)
      })
      yield* accessToken()
      yield* gate.close
      const reload = yield* Effect.fork(accessToken({ forceLoad: true }))
      yield* settle
      const rejection = yield* Effect.fork(tokens.rejected(1))
      yield* settle
      yield* gate.open
      expect(yield* Fiber.join(reload)).toBe("old")
      expect(yield* Fiber.join(rejection)).toBe(true)
      expect(takeEvents()).toContain("refresh r-old")
    }))
})

describe("overrides of a call", () => {
  test("do not apply to an acquisition that all calls wait for", () =>
    Effect.gen(function* () {
      const found: Array<unknown> = []
      const recordSettings = Effect.map(
        Effect.all([Deadline.Current, Deadline.PerAttempt, RetryPolicy.Current, ResponseCache.Current]),
        (settings) => void found.push(settings)
      )
      const issue = Effect.as(recordSettings, { accessToken: Redacted.make("new"), expiresIn: 3600 })
      const { tokens } = yield* setUp({
        stored: storedToken("old", expired),
        grant: issue,
        refresh: () => Effect.zipRight(issue, failure("Refused")),
        probe: () => Effect.as(recordSettings, true)
      })
      yield* tokens
        .token()
        .pipe(
          Effect.provideService(Deadline.Current, "1 second"),
          Effect.provideService(Deadline.PerAttempt, "1 second"),
          Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
          Effect.provideService(ResponseCache.Current, "only-if-cached")
        )
      expect(found).toEqual(Array.from({ length: 3 }, () => [undefined, undefined, undefined, "use"]))
    }))
})

describe("the cache partition", () => {
  const partitionOf = ({ partition }: Tokens.Tokens) => Effect.map(partition!, Option.getOrUndefined)

  test("changes with a new grant, and not with a refresh", () =>
    Effect.gen(function* () {
      const { accessToken, tokens } = yield* setUp({ response: { refreshToken: Redacted.make("r") } })
      const partition = partitionOf(tokens)
      expect(yield* partition).toBeUndefined()
      yield* accessToken()
      const first = yield* partition
      expect(first).toMatch(/^app [0-9a-f]{32}$/)
      yield* TestClock.adjust("1 hour")
      expect(yield* accessToken()).toBe("next1")
      expect(yield* partition).toBe(first)
      yield* tokens.rejected(2)
      expect(yield* accessToken()).toBe("next2")
      expect(yield* partition).toBe(first)
      yield* accessToken({ forceNew: true })
      expect(yield* partition).not.toBe(first)
    }))

  test("is that of the stored token, even an expired one, without a grant", () =>
    Effect.gen(function* () {
      const { accessToken, takeEvents, tokens } = yield* setUp({ stored: storedToken("old", expired) })
      expect(yield* partitionOf(tokens)).toBe("app person")
      expect(yield* partitionOf(tokens)).toBe("app person")
      expect(takeEvents()).toEqual(["load"])
      yield* accessToken()
      expect(yield* partitionOf(tokens)).toBe("app person")
    }))

  test("is the same in the next run", () =>
    Effect.gen(function* () {
      const first = yield* setUp()
      yield* first.accessToken()
      const partition = yield* partitionOf(first.tokens)
      const second = yield* setUp({ stored: yield* first.text })
      expect(yield* partitionOf(second.tokens)).toBe(partition)
      yield* second.accessToken()
      expect(yield* partitionOf(second.tokens)).toBe(partition)
    }))

  test("is that of a grant that ends while the store is read", () =>
    Effect.gen(function* () {
      const [gate, loading] = [yield* Effect.makeLatch(false), yield* Deferred.make<void>()]
      const memory = yield* TokenStore.makeMemory
      yield* memory.save("test", storedToken("old"))
      let loads = 0
      const slow: typeof TokenStore.TokenStore.Service = {
        ...memory,
        load: (name) =>
          Effect.tap(memory.load(name), () =>
            (loads += 1) === 1 ? Effect.zipRight(Deferred.succeed(loading, undefined), gate.await) : Effect.void
          )
      }
      const tokens = yield* Tokens.make({
        name: "test",
        identity: "app",
        grant: Effect.succeed({ accessToken: Redacted.make("new") })
      }).pipe(Effect.provideService(TokenStore.TokenStore, slow))
      const early = yield* Effect.fork(partitionOf(tokens))
      yield* Deferred.await(loading)
      const { grantId } = yield* tokens.token({ forceNew: true })
      yield* gate.open
      expect(yield* Fiber.join(early)).toBe(`app ${grantId}`)
      expect(yield* partitionOf(tokens)).toBe(`app ${grantId}`)
    }))

  test("is that of the identity where all grants are for the same subject", () =>
    Effect.map(setUp({ subject: "fixed" }), ({ tokens }) => expect(tokens).not.toHaveProperty("partition")))
})

describe("forget", () => {
  test("removes the token from memory and the store, so that the next call requests a grant", () =>
    Effect.gen(function* () {
      const { authorize, takeEvents, text, tokens } = yield* setUp({ stored: storedToken("old") })
      yield* authorize
      const partition = yield* tokens.partition!
      takeEvents()
      const forgotten = yield* tokens.forget
      expect(Option.map(forgotten, ({ accessToken }) => Redacted.value(accessToken))).toEqual(Option.some("old"))
      expect([takeEvents(), yield* text]).toEqual([["lock", "load", "remove"], undefined])
      expect(yield* authorize).toEqual({ generation: 2, header: "Bearer new1" })
      expect(yield* tokens.partition!).not.toBe(partition)
      // A late rejection belongs to the sign-in that has ended.
      expect(yield* tokens.rejected(1)).toBe(false)
      expect(yield* authorize).toEqual({ generation: 2, header: "Bearer new1" })
    }))

  test("removes a token that is being refreshed, too", () =>
    Effect.gen(function* () {
      const gate = yield* Effect.makeLatch(false)
      const refreshed = { accessToken: Redacted.make("refreshed"), expiresIn: 3600 }
      const { accessToken, takeEvents, text, tokens } = yield* setUp({
        stored: storedToken("old", expired),
        refresh: () => Effect.as(gate.await, refreshed)
      })
      const before = yield* Effect.fork(accessToken())
      yield* settle
      const forget = yield* Effect.fork(tokens.forget)
      yield* settle
      yield* gate.open
      yield* Fiber.join(forget)
      expect(yield* Fiber.join(before)).toBe("refreshed")
      expect(yield* text).toBe(undefined)
      takeEvents()
      expect(yield* accessToken()).toBe("new1")
      expect(takeEvents()).toEqual(["load", "lock", "load", "grant", "save new1"])
    }))

  test("waits for a refresh by another process, whose token is removed, too", () =>
    Effect.gen(function* () {
      const { memory, text, tokens } = yield* setUp({ stored: storedToken("old") })
      const refreshed = yield* Effect.makeLatch(false)
      yield* Effect.fork(
        Effect.scoped(
          memory
            .lock("test")
            .pipe(Effect.zipRight(refreshed.await), Effect.zipRight(memory.save("test", storedToken("other"))))
        )
      )
      yield* settle
      const forget = yield* Effect.fork(tokens.forget)
      yield* settle
      yield* refreshed.open
      yield* Fiber.join(forget)
      expect(yield* text).toBe(undefined)
    }))

  test("runs before a reload that starts at the same time", () =>
    Effect.gen(function* () {
      const { accessToken, memory, tokens } = yield* setUp({ stored: storedToken("old") })
      yield* accessToken()
      const held = yield* Effect.makeLatch(false)
      yield* Effect.fork(Effect.scoped(Effect.zipRight(memory.lock("test"), held.await)))
      yield* settle
      const forget = yield* Effect.fork(tokens.forget)
      yield* settle
      // The token in memory is used until it is removed. A reload waits for that.
      const call = yield* Effect.fork(accessToken({ forceLoad: true }))
      yield* settle
      yield* held.open
      yield* Fiber.join(forget)
      expect(yield* Fiber.join(call)).toBe("new1")
    }))
})

describe("tokens without a store in context", () => {
  test("have a store each, and share one in context", () =>
    Effect.gen(function* () {
      let granted = 0
      const grant = Effect.sync(() => ({ accessToken: Redacted.make(`new${(granted += 1)}`) }))
      const accessToken = Effect.flatMap(Tokens.make({ name: "test", identity: "app", grant }), (tokens) =>
        Effect.map(tokens.token(), ({ accessToken }) => Redacted.value(accessToken))
      )
      expect([yield* accessToken, yield* accessToken]).toEqual(["new1", "new2"])
      const context = yield* Layer.build(TokenStore.layerMemory)
      const shared = Effect.provideService(
        accessToken,
        TokenStore.TokenStore,
        Context.get(context, TokenStore.TokenStore)
      )
      expect([yield* shared, yield* shared]).toEqual(["new3", "new3"])
    }))
})

describe("a grant from untyped JavaScript", () => {
  for (const accessToken of [undefined, null, 42, {}]) {
    test(`of ${JSON.stringify(accessToken)} is Invalid, and neither saved nor used`, () =>
      Effect.gen(function* () {
        const store = yield* TokenStore.makeMemory
        const tokens = yield* Tokens.make({
          name: "test",
          identity: "app",
          // The type forbids it.
          grant: Effect.succeed({ accessToken: Redacted.make(accessToken as never) })
        }).pipe(Effect.provideService(TokenStore.TokenStore, store))
        expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Invalid" })
        expect(yield* store.load("test")).toEqual(Option.none())
      }))
  }
})
