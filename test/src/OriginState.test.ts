import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Credentials, Deadline, Limiter, OriginState, RetryPolicy } from "effect-herald"
import { at, Caller, elapsing, status, type Step, stub, thing } from "../support/kit.js"

const baseUrl = new URL("https://api.test")
const ok = status(200)
const once = Effect.provideService(RetryPolicy.Current, RetryPolicy.none)
const withinSecond = Effect.provideService(Deadline.Current, "1 second")

/** A layer with this identity. As every layer of an API, it shares its state with layers that it is provided to. */
const callerOf = (identity: string, url = baseUrl): Layer.Layer<Caller> =>
  Caller.layer({ baseUrl: url, credentials: Credentials.make(identity, (request) => request) }).pipe(Layer.orDie)

/** Reports whether a call of this layer is delayed, which accepts less than a second. */
const isDelayed = (caller: Layer.Layer<Caller>) =>
  Effect.map(Effect.either(once(withinSecond(Effect.provide(thing(), caller)))), (result) => result._tag === "Left")

/** Makes a call of this layer that fails. */
const fails = (caller: Layer.Layer<Caller>) => Effect.asVoid(Effect.flip(once(Effect.provide(thing(), caller))))

const limited = status(429, { "retry-after": "60" })
const unavailable = status(503, { "retry-after": "60" })

/** Runs a program whose first request takes this step, and all others succeed. */
const withFirst = <A, E>(
  step: () => Step,
  program: Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof thing>>>
) => Effect.provide(program, Layer.merge(stub([step, ok]).layer, at(baseUrl)))

const outer = callerOf("A1")
const inner = callerOf("S1")

describe("OriginStates", () => {
  it.effect("has one state for each origin", () =>
    Effect.gen(function* () {
      const states = yield* OriginState.make()
      expect(states.forOrigin("http://a.test")).toBe(states.forOrigin("http://a.test"))
      expect(states.forOrigin("http://a.test")).not.toBe(states.forOrigin("http://a.test:81"))
      expect(states.forOrigin("http://a.test").budget).not.toBe(states.forOrigin("https://a.test").budget)
      const other = yield* OriginState.make()
      expect(other.forOrigin("http://a.test")).not.toBe(states.forOrigin("http://a.test"))
    })
  )

  it.effect("has the budget and the pause that the options set", () =>
    Effect.gen(function* () {
      const state = (options?: OriginState.Options) =>
        Effect.map(OriginState.make(options), (states) => states.forOrigin("http://a.test"))
      expect((yield* state()).budget?.available(0)).toBe(3)
      expect((yield* state({ budget: { capacity: 7, reserve: 9 } })).budget?.available(0)).toBe(7)
      expect((yield* state({ budget: { reserve: 9 } })).budget?.available(0)).toBe(9)
      expect((yield* state({ budget: "unlimited" })).budget).toBeUndefined()
      expect((yield* state({ budget: "unlimited" })).pause).toBeDefined()
      expect((yield* state({ pause: false })).pause).toBeUndefined()
      expect((yield* state({ pause: undefined, budget: undefined })).pause).toBeDefined()
    })
  )

  it.effect("is made by each build of the layer, and shared by the program within", () =>
    Effect.gen(function* () {
      const layer = OriginState.layer()
      const one = Effect.provide(OriginState.OriginStates, layer)
      expect(yield* one).not.toBe(yield* one)
      const both = Effect.all([
        OriginState.OriginStates,
        Effect.map(OriginState.forOrigins, (state) => state(baseUrl.origin))
      ])
      const [states, state] = yield* Effect.provide(both, layer)
      expect(state.budget).toBe(states.forOrigin(baseUrl.origin).budget)
    })
  )
})

describe("a pause", () => {
  it.effect("applies to one identity or to all, and the later end of the two counts", () =>
    Effect.gen(function* () {
      const { pause } = (yield* OriginState.make()).forOrigin(baseUrl.origin)
      const untils = () => ["A1", "A2", ""].map((identity) => pause?.until([identity]))
      expect(untils()).toEqual([0, 0, 0])
      pause?.begin(0, 10, "A1")
      expect(untils()).toEqual([10, 0, 0])
      pause?.begin(0, 5, undefined)
      expect(untils()).toEqual([10, 5, 5])
      pause?.begin(0, 7, "A1")
      pause?.begin(0, 3, undefined)
      expect(untils()).toEqual([10, 5, 5])
      pause?.begin(0, 20, "")
      expect(untils()).toEqual([10, 5, 20])
      pause?.begin(0, 30, undefined)
      expect(untils()).toEqual([30, 30, 30])
    })
  )

  it.effect("holds back the calls with any of several keys until the latest end", () =>
    Effect.gen(function* () {
      const { pause } = (yield* OriginState.make()).forOrigin(baseUrl.origin)
      pause?.begin(0, 10, "A1")
      pause?.begin(0, 20, "b")
      expect(pause?.until(["A1", "b"])).toBe(20)
      expect(pause?.until(["A1", "c"])).toBe(10)
      expect(pause?.until([])).toBe(0)
      pause?.end(["b", "c"])
      expect(pause?.until(["A1", "b"])).toBe(10)
      pause?.begin(0, 30, undefined)
      pause?.end(["A1"])
      expect(pause?.until(["A1"])).toBe(0)
    })
  )

  it.effect("may be tested once in each interval, from its beginning on, however often it is extended", () =>
    Effect.gen(function* () {
      const { pause } = (yield* OriginState.make()).forOrigin(baseUrl.origin)
      const interval = OriginState.probeInterval
      expect(interval).toBe(60_000)
      const probes = (...times: ReadonlyArray<number>) => times.map((now) => pause?.probe(now, ["A1"]))
      pause?.begin(0, 10 * interval, "A1")
      expect(probes(0, interval - 1, interval, interval + 1)).toEqual([false, false, true, false])
      pause?.begin(interval + 2, 20 * interval, "A1")
      expect(probes(2 * interval - 1, 2 * interval, 2 * interval)).toEqual([false, true, false])
      // Both pauses hold back the call.
      pause?.begin(2.5 * interval, 20 * interval, undefined)
      expect(probes(3 * interval, 3.5 * interval, 3.5 * interval)).toEqual([false, true, false])
      pause?.end(["A1"])
      pause?.begin(9 * interval, 20 * interval, "A1")
      expect(probes(9 * interval, 10 * interval)).toEqual([false, true])
    })
  )

  it.effect("is dropped when another begins after its end", () =>
    Effect.gen(function* () {
      const { pause } = (yield* OriginState.make()).forOrigin(baseUrl.origin)
      for (let tenant = 0; tenant < 1000; tenant += 1) pause?.begin(tenant, tenant + 10, `A${tenant}`)
      const until = (tenant: number) => pause?.until([`A${tenant}`])
      expect(until(999)).toBe(1009)
      expect(until(990)).toBe(1000)
      // The last pause began at 999, when this one had ended.
      expect(until(989)).toBe(0)
    })
  )
})

describe("a layer that another is provided to", () => {
  it.effect("shares its pause: a 503 delays both, a 429 only the identity that received it", () =>
    Effect.gen(function* () {
      const both = Effect.all([isDelayed(outer), isDelayed(inner)])
      const rows = [
        [unavailable, inner, [true, true]],
        [limited, inner, [false, true]],
        [limited, outer, [true, false]]
      ] as const
      for (const [step, caller, expected] of rows) {
        const within = Effect.zipRight(fails(caller), both)
        // The outermost layer makes the state, and the two others share it.
        expect(yield* withFirst(step, Effect.provide(within, callerOf("A0")))).toEqual(expected)
      }
      // Without a layer around them, the two share nothing.
      expect(yield* withFirst(unavailable, Effect.zipRight(fails(inner), both))).toEqual([false, false])
    })
  )

  it.effect("shares its budget", () =>
    Effect.gen(function* () {
      const budget = (caller: Layer.Layer<Caller>) =>
        Effect.provide(
          Effect.map(Caller, ({ origin }) => origin.budget),
          caller
        )
      const [first, second, third] = yield* Effect.provide(
        Effect.all([
          Effect.map(Caller, ({ origin }) => origin.budget),
          budget(inner),
          budget(callerOf("S1", new URL("https://b.test")))
        ]),
        outer
      )
      expect(second).toBe(first)
      expect(third).not.toBe(first)
    })
  )

  it.effect("shares its state at any depth", () =>
    Effect.gen(function* () {
      const deep = fails(callerOf("S2")).pipe(Effect.provide(inner), Effect.provide(callerOf("S3")))
      expect(yield* withFirst(unavailable, Effect.provide(Effect.zipRight(deep, isDelayed(inner)), outer))).toBe(true)
    })
  )

  it.effect("does not share the state of another origin", () =>
    Effect.gen(function* () {
      const other = callerOf("S1", new URL("https://b.test"))
      const program = Effect.zipRight(fails(other), Effect.all([isDelayed(inner), isDelayed(other)]))
      expect(yield* withFirst(unavailable, Effect.provide(program, outer))).toEqual([false, true])
    })
  )

  it.effect("that is built beside another shares its state only if OriginState.layer is around both", () =>
    Effect.gen(function* () {
      const budgets = Effect.gen(function* () {
        const [one, other] = yield* Effect.all([Layer.build(outer), Layer.build(inner)])
        return [one, other].map((context) => Context.get(context, Caller).origin.budget)
      }).pipe(Effect.scoped)
      const [apart, alone] = yield* budgets
      expect(apart).not.toBe(alone)
      const [together, equally] = yield* Effect.provide(budgets, OriginState.layer())
      expect(together).toBe(equally)
    })
  )
})

describe("OriginState.layer", () => {
  it.effect("around layers beside each other is shared by them", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(fails(outer), isDelayed(inner))
      expect(yield* withFirst(unavailable, program)).toBe(false)
      expect(yield* withFirst(unavailable, Effect.provide(program, OriginState.layer()))).toBe(true)
      expect(yield* withFirst(limited, Effect.provide(program, OriginState.layer()))).toBe(false)
      expect(
        yield* withFirst(limited, Effect.provide(Effect.zipRight(fails(inner), isDelayed(inner)), OriginState.layer()))
      ).toBe(true)
    })
  )

  it.effect("that is provided to a layer is shared by the layers within, too", () =>
    Effect.gen(function* () {
      const patient = outer.pipe(Layer.provide(OriginState.layer({ pause: false })))
      const program = Effect.zipRight(fails(inner), isDelayed(inner))
      expect(yield* withFirst(unavailable, Effect.provide(program, patient))).toBe(false)
      expect(yield* withFirst(unavailable, Effect.provide(program, outer))).toBe(true)
    })
  )

  it.effect("within a layer replaces the state of that layer for the layers within", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(fails(inner), Effect.all([isDelayed(inner), isDelayed(outer)]))
      const budget = Effect.map(Caller, ({ origin }) => origin.budget)
      const [around, within] = yield* Effect.provide(
        Effect.all([budget, Effect.provide(Effect.provide(budget, inner), OriginState.layer())]),
        outer
      )
      expect(within).not.toBe(around)
      expect(
        yield* withFirst(
          unavailable,
          Effect.provide(Effect.provide(program, OriginState.layer({ pause: false })), outer)
        )
      ).toEqual([false, false])
    })
  )

  it.effect("is optional: a layer has a state of its own, which outlives its calls", () =>
    Effect.gen(function* () {
      expect(Option.isNone(yield* Effect.serviceOption(OriginState.OriginStates))).toBe(true)
      const calls = Effect.gen(function* () {
        yield* once(Effect.flip(thing()))
        yield* TestClock.adjust("58 seconds")
        expect(yield* Effect.flip(withinSecond(thing()))).toMatchObject({
          _tag: "NotSent",
          retryAfter: Duration.seconds(2)
        })
        yield* TestClock.adjust("1500 millis")
        expect(yield* elapsing(withinSecond(thing()))).toEqual({ ok: true })
      })
      yield* withFirst(unavailable, Effect.provide(calls, outer))
    })
  )
})

describe("OriginState.share", () => {
  it.effect("adds the states, the limiter and the cache around it to the services of a layer", () =>
    Effect.gen(function* () {
      const limiter = { acquire: () => Effect.void }
      const shared = OriginState.share(Effect.succeed(Context.empty()))
      const alone = yield* shared
      expect(Option.isSome(Context.getOption(alone, OriginState.OriginStates))).toBe(true)
      expect(Option.isNone(Context.getOption(alone, Limiter.Limiter))).toBe(true)

      const states = yield* OriginState.make()
      const around = yield* shared.pipe(
        Effect.provideService(OriginState.OriginStates, states),
        Effect.provideService(Limiter.Limiter, limiter)
      )
      expect(Context.get(around, OriginState.OriginStates)).toBe(states)
      expect(Option.getOrUndefined(Context.getOption(around, Limiter.Limiter))).toBe(limiter)
    })
  )
})
