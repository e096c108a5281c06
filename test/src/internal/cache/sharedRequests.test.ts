import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { type AnyError, Deadline, type RawResponse, ResponseCache, RetryPolicy } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../../../servers/scripted.js"
import {
  call,
  type CallOptions,
  type Exchange,
  makeApi,
  noClient,
  settle,
  statusError,
  text,
  through,
  transportError,
  written
} from "../../../support/cache.js"
import { client } from "../../../support/client.js"
import { at, elapsing, thing } from "../../../support/kit.js"

const url = "https://api.test/page"

/** An API that holds back its responses until `release`, and records the requests that were interrupted. */
const holdingApi = Effect.gen(function* () {
  const released = yield* Deferred.make<RawResponse.RawResponse, AnyError>()
  const interrupted: Array<number> = []
  const api = makeApi((_, index) =>
    Effect.onInterrupt(Deferred.await(released), () => Effect.sync(() => interrupted.push(index)))
  )
  return {
    ...api,
    interrupted,
    release: Deferred.succeed(released, { status: 200, headers: {}, body: "one" }),
    fail: (error: AnyError) => Deferred.fail(released, error)
  }
})

/** Starts a call, and waits until its request is sent. */
const start = (
  api: { readonly exchange: (url: string, options?: CallOptions) => Exchange },
  options?: CallOptions,
  target = url
) => Effect.tap(Effect.fork(through(api.exchange(target, options))), () => settle)

const provideSharing = Effect.provide(HttpCache.layerMemory({ share: true }).pipe(Layer.provide(noClient)))

describe("a shared request", () => {
  it.effect("is sent once, and its response returned to every call, even if it is not stored", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      const calls = yield* Effect.replicateEffect(start(api), 5)
      expect(api.requests).toHaveLength(1)
      yield* api.release
      const responses = yield* Fiber.join(Fiber.all(calls))
      expect(responses.map(text)).toEqual(["one", "one", "one", "one", "one"])
      yield* through(api.exchange(url))
      expect(api.requests).toHaveLength(2)
    }).pipe(provideSharing)
  )

  it.effect("that fails makes every call fail with its error, and the next call sends another", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      const calls = yield* Effect.replicateEffect(start(api), 3)
      const error = transportError()
      yield* api.fail(error)
      const results = yield* Effect.forEach(calls, (one) => Effect.either(Fiber.join(one)))
      expect(results).toEqual([Either.left(error), Either.left(error), Either.left(error)])
      yield* Effect.either(through(api.exchange(url)))
      expect(api.requests).toHaveLength(2)
    }).pipe(provideSharing)
  )

  it.effect("has its response decoded by each call for itself", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      const refused = statusError(500)
      const decoded: Array<string> = []
      const decodeAs =
        (name: string, value: Either.Either<string, AnyError>): NonNullable<CallOptions["decode"]> =>
        () => {
          decoded.push(name)
          return value
        }
      const first = yield* Effect.fork(call(api.exchange(url, { decode: decodeAs("first", Either.left(refused)) })))
      yield* settle
      const second = yield* Effect.fork(call(api.exchange(url, { decode: decodeAs("second", Either.right("2")) })))
      const third = yield* Effect.fork(call(api.exchange(url, { decode: decodeAs("third", Either.right("3")) })))
      yield* settle
      expect([api.requests.length, decoded]).toEqual([1, []])
      yield* api.release
      const results = yield* Effect.forEach([first, second, third], Fiber.join)
      expect(results.map(({ value }) => value)).toEqual([Either.left(refused), Either.right("2"), Either.right("3")])
      expect([...new Set(decoded)].sort()).toEqual(["first", "second", "third"])
    }).pipe(provideSharing)
  )

  it.effect("is not made without the option `share`", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      yield* Effect.replicateEffect(start(api), 3)
      expect(api.requests).toHaveLength(3)
      yield* api.release
    }).pipe(Effect.provide(HttpCache.layerMemory()), Effect.provide(noClient))
  )

  it.effect("continues when the call that started it is interrupted", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      const first = yield* start(api)
      const second = yield* start(api)
      yield* Fiber.interrupt(first)
      yield* settle
      expect(api.interrupted).toEqual([])
      yield* api.release
      expect(text(yield* Fiber.join(second))).toBe("one")
      expect(api.requests.map(({ how }) => how)).toEqual(["shared"])
    }).pipe(provideSharing)
  )

  it.effect("is interrupted with the last call that waits for it, and the next call sends another", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      const calls = yield* Effect.replicateEffect(start(api), 3)
      for (const one of calls) {
        expect(api.interrupted).toEqual([])
        yield* Fiber.interrupt(one)
      }
      // The interruption of the last call waits for that of the request.
      expect(api.interrupted).toEqual([0])
      const next = yield* start(api)
      expect(api.requests).toHaveLength(2)
      yield* api.release
      expect(text(yield* Fiber.join(next))).toBe("one")
    }).pipe(provideSharing)
  )

  it.effect("is interrupted with the layer", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      yield* Effect.flatMap(ResponseCache.ResponseCache, (cache) =>
        Effect.asVoid(
          Effect.forkDaemon(through(api.exchange(url)).pipe(Effect.provideService(ResponseCache.ResponseCache, cache)))
        )
      ).pipe(Effect.zipRight(settle), provideSharing)
      expect(api.interrupted).toEqual([0])
    })
  )

  it.effect.each<readonly [string, CallOptions]>([
    ["another partition", { partition: "b" }],
    ["other headers", { headers: { "x-a": "2" } }],
    ["another family of endpoints", { family: {} }],
    ["another method", { method: "HEAD" }]
  ])("is not joined by a call with %s", ([, other]) =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      const same: CallOptions = { partition: "a", headers: { "x-a": "1" } }
      yield* start(api, same)
      yield* start(api, same)
      expect(api.requests).toHaveLength(1)
      yield* start(api, { ...same, ...other })
      expect(api.requests).toHaveLength(2)
      yield* api.release
    }).pipe(provideSharing)
  )

  it.effect("is not joined by a call to another URL", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      yield* start(api)
      yield* start(api, {}, `${url}?a`)
      expect(api.requests).toHaveLength(2)
      yield* api.release
    }).pipe(provideSharing)
  )

  it.effect("continues after a write, but is not joined by later calls", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      const before = yield* start(api)
      const { invalidating } = yield* ResponseCache.ResponseCache
      yield* invalidating(`${url}?any`, written)
      const after = yield* start(api)
      expect(api.requests).toHaveLength(2)
      yield* api.release
      expect((yield* Fiber.join(Fiber.zip(before, after))).map(text)).toEqual(["one", "one"])
    }).pipe(provideSharing)
  )

  it.effect("is not joined by a call in mode refresh", () =>
    Effect.gen(function* () {
      const api = yield* holdingApi
      yield* start(api)
      yield* start(api, { mode: "refresh" })
      yield* start(api, { mode: "refresh" })
      expect(api.requests).toHaveLength(3)
      yield* api.release
    }).pipe(provideSharing)
  )

  it.effect("revalidates a stored response once for all calls", () =>
    Effect.gen(function* () {
      const released = yield* Deferred.make<void>()
      const api = makeApi((_, index) =>
        index === 0
          ? { headers: { etag: `"a"` }, body: "stored" }
          : Effect.as(Deferred.await(released), { status: 304, headers: {}, body: "" })
      )
      yield* through(api.exchange(url))
      const calls = yield* Effect.replicateEffect(start(api), 4)
      expect(api.requests).toHaveLength(2)
      yield* Deferred.succeed(released, undefined)
      const responses = yield* Fiber.join(Fiber.all(calls))
      expect(responses.map(text)).toEqual(["stored", "stored", "stored", "stored"])
      expect(responses.map(({ cached }) => cached?._tag)).toEqual(Array.from({ length: 4 }, () => "Revalidated"))
    }).pipe(provideSharing)
  )

  it.scoped("has the API's defaults instead of the overrides of the call that started it", () =>
    Effect.gen(function* () {
      const firstReceived = yield* Deferred.make<() => void>()
      const server = yield* Scripted.make((_, index) => (response, received) => {
        const respond = () =>
          index === 0
            ? Scripted.respond({ status: 503 })(response, received)
            : Scripted.json({ ok: true })(response, received)
        if (index === 0) Deferred.unsafeDone(firstReceived, Effect.succeed(respond))
        else respond()
      })
      yield* Effect.gen(function* () {
        const getThing = thing()
        const withOverrides = yield* getThing.pipe(
          Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
          Effect.provideService(Deadline.PerAttempt, "200 millis"),
          Effect.provideService(Deadline.Current, "1 second"),
          Effect.either,
          Effect.fork
        )
        const respond = yield* Deferred.await(firstReceived)
        const withDefaults = yield* Effect.fork(getThing)
        yield* settle
        yield* TestClock.adjust("1 second")
        expect(yield* Fiber.join(withOverrides)).toMatchObject({ left: { _tag: "TimeoutError", reason: "deadline" } })
        respond()
        expect(yield* elapsing(Fiber.join(withDefaults))).toEqual({ ok: true })
        expect(server.requests).toHaveLength(2)
      }).pipe(
        Effect.provide(at(server.url)),
        Effect.provide(HttpCache.layerMemory({ share: true })),
        Effect.provide(client)
      )
    })
  )
})
