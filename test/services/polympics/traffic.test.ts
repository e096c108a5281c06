import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Deadline, Limiter, RetryPolicy, Traffic } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as Scripted from "../../servers/scripted.js"
import { clients } from "./support/clients.js"
import { inProcess, json, type Reply } from "./support/inProcess.js"
import { team } from "./support/wire.js"

const password = Redacted.make("s3cret")
const app = (username = "A1", options: Polympics.CallerOptions = {}) =>
  Layer.orDie(Polympics.app({ username, password }, options))
const user = (username = "S1", options: Polympics.CallerOptions = {}) =>
  Layer.orDie(Polympics.user({ username, password }, options))
const nobody = (options: Polympics.CallerOptions = {}) => Layer.orDie(Polympics.anonymous(options))

const get = Polympics.getTeam(Polympics.TeamId.make(1))
const once = Effect.provideService(RetryPolicy.Current, RetryPolicy.none)
/** Not for so long as the servers of these tests ask to wait. */
const soon = Effect.provideService(Deadline.Current, "1 second")
const found = json(team(1))

type Caller = Layer.Layer<Polympics.Authoriser>

/** How a call ends that is made by this caller. */
const ends = (caller: Caller) =>
  Effect.map(Effect.either(once(soon(Effect.provide(get, caller)))), (result) =>
    result._tag === "Left" ? result.left._tag : "found"
  )
const meets = (caller: Caller) => Effect.asVoid(ends(caller))

/** A server that answers its first request like this, and asks to come back in a minute, and all others well. */
const after = (status: number) =>
  inProcess((_, index): Reply => (index === 0 ? { status, headers: { "retry-after": "60" } } : found)).layer

describe("a user's layer within an app's", () => {
  it.effect("asks the limiter that the app's was given", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const limiter = Layer.succeed(Limiter.Limiter, {
        acquire: ({ identity }) => Effect.sync(() => void asked.push(identity))
      })
      const program = Effect.zipRight(get, Effect.provide(get, user()))
      yield* Effect.provide(program, Layer.merge(Layer.provide(app(), limiter), inProcess(() => found).layer))
      expect(asked).toEqual(["App A1", "User S1"])
    })
  )

  it.effect("is held back with it after a 503", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(
        meets(user()),
        Effect.all([ends(user()), ends(user("S2")), once(soon(Effect.either(get)))])
      )
      const [same, other, theApp] = yield* Effect.provide(program, Layer.merge(app(), after(503)))
      expect([same, other]).toEqual(["NotSent", "NotSent"])
      expect(theApp).toMatchObject({ left: { _tag: "NotSent", retryAfter: Duration.minutes(1) } })
    })
  )

  it.effect("is held back alone after a 429, wherever it is provided anew", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(
        meets(user()),
        Effect.all([ends(user()), ends(user("s1")), ends(user("S2")), Effect.asVoid(once(soon(get)))])
      )
      const [same, lowerCase, other] = yield* Effect.provide(program, Layer.merge(app(), after(429)))
      expect([same, lowerCase, other]).toEqual(["NotSent", "NotSent", "found"])
    })
  )

  it.effect("goes on after the app's 429, and waits after the app's 503", () =>
    Effect.gen(function* () {
      for (const [status, expected] of [
        [429, ["NotSent", "found"]],
        [503, ["NotSent", "NotSent"]]
      ] as const) {
        const program = Effect.gen(function* () {
          yield* Effect.flip(once(get))
          const again = yield* Effect.flip(soon(Polympics.getTeam(Polympics.TeamId.make(2)))).pipe(
            Effect.map(({ _tag }) => _tag)
          )
          return [again, yield* ends(user())]
        })
        expect(yield* Effect.provide(program, Layer.merge(app(), after(status)))).toEqual(expected)
      }
    })
  )

  it.effect("goes on when the pause is over", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* meets(user())
        yield* TestClock.adjust("1 minute")
        return yield* ends(user())
      })
      expect(yield* Effect.provide(program, Layer.merge(app(), after(503)))).toBe("found")
    })
  )

  it.effect("shares its budget; so does one that is put within it as a layer, and nobody's", () =>
    Effect.gen(function* () {
      const own = (caller: Caller) =>
        Effect.provide(
          Effect.map(Polympics.Authoriser, ({ traffic }) => traffic),
          caller
        )
      const [theApp, theUser, anonymous, another] = yield* Effect.all([
        Effect.map(Polympics.App, ({ traffic }) => traffic),
        own(user()),
        own(nobody()),
        Effect.provide(own(user()), user("S2"))
      ]).pipe(Effect.provide(app()))
      for (const lane of [theUser, anonymous, another]) expect(lane).toBe(theApp)
      const [outer, inner] = yield* Effect.all([Polympics.App, Polympics.User]).pipe(
        Effect.provide(Layer.provideMerge(user(), app()))
      )
      expect(inner.traffic).toBe(outer.traffic)
    })
  )

  it.effect("at another place shares what is at the same origin, whatever the path", () =>
    Effect.gen(function* () {
      const home = "https://example.com/a"
      const laneAt = (baseUrl: string) =>
        Effect.provide(
          Effect.map(Polympics.User, ({ traffic }) => traffic),
          user("S1", { baseUrl, insecure: true })
        )
      const [theApp, ...others] = yield* Effect.all([
        Effect.map(Polympics.App, ({ traffic }) => traffic),
        laneAt("https://example.com/b"),
        laneAt("https://EXAMPLE.com:443"),
        laneAt("http://example.com/a"),
        laneAt("https://example.com:444/a"),
        laneAt("https://api.example.com/a")
      ]).pipe(Effect.provide(app("A1", { baseUrl: home })))
      expect(others.map((lane) => lane === theApp)).toEqual([true, true, false, false, false])
    })
  )
})

describe("two tenants side by side", () => {
  const first = app("A1")
  const second = app("A2")

  it.effect("do not hold each other back", () =>
    Effect.gen(function* () {
      for (const status of [429, 503]) {
        const program = Effect.zipRight(meets(first), ends(second))
        expect(yield* Effect.provide(program, after(status))).toBe("found")
        // Nor does a tenant itself that is built again.
        expect(yield* Effect.provide(Effect.zipRight(meets(first), ends(first)), after(status))).toBe("found")
      }
    })
  )

  it.effect("do so under one traffic: after a 503; and after a 429 whoever has the same name", () =>
    Effect.gen(function* () {
      const rows = [
        [503, second, "NotSent"],
        [503, nobody(), "NotSent"],
        [429, second, "found"],
        [429, nobody(), "found"],
        [429, app("a1"), "NotSent"],
        [429, user("S1"), "found"]
      ] as const
      for (const [status, other, expected] of rows) {
        const program = Effect.provide(Effect.zipRight(meets(first), ends(other)), Traffic.layer())
        expect(yield* Effect.provide(program, after(status))).toBe(expected)
      }
    })
  )

  it.effect("in one layer have each their own, unless there is one traffic around it", () =>
    Effect.gen(function* () {
      const both = Effect.map(
        Effect.all([Polympics.App, Polympics.User]),
        ([one, other]) => one.traffic === other.traffic
      )
      const layer = Layer.merge(app(), user())
      expect(yield* Effect.provide(both, layer)).toBe(false)
      expect(yield* Effect.provide(both, Layer.provide(layer, Traffic.layer()))).toBe(true)
    })
  )

  it.effect("can be let alone under one traffic, too", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(meets(first), ends(second))
      expect(yield* program.pipe(Effect.provide(Traffic.layer({ pause: false })), Effect.provide(after(503)))).toBe(
        "found"
      )
    })
  )

  it.effect("that can't be built fail as they do, whatever is around them", () =>
    Effect.gen(function* () {
      const wrong = Polympics.app({ username: "nobody", password })
      for (const around of [Layer.empty, Traffic.layer()]) {
        const error = yield* Effect.flip(Effect.provide(get, Layer.provide(wrong, around)))
        expect(error).toMatchObject({ _op: "InvalidData" })
      }
    }).pipe(Effect.provide(after(200)))
  )
})

describe.each(clients)("a backend with a caller for each request, by $name", ({ client }) => {
  const eager = Effect.provideService(
    RetryPolicy.Current,
    RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: () => true })
  )
  const budget = { capacity: 10, perSecond: 0, perSuccess: 0 }

  it.scopedLive(
    "meets an outage with hardly more than a request each, under one traffic, and with four each without",
    () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([Scripted.answer({ status: 503 })])
        const requestsOf = Effect.fn(function* (around: (program: Effect.Effect<void>) => Effect.Effect<void>) {
          const before = requests.length
          const request = (index: number) =>
            eager(Effect.ignore(get)).pipe(Effect.provide(user(`S${index}`, { baseUrl: url })), Effect.provide(client))
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
        expect(yield* requestsOf(Effect.provide(Traffic.layer({ budget })))).toBe(60)
        expect(yield* requestsOf(Effect.provide(Traffic.layer({ budget: "unlimited" })))).toBe(200)
        const backend = Layer.provide(app("A1", { baseUrl: url }), Traffic.layer({ budget }))
        expect(yield* requestsOf(Effect.provide(backend))).toBe(60)
      })
  )
})
