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
import { type Attempt, type Credentials, Deadline, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, bearing, type CallerParts, elapsing, once, status, stub, thing } from "../../../support/kit.js"
import { settle } from "../../../support/settle.js"

const perAttempt = (duration: Duration.DurationInput) => Effect.provideService(Deadline.PerAttempt, duration)
const within = (duration: Duration.DurationInput) => Effect.provideService(Deadline.Current, duration)
const baseUrl = new URL("https://api.test")

/** Retries at once after a failure without a response. */
const policy = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: RetryPolicy.onTransportFailure })
const retrying = Layer.succeed(RetryPolicy.Current, policy)

const late: Partial<Attempt.Attempt> = { class: "Ambiguous", reason: "attempt deadline", status: undefined }
const ok = status(200)
const never = () => Effect.never
const unfinished = () => new Response(new ReadableStream({}), { status: 200 })

describe("an attempt's deadline", () => {
  const stages = [
    ["the response is awaited", Scripted.silence],
    ["a response of known length is read", Scripted.stalled('{"ok":')],
    ["a response without end is read", Scripted.endless(" ")]
  ] as const
  const kinds = [
    ["GET", {}, 2],
    ["POST", {}, 1],
    ["POST", { idempotent: true }, 2],
    ["GET", { neverRetried: true }, 1]
  ] as const
  const rows = stages.flatMap(([stage, behaviour]) =>
    kinds.map(([method, behavior, sent]) => ({
      stage,
      behaviour,
      method,
      behavior,
      sent,
      declared: JSON.stringify(behavior)
    }))
  )

  it.scoped.each(rows)(
    "that passes while $stage closes the connection; a $method with $declared is sent $sent times",
    ({ behavior, behaviour, method, sent }) =>
      Effect.gen(function* () {
        for (const wrap of [Effect.interruptible, Effect.uninterruptible]) {
          const server = yield* Scripted.make([behaviour, Scripted.json({ ok: true })])
          const fiber = yield* thing(method, behavior).pipe(
            perAttempt("5 seconds"),
            Effect.provide(Layer.mergeAll(at(server.url), retrying, client)),
            wrap,
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
            const verdict = method === "POST" ? "unsafe" : "never retried"
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

  it.scoped(
    "that passes in every attempt fails the call when the policy is exhausted, and closes each connection",
    () =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.silence])
        const fiber = yield* thing().pipe(
          perAttempt("5 seconds"),
          Effect.provide(Layer.mergeAll(at(server.url), retrying, client)),
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
        expect(error.attempts.map(({ verdict }) => verdict)).toEqual(["retried", "retried", "retried", "exhausted"])
        expect(server.requests).toHaveLength(4)
      })
  )

  it.scoped("fails only those of many concurrent calls that exceed it", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) =>
        index % 2 === 0 ? Scripted.silence : Scripted.json({ ok: true })
      )
      const tenReturned = yield* Effect.makeLatch(false)
      let returned = 0
      const fiber = yield* Effect.either(thing()).pipe(
        perAttempt("5 seconds"),
        Effect.tap(() => ((returned += 1) === 10 ? tenReturned.open : Effect.void)),
        Effect.replicateEffect(20, { concurrency: "unbounded" }),
        Effect.provide(Layer.mergeAll(at(server.url), once, client)),
        Effect.fork
      )
      yield* Effect.replicateEffect(server.next, 20)
      yield* tenReturned.await
      yield* TestClock.adjust("5 seconds")
      yield* Effect.replicateEffect(server.abandoned, 10)
      const tags = (yield* Fiber.join(fiber)).map(({ _tag }) => _tag)
      expect(tags.filter((tag) => tag === "Left")).toHaveLength(10)
    })
  )
})

describe("an attempt's deadline", () => {
  /** An effect that never ends the first time, and succeeds after that. */
  const firstNever = <A>(then: A) => {
    let calls = 0
    return () => (calls++ === 0 ? Effect.never : Effect.succeed(then))
  }
  const authorize: () => Credentials.Credentials["authorize"] = () => {
    const effect = firstNever(undefined)
    return (request) => Effect.map(effect(), () => ({ request, generation: 0 }))
  }
  const wrapAttempt: () => NonNullable<Credentials.Credentials["wrapAttempt"]> = () => {
    const effect = firstNever(undefined)
    return (attempt) => Effect.zipRight(Effect.suspend(effect), attempt)
  }
  const seeOther = status(303, { location: "/result" })

  interface Case {
    readonly what: string
    readonly credentials?: () => Partial<Credentials.Credentials>
    readonly steps: Parameters<typeof stub>[0]
    readonly class: Attempt.FailureClass
    /** A POST is retried. */
    readonly retries: boolean
  }
  const cases: ReadonlyArray<Case> = [
    {
      what: "credentials are obtained",
      credentials: () => ({ authorize: authorize() }),
      steps: [ok],
      class: "NotSent",
      retries: true
    },
    {
      what: "wrapAttempt delays it",
      credentials: () => ({ wrapAttempt: wrapAttempt() }),
      steps: [ok],
      class: "NotSent",
      retries: true
    },
    {
      what: "credentials are refreshed after a 401",
      credentials: () => ({ rejected: firstNever(true) }),
      steps: [status(401), ok],
      class: "NotSent",
      retries: true
    },
    {
      what: "it is sent again after a 401",
      credentials: () => ({ rejected: () => Effect.succeed(true) }),
      steps: [status(401), never, ok],
      class: "Ambiguous",
      retries: false
    },
    { what: "it is sent", steps: [never, ok], class: "Ambiguous", retries: false },
    { what: "the response is read", steps: [unfinished, ok], class: "Ambiguous", retries: false },
    {
      what: "it follows a redirect",
      steps: [status(307, { location: "/there" }), never, ok],
      class: "Ambiguous",
      retries: false
    },
    {
      what: "a result is fetched after a 303",
      steps: [seeOther, never, seeOther, ok],
      class: "Ambiguous",
      retries: false
    }
  ]

  it.effect.each(cases)(
    "that passes while $what is classified as $class",
    ({ class: failureClass, credentials, retries, steps }) =>
      Effect.gen(function* () {
        for (const [method, sent] of [
          ["PUT", true],
          ["POST", retries]
        ] as const) {
          const client = stub(steps)
          const fiber = yield* thing(method).pipe(
            perAttempt("5 seconds"),
            Effect.provide(Layer.mergeAll(at(baseUrl, { credentials: credentials?.() }), retrying, client.layer)),
            Effect.either,
            Effect.fork
          )
          yield* settle
          yield* TestClock.adjust("4999 millis")
          yield* settle
          expect(fiber.unsafePoll()).toBeNull()
          yield* TestClock.adjust("1 millis")
          yield* settle
          // Not a millisecond late, and without a further wait.
          expect(fiber.unsafePoll()).not.toBeNull()
          const result = yield* Fiber.join(fiber)
          if (sent) expect(result).toMatchObject({ right: { ok: true } })
          else {
            expect(result).toMatchObject({
              left: { _tag: "TimeoutError", attempts: [{ ...late, class: failureClass, verdict: "unsafe" }] }
            })
          }
        }
        // No class is retried against the policy.
        const error = yield* thing().pipe(
          perAttempt("5 seconds"),
          Effect.provide(Layer.mergeAll(at(baseUrl, { credentials: credentials?.() }), once, stub(steps).layer)),
          Effect.flip,
          elapsing
        )
        expect(error.attempts).toMatchObject([{ ...late, class: failureClass, verdict: "not retried by policy" }])
      })
  )

  it.effect("applies to each attempt, and not to the waits between them", () =>
    Effect.gen(function* () {
      const slow = (code: number) => () => Effect.delay(Effect.sync(status(code)), "1500 millis")
      const client = stub([slow(503), slow(503), slow(200)])
      const patient = RetryPolicy.make({ schedule: Schedule.spaced("30 seconds"), retries: () => true })
      const call = thing().pipe(
        perAttempt("2 seconds"),
        Effect.provideService(RetryPolicy.Current, patient),
        Effect.provide(Layer.merge(at(baseUrl), client.layer))
      )
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(client.requests.map(({ at }) => at)).toEqual([0, 31_500, 63_000])
    })
  )

  it.effect("does not apply to the waits for a limiter and for the end of a pause", () =>
    Effect.gen(function* () {
      const client = stub([status(429, { "retry-after": "20" }), ok])
      const limiter = { acquire: () => Effect.sleep("10 seconds") }
      const call = thing().pipe(
        perAttempt("5 seconds"),
        Effect.provide(Layer.merge(at(baseUrl, { origin: { limiter } }), client.layer))
      )
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(client.requests).toHaveLength(2)
    })
  )

  it.effect("can be combined with a deadline of the call, which ends the last attempt", () =>
    Effect.gen(function* () {
      const client = stub([never])
      const startedAt = yield* Clock.currentTimeMillis
      const error = yield* thing().pipe(
        perAttempt("2 seconds"),
        within("5 seconds"),
        Effect.provide(Layer.mergeAll(at(baseUrl), retrying, client.layer)),
        Effect.flip,
        elapsing
      )
      expect((yield* Clock.currentTimeMillis) - startedAt).toBe(5000)
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
      expect(error.attempts.map(({ reason, verdict }) => [reason, verdict])).toEqual([
        ["attempt deadline", "retried"],
        ["attempt deadline", "retried"],
        ["deadline", "past deadline"]
      ])
      expect(client.requests.map(({ at }) => at)).toEqual([0, 2000, 4000])
    })
  )

  it.effect("that is not shorter than the deadline of the call does not extend it", () =>
    Effect.gen(function* () {
      for (const limit of ["5 seconds", "7 seconds", Infinity] as const) {
        const client = stub([never])
        const fiber = yield* thing().pipe(
          perAttempt(limit),
          within("5 seconds"),
          Effect.provide(Layer.mergeAll(at(baseUrl), retrying, client.layer)),
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

  it.effect("is visible to the policy", () =>
    Effect.gen(function* () {
      const seen: Array<Attempt.FailedAttempt> = []
      const policy = RetryPolicy.make({
        schedule: Schedule.recurs(1),
        retries: (attempt) => {
          seen.push(attempt)
          return true
        }
      })
      yield* thing().pipe(
        perAttempt("5 seconds"),
        Effect.provideService(RetryPolicy.Current, policy),
        Effect.provide(Layer.merge(at(baseUrl), stub([never]).layer)),
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

  it.effect("fails with an error without credentials", () =>
    Effect.gen(function* () {
      const caller = at(baseUrl, { credentials: bearing({ authorization: "Bearer Xyzzy" }) })
      const error = yield* thing().pipe(
        perAttempt("5 seconds"),
        Effect.provide(Layer.mergeAll(caller, once, stub([never]).layer)),
        Effect.flip,
        elapsing
      )
      expect(error.message).toContain("5 seconds")
      expect(JSON.stringify(error)).not.toContain("Xyzzy")
    })
  )

  it.effect.each<Duration.DurationInput>([0, -1, Duration.zero, Number.NaN])("of %s sends nothing", (none) =>
    Effect.gen(function* () {
      const client = stub([ok])
      for (const wrap of [Effect.interruptible, Effect.uninterruptible]) {
        const error = yield* thing("POST").pipe(
          perAttempt(none),
          Effect.provide(Layer.mergeAll(at(baseUrl), retrying, client.layer)),
          wrap,
          Effect.flip
        )
        expect(error.attempts.map((attempt) => attempt.class)).toEqual(Array.from({ length: 4 }, () => "NotSent"))
      }
      expect(client.requests).toEqual([])
    })
  )

  it.effect("that is infinite or absent is none; an invalid duration is a defect", () =>
    Effect.gen(function* () {
      const client = stub([() => Effect.delay(Effect.sync(ok), "30 days")])
      const call = Effect.provide(thing(), Layer.mergeAll(at(baseUrl), once, client.layer))
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(yield* elapsing(perAttempt(Infinity)(call))).toEqual({ ok: true })
      const exit = yield* Effect.exit(perAttempt("forever" as unknown as Duration.DurationInput)(call))
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      expect(client.requests).toHaveLength(2)
    })
  )

  it.effect("is that of the API unless the program sets one, be it longer, shorter or infinite", () =>
    Effect.gen(function* () {
      const client = stub([() => Effect.delay(Effect.sync(ok), "5 seconds")])
      const api = at(baseUrl, { defaults: { attemptDeadline: "3 seconds" } })
      const call = Effect.provide(thing(), Layer.mergeAll(api, once, client.layer))
      const timed = Effect.fn(function* (call: Effect.Effect<unknown, unknown>) {
        const startedAt = yield* Clock.currentTimeMillis
        const exit = yield* Effect.exit(elapsing(call))
        return [exit._tag, (yield* Clock.currentTimeMillis) - startedAt]
      })
      expect(yield* timed(call)).toEqual(["Failure", 3000])
      expect(yield* timed(perAttempt("2 seconds")(call))).toEqual(["Failure", 2000])
      expect(yield* timed(perAttempt("4 seconds")(call))).toEqual(["Failure", 4000])
      expect(yield* timed(perAttempt("6 seconds")(call))).toEqual(["Success", 5000])
      expect(yield* timed(perAttempt(Infinity)(call))).toEqual(["Success", 5000])
    })
  )

  it.effect("that passes before a retry is sent is classified as NotSent, whatever the attempts before", () =>
    Effect.gen(function* () {
      let calls = 0
      const credentials: CallerParts["credentials"] = {
        authorize: (request) =>
          // The first request is redirected, so that the second attempt is the third.
          calls++ === 2 ? Effect.never : Effect.succeed({ request, generation: 0 })
      }
      const error = yield* thing("PUT").pipe(
        perAttempt("5 seconds"),
        Effect.provideService(
          RetryPolicy.Current,
          RetryPolicy.make({ schedule: Schedule.recurs(1), retries: () => true })
        ),
        Effect.provide(Layer.mergeAll(at(baseUrl, { credentials }), stub([seeOther, status(503)]).layer)),
        Effect.flip,
        elapsing
      )
      expect(error.attempts).toMatchObject([{ reason: "503" }, { ...late, class: "NotSent" }])
    })
  )

  it.effect("holds while credentials are obtained by an uninterruptible effect", () =>
    Effect.gen(function* () {
      for (const limited of [perAttempt("5 seconds"), within("5 seconds")]) {
        const refreshed = yield* Effect.makeLatch()
        const credentials: CallerParts["credentials"] = {
          authorize: (request) => Effect.as(Effect.uninterruptible(refreshed.await), { request, generation: 0 })
        }
        const fiber = yield* thing().pipe(
          limited,
          Effect.provide(Layer.mergeAll(at(baseUrl, { credentials }), once, stub([ok]).layer)),
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
