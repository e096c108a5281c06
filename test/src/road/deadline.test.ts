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
import { type Authoriser, Deadline, RetryPolicy } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, broken, clients, elapsing, once, status, stub, thing } from "../kit.js"
import { settle } from "../settle.js"

const within = (duration: Duration.DurationInput) => Effect.provideService(Deadline.Current, duration)
const home = new URL("https://api.test")

describe.each(clients)("a deadline, by %s", (_, client) => {
  /** Lets the deadline pass once the request has come, and gives what the call ends with. */
  const expiring = (behaviour: Scripted.Behaviour, around = (call: Effect.Effect<unknown, unknown>) => call) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour])
      const call = thing().pipe(
        within("5 seconds"),
        Effect.provide(Layer.mergeAll(at(server.url), once, client)),
        around,
        Effect.flip
      )
      const fiber = yield* Effect.fork(call)
      yield* server.next
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(fiber)
      yield* server.abandoned
      return error
    })

  it.scoped("that passes while an answer is awaited ends the call, and its connection", () =>
    Effect.gen(function* () {
      const error = yield* expiring(Scripted.silence)
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "deadline", operation: "thing" })
      expect(error).toMatchObject({ attempts: [{ number: 1, class: "Ambiguous", verdict: "past deadline" }] })
    })
  )

  it.scoped("that passes amid an answer does, too", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.stalled('{"ok":'), Scripted.endless(" ".repeat(10))]) {
        expect(yield* expiring(behaviour)).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
      }
    })
  )

  it.scoped("holds where nothing can be interrupted", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.silence, Scripted.stalled('{"ok":')]) {
        expect(yield* expiring(behaviour, Effect.uninterruptible)).toMatchObject({ _tag: "TimeoutError" })
      }
    })
  )
})

/** The call's error, and how many milliseconds it took to come. */
const timed = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const error = yield* Effect.flip(call)
    return { error, took: (yield* Clock.currentTimeMillis) - start }
  })

/** What a call ends with when its deadline of five seconds passes: it is there then, and was not a millisecond before. */
const expired = <A, E, R>(call: Effect.Effect<A, E, R>) =>
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
    return yield* exit ?? Effect.dieMessage("it is late")
  })

const ok = status(200)
const never = () => Effect.never
const unread = () => new Response(new ReadableStream({}), { status: 200 })
const refusing = { rejected: never }

describe("a deadline", () => {
  const under: ReadonlyArray<
    readonly [what: string, tag: string, parts: Partial<Authoriser.Authoriser>, turns: Parameters<typeof stub>[0]]
  > = [
    ["the authoriser authorises", "NotSent", { authorise: never }, [ok]],
    ["the limiter holds the call back", "NotSent", { limiter: { acquire: never } }, [ok]],
    ["the authoriser holds the call back", "NotSent", { hold: never }, [ok]],
    ["the request is sent", "TimeoutError", {}, [never]],
    ["the answer is read", "TimeoutError", {}, [unread]],
    ["credentials are refreshed", "TimeoutError", refusing, [status(401)]],
    ["a redirect is followed", "TimeoutError", {}, [status(307, { location: "/there" }), never]],
    [
      "a redirect's own body is read",
      "TimeoutError",
      {},
      [() => new Response(unread().body, { status: 307, headers: { location: "/there" } })]
    ],
    ["another attempt is sent", "TimeoutError", {}, [status(503), never]]
  ]
  it.effect.each(under)("that passes while %s ends the call then, and not before or after", ([, tag, parts, turns]) =>
    Effect.gen(function* () {
      for (const around of [Effect.interruptible, Effect.uninterruptible]) {
        const client = stub(turns)
        const error = yield* thing().pipe(Effect.provide(Layer.merge(at(home, parts), client.layer)), around, expired)
        expect(error).toMatchObject({ _tag: tag, operation: "thing" })
        if (error._tag === "TimeoutError") expect(error.reason).toBe("deadline")
        yield* TestClock.adjust("1 hour")
        expect(client.requests.length).toBeLessThanOrEqual(turns.length)
      }
    })
  )

  it.effect("that the server's own wait would pass ends the call at once, and says how long to wait", () =>
    Effect.gen(function* () {
      for (const code of [429, 503]) {
        const client = stub([status(code, { "retry-after": "30" }), ok])
        const { error, took } = yield* thing().pipe(
          within("10 seconds"),
          Effect.provide(Layer.merge(at(home), client.layer)),
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

  it.effect("that the policy's own wait would pass ends the call at once, with the failure's own error", () =>
    Effect.gen(function* () {
      const slow = RetryPolicy.make({ schedule: Schedule.spaced("20 seconds"), repeats: () => true })
      const failures = [
        [status(503), "ServerError"],
        // What the server asks for is not what passes it.
        [status(503, { "retry-after": "2" }), "ServerError"],
        [broken("ECONNRESET"), "TransportError"]
      ] as const
      for (const [failure, tag] of failures) {
        const client = stub([failure])
        const { error, took } = yield* thing().pipe(
          within("10 seconds"),
          Effect.provideService(RetryPolicy.Current, slow),
          Effect.provide(Layer.merge(at(home), client.layer)),
          timed,
          elapsing
        )
        expect(took).toBe(0)
        expect(error).toMatchObject({ _tag: tag, attempts: [{ number: 1, verdict: "past deadline" }] })
        expect(client.requests).toHaveLength(1)
      }
    })
  )

  it.effect("holds for the call as a whole, not for each attempt", () =>
    Effect.gen(function* () {
      const slow = () => Effect.delay(Effect.sync(status(503, { "retry-after": "1" })), "1500 millis")
      const client = stub([broken("ECONNREFUSED"), slow])
      const { error, took } = yield* thing().pipe(
        within("6 seconds"),
        Effect.provideService(
          RetryPolicy.Current,
          RetryPolicy.make({ schedule: Schedule.forever, repeats: () => true })
        ),
        Effect.provide(Layer.merge(at(home), client.layer)),
        timed,
        elapsing
      )
      expect(took).toBe(6000)
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
      expect(client.requests.map(({ at }) => at)).toEqual([0, 0, 2500, 5000])
    })
  )

  it.effect("leaves less to each wait: none is begun that would pass it, and one that would not is", () =>
    Effect.gen(function* () {
      for (const [retryAfter, sent] of [
        [3, 2],
        [4, 1]
      ] as const) {
        const client = stub([
          () => Effect.delay(Effect.sync(status(429, { "retry-after": `${retryAfter}` })), "1500 millis"),
          ok
        ])
        const call = thing().pipe(within("5 seconds"), Effect.provide(Layer.merge(at(home), client.layer)))
        yield* elapsing(Effect.either(call))
        expect(client.requests).toHaveLength(sent)
      }
    })
  )

  it.effect("is not waited for by a wait that would take all that is left of it", () =>
    Effect.gen(function* () {
      const client = stub([status(429, { "retry-after": "5" }), ok])
      const { error, took } = yield* thing().pipe(
        within("5 seconds"),
        Effect.provide(Layer.merge(at(home), client.layer)),
        timed,
        elapsing
      )
      expect([error._tag, took]).toEqual(["RateLimited", 0])
    })
  )

  it.effect("that passes before anything could be sent says so", () =>
    Effect.gen(function* () {
      const client = stub([ok])
      const waiting = at(home, { authorise: () => Effect.never })
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
        for (const around of [Effect.interruptible, Effect.uninterruptible]) {
          const error = yield* thing().pipe(
            within(none),
            Effect.provide(Layer.merge(at(home), client.layer)),
            around,
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
      const call = thing().pipe(within(endless), Effect.provide(Layer.merge(at(home), client.layer)))
      expect(yield* elapsing(call)).toEqual({ ok: true })
    })
  )

  it.effect("that is no duration, as JavaScript may have it, is a defect, and nothing is sent", () =>
    Effect.gen(function* () {
      const client = stub([ok])
      for (const nonsense of ["forever", "5 fortnights", {}] as ReadonlyArray<unknown>) {
        const exit = yield* thing().pipe(
          within(nonsense as Duration.DurationInput),
          Effect.provide(Layer.merge(at(home), client.layer)),
          Effect.exit
        )
        expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      }
      expect(client.requests).toEqual([])
    })
  )

  it.effect("is not set unless it is given", () =>
    Effect.gen(function* () {
      const late = () => Effect.delay(Effect.sync(ok), "30 days")
      const client = stub([late])
      const call = Effect.provide(thing(), Layer.merge(at(home), client.layer))
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(yield* elapsing(within("31 days")(call))).toEqual({ ok: true })
      expect(yield* elapsing(Effect.flip(within("29 days")(call)))).toMatchObject({ _tag: "TimeoutError" })
    })
  )

  it.effect("is the API's own unless the program has one, longer or shorter or none at all", () =>
    Effect.gen(function* () {
      const late = () => Effect.delay(Effect.sync(ok), "5 seconds")
      const client = stub([late])
      const call = Effect.provide(thing(), Layer.merge(at(home, { deadline: "3 seconds" }), client.layer))
      expect((yield* elapsing(timed(call))).took).toBe(3000)
      expect((yield* elapsing(timed(within("2 seconds")(call)))).took).toBe(2000)
      expect((yield* elapsing(timed(within("4 seconds")(call)))).took).toBe(4000)
      expect(yield* elapsing(within("6 seconds")(call))).toEqual({ ok: true })
      expect(yield* elapsing(within(Infinity)(call))).toEqual({ ok: true })
    })
  )

  it.effect("does not make interruptible what its caller can't have interrupted", () =>
    Effect.gen(function* () {
      for (const limited of [within("1 minute"), Effect.provideService(Deadline.PerAttempt, "1 minute")]) {
        const client = stub([() => Effect.delay(Effect.sync(ok), "5 seconds")])
        const inside: Array<Exit.Exit<unknown, unknown>> = []
        const fiber = yield* thing().pipe(
          limited,
          Effect.provide(Layer.merge(at(home), client.layer)),
          Effect.exit,
          Effect.tap((exit) => Effect.sync(() => inside.push(exit))),
          Effect.uninterruptible,
          Effect.fork
        )
        yield* settle
        yield* Fiber.interruptFork(fiber)
        yield* settle
        expect(inside).toEqual([])
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.await(fiber)
        expect(inside).toEqual([Exit.succeed({ ok: true })])
      }
    })
  )

  it.effect("is no reason to leave a call that is interrupted before it is over", () =>
    Effect.gen(function* () {
      for (const limited of [within("1 minute"), Effect.provideService(Deadline.PerAttempt, "1 minute")]) {
        let over = false
        const tidy = Effect.zipRight(
          settle,
          Effect.sync(() => (over = true))
        )
        const client = stub([() => Effect.onInterrupt(Effect.never, () => tidy)])
        const fiber = yield* Effect.fork(limited(Effect.provide(thing(), Layer.merge(at(home), client.layer))))
        yield* settle
        expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
        expect(over).toBe(true)
      }
    })
  )
})
