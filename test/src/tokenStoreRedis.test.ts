import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { TokenStore } from "effect-herald"
import * as TokenStoreRedis from "effect-herald/token-store-redis"
import * as Scripted from "../servers/scripted.js"
import * as Child from "./child.js"
import { optionsOf, redisOf, wayTo } from "./redis.js"
import * as TokenServer from "./tokenServer.js"

const place = process.env["REDIS_URL"]
const leftOut = "left out: set REDIS_URL, as .ci/run does"
if (place === undefined) console.log(`Tests of tokens in Redis are ${leftOut}`)

describe.skipIf(place === undefined)(`tokens in Redis${place === undefined ? ` (${leftOut})` : ""}`, () => {
  const redis = new URL(place ?? "redis://127.0.0.1:6379")

  /** A store as in a process of its own. */
  const storeAt = (url: URL, prefix: string) =>
    Effect.map(Layer.build(TokenStoreRedis.layer({ redis: { ...optionsOf(url), prefix } })), (context) =>
      Context.get(context, TokenStore.TokenStore)
    )

  it.scopedLive("are what was saved last, for all who share the prefix, and nobody else", () =>
    Effect.gen(function* () {
      const { prefix } = yield* redisOf(redis)
      const [one, other] = [yield* storeAt(redis, prefix), yield* storeAt(redis, prefix)]
      const stranger = yield* storeAt(redis, `${prefix}other:`)
      expect(yield* one.load("a")).toEqual(Option.none())
      yield* one.save("a", "one")
      yield* other.save("a", "日本語 🦊")
      expect(yield* one.load("a")).toEqual(Option.some("日本語 🦊"))
      expect(yield* stranger.load("a")).toEqual(Option.none())
      yield* other.remove("a")
      yield* other.remove("a")
      expect(yield* one.load("a")).toEqual(Option.none())
    })
  )

  it.scopedLive("have a lock for each name, which one holds at a time, and gives back", () =>
    Effect.gen(function* () {
      const { keys, prefix } = yield* redisOf(redis)
      const stores = yield* Effect.replicateEffect(storeAt(redis, prefix), 3)
      let [held, most, times] = [0, 0, 0]
      const hold = (store: (typeof stores)[number]) =>
        Effect.scoped(
          Effect.gen(function* () {
            yield* store.lock("a")
            most = Math.max(most, (held += 1))
            yield* Effect.sleep("20 millis")
            held -= 1
            times += 1
          })
        )
      yield* Effect.forEach([...stores, ...stores], hold, { concurrency: "unbounded" })
      expect([held, most, times]).toEqual([0, 1, 6])
      yield* Effect.scoped(Effect.zip(stores[0]!.lock("a"), stores[1]!.lock("b")))
      expect(yield* keys).toEqual([])
    })
  )

  it.scopedLive("are told from locks, whatever they are called", () =>
    Effect.gen(function* () {
      const { keys, prefix } = yield* redisOf(redis)
      const store = yield* storeAt(redis, prefix)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* store.lock("a")
          expect(yield* store.load("lock:a")).toEqual(Option.none())
          yield* store.save("lock:a", "secret")
          yield* store.save("token:a", "another")
        })
      )
      expect(yield* store.load("lock:a")).toEqual(Option.some("secret"))
      expect(yield* keys).toHaveLength(2)
      // A token of this name is no lock that one would wait for.
      yield* Effect.scoped(store.lock("a"))
      expect(yield* store.load("a")).toEqual(Option.none())
    })
  )

  it.scopedLive("have a lock that ends by itself when its holder is gone, and is left alone when it is another's", () =>
    Effect.gen(function* () {
      const { prefix, redis: behind } = yield* redisOf(redis)
      const store = yield* storeAt(redis, prefix)
      const key = `${prefix}lock:a`
      const left = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* store.lock("a")
          const left = yield* Effect.promise(() => behind.pttl(key))
          // As if it had been held up for so long that another took it.
          yield* Effect.promise(() => behind.set(key, "another"))
          return left
        })
      )
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(10_000)
      expect(yield* Effect.promise(() => behind.get(key))).toBe("another")
      const waiting = yield* Effect.fork(Effect.scoped(store.lock("a")))
      yield* Effect.sleep("150 millis")
      expect(Option.isNone(yield* Fiber.poll(waiting))).toBe(true)
      yield* Effect.promise(() => behind.del(key))
      yield* Fiber.join(waiting)
    })
  )

  it.scopedLive("fail, and say so without the secret, while Redis is away, and not when it is back", () =>
    Effect.gen(function* () {
      const { prefix } = yield* redisOf(redis)
      const way = yield* wayTo(redis)
      const store = yield* storeAt(way.url, prefix)
      yield* store.save("a", "hunter2")
      yield* way.cut
      for (const attempt of [store.save("a", "hunter3"), store.load("a"), Effect.scoped(store.lock("a"))]) {
        const failure = yield* Effect.flip<unknown, TokenStore.TokenStoreFailure, never>(attempt)
        expect(failure._tag).toBe("TokenStoreFailure")
        expect(failure.message).not.toContain("hunter")
      }
      yield* way.mend
      const back = Effect.repeat(Effect.delay(Effect.option(store.load("a")), "20 millis"), { until: Option.isSome })
      expect(yield* back).toEqual(Option.some(Option.some("hunter2")))
    })
  )

  it.scopedLive("are refreshed once, by three processes with 24 calls, where a refresh token is taken once", () =>
    Effect.gen(function* () {
      const { prefix, redis: behind } = yield* redisOf(redis)
      yield* Effect.promise(() => behind.set(`${prefix}token:test`, TokenServer.first(true)))
      const server = yield* TokenServer.make((respond) => void setTimeout(respond, 100))
      const script = new URL("tokenProcess.ts", import.meta.url)
      const start = Child.start(script, ["call", redis.href, server.url.href, prefix])
      const processes = yield* Effect.replicateEffect(start, 3, { concurrency: 2 })
      const outcomes = yield* Effect.forEach(processes, ({ ask }) => ask("go"), { concurrency: "unbounded" })
      expect(outcomes).toEqual(Array.from({ length: 3 }, () => ({ succeeded: 8, failures: [] })))
      expect(server.asked).toEqual(["refresh-0"])
      expect(yield* Effect.promise(() => behind.get(`${prefix}token:test`))).toContain("refresh-1")
    })
  )

  it.scopedLive("say so when their layer has ended, and connect no more", () =>
    Effect.gen(function* () {
      const { prefix } = yield* redisOf(redis)
      const layer = TokenStoreRedis.layer({ redis: { ...optionsOf(redis), prefix } })
      const store = yield* Effect.provide(TokenStore.TokenStore, layer)
      expect((yield* Effect.flip(store.load("a"))).message).toContain("the layer of this store has ended")
    })
  )

  it.scopedLive("say why Redis can't be reached", () =>
    Effect.gen(function* () {
      const store = yield* storeAt(yield* Scripted.closedPort, "x:")
      expect((yield* Effect.flip(store.load("a"))).message).toMatch(/^Redis can't be reached: .*ECONNREFUSED/)
    })
  )
})
