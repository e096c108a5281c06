import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import Undici from "@effect/platform-node/Undici"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import type { clients } from "../../../support/clients.js"
import { endsFrom } from "../../../support/heads.js"
import { at, thing, untilAsleep } from "../../../support/kit.js"

describe("the wait before a retry", () => {
  const failing = [
    ["with a body", Scripted.respond({ status: 502, body: "x".repeat(100_000) })],
    ["chunked", Scripted.chunked(["bad ".repeat(25_000), "gateway"], { status: 502 })],
    ["without a body", Scripted.respond({ status: 502 })]
  ] as const

  /** Makes a second call while a first one waits for its retry, and returns the connections of the requests. */
  const connectionsOf = (behaviour: Scripted.Behaviour, client: (typeof clients)[number][1]) =>
    Effect.gen(function* () {
      const success = Scripted.respond({ body: '{"ok":true}' })
      const { requests, url } = yield* Scripted.make((_, index) => (index === 0 ? behaviour : success))
      const policy = RetryPolicy.make({
        schedule: Schedule.spaced("1 hour"),
        retries: () => true,
        maxWait: "1 hour"
      })
      const call = Effect.provideService(thing(), RetryPolicy.Current, policy)
      const end = yield* endsFrom(url)
      yield* Effect.gen(function* () {
        const waiting = yield* Effect.fork(call)
        yield* untilAsleep
        // The client notices then that its connection is free.
        yield* end
        expect(yield* call).toEqual({ ok: true })
        expect(requests).toHaveLength(2)
        expect(waiting.unsafePoll()).toBeNull()
        yield* TestClock.adjust("1 hour")
        expect(yield* Fiber.join(waiting)).toEqual({ ok: true })
      }).pipe(Effect.provide(Layer.merge(at(url), client)))
      return requests.map(({ connection }) => connection)
    })

  it.scoped.each(failing)("does not occupy the only connection of an undici client: %s", ([, behaviour]) =>
    Effect.gen(function* () {
      const dispatcher = yield* Effect.acquireRelease(
        Effect.sync(() => new Undici.Agent({ connections: 1, pipelining: 1 })),
        (agent) => Effect.promise(() => agent.destroy())
      )
      const single = NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
        Layer.provide(Layer.succeed(NodeHttpClient.Dispatcher, dispatcher))
      )
      expect(yield* connectionsOf(behaviour, single)).toEqual([0, 0, 0])
    })
  )

  it.scoped.each(failing)("leaves its connection to the next request of fetch: %s", ([, behaviour]) =>
    Effect.gen(function* () {
      expect(yield* connectionsOf(behaviour, FetchHttpClient.layer)).toEqual([0, 0, 0])
    })
  )
})
