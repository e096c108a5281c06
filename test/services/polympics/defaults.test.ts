import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type Authoriser, Deadline, RetryPolicy } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { elapsing } from "../../support/kit.js"
import { inProcess, json, type Reply, settle } from "../../support/inProcess.js"
import { newPassword, appReset } from "./support/resets.js"
import { page, team, teams } from "./support/wire.js"

const password = Redacted.make("s3cret")
const asApp = { username: "A1", password }
const asUser = { username: "S1", password }
const getTeam = Polympics.getTeam(Polympics.TeamId.make(1))

const configured = (username: string) =>
  Layer.setConfigProvider(
    ConfigProvider.fromMap(
      new Map([
        ["POLYMPICS_USERNAME", username],
        ["POLYMPICS_PASSWORD", "s3cret"]
      ])
    )
  )

type Make = (defaults?: Authoriser.Defaults) => Layer.Layer<Polympics.Authoriser, unknown>
const callers: ReadonlyArray<readonly [name: string, make: Make]> = [
  ["anonymous", (defaults) => Polympics.anonymous(defaults)],
  ["app", (defaults) => Polympics.app(asApp, defaults)],
  ["user", (defaults) => Polympics.user(asUser, defaults)],
  ["anonymousConfig", (defaults) => Layer.provide(Polympics.anonymousConfig(undefined, defaults), configured("A1"))],
  ["appConfig", (defaults) => Layer.provide(Polympics.appConfig(undefined, defaults), configured("A1"))],
  ["userConfig", (defaults) => Layer.provide(Polympics.userConfig(undefined, defaults), configured("S1"))]
]

/** Makes a call: its error, its duration in milliseconds, and the number of its requests. */
const calling = (caller: Layer.Layer<Polympics.Authoriser, unknown>, reply: Effect.Effect<Reply>) => {
  const http = inProcess(() => reply)
  return (around: <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E> = (call) => call) =>
    Effect.gen(function* () {
      const before = http.sent.length
      const start = yield* Clock.currentTimeMillis
      const result = yield* getTeam.pipe(
        Effect.provide(Layer.merge(Layer.orDie(caller), http.layer)),
        around,
        Effect.either,
        elapsing
      )
      const took = (yield* Clock.currentTimeMillis) - start
      return { error: result._tag === "Left" ? result.left : undefined, took, sent: http.sent.length - before }
    })
}

describe.each(callers)("the defaults of %s", (_, make) => {
  const failing = Effect.succeed<Reply>({ status: 503 })
  const found = json(team(1))

  it.effect("have the retry policy, unless the program has one", () =>
    Effect.gen(function* () {
      const retrying = (times: number) =>
        RetryPolicy.make({
          schedule: Schedule.intersect(Schedule.recurs(times), Schedule.spaced("1 second")),
          retries: () => true
        })
      const under = calling(make({ retryPolicy: retrying(5) }), failing)
      expect((yield* under()).sent).toBe(6)
      expect((yield* under(Effect.provideService(RetryPolicy.Current, retrying(1)))).sent).toBe(2)
      expect((yield* under(Effect.provideService(RetryPolicy.Current, RetryPolicy.none))).sent).toBe(1)
      expect((yield* under(Effect.provideService(RetryPolicy.Current, undefined))).sent).toBe(6)
      expect((yield* calling(make(), failing)()).sent).toBe(4)
    })
  )

  it.effect("have the deadline, unless the program has one", () =>
    Effect.gen(function* () {
      const under = calling(make({ deadline: "3 seconds" }), Effect.delay(Effect.succeed(found), "5 seconds"))
      expect(yield* under()).toMatchObject({
        error: { _tag: "TimeoutError", reason: "deadline" },
        took: 3000
      })
      expect((yield* under(Effect.provideService(Deadline.Current, "2 seconds"))).took).toBe(2000)
      expect(yield* under(Effect.provideService(Deadline.Current, "6 seconds"))).toMatchObject({
        error: undefined,
        took: 5000
      })
      expect(yield* under(Effect.provideService(Deadline.Current, Infinity))).toMatchObject({
        error: undefined,
        took: 5000
      })
    })
  )

  it.effect("have the deadline of attempts, unless the program has one", () =>
    Effect.gen(function* () {
      const late = Effect.delay(Effect.succeed(found), "5 seconds")
      const retryPolicy = RetryPolicy.make({ schedule: Schedule.recurs(1), retries: () => true })
      const under = calling(make({ attemptDeadline: "3 seconds", retryPolicy }), late)
      expect(yield* under()).toMatchObject({
        error: { _tag: "TimeoutError", reason: "attempt deadline" },
        took: 6000,
        sent: 2
      })
      expect((yield* under(Effect.provideService(Deadline.PerAttempt, "2 seconds"))).took).toBe(4000)
      expect(yield* under(Effect.provideService(Deadline.PerAttempt, Infinity))).toMatchObject({
        error: undefined,
        sent: 1
      })
    })
  )
})

describe("an API's defaults", () => {
  it.effect("are combined with a Config, which has the base URL", () =>
    Effect.gen(function* () {
      const config = {
        username: Config.succeed("A1"),
        password: Config.succeed(password),
        baseUrl: Config.succeed("https://example.com/api")
      }
      // JavaScript callers can give a base URL here, which is ignored.
      const defaults = { deadline: "1 second", baseUrl: "https://evil.example" } as const
      const app = Effect.provide(Polympics.App, Polympics.appConfig(config, defaults))
      const { baseUrl, credentials, defaults: own } = yield* app
      expect([baseUrl.href, own.deadline, credentials.identity]).toEqual([
        "https://example.com/api",
        "1 second",
        "App A1"
      ])
    })
  )

  it.effect("do not apply to callers within its layer", () =>
    Effect.gen(function* () {
      const defaults = { deadline: "1 second", attemptDeadline: "1 second", retryPolicy: RetryPolicy.none } as const
      const user = yield* Polympics.User.pipe(
        Effect.provide(Polympics.user(asUser)),
        Effect.provide(Polympics.app(asApp, defaults))
      )
      expect(user.defaults).toEqual({})
    })
  )

  it.effect("apply to each page of a list", () =>
    Effect.gen(function* () {
      const http = inProcess(({ target }) => Effect.delay(Effect.succeed(page(teams(5), target)), "2 seconds"))
      const list = (defaults: Authoriser.Defaults) =>
        Stream.runCollect(Polympics.listTeams({ pageSize: 1 })).pipe(
          Effect.provide(Layer.merge(Polympics.anonymous(defaults), http.layer)),
          elapsing
        )
      expect(yield* list({ deadline: "3 seconds", attemptDeadline: "3 seconds" })).toHaveLength(5)
      expect(yield* Effect.flip(list({ deadline: "1 second" }))).toMatchObject({ _tag: "TimeoutError" })
    })
  )
})

describe("a reset with an API's defaults", () => {
  const reset = "/auth/reset_token"
  /** A server that never responds to these targets. */
  const server = (silent: ReadonlyArray<string>) =>
    inProcess(({ target }) =>
      silent.includes(target) ? Effect.never : Effect.succeed(target === reset ? appReset() : json(team(1)))
    )
  const acting = (http: ReturnType<typeof server>, defaults: Authoriser.Defaults) =>
    Effect.provide(Layer.merge(Layer.orDie(Polympics.app(asApp, defaults)), http.layer))

  it.effect("fails with CredentialsLost if it exceeds the deadline of attempts, and is not retried", () =>
    Effect.gen(function* () {
      const http = server([reset])
      const error = yield* Polympics.resetAppToken().pipe(
        acting(http, { attemptDeadline: "2 seconds" }),
        Effect.flip,
        elapsing
      )
      expect(error).toMatchObject({ _tag: "CredentialsLost", reason: "ResponseLost" })
      expect(http.sent).toHaveLength(1)
    })
  )

  it.effect("waits for a call in flight until the deadline of its attempt", () =>
    Effect.gen(function* () {
      const http = server(["/team/1"])
      yield* Effect.gen(function* () {
        const hanging = yield* Effect.fork(Effect.flip(getTeam))
        yield* settle
        const resetting = yield* Effect.fork(Polympics.resetAppToken())
        yield* settle
        expect(http.sent).toHaveLength(1)
        yield* TestClock.adjust("2 seconds")
        expect(yield* Fiber.join(hanging)).toMatchObject({ _tag: "TimeoutError", reason: "attempt deadline" })
        expect(Redacted.value((yield* Fiber.join(resetting)).password)).toBe(newPassword)
      }).pipe(acting(http, { attemptDeadline: "2 seconds", retryPolicy: RetryPolicy.none }))
    })
  )

  it.effect("can delay an attempt past its deadline, which is then never sent", () =>
    Effect.gen(function* () {
      const http = server([reset])
      yield* Effect.gen(function* () {
        yield* Effect.fork(Effect.provideService(Polympics.resetAppToken(), Deadline.PerAttempt, Infinity))
        yield* settle
        const delayed = yield* Effect.fork(Effect.flip(getTeam))
        yield* settle
        yield* TestClock.adjust("2 seconds")
        const error = yield* Fiber.join(delayed)
        expect(error.attempts).toMatchObject([{ class: "NotSent", reason: "attempt deadline" }])
        yield* TestClock.adjust("1 minute")
        expect(http.sent.map(({ target }) => target)).toEqual([reset])
      }).pipe(acting(http, { attemptDeadline: "2 seconds", retryPolicy: RetryPolicy.none }))
    })
  )

  it.effect("has the API's deadline, unless the program has one", () =>
    Effect.gen(function* () {
      const http = server([reset])
      const took = Effect.fn(function* (own?: Duration.DurationInput) {
        const start = yield* Clock.currentTimeMillis
        yield* Polympics.resetAppToken().pipe(
          Effect.provideService(Deadline.Current, own),
          acting(http, { deadline: "3 seconds" }),
          Effect.flip,
          elapsing
        )
        return (yield* Clock.currentTimeMillis) - start
      })
      expect(yield* took("5 seconds")).toBe(5000)
      expect(yield* took()).toBe(3000)
    })
  )
})
