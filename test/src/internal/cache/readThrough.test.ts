import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { CacheStore, RawResponse, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { call, makeApi, noClient, settle, statusError, stores, text, through } from "../../../support/cache.js"

const url = "https://api.test/thing"
const memory = HttpCache.layerMemory().pipe(Layer.provide(noClient))
const oneDay = HttpCache.layer({ lifetime: () => "1 day" }).pipe(Layer.provide(noClient))

/** An API whose responses are numbered. */
const numbered = () => makeApi((_, index) => ({ body: `${index}` }))

describe.each(stores)("a response cache in $name", ({ layer, skip }) => {
  const provideCache = Effect.provide(Layer.provideMerge(oneDay, layer))

  it.effect.skipIf(skip)("stores responses by the whole query", () =>
    Effect.gen(function* () {
      const { exchange } = numbered()
      const get = (query: string) => Effect.map(through(exchange(`${url}?${query}`)), text)
      expect(yield* get("limit=5&market=gb")).toBe("0")
      expect(yield* get("limit=5&market=us")).toBe("1")
      expect(yield* get("limit=5&market=gb")).toBe("0")
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("sends every POST, and every GET with a body", () =>
    Effect.gen(function* () {
      const { exchange, requests } = numbered()
      for (const method of ["POST", "GET"] as const) {
        const request = HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(url), { a: 1 })
        const search = { ...exchange(url, { method }), request }
        yield* through(search)
        yield* through(search)
      }
      expect(requests).toHaveLength(4)
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("stores responses for each partition by itself", () =>
    Effect.gen(function* () {
      const { exchange } = numbered()
      const get = (partition: string) => Effect.map(through(exchange(url, { partition })), text)
      expect([yield* get("a"), yield* get("b"), yield* get(""), yield* get("a")]).toEqual(["0", "1", "2", "0"])
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("accepts any operation name and partition", () =>
    Effect.gen(function* () {
      const { exchange, requests } = numbered()
      for (const name of ["audio-features", "order", "select", "'; DROP TABLE", "", "é", "\u0000"]) {
        const exchanged = exchange(`${url}/${encodeURIComponent(name)}?id=1&version=2`, {
          operation: name,
          partition: name
        })
        yield* through(exchanged)
        yield* through(exchanged)
      }
      expect(requests).toHaveLength(7)
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)(
    "shares its responses at once with other caches over the same store, which may write, too",
    () =>
      Effect.gen(function* () {
        const store = yield* Effect.map(CacheStore.CacheStore, (store) => Layer.succeed(CacheStore.CacheStore, store))
        const { exchange, requests } = numbered()
        const first = yield* HttpCache.make({ lifetime: () => "1 day" })
        const second = yield* Effect.provide(HttpCache.make({ lifetime: () => "1 day" }), store)
        const get = (cache: typeof first, url: string) =>
          Effect.provideService(through(exchange(url)), ResponseCache.ResponseCache, cache)
        yield* get(first, url)
        yield* get(second, url)
        yield* get(second, `${url}/2`)
        yield* get(first, `${url}/2`)
        expect(requests).toHaveLength(2)
      }).pipe(Effect.scoped, Effect.provide(noClient), provideCache)
  )

  it.effect.skipIf(skip)("does not store an error response", () =>
    Effect.gen(function* () {
      const { exchange, requests } = makeApi((_, index) => (index === 0 ? statusError(500) : { body: "{}" }))
      expect((yield* Effect.flip(through(exchange(url))))._tag).toBe("ServerError")
      expect(text(yield* through(exchange(url)))).toBe("{}")
      expect(requests).toHaveLength(2)
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("returns status and headers of the stored response, with its age", () =>
    Effect.gen(function* () {
      const { exchange } = makeApi(() => ({ status: 203, headers: { "x-response": "1" } }))
      const get = through(exchange(url, { headers: { "x-request": "1" } }))
      expect((yield* get).cached).toBeUndefined()
      expect(yield* get).toEqual({
        status: 203,
        headers: { "x-response": "1", age: "0" },
        body: Uint8Array.of(),
        cached: { _tag: "Hit", age: Duration.zero }
      })
      yield* TestClock.adjust("90 minutes")
      expect((yield* get).cached).toEqual({ _tag: "Hit", age: Duration.minutes(90) })
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("neither reads nor writes in mode bypass", () =>
    Effect.gen(function* () {
      const { exchange } = numbered()
      const get = (mode: ResponseCache.Mode) => Effect.map(through(exchange(url, { mode })), text)
      expect(yield* get("bypass")).toBe("0")
      expect(yield* get("use")).toBe("1")
      expect(yield* get("bypass")).toBe("2")
      expect(yield* get("use")).toBe("1")
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("purges expired responses only", () =>
    Effect.gen(function* () {
      const { count, purge } = yield* ResponseCache.ResponseCache
      const { exchange } = numbered()
      yield* through(exchange(url))
      yield* TestClock.adjust("23 hours")
      yield* through(exchange(`${url}/2`))
      yield* TestClock.adjust("1 hour")
      expect(yield* purge).toBe(1)
      expect([yield* count(), yield* count({ expired: true })]).toEqual([1, 1])
      expect(text(yield* through(exchange(`${url}/2`)))).toBe("1")
    }).pipe(provideCache)
  )

  it.effect.skipIf(skip)("sends one request for equal calls at the same time", () =>
    Effect.gen(function* () {
      const allWait = yield* Effect.makeLatch(false)
      const { exchange, requests } = makeApi((_, index) =>
        Effect.as(Effect.zipRight(allWait.await, settle), { status: 200, headers: {}, body: `${index}` })
      )
      let waiting = 0
      const joined = () => {
        waiting += 1
        if (waiting === 5) Effect.runSync(allWait.open)
      }
      const calls = yield* Effect.replicateEffect(Effect.fork(through({ ...exchange(url), joined })), 5)
      expect((yield* Fiber.join(Fiber.all(calls))).map(text)).toEqual(["0", "0", "0", "0", "0"])
      expect(requests).toHaveLength(1)
    }).pipe(Effect.provide(HttpCache.layer({ share: true }).pipe(Layer.provide(layer), Layer.provide(noClient))))
  )

  it.effect.skipIf(skip)("stores empty bodies, text and bytes unchanged", () =>
    Effect.gen(function* () {
      const bodies = ["", "text", "é\u2028\uD83D\uDE00", Uint8Array.of(), Uint8Array.of(0xff, 0xfe, 0)]
      const { exchange } = makeApi((_, index) => ({ body: bodies[index]! }))
      for (const index of bodies.keys()) yield* through(exchange(`${url}/${index}`))
      for (const [index, body] of bodies.entries()) {
        expect(RawResponse.bytesOf(yield* through(exchange(`${url}/${index}`)))).toEqual(RawResponse.bytesOf({ body }))
      }
    }).pipe(provideCache)
  )
})

describe("the age of a response", () => {
  it.effect("counts from the time at which the request was sent (RFC 9111, 4.2.3)", () =>
    Effect.gen(function* () {
      const { exchange, requests } = makeApi(() =>
        Effect.delay(Effect.succeed({ status: 200, headers: { "cache-control": "max-age=10" }, body: "" }), "6 seconds")
      )
      const first = yield* Effect.fork(through(exchange(url)))
      yield* settle
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.join(first)
      yield* TestClock.adjust("3 seconds")
      const stored = yield* through(exchange(url))
      expect(stored.headers["age"]).toBe("9")
      expect(stored.cached).toEqual({ _tag: "Hit", age: Duration.seconds(9) })
      expect(requests).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      yield* Effect.fork(through(exchange(url)))
      yield* settle
      expect(requests).toHaveLength(2)
    }).pipe(Effect.provide(memory))
  )
})

describe("a background revalidation", () => {
  it.effect("runs once for all calls that get the stale response, and is interrupted with the layer", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const { exchange, requests } = makeApi((_, index) =>
        index === 0
          ? { headers: { "cache-control": "max-age=1, stale-while-revalidate=100" }, body: "stale" }
          : Effect.onInterrupt(Effect.never, () => Effect.sync(() => (interrupted += 1)))
      )
      yield* Effect.gen(function* () {
        yield* through(exchange(url))
        yield* TestClock.adjust("2 seconds")
        for (let round = 0; round < 5; round += 1) {
          expect(text(yield* through(exchange(url)))).toBe("stale")
          yield* settle
        }
        expect(requests.map(({ how }) => how)).toEqual(["own", "background"])
        expect(interrupted).toBe(0)
      }).pipe(Effect.provide(memory))
      expect(interrupted).toBe(1)
    })
  )
})

describe("a 304", () => {
  it.effect("that confirms the stored response marks it as revalidated", () =>
    Effect.gen(function* () {
      const { exchange } = makeApi(({ headers }) =>
        headers["if-none-match"] === undefined ? { headers: { etag: `"a"` }, body: "a" } : { status: 304 }
      )
      expect((yield* through(exchange(url))).cached).toBeUndefined()
      const response = yield* through(exchange(url))
      const { cached, status } = response
      expect([status, text(response)]).toEqual([200, "a"])
      expect(cached).toEqual({ _tag: "Revalidated", age: Duration.zero })
    }).pipe(Effect.provide(memory))
  )

  it.effect("with the validator of another response does not confirm the stored one: the request is sent again", () =>
    Effect.gen(function* () {
      const { exchange, requests } = makeApi(({ headers }, index) =>
        headers["if-none-match"] === undefined
          ? { headers: { etag: `"${index}"` }, body: `${index}` }
          : { status: 304, headers: { etag: `"other"` } }
      )
      expect(text(yield* through(exchange(url)))).toBe("0")
      const second = yield* through(exchange(url))
      expect([text(second), second.cached]).toEqual(["2", undefined])
      expect(requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, `"0"`, undefined])
    }).pipe(Effect.provide(memory))
  )
})

describe("decoding", () => {
  const rejecting = { decode: () => Either.left(statusError(500)) }

  it.effect("has a response that does not decode returned, and not stored", () =>
    Effect.gen(function* () {
      const { exchange, requests } = numbered()
      const { response, value } = yield* call(exchange(url, rejecting))
      expect([text(response), Either.isLeft(value)]).toEqual(["0", true])
      expect(yield* call(exchange(url))).toMatchObject({ value: Either.right("1") })
      expect(yield* call(exchange(url))).toMatchObject({ value: Either.right("1") })
      expect(requests).toHaveLength(2)
    }).pipe(Effect.provide(HttpCache.layerMemory({ lifetime: () => "1 day" })), Effect.provide(noClient))
  )

  it.effect("sends an unconditional request where the stored response does not decode", () =>
    Effect.gen(function* () {
      const { exchange, requests } = makeApi((_, index) => ({
        headers: { "cache-control": "max-age=1000", etag: `"${index}"` },
        body: `${index}`
      }))
      const decode = (response: RawResponse.RawResponse) =>
        text(response) === "0" ? Either.left(statusError(500)) : Either.right(text(response))
      yield* call(exchange(url))
      expect((yield* Effect.flip(call(exchange(url, { decode, mode: "only-if-cached" }))))._tag).toBe("NotCached")
      expect(yield* call(exchange(url, { decode }))).toMatchObject({ value: Either.right("1") })
      expect(yield* call(exchange(url))).toMatchObject({ value: Either.right("1") })
      expect(requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, undefined])
    }).pipe(Effect.provide(memory))
  )
})
