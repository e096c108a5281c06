import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Deadline, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, thing } from "../../../support/kit.js"

const eager = RetryPolicy.make({ schedule: Schedule.recurs(1), retries: () => true })
const body = "<h1>Busy</h1>"

describe.each(clients)("a response whose body is incomplete, with %s", (_, client) => {
  /** Starts a call with this first response, and a wait in virtual time once the call sleeps. */
  const start = (first: Scripted.Behaviour, method: "GET" | "POST", wait: Duration.DurationInput) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([first, Scripted.json({ ok: true })])
      const fiber = yield* thing(method).pipe(
        Effect.either,
        Effect.provideService(RetryPolicy.Current, eager),
        Effect.provideService(Deadline.PerAttempt, "1 second"),
        Effect.provide(Layer.merge(at(server.url), client)),
        Effect.fork
      )
      yield* server.next
      while (fiber.unsafePoll() === null && (yield* TestClock.sleeps()).length === 0) {
        yield* Effect.promise(() => new Promise(setImmediate))
      }
      yield* TestClock.adjust(wait)
      return { fiber, server }
    })

  const head = (status: number) => ({ status, headers: { "retry-after": "5" } })

  it.scoped.each([
    ["is cut short", (status: number) => Scripted.cutShort({ ...head(status), body })],
    ["is reset", (status: number) => Scripted.cutShort({ ...head(status), body, how: "reset" })]
  ] as const)("%s still has its 429 or 503, and its Retry-After", ([, broken]) =>
    Effect.gen(function* () {
      for (const status of [429, 503]) {
        const startedAt = yield* Clock.currentTimeMillis
        const { fiber, server } = yield* start(broken(status), "POST", 0)
        // The client needs a moment to notice the end. Until then only the attempt's deadline sleeps.
        while ((yield* TestClock.sleeps()).length > 0 && server.requests.length < 2) {
          yield* TestClock.adjust("100 millis")
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
        }
        expect((yield* Clock.currentTimeMillis) - startedAt).toBeGreaterThanOrEqual(5000)
        expect((yield* Fiber.join(fiber))._tag).toBe("Right")
      }
    })
  )

  it.scoped("hangs still has its 429 and its Retry-After when the attempt's deadline passes", () =>
    Effect.gen(function* () {
      const stalled = Scripted.stalled(body, head(429))
      const { fiber, server } = yield* start(stalled, "POST", "1 second")
      yield* server.abandoned
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
      yield* TestClock.adjust("4999 millis")
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
      expect(server.requests).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(fiber))._tag).toBe("Right")
    })
  )

  describe.each([400, 403, 404, 409, 413, 422, 501])("and whose status is %i, which is final,", (status) => {
    const final = { status, attempts: [{ class: "Final", verdict: "final", status }] }

    it.scopedLive.each(["GET", "POST"] as const)("has the error of its status, after one %s", (method) =>
      Effect.gen(function* () {
        for (const framing of ["length", "chunked"] as const) {
          const server = yield* Scripted.make([Scripted.cutShort({ status, body, framing })])
          const error = yield* thing(method).pipe(Effect.flip, Effect.provide(Layer.merge(at(server.url), client)))
          expect(error).toMatchObject({ ...final, body })
          expect(error._tag).not.toBe("TransportError")
          expect(server.requests).toHaveLength(1)
        }
      })
    )

    it.scoped("has the error of its status if it hangs until the attempt's deadline", () =>
      Effect.gen(function* () {
        const { fiber, server } = yield* start(Scripted.stalled(body, { status }), "GET", "1 second")
        yield* server.abandoned
        expect(yield* Effect.flatten(Fiber.join(fiber)).pipe(Effect.flip)).toMatchObject(final)
        expect(server.requests).toHaveLength(1)
      })
    )

    it.scopedLive("has the error of its status if it hangs until the call's deadline", () =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.stalled(body, { status })])
        const error = yield* thing("GET").pipe(
          Effect.provideService(Deadline.Current, "300 millis"),
          Effect.flip,
          Effect.provide(Layer.merge(at(server.url), client))
        )
        expect(error).toMatchObject(final)
        yield* server.abandoned
      })
    )

    it.scopedLive("has the beginning of its body if that is longer than 1 MiB", () =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.respond({ status, body: "x".repeat(3 * 1_048_576) })])
        const error = yield* thing("GET").pipe(Effect.flip, Effect.provide(Layer.merge(at(server.url), client)))
        expect(error).toMatchObject({ ...final, body: "x".repeat(1024) })
      })
    )

    it.scopedLive("has the error of its status if it is endless, of which 1 MiB is read", () =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.endless("x".repeat(65_536), { status })])
        const error = yield* thing("GET").pipe(Effect.flip, Effect.provide(Layer.merge(at(server.url), client)))
        expect(error).toMatchObject({ ...final, body: "x".repeat(1024) })
        yield* server.abandoned
      })
    )
  })
})
