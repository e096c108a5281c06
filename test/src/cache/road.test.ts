import { describe, expect, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { type Authoriser, Deadline, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../../servers/scripted.js"
import { at, bearing, clients, once, thing } from "../kit.js"

/** A caller of this server, within the cache that is around it. */
const caller = (url: URL, parts: Partial<Authoriser.Authoriser> = {}, options: HttpCache.Options = {}) =>
  Layer.provideMerge(at(url, parts), HttpCache.layerMemory(options))

const fresh = { "cache-control": "max-age=1000" }
const ok = (headers: Record<string, string> = fresh) => Scripted.json({ ok: true }, { headers })
const by = (mode: ResponseCache.Mode) => Effect.provideService(thing(), ResponseCache.Current, mode)

describe.each(clients)("operations through a cache, over %s", (_, client) => {
  const use = (layer: Layer.Layer<never>) => Effect.provide(Layer.merge(layer, once))

  it.scopedLive("ask once, and again after a write, in each mode as it says", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok()])
      yield* Effect.gen(function* () {
        const count = Effect.sync(() => server.requests.length)
        expect([yield* thing(), yield* thing(), yield* count]).toEqual([{ ok: true }, { ok: true }, 1])
        yield* thing("POST")
        yield* thing()
        expect(yield* count).toBe(3)
        yield* by("bypass")
        yield* by("refresh")
        expect(yield* count).toBe(5)
        expect(server.requests[4]?.headers["cache-control"]).toBe("no-cache")
        yield* by("only-if-cached")
        expect(yield* count).toBe(5)
        yield* (yield* ResponseCache.ResponseCache).clear
        expect((yield* Effect.flip(by("only-if-cached")))._tag).toBe("NotSent")
        expect(yield* count).toBe(5)
      }).pipe(Effect.provide(caller(server.url)), Effect.provide(client), use(Layer.empty))
    })
  )

  it.scopedLive("ask whether it has changed, and give what is kept on a 304, or instead of a 503", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        ok({ "cache-control": "max-age=0, stale-if-error=1000", etag: `"a"` }),
        Scripted.answer({ status: 304 }),
        Scripted.answer({ status: 503 }),
        Scripted.reset,
        Scripted.answer({ status: 500, headers: { "content-type": "application/json" }, body: "{}" }),
        Scripted.answer({ status: 404 })
      ])
      yield* Effect.gen(function* () {
        for (let time = 0; time < 5; time += 1) expect(yield* thing()).toEqual({ ok: true })
        expect(server.requests.map(({ headers }) => headers["if-none-match"])).toEqual([
          undefined,
          ...Array.from({ length: 4 }, () => `"a"`)
        ])
        expect((yield* Effect.flip(thing()))._tag).toBe("ClientError")
      }).pipe(Effect.provide(caller(server.url)), Effect.provide(client), use(Layer.empty))
    })
  )

  it.scopedLive("share a request that is under way, which ends when nobody waits for it", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) => (index === 0 ? Scripted.silence : ok()))
      yield* Effect.gen(function* () {
        const calls = yield* Effect.replicateEffect(Effect.fork(thing()), 5)
        yield* server.next
        yield* Effect.forEach(calls, Fiber.interrupt)
        yield* server.abandoned
        expect(server.requests).toHaveLength(1)
        const again = yield* Effect.replicateEffect(thing(), 5, { concurrency: "unbounded" })
        expect(again).toHaveLength(5)
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(caller(server.url, {}, { share: true })), Effect.provide(client), use(Layer.empty))
    })
  )

  it.scopedLive("are each caller's own, and what is kept tells no credentials", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok()])
      const call = (name: string) =>
        Effect.provide(
          thing(),
          at(server.url, { identity: name, ...bearing({ authorization: `Bearer secret-${name}` }) })
        )
      yield* Effect.gen(function* () {
        yield* call("a")
        yield* call("b")
        yield* call("a")
        expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual([
          "Bearer secret-a",
          "Bearer secret-b"
        ])
      }).pipe(Effect.provide(HttpCache.layerMemory()), Effect.provide(client), use(Layer.empty))
    })
  )

  it.scopedLive("share a request that ends by no one's deadline but that of the last who waits", () =>
    Effect.gen(function* () {
      const release: Array<() => void> = []
      const server = yield* Scripted.make(() => (response, received) => {
        release.push(() => ok()(response, received))
      })
      yield* Effect.gen(function* () {
        const call = thing()
        const within = (deadline: Duration.DurationInput) =>
          Effect.fork(Effect.either(Effect.provideService(call, Deadline.Current, deadline)))
        // The first one, by whose call it is sent, is the first to leave.
        const hasty = yield* within("300 millis")
        yield* server.next
        const patient = yield* within("1 minute")
        expect(yield* Fiber.join(hasty)).toMatchObject({ left: { _tag: "TimeoutError", reason: "deadline" } })
        for (const answer of release) answer()
        expect(yield* Fiber.join(patient)).toMatchObject({ right: { ok: true } })
        expect(server.requests).toHaveLength(1)
        yield* (yield* ResponseCache.ResponseCache).clear
        const both = [yield* within("200 millis"), yield* within("300 millis")]
        yield* server.abandoned
        expect(yield* Effect.forEach(both, Fiber.join)).toMatchObject([
          { left: { _tag: "TimeoutError" } },
          { left: { _tag: "TimeoutError" } }
        ])
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(caller(server.url, {}, { share: true })), Effect.provide(client), use(Layer.empty))
    })
  )
})
