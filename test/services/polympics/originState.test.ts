import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { type Authoriser, Deadline, Limiter, OriginState, RetryPolicy } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as Scripted from "../../servers/scripted.js"
import { inProcess, json, type Reply } from "../../support/inProcess.js"
import { team } from "./support/wire.js"
import { client } from "../../support/client.js"

const password = Redacted.make("s3cret")
const app = (username = "A1", options: Polympics.CallerOptions = {}) =>
  Layer.orDie(Polympics.app({ username, password }, options))
const user = (username = "S1", options: Polympics.CallerOptions = {}) =>
  Layer.orDie(Polympics.user({ username, password }, options))
const anonymous = (options: Polympics.CallerOptions = {}) => Layer.orDie(Polympics.anonymous(options))

const getTeam = Polympics.getTeam(Polympics.TeamId.make(1))
const once = Effect.provideService(RetryPolicy.Current, RetryPolicy.none)
/** Fails before the wait that the servers of these tests ask for has passed. */
const soon = Effect.provideService(Deadline.Current, "1 second")
const found = json(team(1))

type Caller = Layer.Layer<Polympics.Authoriser>

const budget = ({ origin }: Authoriser.Authoriser) => origin.budget

/** The tag of the error of a call by this caller, or "found". */
const outcome = (caller: Caller) =>
  Effect.map(Effect.either(once(soon(Effect.provide(getTeam, caller)))), (result) =>
    result._tag === "Left" ? result.left._tag : "found"
  )
const callBy = (caller: Caller) => Effect.asVoid(outcome(caller))

/** A server whose first response has this status and a Retry-After of a minute. All others are a success. */
const after = (status: number) =>
  inProcess((_, index): Reply => (index === 0 ? { status, headers: { "retry-after": "60" } } : found)).layer

describe("a user's layer within an app's", () => {
  it.effect("uses the limiter of the app's layer", () =>
    Effect.gen(function* () {
      const identities: Array<string> = []
      const limiter = Layer.succeed(Limiter.Limiter, {
        acquire: ({ identity }) => Effect.sync(() => void identities.push(identity))
      })
      const program = Effect.zipRight(getTeam, Effect.provide(getTeam, user()))
      yield* Effect.provide(program, Layer.merge(Layer.provide(app(), limiter), inProcess(() => found).layer))
      expect(identities).toEqual(["App A1", "User S1"])
    })
  )

  it.effect("is paused with it after a 503", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(
        callBy(user()),
        Effect.all([outcome(user()), outcome(user("S2")), once(soon(Effect.either(getTeam)))])
      )
      const [same, other, theApp] = yield* Effect.provide(program, Layer.merge(app(), after(503)))
      expect([same, other]).toEqual(["NotSent", "NotSent"])
      expect(theApp).toMatchObject({ left: { _tag: "NotSent", retryAfter: Duration.minutes(1) } })
    })
  )

  it.effect("is paused alone after a 429, also where it is provided again", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(
        callBy(user()),
        Effect.all([outcome(user()), outcome(user("s1")), outcome(user("S2")), Effect.asVoid(once(soon(getTeam)))])
      )
      const [same, lowerCase, other] = yield* Effect.provide(program, Layer.merge(app(), after(429)))
      expect([same, lowerCase, other]).toEqual(["NotSent", "NotSent", "found"])
    })
  )

  it.effect("continues after the app's 429, and is paused after the app's 503", () =>
    Effect.gen(function* () {
      for (const [status, expected] of [
        [429, ["NotSent", "found"]],
        [503, ["NotSent", "NotSent"]]
      ] as const) {
        const program = Effect.gen(function* () {
          yield* Effect.flip(once(getTeam))
          const again = yield* Effect.flip(soon(Polympics.getTeam(Polympics.TeamId.make(2)))).pipe(
            Effect.map(({ _tag }) => _tag)
          )
          return [again, yield* outcome(user())]
        })
        expect(yield* Effect.provide(program, Layer.merge(app(), after(status)))).toEqual(expected)
      }
    })
  )

  it.effect("continues after the pause", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* callBy(user())
        yield* TestClock.adjust("1 minute")
        return yield* outcome(user())
      })
      expect(yield* Effect.provide(program, Layer.merge(app(), after(503)))).toBe("found")
    })
  )

  it.effect("shares its retry budget, as do layers that it is provided to, and an anonymous caller", () =>
    Effect.gen(function* () {
      const budgetOf = (caller: Caller) => Effect.provide(Effect.map(Polympics.Authoriser, budget), caller)
      const [appBudget, ...others] = yield* Effect.all([
        Effect.map(Polympics.App, budget),
        budgetOf(user()),
        budgetOf(anonymous()),
        Effect.provide(budgetOf(user()), user("S2"))
      ]).pipe(Effect.provide(app()))
      for (const other of others) expect(other).toBe(appBudget)
      const [outer, inner] = yield* Effect.all([Polympics.App, Polympics.User]).pipe(
        Effect.provide(Layer.provideMerge(user(), app()))
      )
      expect(budget(inner)).toBe(budget(outer))
    })
  )

  it.effect("with another base URL shares the state of the same origin, for any path", () =>
    Effect.gen(function* () {
      const budgetAt = (baseUrl: string) =>
        Effect.provide(Effect.map(Polympics.User, budget), user("S1", { baseUrl, insecure: true }))
      const [appBudget, ...others] = yield* Effect.all([
        Effect.map(Polympics.App, budget),
        budgetAt("https://example.com/b"),
        budgetAt("https://EXAMPLE.com:443"),
        budgetAt("http://example.com/a"),
        budgetAt("https://example.com:444/a"),
        budgetAt("https://api.example.com/a")
      ]).pipe(Effect.provide(app("A1", { baseUrl: "https://example.com/a" })))
      expect(others.map((other) => other === appBudget)).toEqual([true, true, false, false, false])
    })
  )
})

describe("two tenants side by side", () => {
  const first = app("A1")
  const second = app("A2")

  it.effect("do not pause each other", () =>
    Effect.gen(function* () {
      for (const status of [429, 503]) {
        const program = Effect.zipRight(callBy(first), outcome(second))
        expect(yield* Effect.provide(program, after(status))).toBe("found")
        // The same tenant, built again.
        expect(yield* Effect.provide(Effect.zipRight(callBy(first), outcome(first)), after(status))).toBe("found")
      }
    })
  )

  it.effect(
    "pause each other under one OriginState: all of them after a 503, and those of one identity after a 429",
    () =>
      Effect.gen(function* () {
        const rows = [
          [503, second, "NotSent"],
          [503, anonymous(), "NotSent"],
          [429, second, "found"],
          [429, anonymous(), "found"],
          [429, app("a1"), "NotSent"],
          [429, user("S1"), "found"]
        ] as const
        for (const [status, other, expected] of rows) {
          const program = Effect.provide(Effect.zipRight(callBy(first), outcome(other)), OriginState.layer())
          expect(yield* Effect.provide(program, after(status))).toBe(expected)
        }
      })
  )

  it.effect("in one layer have budgets of their own, unless there is an OriginState around it", () =>
    Effect.gen(function* () {
      const both = Effect.map(
        Effect.all([Polympics.App, Polympics.User]),
        ([one, other]) => budget(one) === budget(other)
      )
      const layer = Layer.merge(app(), user())
      expect(yield* Effect.provide(both, layer)).toBe(false)
      expect(yield* Effect.provide(both, Layer.provide(layer, OriginState.layer()))).toBe(true)
    })
  )

  it.effect("do not pause each other under an OriginState without pauses", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(callBy(first), outcome(second))
      expect(
        yield* program.pipe(
          Effect.provide(Layer.orDie(OriginState.layer({ pause: false }))),
          Effect.provide(after(503))
        )
      ).toBe("found")
    })
  )

  it.effect("that can't be built fail with a ConfigError, with and without an OriginState around them", () =>
    Effect.gen(function* () {
      const wrong = Polympics.app({ username: "nobody", password })
      for (const around of [Layer.empty, OriginState.layer()]) {
        const error = yield* Effect.flip(Effect.provide(getTeam, Layer.provide(wrong, around)))
        expect(error).toMatchObject({ _op: "InvalidData" })
      }
    }).pipe(Effect.provide(after(200)))
  )
})

describe("a backend with a caller for each request", () => {
  const eager = Effect.provideService(
    RetryPolicy.Current,
    RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
  )
  const budget = { capacity: 10, reserve: 10, perSecond: 0, perSuccess: 0 }

  it.scopedLive("sends hardly more than a request each in an outage under one OriginState, and four each without", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.respond({ status: 503 })])
      const requestsOf = Effect.fn(function* (around: (program: Effect.Effect<void>) => Effect.Effect<void>) {
        const before = requests.length
        const request = (index: number) =>
          eager(Effect.ignore(getTeam)).pipe(
            Effect.provide(user(`S${index}`, { baseUrl: url })),
            Effect.provide(client)
          )
        yield* around(
          Effect.forEach(
            Array.from({ length: 50 }, (_, index) => index),
            request,
            { concurrency: 10, discard: true }
          )
        )
        return requests.length - before
      })
      expect(yield* requestsOf((program) => program)).toBe(200)
      expect(yield* requestsOf(Effect.provide(Layer.orDie(OriginState.layer({ budget }))))).toBe(60)
      expect(yield* requestsOf(Effect.provide(Layer.orDie(OriginState.layer({ budget: "unlimited" }))))).toBe(200)
      const backend = Layer.provide(app("A1", { baseUrl: url }), Layer.orDie(OriginState.layer({ budget })))
      expect(yield* requestsOf(Effect.provide(backend))).toBe(60)
    })
  )
})
