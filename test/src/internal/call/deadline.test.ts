import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Deadline, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, broken, type CallerParts, elapsing, once, status, stub, thing } from "../../../support/kit.js"
import { settle } from "../../../support/settle.js"

const within = (duration: Duration.DurationInput) => Effect.provideService(Deadline.Current, duration)
const baseUrl = new URL("https://api.test")

describe("a deadline", () => {
  /** Lets the deadline pass once the request is received, and returns the error of the call. */
  const errorAfterDeadline = (behaviour: Scripted.Behaviour, wrap = (call: Effect.Effect<unknown, unknown>) => call) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour])
      const call = thing().pipe(
        within("5 seconds"),
        Effect.provide(Layer.mergeAll(at(server.url), once, client)),
        wrap,
        Effect.flip
      )
      const fiber = yield* Effect.fork(call)
      yield* server.next
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(fiber)
      yield* server.abandoned
      return error
    })

  it.scoped("that passes while the response is awaited fails the call and closes its connection", () =>
    Effect.gen(function* () {
      const error = yield* errorAfterDeadline(Scripted.silence)
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "deadline", operation: "thing" })
      expect(error).toMatchObject({ attempts: [{ number: 1, class: "Ambiguous", verdict: "past deadline" }] })
    })
  )

  it.scoped("that passes while the response is read fails the call and closes its connection", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.stalled('{"ok":'), Scripted.endless(" ".repeat(10))]) {
        expect(yield* errorAfterDeadline(behaviour)).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
      }
    })
  )

  it.scoped("applies in an uninterruptible region", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.silence, Scripted.stalled('{"ok":')]) {
        expect(yield* errorAfterDeadline(behaviour, Effect.uninterruptible)).toMatchObject({ _tag: "TimeoutError" })
      }
    })
  )
})

/** The error of a call, and the time until then in milliseconds. */
const timed = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const startedAt = yield* Clock.currentTimeMillis
    const error = yield* Effect.flip(call)
    return { error, took: (yield* Clock.currentTimeMillis) - startedAt }
  })

/** The error of a call when its deadline of five seconds passes: not a millisecond before, and not later. */
const errorOnTime = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.flip(within("5 seconds")(call)))
    yield* settle
    yield* TestClock.adjust("4999 millis")
    yield* settle
    expect(fiber.unsafePoll()).toBeNull()
    yield* TestClock.adjust("1 millis")
    yield* settle
    const exit = fiber.unsafePoll()
    expect(exit).not.toBeNull()
    return yield* exit ?? Effect.dieMessage("the call is late")
  })

const ok = status(200)
const never = () => Effect.never
const unfinished = () => new Response(new ReadableStream({}), { status: 200 })

describe("a deadline", () => {
  const cases: ReadonlyArray<
    readonly [what: string, tag: string, parts: CallerParts, steps: Parameters<typeof stub>[0]]
  > = [
    ["credentials are obtained", "NotSent", { credentials: { authorize: never } }, [ok]],
    ["the limiter delays the call", "NotSent", { origin: { limiter: { acquire: never } } }, [ok]],
    ["wrapAttempt delays the call", "NotSent", { credentials: { wrapAttempt: never } }, [ok]],
    ["the request is sent", "TimeoutError", {}, [never]],
    ["the response is read", "TimeoutError", {}, [unfinished]],
    ["credentials are refreshed", "TimeoutError", { credentials: { rejected: never } }, [status(401)]],
    ["a redirect is followed", "TimeoutError", {}, [status(307, { location: "/there" }), never]],
    [
      "a redirect is followed whose body stalls",
      "TimeoutError",
      {},
      [() => new Response(unfinished().body, { status: 307, headers: { location: "/there" } }), never]
    ],
    ["another attempt is sent", "TimeoutError", {}, [status(503), never]]
  ]
  it.effect.each(cases)("that passes while %s fails the call on time", ([, tag, parts, steps]) =>
    Effect.gen(function* () {
      for (const wrap of [Effect.interruptible, Effect.uninterruptible]) {
        const client = stub(steps)
        const error = yield* thing().pipe(
          Effect.provide(Layer.merge(at(baseUrl, parts), client.layer)),
          wrap,
          errorOnTime
        )
        expect(error).toMatchObject({ _tag: tag, operation: "thing" })
        if (error._tag === "TimeoutError") expect(error.reason).toBe("deadline")
        yield* TestClock.adjust("1 hour")
        expect(client.requests.length).toBeLessThanOrEqual(steps.length)
      }
    })
  )

  it.effect.each([0, -1, Number.NaN, "0 seconds", Duration.millis(0.2), Duration.nanos(1n)] as const)(
    "of %s has passed before the request is sent, which the error says",
    (deadline) =>
      Effect.gen(function* () {
        const client = stub([ok])
        const error = yield* thing().pipe(
          Effect.provideService(Deadline.Current, deadline),
          Effect.provide(Layer.merge(at(baseUrl, { credentials: { authorize: never } }), client.layer)),
          Effect.flip,
          elapsing
        )
        expect(error._tag).toBe("NotSent")
        expect(error.message).toContain("its deadline had passed before it was sent")
        expect(error.message).not.toContain("0")
        expect(client.requests).toEqual([])
      })
  )

  it.effect("is in the error as it was set", () =>
    Effect.gen(function* () {
      for (const [deadline, text] of [
        ["200 millis", "200 ms"],
        [200, "200 ms"],
        [1, "1 ms"],
        ["1.5 seconds", "1.5 seconds"],
        [3_599_999, "1 hour"]
      ] as const) {
        const error = yield* thing().pipe(
          Effect.provideService(Deadline.Current, deadline),
          Effect.provide(Layer.merge(at(baseUrl), stub([never]).layer)),
          Effect.flip,
          elapsing
        )
        expect(error.message).toContain(`not done within its deadline of ${text} `)
      }
    })
  )

  it.effect("shorter than the wait that the server asks for fails the call at once with RateLimited", () =>
    Effect.gen(function* () {
      for (const code of [429, 503]) {
        const client = stub([status(code, { "retry-after": "30" }), ok])
        const { error, took } = yield* thing().pipe(
          within("10 seconds"),
          Effect.provide(Layer.merge(at(baseUrl), client.layer)),
          timed,
          elapsing
        )
        expect(took).toBe(0)
        expect(error).toMatchObject({
          _tag: "RateLimited",
          status: code,
          retryAfter: Duration.seconds(30),
          attempts: [{ number: 1, reason: `${code}`, verdict: "past deadline" }]
        })
        expect(client.requests).toHaveLength(1)
      }
    })
  )

  it.effect("shorter than the policy's wait fails the call at once with the error of the attempt", () =>
    Effect.gen(function* () {
      const slow = RetryPolicy.make({ schedule: Schedule.spaced("20 seconds"), retries: () => true })
      const failures = [
        [status(503), "ServerError"],
        // The server asks for less than the time left.
        [status(503, { "retry-after": "2" }), "ServerError"],
        [broken("ECONNRESET"), "TransportError"]
      ] as const
      for (const [failure, tag] of failures) {
        const client = stub([failure])
        const { error, took } = yield* thing().pipe(
          within("10 seconds"),
          Effect.provideService(RetryPolicy.Current, slow),
          Effect.provide(Layer.merge(at(baseUrl), client.layer)),
          timed,
          elapsing
        )
        expect(took).toBe(0)
        expect(error).toMatchObject({ _tag: tag, attempts: [{ number: 1, verdict: "past deadline" }] })
        expect(client.requests).toHaveLength(1)
      }
    })
  )

  it.effect("limits the call as a whole, not each attempt", () =>
    Effect.gen(function* () {
      const slow = () => Effect.delay(Effect.sync(status(503, { "retry-after": "1" })), "1500 millis")
      const client = stub([broken("ECONNREFUSED"), slow])
      const { error, took } = yield* thing().pipe(
        within("6 seconds"),
        Effect.provideService(
          RetryPolicy.Current,
          RetryPolicy.make({ schedule: Schedule.forever, retries: () => true })
        ),
        Effect.provide(Layer.merge(at(baseUrl), client.layer)),
        timed,
        elapsing
      )
      expect(took).toBe(6000)
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
      expect(client.requests.map(({ at }) => at)).toEqual([0, 0, 2500, 5000])
    })
  )

  it.effect("permits a wait that ends before it, and no longer one", () =>
    Effect.gen(function* () {
      for (const [retryAfter, sent] of [
        [3, 2],
        [4, 1]
      ] as const) {
        const client = stub([
          () => Effect.delay(Effect.sync(status(429, { "retry-after": `${retryAfter}` })), "1500 millis"),
          ok
        ])
        const call = thing().pipe(within("5 seconds"), Effect.provide(Layer.merge(at(baseUrl), client.layer)))
        yield* elapsing(Effect.either(call))
        expect(client.requests).toHaveLength(sent)
      }
    })
  )

  it.effect("does not permit a wait of exactly the time left", () =>
    Effect.gen(function* () {
      const client = stub([status(429, { "retry-after": "5" }), ok])
      const { error, took } = yield* thing().pipe(
        within("5 seconds"),
        Effect.provide(Layer.merge(at(baseUrl), client.layer)),
        timed,
        elapsing
      )
      expect([error._tag, took]).toEqual(["RateLimited", 0])
    })
  )

  it.effect("that passes before a request was sent fails the call with NotSent", () =>
    Effect.gen(function* () {
      const client = stub([ok])
      const waiting = at(baseUrl, { credentials: { authorize: () => Effect.never } })
      const error = yield* thing().pipe(
        within("1 second"),
        Effect.flip,
        Effect.provide(Layer.merge(waiting, client.layer)),
        elapsing
      )
      expect(error._tag).toBe("NotSent")
      expect(client.requests).toEqual([])
    })
  )

  it.effect.each<Duration.DurationInput>([0, -1, "0 seconds", Duration.zero, Number.NaN, -Infinity, 0n])(
    "of %s sends nothing",
    (none) =>
      Effect.gen(function* () {
        const client = stub([ok])
        for (const wrap of [Effect.interruptible, Effect.uninterruptible]) {
          const error = yield* thing().pipe(
            within(none),
            Effect.provide(Layer.merge(at(baseUrl), client.layer)),
            wrap,
            Effect.flip
          )
          expect(error).toMatchObject({ _tag: "NotSent", attempts: [] })
        }
        expect(client.requests).toEqual([])
      })
  )

  it.effect.each([Infinity, Duration.infinity])("of %s is none", (endless) =>
    Effect.gen(function* () {
      const client = stub([status(503, { "retry-after": "50" }), () => Effect.delay(Effect.sync(ok), "30 days")])
      const call = thing().pipe(within(endless), Effect.provide(Layer.merge(at(baseUrl), client.layer)))
      expect(yield* elapsing(call)).toEqual({ ok: true })
    })
  )

  it.effect("that is not a duration, as JavaScript permits, is a defect, and nothing is sent", () =>
    Effect.gen(function* () {
      const client = stub([ok])
      for (const invalid of ["forever", "5 fortnights", {}] as ReadonlyArray<unknown>) {
        const exit = yield* thing().pipe(
          within(invalid as Duration.DurationInput),
          Effect.provide(Layer.merge(at(baseUrl), client.layer)),
          Effect.exit
        )
        expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      }
      expect(client.requests).toEqual([])
    })
  )

  it.effect("does not exist by default", () =>
    Effect.gen(function* () {
      const late = () => Effect.delay(Effect.sync(ok), "30 days")
      const client = stub([late])
      const call = Effect.provide(thing(), Layer.merge(at(baseUrl), client.layer))
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(yield* elapsing(within("31 days")(call))).toEqual({ ok: true })
      expect(yield* elapsing(Effect.flip(within("29 days")(call)))).toMatchObject({ _tag: "TimeoutError" })
    })
  )

  it.effect("is that of the API unless the program sets one, be it longer, shorter or infinite", () =>
    Effect.gen(function* () {
      const late = () => Effect.delay(Effect.sync(ok), "5 seconds")
      const client = stub([late])
      const call = Effect.provide(
        thing(),
        Layer.merge(at(baseUrl, { defaults: { deadline: "3 seconds" } }), client.layer)
      )
      expect((yield* elapsing(timed(call))).took).toBe(3000)
      expect((yield* elapsing(timed(within("2 seconds")(call)))).took).toBe(2000)
      expect((yield* elapsing(timed(within("4 seconds")(call)))).took).toBe(4000)
      expect(yield* elapsing(within("6 seconds")(call))).toEqual({ ok: true })
      expect(yield* elapsing(within(Infinity)(call))).toEqual({ ok: true })
    })
  )

  it.effect("does not make an uninterruptible call interruptible", () =>
    Effect.gen(function* () {
      for (const limited of [within("1 minute"), Effect.provideService(Deadline.PerAttempt, "1 minute")]) {
        const client = stub([() => Effect.delay(Effect.sync(ok), "5 seconds")])
        const exits: Array<Exit.Exit<unknown, unknown>> = []
        const fiber = yield* thing().pipe(
          limited,
          Effect.provide(Layer.merge(at(baseUrl), client.layer)),
          Effect.exit,
          Effect.tap((exit) => Effect.sync(() => exits.push(exit))),
          Effect.uninterruptible,
          Effect.fork
        )
        yield* settle
        yield* Fiber.interruptFork(fiber)
        yield* settle
        expect(exits).toEqual([])
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.await(fiber)
        expect(exits).toEqual([Exit.succeed({ ok: true })])
      }
    })
  )

  it.effect("does not keep an interruption from waiting until the request is finalized", () =>
    Effect.gen(function* () {
      for (const limited of [within("1 minute"), Effect.provideService(Deadline.PerAttempt, "1 minute")]) {
        let finalized = false
        const finalizer = Effect.zipRight(
          settle,
          Effect.sync(() => (finalized = true))
        )
        const client = stub([() => Effect.onInterrupt(Effect.never, () => finalizer)])
        const fiber = yield* Effect.fork(limited(Effect.provide(thing(), Layer.merge(at(baseUrl), client.layer))))
        yield* settle
        expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
        expect(finalized).toBe(true)
      }
    })
  )
})
