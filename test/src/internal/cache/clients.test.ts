import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, Caller } from "../../../support/kit.js"

const { get } = Verbs.make(Caller)

/** A server whose response to the request of this index waits until the test releases it. The other responses are sent at once. */
const makeServer = (held: number, headers: Record<string, string>) =>
  Effect.gen(function* () {
    const received = yield* Deferred.make<void>()
    const release = yield* Deferred.make<() => void>()
    const server = yield* Scripted.make((_, index) => (response, received_) => {
      const respond = () => Scripted.json({ index }, { headers })(response, received_)
      if (index !== held) respond()
      else {
        Deferred.unsafeDone(release, Effect.succeed(respond))
        Deferred.unsafeDone(received, Effect.void)
      }
    })
    return {
      server,
      received: Deferred.await(received),
      release: Effect.map(Deferred.await(release), (respond) => respond())
    }
  })

describe("with a client for each call, and another one for the cache,", () => {
  /** A call whose client is closed when the call ends. */
  const getThing = Effect.provide(get("/thing"), client)

  it.scopedLive("a shared GET that a call began goes on for others after this call was interrupted", () =>
    Effect.gen(function* () {
      const { received, release, server } = yield* makeServer(0, { "cache-control": "max-age=1000" })
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(getThing)
        yield* received
        const others = yield* Effect.fork(Effect.replicateEffect(getThing, 3, { concurrency: "unbounded" }))
        yield* Effect.sleep("50 millis")
        yield* Fiber.interrupt(first)
        yield* release
        expect(yield* Fiber.join(others)).toEqual([{ index: 0 }, { index: 0 }, { index: 0 }])
        expect(server.requests).toHaveLength(1)
      }).pipe(
        Effect.provide(at(server.url)),
        Effect.provide(HttpCache.layerMemory({ share: true })),
        Effect.provide(client)
      )
    })
  )

  it.scopedLive("a background revalidation that a call began goes on after this call and its client have ended", () =>
    Effect.gen(function* () {
      const { received, release, server } = yield* makeServer(1, {
        "cache-control": "max-age=0, stale-while-revalidate=1000"
      })
      yield* Effect.gen(function* () {
        expect(yield* getThing).toEqual({ index: 0 })
        expect(yield* getThing).toEqual({ index: 0 })
        yield* received
        yield* Effect.sleep("50 millis")
        yield* release
        // Each call that finds a stale response returns it, and the revalidated one is found later.
        const found = yield* Effect.repeat(Effect.delay(getThing, "10 millis"), {
          until: (body) => JSON.stringify(body) !== JSON.stringify({ index: 0 })
        })
        expect(found).toMatchObject({ index: 1 })
        expect(server.requests.length).toBeGreaterThanOrEqual(2)
      }).pipe(Effect.provide(at(server.url)), Effect.provide(HttpCache.layerMemory()), Effect.provide(client))
    })
  )
})
