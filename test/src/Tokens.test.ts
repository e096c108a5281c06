import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Authoriser, Deadline, ResponseCache, RetryPolicy, Token, Tokens, TokenStore } from "effect-herald"
import { Caller, forAll, once, status, stub, thing } from "./kit.js"
import { settle } from "./settle.js"
import { failure } from "./tokenServer.js"

const home = "https://api.test"

/** A minute and more after the test's clock begins. */
const later = 100_000

/** What a store keeps. Times are in seconds. */
const kept = (access: string, more: object = {}) =>
  JSON.stringify({ access_token: access, refresh_token: `r-${access}`, grant_id: "person", granted_at: 0, ...more })

const expired = { expires_at: 1 }

interface World extends Partial<Tokens.Options> {
  readonly kept?: string | undefined
  /** What the server grants for the n-th time, beside the token. */
  readonly granted?: Partial<Token.Granted>
  /** What refreshing comes to in place of a token, until it is undefined. */
  readonly refuses?: () => Token.TokenFailure | undefined
  /** Access tokens that the probe does not take. */
  readonly bad?: ReadonlyArray<string>
  /** What of the store fails. */
  readonly broken?: () => ReadonlyArray<"load" | "save" | "lock">
}

/** Tokens, the store around them, and a server, all of which say what is done with them. */
const world = (options: World = {}) =>
  Effect.gen(function* () {
    const { bad, broken = () => [], granted = {}, refuses = () => undefined, kept, ...more } = options
    const events: Array<string> = []
    const logged: Array<string> = []
    const memory = yield* TokenStore.makeMemory
    if (kept !== undefined) yield* memory.save("test", kept)
    const note = (event: string) => Effect.sync(() => void events.push(event))
    const told = (what: "load" | "save" | "lock", event: string) =>
      Effect.suspend(() =>
        Effect.zipRight(
          note(event),
          broken().includes(what) ? new TokenStore.TokenStoreFailure({ message: `${what} failed` }) : Effect.void
        )
      )
    const accessOf = (text: string) => String((JSON.parse(text) as { access_token: unknown }).access_token)
    const store: typeof TokenStore.TokenStore.Service = {
      load: (name) => Effect.zipRight(told("load", "load"), memory.load(name)),
      save: (name, text) => Effect.zipRight(told("save", `save ${accessOf(text)}`), memory.save(name, text)),
      remove: (name) => Effect.zipRight(note("remove"), memory.remove(name)),
      lock: (name) =>
        Effect.zipRight(
          Effect.tap(memory.lock(name), () => Effect.addFinalizer(() => note("unlock"))),
          told("lock", "lock")
        )
    }
    let [refreshes, grants] = [0, 0]
    const next = (access: string): Token.Granted => ({
      accessToken: Redacted.make(access),
      refreshToken: Redacted.make(`r-${access}`),
      expiresIn: 3600,
      ...granted
    })
    const tokens = yield* Tokens.make({
      name: "test",
      identity: "app",
      grant: Effect.suspend(() => Effect.as(note("grant"), next(`new${(grants += 1)}`))),
      refresh: (token) =>
        Effect.suspend(() =>
          Effect.zipRight(
            note(`refresh ${Redacted.value(token)}`),
            refuses() ?? Effect.sync(() => next(`next${(refreshes += 1)}`))
          )
        ),
      ...(bad === undefined
        ? {}
        : {
            probe: ({ accessToken }) =>
              Effect.as(note(`probe ${Redacted.value(accessToken)}`), !bad.includes(Redacted.value(accessToken)))
          }),
      ...more
    }).pipe(Effect.provideService(TokenStore.TokenStore, store))
    /** The events since they were looked at last, but for locks where they are of no matter. */
    const since = () => events.splice(0).filter((event) => event !== "unlock")
    const logger = Logger.make(({ message }) => void logged.push(String(message)))
    return {
      tokens,
      memory,
      since,
      events,
      logged,
      logger: Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)),
      /** What a call presents. */
      authorise: Effect.map(tokens.authorise(HttpClientRequest.get(home)), ({ generation, request }) => ({
        generation,
        header: request.headers["authorization"]
      })),
      access: (force?: Tokens.Force) =>
        Effect.map(tokens.token(force), ({ accessToken }) => Redacted.value(accessToken)),
      text: Effect.map(memory.load("test"), Option.getOrUndefined)
    }
  })

/** A test of what needs no server but that of its world. */
const test = <E>(name: string, body: () => Effect.Effect<void, E, HttpClient.HttpClient | Scope.Scope>) =>
  it.scoped(name, () =>
    TestClock.adjust(later).pipe(Effect.zipRight(Effect.suspend(body)), Effect.provide(stub([status(200)]).layer))
  )

describe("a token", () => {
  test("is granted and saved, where there is none, and then it is in memory", () =>
    Effect.gen(function* () {
      const { authorise, events, text } = yield* world()
      expect(yield* authorise).toEqual({ generation: 1, header: "Bearer new1" })
      expect(events.splice(0)).toEqual(["load", "lock", "load", "grant", "save new1", "unlock"])
      expect(yield* authorise).toEqual({ generation: 1, header: "Bearer new1" })
      expect(events).toEqual([])
      expect(JSON.parse((yield* text) ?? "")).toEqual({
        access_token: "new1",
        token_type: "Bearer",
        refresh_token: "r-new1",
        granted_at: later / 1000,
        expires_at: later / 1000 + 3600,
        grant_id: expect.stringMatching(/^[0-9a-f]{32}$/)
      })
    }))

  test("that the store has and that is good is taken, without a lock, and not saved again", () =>
    Effect.gen(function* () {
      const { authorise, events } = yield* world({ kept: kept("old") })
      expect(yield* authorise).toEqual({ generation: 1, header: "Bearer old" })
      expect(events).toEqual(["load"])
    }))

  test("that the store has and that has expired is refreshed", () =>
    Effect.gen(function* () {
      const { authorise, events, text } = yield* world({ kept: kept("old", expired) })
      expect(yield* authorise).toEqual({ generation: 1, header: "Bearer next1" })
      expect(events).toEqual(["load", "lock", "load", "refresh r-old", "save next1", "unlock"])
      expect(yield* text).toContain('"r-next1"')
    }))

  test("is granted anew where the refresh token is refused", () =>
    Effect.gen(function* () {
      const { access, since, text } = yield* world({ kept: kept("old", expired), refuses: () => failure("Refused") })
      expect(yield* access()).toBe("new1")
      expect(since()).toEqual(["load", "lock", "load", "refresh r-old", "grant", "save new1"])
      expect(yield* text).toContain('"r-new1"')
    }))

  for (const reason of ["Unavailable", "TimedOut", "Denied", "Unsafe"] as const) {
    test(`is not had where to refresh it fails as ${reason}, and the refresh token is kept`, () =>
      Effect.gen(function* () {
        const before = kept("old", expired)
        let fails = true
        const { access, since, text } = yield* world({
          kept: before,
          refuses: () => (fails ? failure(reason) : undefined)
        })
        expect(yield* Effect.flip(access())).toMatchObject({ reason })
        expect(since()).toEqual(["load", "lock", "load", "refresh r-old"])
        expect(yield* text).toBe(before)
        fails = false
        expect(yield* access()).toBe("next1")
        expect(since()).toEqual(["load", "lock", "load", "refresh r-old", "save next1"])
      }))
  }

  test("is granted where there is nothing to refresh it with", () =>
    Effect.gen(function* () {
      const without = JSON.stringify({ access_token: "old", expires_at: 1, granted_at: 0 })
      for (const options of [{ kept: without }, { kept: kept("old", expired), refresh: undefined }]) {
        const { access, since } = yield* world(options)
        expect(yield* access()).toBe("new1")
        expect(since()).toEqual(["load", "lock", "load", "grant", "save new1"])
      }
    }))

  test("that can't stand in a header is not taken from a server", () =>
    Effect.gen(function* () {
      const granted = { accessToken: Redacted.make("two\nlines") }
      const one = yield* world({ granted })
      expect(yield* Effect.flip(one.access())).toMatchObject({ reason: "Invalid" })
      expect(one.since()).toEqual(["load", "lock", "load", "grant"])
      // One who gives such a thing may still grant.
      const other = yield* world({ kept: kept("old", expired), granted })
      expect(yield* Effect.flip(other.access())).toMatchObject({ reason: "Invalid" })
      expect(other.since()).toEqual(["load", "lock", "load", "refresh r-old", "grant"])
    }))

  test("is put on a request as one wants it", () =>
    Effect.gen(function* () {
      const put = (request: HttpClientRequest.HttpClientRequest, { accessToken }: Token.Token) =>
        HttpClientRequest.setHeader(request, "x-token", Redacted.value(accessToken))
      const { tokens } = yield* world({ put })
      const { request } = yield* tokens.authorise(HttpClientRequest.get(home))
      expect({ ...request.headers }).toEqual({ "x-token": "new1" })
      expect(tokens.identity).toBe("app")
    }))

  test("is presented as its type says, which is Bearer in any case of letters, or by default", () =>
    Effect.gen(function* () {
      for (const [tokenType, shown] of [
        [undefined, "Bearer"],
        ["", "Bearer"],
        ["bearer", "Bearer"],
        ["MAC", "MAC"]
      ] as const) {
        const { authorise } = yield* world({ granted: { tokenType } })
        expect((yield* authorise).header).toBe(`${shown} new1`)
      }
    }))
})

describe("the failure of a grant", () => {
  test("is that of the call, with its reason, and nothing is sent", () =>
    Effect.gen(function* () {
      for (const reason of ["Refused", "Denied", "Unavailable"] as const) {
        const client = stub([status(200)])
        const credentials = Tokens.make({
          name: "test",
          identity: "app",
          grant: Effect.fail(failure(reason, "so it is"))
        })
        const error = yield* Effect.flip(
          Effect.provide(thing(), Layer.merge(Authoriser.layer(Caller, { baseUrl: home, credentials }), client.layer))
        )
        expect(error).toMatchObject({ _tag: "AuthoriserError", reason, message: expect.stringContaining("so it is") })
        expect(client.requests).toEqual([])
      }
    }))

  test("leaves it to the next call to ask again", () =>
    Effect.gen(function* () {
      let asked = 0
      const { access } = yield* world({
        grant: Effect.suspend(() =>
          (asked += 1) === 1 ? failure("Unavailable") : Effect.succeed({ accessToken: Redacted.make("second") })
        )
      })
      expect(yield* Effect.flip(access())).toMatchObject({ reason: "Unavailable" })
      expect(yield* access()).toBe("second")
      expect(asked).toBe(2)
    }))
})

describe("a probe", () => {
  test("tries what comes from the store or the server, once, and not what is in memory", () =>
    Effect.gen(function* () {
      const stored = yield* world({ kept: kept("old"), bad: [] })
      expect([yield* stored.access(), yield* stored.access()]).toEqual(["old", "old"])
      expect(stored.since()).toEqual(["load", "probe old"])
      const none = yield* world({ bad: [] })
      expect([yield* none.access(), yield* none.access()]).toEqual(["new1", "new1"])
      expect(none.since()).toEqual(["load", "lock", "load", "grant", "save new1", "probe new1"])
    }))

  test("that a token does not pass has it refreshed, then granted, then the call fails", () =>
    Effect.gen(function* () {
      const upToRefresh = ["load", "probe old", "lock", "load", "refresh r-old", "save next1", "probe next1"]
      const one = yield* world({ kept: kept("old"), bad: ["old"] })
      expect(yield* one.access()).toBe("next1")
      expect(one.since()).toEqual(upToRefresh)
      const two = yield* world({ kept: kept("old"), bad: ["old", "next1"] })
      expect(yield* two.access()).toBe("new1")
      expect(two.since()).toEqual([...upToRefresh, "grant", "save new1", "probe new1"])
      const three = yield* world({ kept: kept("old"), bad: ["old", "next1", "new1"] })
      expect(yield* Effect.flip(three.access())).toMatchObject({
        reason: "Invalid",
        message: "a new token does not pass the probe either"
      })
      // What is not good is not kept.
      expect(three.since()).toEqual([...upToRefresh, "grant", "save new1", "probe new1", "remove"])
      expect(yield* three.text).toBeUndefined()
    }))

  test("is not spent on a token that has expired", () =>
    Effect.gen(function* () {
      const { access, since } = yield* world({ kept: kept("old", expired), bad: [] })
      yield* access()
      expect(since()).toEqual(["load", "lock", "load", "refresh r-old", "save next1", "probe next1"])
    }))

  for (const reason of ["Unavailable", "Refused", "Invalid"] as const) {
    test(`that fails as ${reason} tells nothing of the token, and ends the call`, () =>
      Effect.gen(function* () {
        let fails = true
        for (const text of [kept("old"), kept("old", expired), undefined]) {
          fails = true
          const probe = () => Effect.suspend(() => (fails ? failure(reason) : Effect.succeed(true)))
          const { access, since } = yield* world({ kept: text, probe })
          expect(yield* Effect.flip(access())).toMatchObject({ reason })
          const first = since()
          fails = false
          const had = text === kept("old") ? "old" : text === undefined ? "new1" : "next1"
          expect(yield* access()).toBe(had)
          // It was saved before it was tried, so it is not asked for again.
          expect([first.includes(`save ${had}`), since()]).toEqual([had !== "old", ["load"]])
        }
      }))
  }
})

describe("forceLoad", () => {
  test("takes the token that another program put in the place of the one in memory", () =>
    Effect.gen(function* () {
      const { access, authorise, memory, since } = yield* world({ kept: kept("old") })
      expect(yield* authorise).toMatchObject({ generation: 1, header: "Bearer old" })
      yield* memory.save("test", kept("theirs"))
      expect(yield* authorise).toMatchObject({ generation: 1, header: "Bearer old" })
      since()
      expect(yield* access({ forceLoad: true })).toBe("theirs")
      expect(since()).toEqual(["load"])
      expect(yield* authorise).toEqual({ generation: 2, header: "Bearer theirs" })
      // The same once more is no other.
      expect(yield* access({ forceLoad: true })).toBe("theirs")
      expect((yield* authorise).generation).toBe(2)
    }))

  test("refreshes what has expired, and has one granted where there is none", () =>
    Effect.gen(function* () {
      const { access, memory, since } = yield* world({ kept: kept("old") })
      yield* access()
      yield* memory.save("test", kept("theirs", expired))
      expect(yield* access({ forceLoad: true })).toBe("next1")
      yield* memory.remove("test")
      since()
      expect(yield* access({ forceLoad: true })).toBe("new1")
      expect(since()).toEqual(["load", "lock", "load", "grant", "save new1"])
    }))

  test("does not take what the server has refused", () =>
    Effect.gen(function* () {
      let down = true
      const { access, tokens } = yield* world({
        kept: kept("old"),
        refuses: () => (down ? failure("Unavailable") : undefined)
      })
      yield* access()
      yield* Effect.flip(tokens.rejected(1))
      down = false
      expect(yield* access({ forceLoad: true })).toBe("next1")
    }))
})

describe("forceNew", () => {
  test("has one granted, whatever there is, and saves it", () =>
    Effect.gen(function* () {
      const { access, authorise, since } = yield* world({ kept: kept("old") })
      yield* access()
      since()
      expect(yield* access({ forceNew: true })).toBe("new1")
      expect(since()).toEqual(["lock", "grant", "save new1"])
      expect(yield* authorise).toEqual({ generation: 2, header: "Bearer new1" })
      // It comes before the other.
      expect(yield* access({ forceNew: true, forceLoad: true })).toBe("new2")
    }))

  test("that fails leaves what there was", () =>
    Effect.gen(function* () {
      const { access, text } = yield* world({ kept: kept("old"), grant: failure("Denied") })
      yield* access()
      expect(yield* Effect.flip(access({ forceNew: true }))).toMatchObject({ reason: "Denied" })
      expect(yield* access()).toBe("old")
      expect(yield* text).toBe(kept("old"))
    }))
})

describe("expiry", () => {
  for (const [life, margin, end] of [
    [3600, undefined, 3540],
    [3600, "10 minutes", 3000],
    [3600, 0, 3600],
    // No more than half of the life.
    [100, undefined, 50],
    [120, undefined, 60],
    [3600, "2 hours", 1800],
    [1, undefined, 0.5],
    // Nobody knows.
    [0, undefined, undefined],
    [-5, undefined, undefined],
    [undefined, undefined, undefined]
  ] as const) {
    const when = end === undefined ? "never" : `after ${end} s`
    test(`of a life of ${life} s, with a margin of ${margin ?? "a minute"}, is seen ${when}`, () =>
      Effect.gen(function* () {
        const { access } = yield* world({ granted: { expiresIn: life }, margin })
        yield* access()
        yield* TestClock.adjust(Duration.millis((end ?? 1e9) * 1000 - 1))
        expect(yield* access()).toBe("new1")
        yield* TestClock.adjust("1 millis")
        expect(yield* access()).toBe(end === undefined ? "new1" : "next1")
      }))
  }

  test("before the grant, as a damaged file has it, is expiry", () =>
    Effect.gen(function* () {
      const { access } = yield* world({ kept: kept("old", { granted_at: 100_000, expires_at: 99 }) })
      expect(yield* access()).toBe("next1")
    }))

  test("of a token that is granted again, the same, is the new one's", () =>
    Effect.gen(function* () {
      const { access, since } = yield* world({
        kept: kept("old", expired),
        granted: { accessToken: Redacted.make("old") }
      })
      yield* access()
      since()
      yield* access()
      expect(since()).toEqual([])
      yield* TestClock.adjust("1 hour")
      yield* access()
      expect(since()).toContain("save old")
    }))
})

describe("what a store keeps", () => {
  const parse = (value: unknown) => Token.parse(typeof value === "string" ? value : JSON.stringify(value))

  it.effect("is read as musify's RequestHandler leaves it", () =>
    Effect.gen(function* () {
      const musify = {
        access_token: "musify",
        token_type: "Bearer",
        expires_in: 3600,
        scope: "playlist-read-private user-library-read",
        refresh_token: "refresh",
        granted_at: 1_716_100_000.25,
        expires_at: 1_716_103_600.25
      }
      const token = yield* parse(musify)
      expect(token).toMatchObject({
        tokenType: "Bearer",
        grantedAt: 1_716_100_000_250,
        expiresAt: 1_716_103_600_250,
        scope: "playlist-read-private user-library-read"
      })
      expect(Redacted.value(token!.accessToken)).toBe("musify")
      expect(Redacted.value(token!.refreshToken!)).toBe("refresh")
      // It names no grant, and yet is of the same one whenever it is read.
      expect(token!.grantId).toMatch(/^[0-9a-f]{32}$/)
      expect((yield* parse({ ...musify, access_token: "refreshed" }))!.grantId).toBe(token!.grantId)
    })
  )

  it.effect("expires at expires_at, or else after expires_in, or else nobody knows", () =>
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

  it.effect("is read as it was printed", () =>
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
      (token) => Effect.map(parse(Token.print(token)), (read) => expect(read).toEqual(token))
    )
  )

  const none = {
    "an error": { access_token: "hunter2", error: "invalid_token" },
    "damaged JSON": '{"access_token": "hunter2"',
    nothing: "",
    "no object": '"hunter2"',
    "a list": ["hunter2"],
    "no token": { refresh_token: "hunter2" },
    "an empty token": { access_token: "", refresh_token: "hunter2" },
    "a token with a newline": { access_token: "hunter2\r\nx: y" },
    "a token with a space": { access_token: "hunter2 " },
    "a token that is not ASCII": { access_token: "hunter2é" },
    "a type with a newline": { access_token: "hunter2", token_type: "Bearer\r\nx:" },
    "a token that is no text": { access_token: 2, refresh_token: "hunter2" },
    "a time that is none": { access_token: "hunter2", expires_at: "tomorrow" },
    "a list of __proto__": '{"__proto__": {"access_token": "hunter2"}}'
  }

  for (const [what, value] of Object.entries(none)) {
    test(`and is ${what} is no token: that is logged, and it is not used`, () =>
      Effect.gen(function* () {
        const text = typeof value === "string" ? value : JSON.stringify(value)
        const { access, logged, logger, text: after } = yield* world({ kept: text })
        expect(yield* Effect.provide(access(), logger)).toBe("new1")
        expect(new Set(logged)).toEqual(new Set(['what is kept as the token "test" is none, and is not used']))
        expect(yield* after).toContain('"new1"')
      }))
  }

  it.effect("never is a defect, whatever it is", () =>
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

describe("what is logged and shown", () => {
  test("holds no secret", () =>
    Effect.gen(function* () {
      const secrets = ["old", "r-old", "next1", "r-next1", "new1", "r-new1"].map((name) => `hunter2-${name}`)
      const granted = { accessToken: Redacted.make("hunter2-new"), refreshToken: Redacted.make("hunter2-r-new") }
      for (const broken of [[], ["save"], ["load"], ["lock"]] as const) {
        for (const refuses of [undefined, failure("Refused"), failure("Unavailable")]) {
          for (const probed of [true, false]) {
            const { access, authorise, logged, logger, tokens } = yield* world({
              kept: kept("hunter2-old", expired),
              granted,
              broken: () => broken,
              refuses: () => refuses,
              probe: () => Effect.succeed(probed)
            })
            const ends = yield* Effect.forEach(
              [authorise, access(), tokens.rejected(1), tokens.forget],
              (one: Effect.Effect<unknown, unknown, HttpClient.HttpClient>) => Effect.exit(Effect.asVoid(one))
            ).pipe(Effect.provide(logger))
            const shown = `${JSON.stringify(ends)} ${logged.join(" ")} ${ends.map(String).join(" ")}`
            for (const secret of [...secrets, "hunter2"]) expect(shown).not.toContain(secret)
          }
        }
      }
    }))

  test("of a token shows none of its secrets", () =>
    Effect.gen(function* () {
      const { tokens } = yield* world({
        granted: { accessToken: Redacted.make("hunter2"), refreshToken: Redacted.make("hunter2") }
      })
      const token = yield* tokens.token()
      expect(JSON.stringify(token)).not.toContain("hunter2")
      expect(JSON.stringify(tokens)).not.toContain("hunter2")
    }))
})

describe("a refresh", () => {
  test("without a refresh token in its answer keeps the one before, and so the scope", () =>
    Effect.gen(function* () {
      const { access, since, text } = yield* world({
        kept: kept("old", { ...expired, scope: "read write" }),
        granted: { refreshToken: undefined }
      })
      yield* access()
      expect(JSON.parse((yield* text) ?? "")).toMatchObject({ refresh_token: "r-old", scope: "read write" })
      yield* TestClock.adjust("1 hour")
      since()
      expect(yield* access()).toBe("next2")
      expect(since()).toContain("refresh r-old")
    }))

  test("rotates: each refresh token is used once, and saved before a request bears the token", () =>
    Effect.gen(function* () {
      const { events, tokens } = yield* world({ kept: kept("old", expired) })
      const client = stub([status(200)])
      const request = Effect.flatMap(tokens.authorise(HttpClientRequest.get(home)), () =>
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

  test("whose token can't be saved is used all the same, and so is what it refreshes with", () =>
    Effect.gen(function* () {
      let broken: ReadonlyArray<"save"> = ["save"]
      const { access, logged, logger, memory, since, text } = yield* world({
        kept: kept("old", expired),
        broken: () => broken
      })
      expect(yield* Effect.provide(access(), logger)).toBe("next1")
      expect(logged).toEqual([
        'the token "test" could not be saved, so that the next run has to do without it: save failed'
      ])
      expect(yield* text).toBe(kept("old", expired))
      // What the store has is older, and its refresh token used up.
      expect(yield* access({ forceLoad: true })).toBe("next1")
      yield* TestClock.adjust("1 hour")
      since()
      expect(yield* access()).toBe("next2")
      expect(since()).toEqual(["load", "lock", "load", "refresh r-next1", "save next2"])
      broken = []
      yield* TestClock.adjust("1 hour")
      expect(yield* access()).toBe("next3")
      expect(yield* text).toContain('"r-next3"')
      // It has the last word again.
      yield* memory.save("test", kept("theirs"))
      expect(yield* access({ forceLoad: true })).toBe("theirs")
    }))

  test("whose token can't be saved gives way to what another program saved later", () =>
    Effect.gen(function* () {
      const { access, memory } = yield* world({ kept: kept("old", expired), broken: () => ["save"] })
      expect(yield* access()).toBe("next1")
      yield* memory.save("test", kept("theirs", { granted_at: later / 1000 + 10 }))
      yield* TestClock.adjust("1 hour")
      expect(yield* access()).toBe("theirs")
    }))
})

describe("a store that fails", () => {
  for (const what of ["load", "lock"] as const) {
    test(`to ${what} ends the call, which says so`, () =>
      Effect.gen(function* () {
        let broken: ReadonlyArray<"load" | "lock"> = [what]
        const { authorise, since } = yield* world({ broken: () => broken })
        expect(yield* Effect.flip(authorise)).toMatchObject({ reason: "Store", message: `${what} failed` })
        expect(since()).not.toContain("grant")
        broken = []
        expect((yield* authorise).header).toBe("Bearer new1")
      }))
  }

  test("does not matter while the token in memory is good", () =>
    Effect.gen(function* () {
      let broken: ReadonlyArray<"load" | "lock"> = []
      const { authorise } = yield* world({ broken: () => broken })
      yield* authorise
      broken = ["load", "lock"]
      expect((yield* authorise).header).toBe("Bearer new1")
    }))
})

describe("a refusal", () => {
  test("has the token refreshed, and the store asked first whether another program did", () =>
    Effect.gen(function* () {
      const { authorise, memory, since, tokens } = yield* world({ kept: kept("old") })
      yield* authorise
      since()
      expect(yield* tokens.rejected(1)).toBe(true)
      expect(since()).toEqual(["load", "lock", "load", "refresh r-old", "save next1"])
      yield* memory.save("test", kept("theirs"))
      expect(yield* tokens.rejected(2)).toBe(true)
      expect(since()).toEqual(["load"])
      expect(yield* authorise).toEqual({ generation: 3, header: "Bearer theirs" })
    }))

  test("of a token that was replaced since changes nothing", () =>
    Effect.gen(function* () {
      const { access, authorise, since, tokens } = yield* world()
      yield* authorise
      yield* access({ forceNew: true })
      since()
      expect(yield* tokens.rejected(1)).toBe(true)
      expect(since()).toEqual([])
      expect((yield* authorise).generation).toBe(2)
    }))

  test("is final where the server grants the same token again, which it is asked for once", () =>
    Effect.gen(function* () {
      const { authorise, since, tokens } = yield* world({ granted: { accessToken: Redacted.make("same") } })
      yield* authorise
      since()
      expect(yield* tokens.rejected(1)).toBe(false)
      expect(since()).toContain("save same")
      // Those that come late, of the same token.
      expect(yield* tokens.rejected(1)).toBe(false)
      expect(since()).toEqual([])
      expect((yield* authorise).header).toBe("Bearer same")
      expect(since()).toEqual([])
    }))

  test("while the store is read anew is not taken for an answer to that", () =>
    Effect.gen(function* () {
      const gate = yield* Effect.makeLatch(true)
      const { access, since, tokens } = yield* world({ kept: kept("old"), probe: () => Effect.as(gate.await, true) })
      yield* access()
      yield* gate.close
      const load = yield* Effect.fork(access({ forceLoad: true }))
      yield* settle
      const refused = yield* Effect.fork(tokens.rejected(1))
      yield* settle
      yield* gate.open
      expect(yield* Fiber.join(load)).toBe("old")
      expect(yield* Fiber.join(refused)).toBe(true)
      expect(since()).toContain("refresh r-old")
    }))
})

describe("a caller's own settings", () => {
  test("do not reach what all wait for", () =>
    Effect.gen(function* () {
      const found: Array<unknown> = []
      const look = Effect.map(
        Effect.all([Deadline.Current, Deadline.PerAttempt, RetryPolicy.Current, ResponseCache.Current]),
        (settings) => void found.push(settings)
      )
      const granted = Effect.as(look, { accessToken: Redacted.make("new"), expiresIn: 3600 })
      const { tokens } = yield* world({
        kept: kept("old", expired),
        grant: granted,
        refresh: () => Effect.zipRight(granted, failure("Refused")),
        probe: () => Effect.as(look, true)
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

describe("the partition of what is cached", () => {
  const whose = ({ partition }: Tokens.Tokens) => Effect.map(partition!, Option.getOrUndefined)

  test("is another after a new grant, and the same after a refresh", () =>
    Effect.gen(function* () {
      const { access, tokens } = yield* world({ granted: { refreshToken: Redacted.make("r") } })
      const partition = whose(tokens)
      expect(yield* partition).toBeUndefined()
      yield* access()
      const first = yield* partition
      expect(first).toMatch(/^app [0-9a-f]{32}$/)
      yield* TestClock.adjust("1 hour")
      expect(yield* access()).toBe("next1")
      expect(yield* partition).toBe(first)
      yield* tokens.rejected(2)
      expect(yield* access()).toBe("next2")
      expect(yield* partition).toBe(first)
      yield* access({ forceNew: true })
      expect(yield* partition).not.toBe(first)
    }))

  test("needs no grant where the store knows, though its token has expired", () =>
    Effect.gen(function* () {
      const { access, since, tokens } = yield* world({ kept: kept("old", expired) })
      expect(yield* whose(tokens)).toBe("app person")
      expect(yield* whose(tokens)).toBe("app person")
      expect(since()).toEqual(["load"])
      yield* access()
      expect(yield* whose(tokens)).toBe("app person")
    }))

  test("is that of the next run, too, and of a run that another program refreshed for", () =>
    Effect.gen(function* () {
      const first = yield* world()
      yield* first.access()
      const partition = yield* whose(first.tokens)
      const second = yield* world({ kept: yield* first.text })
      expect(yield* whose(second.tokens)).toBe(partition)
      yield* second.access()
      expect(yield* whose(second.tokens)).toBe(partition)
    }))

  test("is that of a grant which came while the store was asked", () =>
    Effect.gen(function* () {
      const [gate, asked] = [yield* Effect.makeLatch(false), yield* Deferred.make<void>()]
      const memory = yield* TokenStore.makeMemory
      yield* memory.save("test", kept("old"))
      let loads = 0
      const slow: typeof TokenStore.TokenStore.Service = {
        ...memory,
        load: (name) =>
          Effect.tap(memory.load(name), () =>
            (loads += 1) === 1 ? Effect.zipRight(Deferred.succeed(asked, undefined), gate.await) : Effect.void
          )
      }
      const tokens = yield* Tokens.make({
        name: "test",
        identity: "app",
        grant: Effect.succeed({ accessToken: Redacted.make("new") })
      }).pipe(Effect.provideService(TokenStore.TokenStore, slow))
      const early = yield* Effect.fork(whose(tokens))
      yield* Deferred.await(asked)
      const { grantId } = yield* tokens.token({ forceNew: true })
      yield* gate.open
      expect(yield* Fiber.join(early)).toBe(`app ${grantId}`)
      expect(yield* whose(tokens)).toBe(`app ${grantId}`)
    }))

  test("is not there where all grants are for the same", () =>
    Effect.map(world({ subject: "same" }), ({ tokens }) => expect(tokens).not.toHaveProperty("partition")))
})

describe("forget", () => {
  test("forgets the token here and in the store, so that the next call has one granted", () =>
    Effect.gen(function* () {
      const { authorise, since, text, tokens } = yield* world({ kept: kept("old") })
      yield* authorise
      const partition = yield* tokens.partition!
      since()
      const forgotten = yield* tokens.forget
      expect(Option.map(forgotten, ({ accessToken }) => Redacted.value(accessToken))).toEqual(Option.some("old"))
      expect([since(), yield* text]).toEqual([["lock", "load", "remove"], undefined])
      expect(yield* authorise).toEqual({ generation: 2, header: "Bearer new1" })
      expect(yield* tokens.partition!).not.toBe(partition)
      // A refusal that comes late is of one who signed out.
      expect(yield* tokens.rejected(1)).toBe(false)
      expect(yield* authorise).toEqual({ generation: 2, header: "Bearer new1" })
    }))

  test("forgets what is being refreshed, too, and what asks meanwhile has one granted", () =>
    Effect.gen(function* () {
      const gate = yield* Effect.makeLatch(false)
      const refreshed = { accessToken: Redacted.make("refreshed"), expiresIn: 3600 }
      const { access, since, text, tokens } = yield* world({
        kept: kept("old", expired),
        refresh: () => Effect.as(gate.await, refreshed)
      })
      const before = yield* Effect.fork(access())
      yield* settle
      const forget = yield* Effect.fork(tokens.forget)
      yield* settle
      yield* gate.open
      yield* Fiber.join(forget)
      expect(yield* Fiber.join(before)).toBe("refreshed")
      expect(yield* text).toBe(undefined)
      since()
      expect(yield* access()).toBe("new1")
      expect(since()).toEqual(["load", "lock", "load", "grant", "save new1"])
    }))

  test("waits for another process that refreshes, so that it does not bring the token back", () =>
    Effect.gen(function* () {
      const { memory, text, tokens } = yield* world({ kept: kept("old") })
      const theirs = yield* Effect.makeLatch(false)
      yield* Effect.fork(
        Effect.scoped(
          memory.lock("test").pipe(Effect.zipRight(theirs.await), Effect.zipRight(memory.save("test", kept("theirs"))))
        )
      )
      yield* settle
      const forget = yield* Effect.fork(tokens.forget)
      yield* settle
      yield* theirs.open
      yield* Fiber.join(forget)
      expect(yield* text).toBe(undefined)
    }))

  test("goes before a call that wants a token at the same time", () =>
    Effect.gen(function* () {
      const { access, memory, tokens } = yield* world({ kept: kept("old") })
      yield* access()
      const held = yield* Effect.makeLatch(false)
      yield* Effect.fork(Effect.scoped(Effect.zipRight(memory.lock("test"), held.await)))
      yield* settle
      const forget = yield* Effect.fork(tokens.forget)
      yield* settle
      // What is in memory is good until it is forgotten; what is not is had after.
      const call = yield* Effect.fork(access({ forceLoad: true }))
      yield* settle
      yield* held.open
      yield* Fiber.join(forget)
      expect(yield* Fiber.join(call)).toBe("new1")
    }))
})

describe("callers without a store around them", () => {
  test("have one each, and share one that is", () =>
    Effect.gen(function* () {
      let granted = 0
      const grant = Effect.sync(() => ({ accessToken: Redacted.make(`new${(granted += 1)}`) }))
      const access = Effect.flatMap(Tokens.make({ name: "test", identity: "app", grant }), (tokens) =>
        Effect.map(tokens.token(), ({ accessToken }) => Redacted.value(accessToken))
      )
      expect([yield* access, yield* access]).toEqual(["new1", "new2"])
      const context = yield* Layer.build(TokenStore.layerMemory)
      const shared = Effect.provideService(access, TokenStore.TokenStore, Context.get(context, TokenStore.TokenStore))
      expect([yield* shared, yield* shared]).toEqual(["new3", "new3"])
    }))
})

describe("a server that refuses every token", () => {
  test("is asked once more in a call, with one token more", () =>
    Effect.gen(function* () {
      const client = stub([status(401)])
      const events: Array<string> = []
      const credentials = Tokens.make({
        name: "test",
        identity: "app",
        grant: Effect.sync(() => ({ accessToken: Redacted.make(`new${events.push("grant")}`) }))
      })
      const caller = Authoriser.layer(Caller, { baseUrl: home, credentials })
      const calls = Effect.gen(function* () {
        for (const count of [1, 2, 3]) {
          const error = yield* Effect.flip(thing())
          expect(error).toMatchObject({ _tag: "Unauthorised", status: 401 })
          expect([client.requests.length, events.length]).toEqual([2 * count, 1 + count])
        }
      })
      yield* calls.pipe(Effect.provide(caller), Effect.provide(client.layer), Effect.provide(once))
      expect(client.requests.map(({ request }) => request.headers["authorization"])).toEqual([
        "Bearer new1",
        "Bearer new2",
        "Bearer new2",
        "Bearer new3",
        "Bearer new3",
        "Bearer new4"
      ])
      expect(yield* Clock.currentTimeMillis).toBe(later)
    }))
})

describe("a grant from untyped JSON", () => {
  for (const accessToken of [undefined, null, 42, {}]) {
    test(`of ${JSON.stringify(accessToken)} is Invalid, and neither kept nor used`, () =>
      Effect.gen(function* () {
        const store = yield* TokenStore.makeMemory
        const tokens = yield* Tokens.make({
          name: "test",
          identity: "app",
          // As JavaScript can.
          grant: Effect.succeed({ accessToken: Redacted.make(accessToken as never) })
        }).pipe(Effect.provideService(TokenStore.TokenStore, store))
        expect(yield* Effect.flip(tokens.token())).toMatchObject({ reason: "Invalid" })
        expect(yield* store.load("test")).toEqual(Option.none())
      }))
  }
})
