import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Deadline, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { headsFrom } from "../../../support/heads.js"
import { at, thing } from "../../../support/kit.js"

const eager = RetryPolicy.make({ schedule: Schedule.recurs(1), retries: () => true })
const body = "<h1>Busy</h1>"

describe.each(clients)("a response whose body is incomplete, with %s", (_, client) => {
  const second = Effect.provideService(Deadline.PerAttempt, "1 second")

  /** Starts a call whose first response is this one. It has received the head of that response, and no time has passed. */
  const start = (first: Scripted.Behaviour, method: "GET" | "POST", deadline = second) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([first, Scripted.json({ ok: true })])
      const head = yield* headsFrom(server.url)
      const fiber = yield* thing(method).pipe(
        Effect.either,
        Effect.provideService(RetryPolicy.Current, eager),
        deadline,
        Effect.provide(Layer.merge(at(server.url), client)),
        Effect.fork
      )
      yield* head
      return { fiber, server }
    })

  /** Waits until the call sleeps until another time than the end of its attempt, which is a second after the call began. */
  const untilRetry = Effect.promise(() => new Promise(setImmediate)).pipe(
    Effect.zipRight(TestClock.sleeps()),
    Effect.map(Chunk.findFirst((end) => end !== 1000)),
    Effect.repeat({ until: Option.isSome }),
    Effect.flatten
  )

  const head = (status: number) => ({ status, headers: { "retry-after": "5" } })

  it.scoped.each([429, 503].flatMap((status) => (["end", "reset"] as const).map((how) => ({ status, how }))))(
    "still has its $status and its Retry-After if its connection is closed, by: $how",
    ({ how, status }) =>
      Effect.gen(function* () {
        const { fiber, server } = yield* start(Scripted.cutShort({ ...head(status), body, how }), "POST")
        const retryAt = yield* untilRetry
        expect(retryAt).toBeGreaterThanOrEqual(5000)
        expect(server.requests).toHaveLength(1)
        yield* TestClock.setTime(retryAt)
        expect((yield* Fiber.join(fiber))._tag).toBe("Right")
      })
  )

  it.scoped("still has its 429 and its Retry-After if it hangs until the attempt's deadline", () =>
    Effect.gen(function* () {
      const { fiber, server } = yield* start(Scripted.stalled(body, head(429)), "POST")
      yield* TestClock.adjust("1 second")
      yield* server.abandoned
      const retryAt = yield* untilRetry
      expect(retryAt).toBeGreaterThanOrEqual(6000)
      expect(server.requests).toHaveLength(1)
      yield* TestClock.setTime(retryAt)
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

    it.scoped.each([
      ["attempt's", second],
      ["call's", Effect.provideService(Deadline.Current, "1 second")]
    ] as const)("has the error of its status if it hangs until the %s deadline", ([, deadline]) =>
      Effect.gen(function* () {
        const { fiber, server } = yield* start(Scripted.stalled(body, { status }), "GET", deadline)
        yield* TestClock.adjust("1 second")
        yield* server.abandoned
        expect(yield* Effect.flatten(Fiber.join(fiber)).pipe(Effect.flip)).toMatchObject(final)
        expect(server.requests).toHaveLength(1)
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
