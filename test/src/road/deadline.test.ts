import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Deadline } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, broken, clients, elapsing, once, status, stub, thing } from "../kit.js"

const within = (duration: Duration.DurationInput) => Effect.provideService(Deadline.Current, duration)
const home = new URL("http://api.test")

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
      expect(error).toMatchObject({ _tag: "TimeoutError", reason: "deadline", operation: "thing", attempts: [] })
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

describe("a deadline", () => {
  it.effect("that passes during a wait ends it there, and tells of the attempts", () =>
    Effect.gen(function* () {
      const client = stub([status(429, { "retry-after": "30" }), status(200)])
      const start = yield* Clock.currentTimeMillis
      const error = yield* thing().pipe(
        within("10 seconds"),
        Effect.flip,
        Effect.provide(Layer.merge(at(home), client.layer)),
        elapsing
      )
      expect((yield* Clock.currentTimeMillis) - start).toBe(10_000)
      expect(error).toMatchObject({
        _tag: "TimeoutError",
        reason: "deadline",
        attempts: [{ number: 1, reason: "429", verdict: "repeated" }]
      })
      expect(client.requests).toHaveLength(1)
    })
  )

  it.effect("holds for the call as a whole, not for each attempt", () =>
    Effect.gen(function* () {
      const client = stub([
        broken("ECONNREFUSED"),
        status(503, { "retry-after": "4" }),
        status(503, { "retry-after": "4" })
      ])
      const start = yield* Clock.currentTimeMillis
      yield* thing().pipe(
        within("6 seconds"),
        Effect.flip,
        Effect.provide(Layer.merge(at(home), client.layer)),
        elapsing
      )
      expect((yield* Clock.currentTimeMillis) - start).toBe(6000)
    })
  )

  it.effect("that passes before anything could be sent says so", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const waiting = at(home, { authorise: () => Effect.never })
      const error = yield* thing().pipe(
        within("1 second"),
        Effect.flip,
        Effect.provide(Layer.merge(waiting, client.layer)),
        elapsing
      )
      expect(error._tag).toBe("NotSent")
      expect(
        (yield* Effect.flip(thing()).pipe(within(0), Effect.provide(Layer.merge(at(home), client.layer))))._tag
      ).toBe("NotSent")
      expect(client.requests).toEqual([])
    })
  )

  it.effect("is not set unless it is given", () =>
    Effect.gen(function* () {
      const late = () => Effect.delay(Effect.sync(status(200)), "30 days")
      const client = stub([late])
      const call = Effect.provide(thing(), Layer.merge(at(home), client.layer))
      expect(yield* elapsing(call)).toEqual({ ok: true })
      expect(yield* elapsing(within("31 days")(call))).toEqual({ ok: true })
      expect(yield* elapsing(Effect.flip(within("29 days")(call)))).toMatchObject({ _tag: "TimeoutError" })
    })
  )
})
