import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { RedisCache } from "effect-herald/redis"
import type { Redis } from "ioredis"
import { makeApi, noClient, redisOptions, redisUrl, text, through } from "../../support/cache.js"
import { longTimeouts, ownRedis } from "../../support/redis.js"

const url = "https://api.test/page"
const entry = "effect-herald:cache:entry:"

/** A state of Redis, and how to end it. */
interface Fault {
  readonly name: string
  readonly begin: (redis: Redis) => Promise<unknown>
  readonly end: (redis: Redis) => Promise<unknown>
  /** The responses are large, in bytes. */
  readonly size?: number
}

const faults: ReadonlyArray<Fault> = [
  {
    name: "is a replica",
    begin: (redis) => redis.replicaof("127.0.0.1", 1),
    end: (redis) => redis.replicaof("NO", "ONE")
  },
  {
    name: "is out of memory, and evicts nothing",
    begin: (redis) => redis.config("SET", "maxmemory", "1"),
    end: (redis) => redis.config("SET", "maxmemory", "0")
  },
  {
    name: "has too few replicas to write",
    begin: (redis) => redis.config("SET", "min-replicas-to-write", "1"),
    end: (redis) => redis.config("SET", "min-replicas-to-write", "0")
  },
  {
    name: "is empty",
    begin: (redis) => redis.flushall(),
    end: () => Promise.resolve()
  },
  {
    name: "has lost the generation",
    begin: (redis) => redis.del(`${entry}generation ${url}`),
    end: () => Promise.resolve()
  },
  {
    name: "has lost the epoch",
    begin: (redis) => redis.del(`${entry}epoch`),
    end: () => Promise.resolve()
  },
  {
    name: "has values of another type",
    begin: async (redis) => {
      for (const key of await redis.keys("*")) {
        await redis.del(key)
        await redis.lpush(key, "x")
      }
    },
    end: () => Promise.resolve()
  },
  {
    name: "refuses large values",
    begin: (redis) => redis.config("SET", "proto-max-bulk-len", "1mb"),
    end: (redis) => redis.config("SET", "proto-max-bulk-len", "512mb"),
    size: 2_000_000
  },
  {
    name: "requires a password",
    begin: async (redis) => {
      await redis.config("SET", "requirepass", "secret")
      await redis.client("KILL", "TYPE", "normal", "SKIPME", "yes")
    },
    end: (redis) => redis.config("SET", "requirepass", "")
  }
]

describe.skipIf(redisUrl === undefined)("a cache in a Redis that", () => {
  const withoutLogs = Logger.remove(Logger.defaultLogger)
  const cacheAt = (server: URL) =>
    HttpCache.layer().pipe(
      Layer.provideMerge(RedisCache.store({ redis: { ...redisOptions(server), ...longTimeouts } })),
      Layer.provide(noClient)
    )

  it.scopedLive.each(faults.map((fault) => [fault.name, fault] as const))(
    "%s returns no response from before a write, in this process or the next, and works again after that",
    ([, { begin, end, size = 1 }]) =>
      Effect.gen(function* () {
        const { redis, url: server } = yield* ownRedis()
        let version = 0
        const { exchange, requests } = makeApi(() => ({
          headers: { "cache-control": "max-age=1000" },
          body: `${version}`.padEnd(size)
        }))
        const get = Effect.map(through(exchange(url)), (response) => text(response).trim())
        const write = Effect.flatMap(ResponseCache.ResponseCache, ({ invalidating }) =>
          invalidating(
            url,
            Effect.sync(() => {
              version += 1
              return { response: { status: 204, headers: {}, body: "" } }
            })
          )
        )
        /** Repeats the GET until its response comes from the cache. */
        const untilCached = Effect.repeat(
          Effect.suspend(() => {
            const before = requests.length
            return Effect.map(Effect.delay(get, "20 millis"), (body) => {
              expect(body).toBe(`${version}`)
              return requests.length === before
            })
          }),
          { until: (cached) => cached }
        )
        yield* Effect.gen(function* () {
          yield* untilCached
          yield* Effect.promise(() => begin(redis))
          expect(yield* get).toBe("0")
          yield* write
          expect([yield* get, yield* get]).toEqual(["1", "1"])
          expect(yield* Effect.provide(get, cacheAt(server))).toBe("1")
          yield* Effect.promise(() => end(redis))
          yield* untilCached
          yield* write
          expect(yield* get).toBe("2")
          expect(yield* Effect.provide(get, cacheAt(server))).toBe("2")
        }).pipe(Effect.provide(Layer.merge(cacheAt(server), withoutLogs)))
      })
  )

  it.scopedLive(
    "is emptied while a request and a write are under way does not store the response from before the write",
    () =>
      Effect.gen(function* () {
        const { redis, url: server } = yield* ownRedis()
        const received = yield* Deferred.make<void>()
        const respond = yield* Deferred.make<void>()
        let version = 0
        const { exchange } = makeApi((_, index) =>
          Effect.gen(function* () {
            const body = `${version}`
            if (index === 0) {
              yield* Deferred.succeed(received, undefined)
              yield* Deferred.await(respond)
            }
            return { status: 200, headers: { "cache-control": "max-age=1000" }, body }
          })
        )
        const get = Effect.map(through(exchange(url)), text)
        yield* Effect.gen(function* () {
          const early = yield* Effect.fork(get)
          yield* Deferred.await(received)
          const { invalidating } = yield* ResponseCache.ResponseCache
          yield* invalidating(
            url,
            Effect.promise(async () => {
              version = 1
              await redis.flushall()
              return { response: { status: 204, headers: {}, body: "" } }
            })
          )
          yield* Deferred.succeed(respond, undefined)
          expect(yield* Fiber.join(early)).toBe("0")
          expect(yield* get).toBe("1")
        }).pipe(Effect.provide(cacheAt(server)))
      })
  )
})
