import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import { type Answer, type HeraldError, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { type Ask, api, settle, text, through, transportError } from "./kit.js"

const page = "https://api.test/page"

type Ending = { readonly answer: Answer.Answer } | { readonly error: HeraldError }

/** A server that answers when it is told to, and knows which of its requests were cancelled. */
const held = Effect.gen(function* () {
  const gate = yield* Deferred.make<Ending>()
  const cancelled: Array<number> = []
  const server = api((_, index) =>
    Deferred.await(gate).pipe(
      Effect.flatMap((end) => ("error" in end ? Effect.fail(end.error) : Effect.succeed(end.answer))),
      Effect.onInterrupt(() => Effect.sync(() => cancelled.push(index)))
    )
  )
  const open = (end: Ending = { answer: { status: 200, headers: {}, body: "one" } }) => Deferred.succeed(gate, end)
  return { ...server, cancelled, open }
})

const ask = (
  server: { readonly exchange: (url: string, ask?: Ask) => ResponseCache.Exchange },
  how?: Ask,
  url = page
) => Effect.tap(Effect.fork(through(server.exchange(url, how))), () => settle)

const sharing = Effect.provide(HttpCache.layerMemory({ share: true }))

describe("a shared GET", () => {
  it.effect("is one request, whose answer everyone gets, though it is not kept", () =>
    Effect.gen(function* () {
      const server = yield* held
      const calls = yield* Effect.replicateEffect(ask(server), 5)
      expect(server.requests).toHaveLength(1)
      yield* server.open()
      const answers = yield* Fiber.join(Fiber.all(calls))
      expect(answers.map(text)).toEqual(["one", "one", "one", "one", "one"])
      yield* through(server.exchange(page))
      expect(server.requests).toHaveLength(2)
    }).pipe(sharing)
  )

  it.effect("that fails gives everyone the error, and the next one is another", () =>
    Effect.gen(function* () {
      const server = yield* held
      const calls = yield* Effect.replicateEffect(ask(server), 3)
      const error = transportError()
      yield* server.open({ error })
      const ends = yield* Effect.forEach(calls, (call) => Effect.either(Fiber.join(call)))
      expect(ends).toEqual([Either.left(error), Either.left(error), Either.left(error)])
      yield* Effect.either(through(server.exchange(page)))
      expect(server.requests).toHaveLength(2)
    }).pipe(sharing)
  )

  it.effect("is not shared if one did not ask for it", () =>
    Effect.gen(function* () {
      const server = yield* held
      yield* Effect.replicateEffect(ask(server), 3)
      expect(server.requests).toHaveLength(3)
      yield* server.open()
    }).pipe(Effect.provide(HttpCache.layerMemory()))
  )

  it.effect("goes on when the first that waits leaves, and is not of its call", () =>
    Effect.gen(function* () {
      const server = yield* held
      const first = yield* ask(server)
      const second = yield* ask(server)
      yield* Fiber.interrupt(first)
      yield* settle
      expect(server.cancelled).toEqual([])
      yield* server.open()
      expect(text(yield* Fiber.join(second))).toBe("one")
      expect(server.requests.map(({ how }) => how)).toEqual(["shared"])
    }).pipe(sharing)
  )

  it.effect("is cancelled when the last that waits leaves, and the next one is another", () =>
    Effect.gen(function* () {
      const server = yield* held
      const calls = yield* Effect.replicateEffect(ask(server), 3)
      for (const call of calls) {
        expect(server.cancelled).toEqual([])
        yield* Fiber.interrupt(call)
      }
      // The interruption of the last waits for that of the request.
      expect(server.cancelled).toEqual([0])
      const next = yield* ask(server)
      expect(server.requests).toHaveLength(2)
      yield* server.open()
      expect(text(yield* Fiber.join(next))).toBe("one")
    }).pipe(sharing)
  )

  it.effect("ends with the layer", () =>
    Effect.gen(function* () {
      const server = yield* held
      yield* Effect.flatMap(ResponseCache.ResponseCache, (cache) =>
        Effect.asVoid(
          Effect.forkDaemon(
            through(server.exchange(page)).pipe(Effect.provideService(ResponseCache.ResponseCache, cache))
          )
        )
      ).pipe(Effect.zipRight(settle), sharing)
      expect(server.cancelled).toEqual([0])
    })
  )

  it.effect.each<readonly [string, Ask]>([
    ["identities", { partition: "b" }],
    ["headers", { headers: { "x-a": "2" } }],
    ["families", { family: {} }],
    ["methods", { method: "HEAD" }]
  ])("is not that of other %s", ([, other]) =>
    Effect.gen(function* () {
      const server = yield* held
      const same: Ask = { partition: "a", headers: { "x-a": "1" } }
      yield* ask(server, same)
      yield* ask(server, same)
      expect(server.requests).toHaveLength(1)
      yield* ask(server, { ...same, ...other })
      expect(server.requests).toHaveLength(2)
      yield* server.open()
    }).pipe(sharing)
  )

  it.effect("is not that of another URL", () =>
    Effect.gen(function* () {
      const server = yield* held
      yield* ask(server)
      yield* ask(server, {}, `${page}?a`)
      expect(server.requests).toHaveLength(2)
      yield* server.open()
    }).pipe(sharing)
  )

  it.effect("is left as it is by a write, and not joined after", () =>
    Effect.gen(function* () {
      const server = yield* held
      const before = yield* ask(server)
      const { invalidating } = yield* ResponseCache.ResponseCache
      yield* invalidating(`${page}?any`, Effect.succeed({ status: 204, headers: {}, body: "" }))
      const after = yield* ask(server)
      expect(server.requests).toHaveLength(2)
      yield* server.open()
      expect((yield* Fiber.join(Fiber.zip(before, after))).map(text)).toEqual(["one", "one"])
    }).pipe(sharing)
  )

  it.effect("is not joined by a refresh", () =>
    Effect.gen(function* () {
      const server = yield* held
      yield* ask(server)
      yield* ask(server, { mode: "refresh" })
      yield* ask(server, { mode: "refresh" })
      expect(server.requests).toHaveLength(3)
      yield* server.open()
    }).pipe(sharing)
  )

  it.effect("revalidates once for all", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const server = api((_, index) =>
        index === 0
          ? { headers: { etag: `"a"` }, body: "kept" }
          : Effect.as(Deferred.await(gate), { status: 304, headers: {}, body: "" })
      )
      yield* through(server.exchange(page))
      const calls = yield* Effect.replicateEffect(ask(server), 4)
      expect(server.requests).toHaveLength(2)
      yield* Deferred.succeed(gate, undefined)
      expect((yield* Fiber.join(Fiber.all(calls))).map(text)).toEqual(["kept", "kept", "kept", "kept"])
    }).pipe(sharing)
  )
})
