import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CacheStore, ResponseCache, TokenStore } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { RedisCache, RedisTokenStore } from "effect-herald/redis"
import type { RedisOptions } from "ioredis"
import { randomUUID } from "node:crypto"
import { makeApi, noClient, redisOptions, redisUrl, skipReason, text, through } from "../../support/cache.js"
import { longTimeouts, redisOf, wayTo } from "../../support/redis.js"

if (redisUrl === undefined) console.log(`Tests of the cache in Redis are ${skipReason}`)

const url = "https://api.test/page"
const fresh = { "cache-control": "max-age=1000" }
const value = { metadata: "metadata", bytes: Uint8Array.of(1, 2, 3), dropAt: Date.now() + 600_000 }

describe.skipIf(redisUrl === undefined)(`a cache in Redis${redisUrl === undefined ? ` (${skipReason})` : ""}`, () => {
  const server = new URL(redisUrl ?? "redis://127.0.0.1:6379")

  /** A cache in a Redis, with its store. */
  const cacheAt = (server: URL, prefix: string, options: RedisOptions = {}) => {
    const store = RedisCache.store({ redis: { ...redisOptions(server), ...options, prefix } })
    return HttpCache.layer().pipe(Layer.provideMerge(store), Layer.provide(noClient))
  }

  const withoutLogs = Logger.remove(Logger.defaultLogger)

  /** An API whose responses are fresh and numbered, and the body of a GET through the cache. */
  const numberedApi = () => {
    const { exchange, requests } = makeApi((_, index) => ({ headers: fresh, body: `${index}` }))
    const get = Effect.map(through(exchange(url)), text)
    /** Repeats the GET until its response comes from the cache. */
    const untilCached = Effect.repeat(
      Effect.suspend(() => {
        const before = requests.length
        return Effect.map(Effect.delay(get, "20 millis"), () => requests.length === before)
      }),
      { until: (cached) => cached }
    )
    return { get, requests, untilCached }
  }

  // No time passes, so that a slow Redis is not given up.
  it.scoped("is shared by all that use its prefix, and by no others", () =>
    Effect.gen(function* () {
      const { keys, prefix } = yield* redisOf(server)
      const { get, requests } = numberedApi()
      const getWith = (prefix: string) => Effect.provide(get, cacheAt(server, prefix, longTimeouts))
      expect([yield* getWith(prefix), yield* getWith(prefix)]).toEqual(["0", "0"])
      expect(yield* getWith(`${prefix}other:`)).toBe("1")
      expect(requests).toHaveLength(2)
      expect((yield* keys).every((key) => key.startsWith(prefix))).toBe(true)
    })
  )

  it.scopedLive("lists and clears its own keys only, even if its prefix has characters of a pattern", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis } = yield* redisOf(server)
      yield* Effect.promise(() => redis.set(`${prefix}ab:entry:theirs`, "x"))
      yield* Effect.promise(() => redis.lpush(`${prefix}[ab]*:entry:list`, "x"))
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        yield* store.set("own", value)
        expect((yield* keys).length).toBe(3)
        // A value of another type is not listed.
        expect(yield* (yield* ResponseCache.ResponseCache).count({ expired: true })).toBe(0)
        yield* store.clear
        expect(yield* keys).toEqual([`${prefix}ab:entry:theirs`])
      }).pipe(Effect.provide(cacheAt(server, `${prefix}[ab]*:`, longTimeouts)))
    })
  )

  it.scoped("leaves other data under its prefix alone: tokens, and another cache", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis } = yield* redisOf(server)
      const tokens = RedisTokenStore.layer({
        redis: { ...redisOptions(server), ...longTimeouts, prefix: `${prefix}token:` }
      })
      const tokenStore = yield* Effect.provide(TokenStore.TokenStore, yield* Layer.build(tokens))
      yield* tokenStore.save("bob", "secret")
      yield* Effect.promise(() => redis.set(`${prefix}counter`, "1"))
      yield* Effect.provide(
        Effect.flatMap(CacheStore.CacheStore, (store) => store.set("a", value)),
        cacheAt(server, `${prefix}other:`, longTimeouts)
      )
      const before = yield* keys
      expect(before).toHaveLength(3)
      const { get } = numberedApi()
      yield* Effect.gen(function* () {
        yield* get
        const store = yield* CacheStore.CacheStore
        // A response, its generation, and the epoch.
        expect(yield* Stream.runCount(store.list)).toBe(3)
        const { clear, count, purge } = yield* ResponseCache.ResponseCache
        yield* purge
        expect(yield* count()).toBe(1)
        expect(yield* keys).toEqual(expect.arrayContaining(before))
        yield* clear
        expect(yield* keys).toEqual(before)
      }).pipe(Effect.provide(cacheAt(server, prefix, longTimeouts)))
      expect(yield* tokenStore.load("bob")).toEqual(Option.some("secret"))
    })
  )

  it.scopedLive("neither lists nor purges a value of another format, and removes it when its key is read", () =>
    Effect.gen(function* () {
      const { keys, prefix, redis } = yield* redisOf(server)
      yield* Effect.promise(() => redis.set(`${prefix}entry:theirs`, "x"))
      yield* Effect.gen(function* () {
        const store = yield* CacheStore.CacheStore
        expect(yield* Stream.runCount(store.list)).toBe(0)
        yield* (yield* ResponseCache.ResponseCache).purge
        expect(yield* keys).toEqual([`${prefix}entry:theirs`])
        expect(yield* store.get(["theirs"])).toEqual([undefined])
        expect(yield* keys).toEqual([])
      }).pipe(Effect.provide(Layer.merge(cacheAt(server, prefix, longTimeouts), withoutLogs)))
    })
  )

  it.scopedLive("sets keys to expire in Redis at their dropAt", () =>
    Effect.gen(function* () {
      const { prefix, redis } = yield* redisOf(server)
      yield* Effect.provide(
        Effect.flatMap(CacheStore.CacheStore, (store) => store.set("a", value)),
        cacheAt(server, prefix, longTimeouts)
      )
      const remaining = yield* Effect.promise(() => redis.pttl(`${prefix}entry:a`))
      expect(remaining).toBeGreaterThan(0)
      expect(remaining).toBeLessThanOrEqual(600_000)
    })
  )

  it.scoped.each([
    ["a truncated", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["a severely truncated", (bytes: Buffer) => bytes.subarray(0, 10)],
    ["an extended", (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(1)])],
    ["a foreign", () => Buffer.from("a value that another program has written, of another format")],
    ["an empty", () => Buffer.of()]
  ] as const)("removes %s value, and logs a warning", ([, damage]) =>
    Effect.gen(function* () {
      const { keys, prefix, redis } = yield* redisOf(server)
      const logged: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ logLevel, message }) => {
          logged.push(`${logLevel.label} ${String(message)}`)
        })
      )
      const { get } = numberedApi()
      yield* Effect.gen(function* () {
        expect(yield* get).toBe("0")
        const written = yield* keys
        for (const key of written) {
          const bytes = yield* Effect.promise(() => redis.getBuffer(key))
          yield* Effect.promise(() => redis.set(key, damage(bytes!)))
        }
        const store = yield* CacheStore.CacheStore
        expect(yield* store.get(written.map((key) => key.slice(`${prefix}entry:`.length)))).toEqual(
          written.map(() => undefined)
        )
        expect(logged).toEqual(["WARN Removing unreadable entries from the response cache in Redis: 3"])
        expect(yield* keys).toEqual([])
        expect([yield* get, yield* get]).toEqual(["1", "1"])
      }).pipe(Effect.provide(Layer.merge(cacheAt(server, prefix, longTimeouts), logger)))
    })
  )

  it.scopedLive.each(["refuses connections", "does not respond"])(
    "is not used while Redis %s at first, and is used after that",
    (problem) =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(server)
        const proxy = yield* wayTo(server)
        yield* problem === "does not respond" ? proxy.hold(true) : proxy.cut
        const { get, untilCached } = numberedApi()
        yield* Effect.gen(function* () {
          expect([yield* get, yield* get]).toEqual(["0", "1"])
          const { count } = yield* ResponseCache.ResponseCache
          const { _tag, message } = yield* Effect.flip(count())
          expect(_tag).toBe("CacheFailure")
          if (problem === "refuses connections") expect(message).toMatch(/^Redis is unreachable: /)
          yield* problem === "does not respond" ? proxy.hold(false) : proxy.mend
          yield* untilCached
        }).pipe(Effect.provide(Layer.merge(cacheAt(proxy.url, prefix), withoutLogs)))
      })
  )

  it.scopedLive.each(["is cut", "stops to respond"])(
    "is not used while its connection %s, and is used after that",
    (problem) =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(server)
        const proxy = yield* wayTo(server)
        const { get, requests, untilCached } = numberedApi()
        yield* Effect.gen(function* () {
          yield* untilCached
          const before = requests.length
          yield* problem === "is cut" ? proxy.cut : proxy.hold(true)
          yield* Effect.replicateEffect(get, 5)
          expect(requests.length).toBe(before + 5)
          yield* problem === "is cut" ? proxy.mend : proxy.hold(false)
          yield* untilCached
        }).pipe(Effect.provide(Layer.merge(cacheAt(proxy.url, prefix), withoutLogs)))
      })
  )

  it.scopedLive("connects with the first command, and disconnects with its layer, even if Redis does not respond", () =>
    Effect.gen(function* () {
      const { prefix, redis } = yield* redisOf(server)
      const proxy = yield* wayTo(server)
      const scope = yield* Scope.make()
      // Other runs of the tests may use the same Redis.
      const connectionName = `cache-test-${randomUUID()}`
      const options = { ...longTimeouts, connectionName }
      const context = yield* Layer.buildWithScope(cacheAt(proxy.url, prefix, options), scope)
      const connections = Effect.promise(
        async () =>
          String(await redis.client("LIST"))
            .split("\n")
            .filter((line) => line.includes(`name=${connectionName}`)).length
      )
      expect(yield* connections).toBe(0)
      const { untilCached } = numberedApi()
      yield* Effect.provide(untilCached, context)
      expect(yield* connections).toBe(1)
      yield* proxy.hold(true)
      yield* Scope.close(scope, Exit.void)
      yield* Effect.repeat(Effect.delay(connections, "10 millis"), { until: (count) => count === 0 })
    })
  )

  it.scopedLive("fails commands with an explanation after its layer is closed", () =>
    Effect.gen(function* () {
      const { prefix } = yield* redisOf(server)
      const store = yield* Effect.provide(CacheStore.CacheStore, cacheAt(server, prefix, longTimeouts))
      expect(yield* Effect.flip(store.get(["a"]))).toMatchObject({
        _tag: "CacheFailure",
        message: "The layer of this store is closed. Provide it around the layer that uses the store"
      })
    })
  )
})
