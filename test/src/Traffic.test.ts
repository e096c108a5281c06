import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Authoriser, Deadline, RetryPolicy, Traffic } from "effect-herald"
import { at, Caller, elapsing, status, stub, thing, type Turn } from "./kit.js"

const home = new URL("https://api.test")
const ok = status(200)
const once = Effect.provideService(RetryPolicy.Current, RetryPolicy.none)
const soon = Effect.provideService(Deadline.Current, "1 second")

/** A caller as an API's layer makes one: its traffic is that around it, or its own, and is that of callers within. */
const somebody = (identity: string, baseUrl = home) =>
  Layer.effectContext(
    Traffic.sharing(Effect.map(Authoriser.none(baseUrl), (nobody) => Context.make(Caller, { ...nobody, identity })))
  )

/** Whether this caller is held back: it does not accept a second's wait. */
const held = (caller: Layer.Layer<Caller>) =>
  Effect.map(Effect.either(once(soon(Effect.provide(thing(), caller)))), (result) => result._tag === "Left")

/** Has a caller meet this answer. */
const meets = (caller: Layer.Layer<Caller>) => Effect.asVoid(Effect.flip(once(Effect.provide(thing(), caller))))

const limited = status(429, { "retry-after": "60" })
const unavailable = status(503, { "retry-after": "60" })

/** Runs a program whose first request is answered like this, and all others well. */
const after = <A, E>(turn: () => Turn, program: Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof thing>>>) =>
  Effect.provide(program, Layer.merge(stub([turn, ok]).layer, at(home)))

const outer = somebody("A1")
const inner = somebody("S1")

describe("traffic", () => {
  it.effect("has a lane for each origin, and the same one each time", () =>
    Effect.gen(function* () {
      const traffic = yield* Traffic.make()
      expect(traffic.to("http://a.test")).toBe(traffic.to("http://a.test"))
      expect(traffic.to("http://a.test")).not.toBe(traffic.to("http://a.test:81"))
      expect(traffic.to("http://a.test").budget).not.toBe(traffic.to("https://a.test").budget)
      const other = yield* Traffic.make()
      expect(other.to("http://a.test")).not.toBe(traffic.to("http://a.test"))
    })
  )

  it.effect("has what it is told to have", () =>
    Effect.gen(function* () {
      const lane = (options?: Traffic.Options) =>
        Effect.map(Traffic.make(options), (traffic) => traffic.to("http://a.test"))
      expect((yield* lane()).budget?.available(0)).toBe(100)
      expect((yield* lane({ budget: { capacity: 7, perSecond: 0, perSuccess: 0 } })).budget?.available(0)).toBe(7)
      expect((yield* lane({ budget: "unlimited" })).budget).toBeUndefined()
      expect((yield* lane({ budget: "unlimited" })).pause).toBeDefined()
      expect((yield* lane({ pause: false })).pause).toBeUndefined()
      expect((yield* lane({ pause: undefined, budget: undefined })).pause).toBeDefined()
    })
  )

  it.effect("is made anew by each run of a layer, and shared by what one run of it is around", () =>
    Effect.gen(function* () {
      const layer = Traffic.layer()
      const one = Effect.provide(Traffic.Traffic, layer)
      expect(yield* one).not.toBe(yield* one)
      const [first, second] = yield* Effect.provide(Effect.all([Traffic.Traffic, Traffic.current]), layer)
      expect(first).toBe(second)
    })
  )
})

describe("a pause", () => {
  it.effect("is of an identity, or of all, and the longer of the two holds", () =>
    Effect.gen(function* () {
      const { pause } = (yield* Traffic.make()).to(home.origin)
      const untils = () => ["A1", "A2", ""].map((identity) => pause?.until(identity))
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

  it.effect("that is over is forgotten, and no other with it", () =>
    Effect.gen(function* () {
      const { pause } = (yield* Traffic.make()).to(home.origin)
      for (let tenant = 0; tenant < 1000; tenant += 1) pause?.begin(tenant, tenant + 10, `A${tenant}`)
      const until = (tenant: number) => pause?.until(`A${tenant}`)
      expect(until(999)).toBe(1009)
      expect(until(990)).toBe(1000)
      // 999 came at 999: what was over by then is gone.
      expect(until(989)).toBe(0)
    })
  )
})

describe("a caller within another", () => {
  it.effect("shares its pause: after a 503 both are held back, after a 429 the one that met it", () =>
    Effect.gen(function* () {
      const both = Effect.all([held(outer), held(inner)])
      const rows = [
        [unavailable, inner, [true, true]],
        [limited, inner, [false, true]],
        [limited, outer, [true, false]]
      ] as const
      for (const [turn, who, expected] of rows) {
        const within = Effect.zipRight(meets(who), both)
        // The outermost caller has the traffic; the two are within it.
        expect(yield* after(turn, Effect.provide(within, somebody("A0")))).toEqual(expected)
      }
      // Neither is within the other, and there is nothing around them.
      expect(yield* after(unavailable, Effect.zipRight(meets(inner), both))).toEqual([false, false])
    })
  )

  it.effect("shares its budget", () =>
    Effect.gen(function* () {
      const budget = (caller: Layer.Layer<Caller>) =>
        Effect.provide(
          Effect.map(Caller, ({ traffic }) => traffic.budget),
          caller
        )
      const [first, second, third] = yield* Effect.provide(
        Effect.all([
          Effect.map(Caller, ({ traffic }) => traffic.budget),
          budget(inner),
          budget(somebody("", new URL("https://b.test")))
        ]),
        outer
      )
      expect(second).toBe(first)
      expect(third).not.toBe(first)
    })
  )

  it.effect("however deep", () =>
    Effect.gen(function* () {
      const deep = meets(somebody("S2")).pipe(Effect.provide(inner), Effect.provide(somebody("S3")))
      expect(yield* after(unavailable, Effect.provide(Effect.zipRight(deep, held(inner)), outer))).toBe(true)
    })
  )

  it.effect("at another origin has a lane of its own", () =>
    Effect.gen(function* () {
      const elsewhere = somebody("S1", new URL("https://b.test"))
      const program = Effect.zipRight(meets(elsewhere), Effect.all([held(inner), held(elsewhere)]))
      expect(yield* after(unavailable, Effect.provide(program, outer))).toEqual([false, true])
    })
  )

  it.effect("that is merely built beside another does not share, unless there is one traffic around both", () =>
    Effect.gen(function* () {
      const lanes = Effect.gen(function* () {
        const [one, other] = yield* Effect.all([Layer.build(outer), Layer.build(inner)])
        return [one, other].map((context) => Context.get(context, Caller).traffic)
      }).pipe(Effect.scoped)
      const [apart, alone] = yield* lanes
      expect(apart).not.toBe(alone)
      const [together, equally] = yield* Effect.provide(lanes, Traffic.layer())
      expect(together).toBe(equally)
    })
  )
})

describe("traffic of one's own", () => {
  it.effect("around callers beside each other is shared by them", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(meets(outer), held(inner))
      expect(yield* after(unavailable, program)).toBe(false)
      expect(yield* after(unavailable, Effect.provide(program, Traffic.layer()))).toBe(true)
      expect(yield* after(limited, Effect.provide(program, Traffic.layer()))).toBe(false)
      expect(yield* after(limited, Effect.provide(Effect.zipRight(meets(inner), held(inner)), Traffic.layer()))).toBe(
        true
      )
    })
  )

  it.effect("given to a caller is that of the callers within it, too", () =>
    Effect.gen(function* () {
      const patient = outer.pipe(Layer.provide(Traffic.layer({ pause: false })))
      const program = Effect.zipRight(meets(inner), held(inner))
      expect(yield* after(unavailable, Effect.provide(program, patient))).toBe(false)
      expect(yield* after(unavailable, Effect.provide(program, outer))).toBe(true)
    })
  )

  it.effect("within a caller takes the place of that caller's, for those within", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(meets(inner), Effect.all([held(inner), held(outer)]))
      const lane = Effect.map(Caller, ({ traffic }) => traffic)
      const [around, within] = yield* Effect.provide(
        Effect.all([lane, Effect.provide(Effect.provide(lane, inner), Traffic.layer())]),
        outer
      )
      expect(within).not.toBe(around)
      expect(
        yield* after(unavailable, Effect.provide(Effect.provide(program, Traffic.layer({ pause: false })), outer))
      ).toEqual([false, false])
    })
  )

  it.effect("is not needed: a caller has some without it, which outlives its calls", () =>
    Effect.gen(function* () {
      expect(Option.isNone(yield* Effect.serviceOption(Traffic.Traffic))).toBe(true)
      const calls = Effect.gen(function* () {
        yield* once(Effect.flip(thing()))
        yield* TestClock.adjust("58 seconds")
        expect(yield* Effect.flip(soon(thing()))).toMatchObject({ _tag: "NotSent", retryAfter: Duration.seconds(2) })
        yield* TestClock.adjust("1500 millis")
        expect(yield* elapsing(soon(thing()))).toEqual({ ok: true })
      })
      yield* after(unavailable, Effect.provide(calls, outer))
    })
  )
})
