import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { type Attempt, type Authoriser, Deadline, RetryPolicy } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, bearing, clients, elapsing, once, status, stub, thing } from "../kit.js"
import { settle } from "../settle.js"

const each = (duration: Duration.DurationInput) => Effect.provideService(Deadline.PerAttempt, duration)
const within = (duration: Duration.DurationInput) => Effect.provideService(Deadline.Current, duration)
const home = new URL("https://api.test")

/** Repeats at once whatever has no answer. */
const eager = RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: RetryPolicy.onTransportFailure })
const eagerly = Layer.succeed(RetryPolicy.Current, eager)

const late: Partial<Attempt.Attempt> = { class: "Ambiguous", reason: "attempt deadline", status: undefined }
const ok = status(200)
const never = () => Effect.never
const unread = () => new Response(new ReadableStream({}), { status: 200 })

describe.each(clients)("an attempt's deadline, by %s", (_, client) => {
  const stages = [
    ["an answer is awaited", Scripted.silence],
    ["an answer of known length is read", Scripted.stalled('{"ok":')],
    ["an answer without end is read", Scripted.endless(" ")]
  ] as const
  const kinds = [
    ["GET", {}, 2],
    ["POST", {}, 1],
    ["POST", { idempotent: true }, 2],
    ["GET", { unrepeatable: true }, 1]
  ] as const
  const rows = stages.flatMap(([stage, behaviour]) =>
    kinds.map(([method, about, sent]) => ({ stage, behaviour, method, about, sent, how: JSON.stringify(about) }))
  )

  it.scoped.each(rows)(
    "that passes while $stage closes the connection; $method $how is sent $sent times",
    ({ about, behaviour, method, sent }) =>
      Effect.gen(function* () {
        for (const around of [Effect.interruptible, Effect.uninterruptible]) {
          const server = yield* Scripted.make([behaviour, Scripted.json({ ok: true })])
          const fiber = yield* thing(method, about).pipe(
            each("5 seconds"),
            Effect.provide(Layer.mergeAll(at(server.url), eagerly, client)),
            around,
            Effect.either,
            Effect.fork
          )
          yield* server.next
          yield* TestClock.adjust("5 seconds")
          yield* server.abandoned
          const result = yield* Fiber.join(fiber)
          expect(server.requests).toHaveLength(sent)
          expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(sent)
          if (sent === 2) expect(result).toMatchObject({ _tag: "Right", right: { ok: true } })
          else {
            const verdict = method === "POST" ? "unsafe" : "unrepeatable"
            expect(result).toMatchObject({
              _tag: "Left",
              left: {
                _tag: "TimeoutError",
                reason: "attempt deadline",
                attempts: [{ ...late, number: 1, elapsed: Duration.seconds(5), verdict }]
              }
            })
          }
        }
      })
  )

  it.scoped("that passes again and again ends the call with the policy, and leaves no connection", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.silence])
      const fiber = yield* thing().pipe(
        each("5 seconds"),
        Effect.provide(Layer.mergeAll(at(server.url), eagerly, client)),
        Effect.flip,
        Effect.fork
      )
      for (let attempt = 0; attempt < 4; attempt += 1) {
        yield* server.next
        yield* TestClock.adjust("5 seconds")
        yield* server.abandoned
      }
      const error = yield* Fiber.join(fiber)
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "attempt deadline" })
      expect(error.attempts.map(({ verdict }) => verdict)).toEqual(["repeated", "repeated", "repeated", "exhausted"])
      expect(server.requests).toHaveLength(4)
    })
  )

  it.scoped("of many calls at once ends each of them, and leaves those alone that are in time", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) =>
        index % 2 === 0 ? Scripted.silence : Scripted.json({ ok: true })
      )
      const fiber = yield* Effect.either(thing()).pipe(
        each("5 seconds"),
        Effect.replicateEffect(20, { concurrency: "unbounded" }),
        Effect.provide(Layer.mergeAll(at(server.url), once, client)),
        Effect.fork
      )
      yield* Effect.replicateEffect(server.next, 20)
      yield* TestClock.adjust("5 seconds")
      yield* Effect.replicateEffect(server.abandoned, 10)
      const tags = (yield* Fiber.join(fiber)).map(({ _tag }) => _tag)
      expect(tags.filter((tag) => tag === "Left")).toHaveLength(10)
    })
  )
})

describe("an attempt's deadline", () => {
  /** A turn of the authoriser's that does not end the first time. */
  const firstNever = <A>(then: A) => {
    let calls = 0
    return () => (calls++ === 0 ? Effect.never : Effect.succeed(then))
  }
  const authorise: () => Authoriser.Authoriser["authorise"] = () => {
    const turn = firstNever(undefined)
    return (request) => Effect.map(turn(), () => ({ request, generation: 0 }))
  }
  const hold: () => NonNullable<Authoriser.Authoriser["hold"]> = () => {
    const turn = firstNever(undefined)
    return (attempt) => Effect.zipRight(Effect.suspend(turn), attempt)
  }
  const moved = status(303, { location: "/result" })

  interface Case {
    readonly what: string
    readonly parts?: () => Partial<Authoriser.Authoriser>
    readonly turns: Parameters<typeof stub>[0]
    readonly class: Attempt.FailureClass
    /** Whether a POST goes on after it. */
    readonly repeats: boolean
  }
  const cases: ReadonlyArray<Case> = [
    {
      what: "the authoriser authorises",
      parts: () => ({ authorise: authorise() }),
      turns: [ok],
      class: "NotSent",
      repeats: true
    },
    {
      what: "the authoriser holds it back",
      parts: () => ({ hold: hold() }),
      turns: [ok],
      class: "NotSent",
      repeats: true
    },
    {
      what: "credentials are refreshed after a 401",
      parts: () => ({ rejected: firstNever(true) }),
      turns: [status(401), ok],
      class: "NotSent",
      repeats: true
    },
    {
      what: "it is sent anew after a 401",
      parts: () => ({ rejected: () => Effect.succeed(true) }),
      turns: [status(401), never, ok],
      class: "Ambiguous",
      repeats: false
    },
    { what: "it is sent", turns: [never, ok], class: "Ambiguous", repeats: false },
    { what: "its answer is read", turns: [unread, ok], class: "Ambiguous", repeats: false },
    {
      what: "it follows a redirect",
      turns: [status(307, { location: "/there" }), never, ok],
      class: "Ambiguous",
      repeats: false
    },
    { what: "a result is fetched", turns: [moved, never, moved, ok], class: "Ambiguous", repeats: false }
  ]

  it.effect.each(cases)("that passes while $what leaves open: $class", ({ class: left, parts, repeats, turns }) =>
    Effect.gen(function* () {
      for (const [method, sent] of [
        ["PUT", true],
        ["POST", repeats]
      ] as const) {
        const client = stub(turns)
        const fiber = yield* thing(method).pipe(
          each("5 seconds"),
          Effect.provide(Layer.mergeAll(at(home, parts?.()), eagerly, client.layer)),
          Effect.either,
          Effect.fork
        )
        yield* settle
        yield* TestClock.adjust("4999 millis")
        yield* settle
        expect(fiber.unsafePoll()).toBeNull()
        yield* TestClock.adjust("1 millis")
        yield* settle
        // Neither a tick late, nor anything left to wait for.
        expect(fiber.unsafePoll()).not.toBeNull()
        const result = yield* Fiber.join(fiber)
        if (sent) expect(result).toMatchObject({ right: { ok: true } })
        else {
          expect(result).toMatchObject({
            left: { _tag: "TimeoutError", attempts: [{ ...late, class: left, verdict: "unsafe" }] }
          })
        }
      }
      // Whatever the class, nothing is repeated that the policy does not repeat.
      const error = yield* thing().pipe(
        each("5 seconds"),
        Effect.provide(Layer.mergeAll(at(home, parts?.()), once, stub(turns).layer)),
        Effect.flip,
        elapsing
      )
      expect(error.attempts).toMatchObject([{ ...late, class: left, verdict: "declined" }])
    })
  )

  it.effect("is every attempt's own, and waits are no part of it", () =>
    Effect.gen(function* () {
      const slow = (code: number) => () => Effect.delay(Effect.sync(status(code)), "1500 millis")
      const client = stub([slow(503), slow(503), slow(200)])
      const patient = RetryPolicy.make({ schedule: Schedule.spaced("30 seconds"), repeats: () => true })
      const call = thing().pipe(
        each("2 seconds"),
        Effect.provideService(RetryPolicy.Current, patient),
        Effect.provide(Layer.merge(at(home), client.layer))
      )
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(client.requests.map(({ at }) => at)).toEqual([0, 31_500, 63_000])
    })
  )

  it.effect("is no part of the wait for a limiter or for the end of a pause", () =>
    Effect.gen(function* () {
      const client = stub([status(429, { "retry-after": "20" }), ok])
      const limiter = { acquire: () => Effect.sleep("10 seconds") }
      const call = thing().pipe(each("5 seconds"), Effect.provide(Layer.merge(at(home, { limiter }), client.layer)))
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(client.requests).toHaveLength(2)
    })
  )

  it.effect("goes with a deadline for the whole call, which ends the last attempt", () =>
    Effect.gen(function* () {
      const client = stub([never])
      const start = yield* Clock.currentTimeMillis
      const error = yield* thing().pipe(
        each("2 seconds"),
        within("5 seconds"),
        Effect.provide(Layer.mergeAll(at(home), eagerly, client.layer)),
        Effect.flip,
        elapsing
      )
      expect((yield* Clock.currentTimeMillis) - start).toBe(5000)
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
      expect(error.attempts.map(({ reason, verdict }) => [reason, verdict])).toEqual([
        ["attempt deadline", "repeated"],
        ["attempt deadline", "repeated"],
        ["deadline", "past deadline"]
      ])
      expect(client.requests.map(({ at }) => at)).toEqual([0, 2000, 4000])
    })
  )

  it.effect("that is as long as the call's own, or longer, ends nothing later than that", () =>
    Effect.gen(function* () {
      for (const limit of ["5 seconds", "7 seconds", Infinity] as const) {
        const client = stub([never])
        const fiber = yield* thing().pipe(
          each(limit),
          within("5 seconds"),
          Effect.provide(Layer.mergeAll(at(home), eagerly, client.layer)),
          Effect.flip,
          Effect.fork
        )
        yield* settle
        yield* TestClock.adjust("5 seconds")
        yield* settle
        expect(fiber.unsafePoll()).not.toBeNull()
        expect((yield* Fiber.join(fiber))._tag).toBe("TimeoutError")
      }
    })
  )

  it.effect("tells the policy of itself", () =>
    Effect.gen(function* () {
      const seen: Array<Attempt.FailedAttempt> = []
      const policy = RetryPolicy.make({
        schedule: Schedule.recurs(1),
        repeats: (attempt) => {
          seen.push(attempt)
          return true
        }
      })
      yield* thing().pipe(
        each("5 seconds"),
        Effect.provideService(RetryPolicy.Current, policy),
        Effect.provide(Layer.merge(at(home), stub([never]).layer)),
        Effect.flip,
        elapsing
      )
      expect(seen).toMatchObject([
        { ...late, number: 1, method: "GET", elapsed: Duration.seconds(5) },
        { ...late, number: 2, method: "GET", elapsed: Duration.seconds(10) }
      ])
      expect(RetryPolicy.onTransportFailure(seen[0]!)).toBe(true)
    })
  )

  it.effect("shows no credentials", () =>
    Effect.gen(function* () {
      const caller = at(home, bearing({ authorization: "Bearer Xyzzy" }))
      const error = yield* thing().pipe(
        each("5 seconds"),
        Effect.provide(Layer.mergeAll(caller, once, stub([never]).layer)),
        Effect.flip,
        elapsing
      )
      expect(error.message).toContain("5s")
      expect(JSON.stringify(error)).not.toContain("Xyzzy")
    })
  )

  it.effect.each<Duration.DurationInput>([0, -1, Duration.zero, Number.NaN])("of %s sends nothing", (none) =>
    Effect.gen(function* () {
      const client = stub([ok])
      for (const around of [Effect.interruptible, Effect.uninterruptible]) {
        const error = yield* thing("POST").pipe(
          each(none),
          Effect.provide(Layer.mergeAll(at(home), eagerly, client.layer)),
          around,
          Effect.flip
        )
        expect(error.attempts.map(({ class: left }) => left)).toEqual(Array.from({ length: 4 }, () => "NotSent"))
      }
      expect(client.requests).toEqual([])
    })
  )

  it.effect("that is endless, or not given, is none; what is no duration is a defect", () =>
    Effect.gen(function* () {
      const client = stub([() => Effect.delay(Effect.sync(ok), "30 days")])
      const call = Effect.provide(thing(), Layer.mergeAll(at(home), once, client.layer))
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(yield* elapsing(each(Infinity)(call))).toEqual({ ok: true })
      const exit = yield* Effect.exit(each("forever" as unknown as Duration.DurationInput)(call))
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      expect(client.requests).toHaveLength(2)
    })
  )

  it.effect("is the API's own unless the program has one, longer or shorter or none at all", () =>
    Effect.gen(function* () {
      const client = stub([() => Effect.delay(Effect.sync(ok), "5 seconds")])
      const api = at(home, { attemptDeadline: "3 seconds" })
      const call = Effect.provide(thing(), Layer.mergeAll(api, once, client.layer))
      const took = Effect.fn(function* (call: Effect.Effect<unknown, unknown>) {
        const start = yield* Clock.currentTimeMillis
        const exit = yield* Effect.exit(elapsing(call))
        return [exit._tag, (yield* Clock.currentTimeMillis) - start]
      })
      expect(yield* took(call)).toEqual(["Failure", 3000])
      expect(yield* took(each("2 seconds")(call))).toEqual(["Failure", 2000])
      expect(yield* took(each("4 seconds")(call))).toEqual(["Failure", 4000])
      expect(yield* took(each("6 seconds")(call))).toEqual(["Success", 5000])
      expect(yield* took(each(Infinity)(call))).toEqual(["Success", 5000])
    })
  )

  it.effect("says that nothing was sent, whatever became of the attempts before", () =>
    Effect.gen(function* () {
      const turn = { calls: 0 }
      const parts: Partial<Authoriser.Authoriser> = {
        authorise: (request) => (turn.calls++ === 1 ? Effect.never : Effect.succeed({ request, generation: 0 }))
      }
      const error = yield* thing("PUT").pipe(
        each("5 seconds"),
        Effect.provideService(
          RetryPolicy.Current,
          RetryPolicy.make({ schedule: Schedule.recurs(1), repeats: () => true })
        ),
        Effect.provide(Layer.mergeAll(at(home, parts), stub([moved, status(503)]).layer)),
        Effect.flip,
        elapsing
      )
      expect(error.attempts).toMatchObject([{ reason: "503" }, { ...late, class: "NotSent" }])
    })
  )

  it.effect("is kept where the authoriser is at what can't be interrupted", () =>
    Effect.gen(function* () {
      for (const limited of [each("5 seconds"), within("5 seconds")]) {
        const refreshed = yield* Effect.makeLatch()
        const parts: Partial<Authoriser.Authoriser> = {
          authorise: (request) => Effect.as(Effect.uninterruptible(refreshed.await), { request, generation: 0 })
        }
        const fiber = yield* thing().pipe(
          limited,
          Effect.provide(Layer.mergeAll(at(home, parts), once, stub([ok]).layer)),
          Effect.fork
        )
        yield* settle
        yield* TestClock.adjust("5 seconds")
        yield* settle
        const exit = fiber.unsafePoll()
        yield* refreshed.open
        yield* Fiber.await(fiber)
        expect(exit).not.toBeNull()
      }
    })
  )
})
