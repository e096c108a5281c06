import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CacheStore, ResponseCache, TokenStore } from "effect-herald"
import type { RedisOptions } from "ioredis"
import * as CacheRedis from "effect-herald/cache-redis"
import * as HttpCache from "effect-herald/cache"
import * as TokenStoreRedis from "effect-herald/token-store-redis"
import { redisOf, wayTo } from "../redis.js"
import { api, leftOut, patient, redisOptions, redisPlace, text, through } from "./kit.js"

if (redisPlace === undefined) console.log(`Tests of the cache in Redis are ${leftOut}`)

const page = "https://api.test/page"
const fresh = { "cache-control": "max-age=1000" }
const stored = { about: "about", bytes: Uint8Array.of(1, 2, 3), dropAt: Date.now() + 600_000 }

describe.skipIf(redisPlace === undefined)(`a cache in Redis${redisPlace === undefined ? ` (${leftOut})` : ""}`, () => {
  const place = new URL(redisPlace ?? "redis://127.0.0.1:6379")

  const cache = (url: URL, prefix: string, options: RedisOptions = {}) => {
    const store = CacheRedis.store({ redis: { ...redisOptions(url), ...options, prefix } })
    return HttpCache.layer().pipe(Layer.provideMerge(store))
  }

  const quiet = Logger.remove(Logger.defaultLogger)

  const asking = () => {
    const server = api((_, index) => ({ headers: fresh, body: `${index}` }))
    const ask = Effect.map(through(server.exchange(page)), text)
    /** Asks until it is answered from the cache. */
    const untilKept = Effect.repeat(
      Effect.suspend(() => {
        const before = server.requests.length
        return Effect.map(Effect.delay(ask, "20 millis"), () => server.requests.length === before)
      }),
      { until: (kept) => kept }
    )
    return { ask, untilKept, requests: server.requests }
  }

  it.scopedLive("is shared by those that use the same prefix, and by no others", () =>
    Effect.gen(function* () {
      const { keys, prefix } = yield* redisOf(place)
      const { ask, requests } = asking()
      const whose = (prefix: string) => Effect.provide(ask, cache(place, prefix, patient))
      expect([yield* whose(prefix), yield* whose(prefix)]).toEqual(["0", "0"])
      expect(yield* whose(`${prefix}other:`)).toBe("1")
      expect(requests).toHaveLength(2)
      expect((yield* keys).every((key) => key.startsWith(prefix))).toBe(true)
    })
  )

  it.scopedLive("clears and lists what is its own, though its prefix could be a pattern", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis } = yield* redisOf(place)
      yield* Effect.promise(() => redis.set(`${prefix}ab:entry:theirs`, "x"))
      yield* Effect.promise(() => redis.lpush(`${prefix}[ab]*:entry:list`, "x"))
      const store = Effect.flatMap(CacheStore.CacheStore, (store) =>
        Effect.gen(function* () {
          yield* store.set("mine", stored)
          expect((yield* keys).length).toBe(3)
          // What is of another type is not ours to say anything of.
          expect(yield* (yield* ResponseCache.ResponseCache).count({ expired: true })).toBe(0)
          yield* store.clear
          expect(yield* keys).toEqual([`${prefix}ab:entry:theirs`])
        })
      )
      yield* Effect.provide(store, cache(place, `${prefix}[ab]*:`, patient))
    })
  )

  it.scopedLive("leaves alone what others keep under its prefix: tokens, and another cache", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis } = yield* redisOf(place)
      const tokens = TokenStoreRedis.layer({ redis: { ...redisOptions(place), ...patient, prefix: `${prefix}token:` } })
      const token = yield* Effect.provide(TokenStore.TokenStore, yield* Layer.build(tokens))
      yield* token.save("bob", "secret")
      yield* Effect.promise(() => redis.set(`${prefix}counter`, "1"))
      const others = cache(place, `${prefix}other:`, patient)
      yield* Effect.provide(
        Effect.flatMap(CacheStore.CacheStore, (store) => store.set("a", stored)),
        others
      )
      const before = yield* keys
      expect(before).toHaveLength(3)
      const { ask } = asking()
      yield* Effect.gen(function* () {
        yield* ask
        const store = yield* CacheStore.CacheStore
        expect(yield* Stream.runCount(store.list)).toBe(2)
        const { clear, count, purge } = yield* ResponseCache.ResponseCache
        yield* purge
        expect(yield* count()).toBe(1)
        expect(yield* keys).toEqual(expect.arrayContaining(before))
        yield* clear
        expect(yield* keys).toEqual(before)
      }).pipe(Effect.provide(cache(place, prefix, patient)))
      expect(yield* token.load("bob")).toEqual(Option.some("secret"))
    })
  )

  it.scopedLive("does not list, nor purge, what is not of its format, which goes when it is asked for", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis } = yield* redisOf(place)
      yield* Effect.promise(() => redis.set(`${prefix}entry:theirs`, "x"))
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        expect(yield* Stream.runCount(store.list)).toBe(0)
        yield* (yield* ResponseCache.ResponseCache).purge
        expect(yield* keys).toEqual([`${prefix}entry:theirs`])
        expect(yield* store.get(["theirs"])).toEqual([undefined])
        expect(yield* keys).toEqual([])
      }).pipe(Effect.provide(Layer.merge(cache(place, prefix, patient), quiet)))
    })
  )

  it.scopedLive("has Redis drop what is of no use any more", () =>
    Effect.gen(function* () {
      const { prefix, redis } = yield* redisOf(place)
      yield* Effect.provide(
        Effect.flatMap(CacheStore.CacheStore, (store) => store.set("a", stored)),
        cache(place, prefix, patient)
      )
      const left = yield* Effect.promise(() => redis.pttl(`${prefix}entry:a`))
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(600_000)
    })
  )

  it.scopedLive.each([
    ["cut short", (value: Buffer) => value.subarray(0, -1)],
    ["cut to its beginning", (value: Buffer) => value.subarray(0, 10)],
    ["longer", (value: Buffer) => Buffer.concat([value, Buffer.of(1)])],
    ["something else", () => Buffer.from("something else, which is not from here at all")],
    ["nothing", () => Buffer.of()]
  ] as const)("drops a value that is %s, and logs that", ([, damage]) =>
    Effect.gen(function* () {
      const { keys, prefix, redis } = yield* redisOf(place)
      const logged: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ logLevel }) => {
          logged.push(logLevel.label)
        })
      )
      const { ask } = asking()
      yield* Effect.gen(function* () {
        expect(yield* ask).toBe("0")
        const all = yield* keys
        for (const key of all) {
          const value = yield* Effect.promise(() => redis.getBuffer(key))
          yield* Effect.promise(() => redis.set(key, damage(value!)))
        }
        const store = yield* CacheStore.CacheStore
        expect(yield* store.get(all.map((key) => key.slice(`${prefix}entry:`.length)))).toEqual(
          all.map(() => undefined)
        )
        expect(logged).toEqual(["WARN"])
        expect(yield* keys).toEqual([])
        expect([yield* ask, yield* ask]).toEqual(["1", "1"])
      }).pipe(Effect.provide(Layer.merge(cache(place, prefix, patient), logger)))
    })
  )

  it.scopedLive.each(["is not there", "hangs"])("is left out while Redis %s from the beginning", (how) =>
    Effect.gen(function* () {
      const { prefix } = yield* redisOf(place)
      const way = yield* wayTo(place)
      yield* how === "hangs" ? way.hold(true) : way.cut
      const { ask, untilKept } = asking()
      yield* Effect.gen(function* () {
        expect([yield* ask, yield* ask]).toEqual(["0", "1"])
        const { count } = yield* ResponseCache.ResponseCache
        expect((yield* Effect.flip(count()))._tag).toBe("CacheFailure")
        yield* how === "hangs" ? way.hold(false) : way.mend
        yield* untilKept
      }).pipe(Effect.provide(Layer.merge(cache(way.url, prefix), quiet)))
    })
  )

  it.scopedLive.each(["is cut", "is held up"])("is left out when the way to Redis %s, and is back after", (how) =>
    Effect.gen(function* () {
      const { prefix } = yield* redisOf(place)
      const way = yield* wayTo(place)
      const { ask, requests, untilKept } = asking()
      yield* Effect.gen(function* () {
        yield* untilKept
        const before = requests.length
        yield* how === "is cut" ? way.cut : way.hold(true)
        yield* Effect.replicateEffect(ask, 5)
        expect(requests.length).toBe(before + 5)
        yield* how === "is cut" ? way.mend : way.hold(false)
        yield* untilKept
      }).pipe(Effect.provide(Layer.merge(cache(way.url, prefix), quiet)))
    })
  )

  it.scopedLive("ends with its layer, though Redis hangs, and is connected only when it is used", () =>
    Effect.gen(function* () {
      const { prefix, redis } = yield* redisOf(place)
      const way = yield* wayTo(place)
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(cache(way.url, prefix, { connectionName: "cache-test" }), scope)
      const connected = Effect.promise(
        async () =>
          String(await redis.client("LIST"))
            .split("\n")
            .filter((line) => line.includes("name=cache-test")).length
      )
      expect(yield* connected).toBe(0)
      const { untilKept } = asking()
      yield* Effect.provide(untilKept, context)
      expect(yield* connected).toBe(1)
      yield* way.hold(true)
      yield* Scope.close(scope, Exit.void)
      yield* Effect.repeat(Effect.delay(connected, "10 millis"), { until: (count) => count === 0 })
    })
  )
})
