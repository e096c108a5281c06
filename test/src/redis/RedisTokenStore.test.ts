import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { TokenStore } from "effect-herald"
import { RedisTokenStore } from "effect-herald/redis"
import * as Scripted from "../../servers/scripted.js"
import * as Child from "../../support/child.js"
import { longTimeouts, optionsOf, redisOf, wayTo } from "../../support/redis.js"
import * as TokenServer from "../../support/tokenServer.js"

const redisUrl = process.env["REDIS_URL"]
const skipReason = "skipped: set REDIS_URL, as .ci/run does"
if (redisUrl === undefined) console.log(`Tests of the token store in Redis are ${skipReason}`)

describe.skipIf(redisUrl === undefined)(
  `a token store in Redis${redisUrl === undefined ? ` (${skipReason})` : ""}`,
  () => {
    const server = new URL(redisUrl ?? "redis://127.0.0.1:6379")

    /** A store with a connection of its own, like that of another process. */
    const storeAt = (url: URL, prefix: string) =>
      Effect.map(
        Layer.build(RedisTokenStore.layer({ redis: { ...optionsOf(url), ...longTimeouts, prefix } })),
        (context) => Context.get(context, TokenStore.TokenStore)
      )

    it.scopedLive("returns the text that was saved last, to all stores with the same prefix", () =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(server)
        const [first, second] = [yield* storeAt(server, prefix), yield* storeAt(server, prefix)]
        const other = yield* storeAt(server, `${prefix}other:`)
        expect(yield* first.load("a")).toEqual(Option.none())
        yield* first.save("a", "one")
        yield* second.save("a", "日本語 🦊")
        expect(yield* first.load("a")).toEqual(Option.some("日本語 🦊"))
        expect(yield* other.load("a")).toEqual(Option.none())
        yield* second.remove("a")
        yield* second.remove("a")
        expect(yield* first.load("a")).toEqual(Option.none())
      })
    )

    it.scopedLive("has a lock for each name, which one fiber at a time holds", () =>
      Effect.gen(function* () {
        const { keys, prefix } = yield* redisOf(server)
        const stores = yield* Effect.replicateEffect(storeAt(server, prefix), 3)
        let [holders, most, total] = [0, 0, 0]
        const hold = (store: (typeof stores)[number]) =>
          Effect.scoped(
            Effect.gen(function* () {
              yield* store.lock("a")
              most = Math.max(most, (holders += 1))
              yield* Effect.sleep("20 millis")
              holders -= 1
              total += 1
            })
          )
        yield* Effect.forEach([...stores, ...stores], hold, { concurrency: "unbounded" })
        expect([holders, most, total]).toEqual([0, 1, 6])
        yield* Effect.scoped(Effect.zip(stores[0]!.lock("a"), stores[1]!.lock("b")))
        expect(yield* keys).toEqual([])
      })
    )

    it.scopedLive("keeps texts and locks apart, whatever their names", () =>
      Effect.gen(function* () {
        const { keys, prefix } = yield* redisOf(server)
        const store = yield* storeAt(server, prefix)
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
        // This lock is free, though there is a text of its key's name.
        yield* Effect.scoped(store.lock("a"))
        expect(yield* store.load("a")).toEqual(Option.none())
      })
    )

    it.scopedLive("has locks that expire, and releases no lock that another process has taken since", () =>
      Effect.gen(function* () {
        const { prefix, redis } = yield* redisOf(server)
        const store = yield* storeAt(server, prefix)
        const key = `${prefix}lock:a`
        const remaining = yield* Effect.scoped(
          Effect.gen(function* () {
            yield* store.lock("a")
            const remaining = yield* Effect.promise(() => redis.pttl(key))
            // As after an expiry of the lock.
            yield* Effect.promise(() => redis.set(key, "another"))
            return remaining
          })
        )
        expect(remaining).toBeGreaterThan(0)
        expect(remaining).toBeLessThanOrEqual(10_000)
        expect(yield* Effect.promise(() => redis.get(key))).toBe("another")
        const waiting = yield* Effect.fork(Effect.scoped(store.lock("a")))
        yield* Effect.sleep("150 millis")
        expect(Option.isNone(yield* Fiber.poll(waiting))).toBe(true)
        yield* Effect.promise(() => redis.del(key))
        yield* Fiber.join(waiting)
      })
    )

    it.scopedLive("fails without showing the text while Redis is unreachable, and works after that", () =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(server)
        const proxy = yield* wayTo(server)
        const store = yield* storeAt(proxy.url, prefix)
        yield* store.save("a", "hunter2")
        yield* proxy.cut
        for (const access of [store.save("a", "hunter3"), store.load("a"), Effect.scoped(store.lock("a"))]) {
          const failure = yield* Effect.flip<unknown, TokenStore.TokenStoreFailure, never>(access)
          expect(failure._tag).toBe("TokenStoreFailure")
          expect(failure.message).not.toContain("hunter")
        }
        yield* proxy.mend
        const loaded = Effect.repeat(Effect.delay(Effect.option(store.load("a")), "20 millis"), {
          until: Option.isSome
        })
        expect(yield* loaded).toEqual(Option.some(Option.some("hunter2")))
      })
    )

    it.scopedLive("makes three processes with 24 calls refresh an expired token once", () =>
      Effect.gen(function* () {
        const { prefix, redis } = yield* redisOf(server)
        yield* Effect.promise(() => redis.set(`${prefix}token:test`, TokenServer.firstToken(true)))
        const tokenServer = yield* TokenServer.make((respond) => void setTimeout(respond, 100))
        const script = new URL("../../support/tokenProcess.ts", import.meta.url)
        const start = Child.start(script, ["call", server.href, tokenServer.url.href, prefix])
        const processes = yield* Effect.replicateEffect(start, 3, { concurrency: 2 })
        const outcomes = yield* Effect.forEach(processes, ({ ask }) => ask("go"), { concurrency: "unbounded" })
        expect(outcomes).toEqual(Array.from({ length: 3 }, () => ({ succeeded: 8, failures: [] })))
        expect(tokenServer.tokenRequests).toEqual(["refresh-0"])
        expect(yield* Effect.promise(() => redis.get(`${prefix}token:test`))).toContain("refresh-1")
      })
    )

    it.scopedLive("fails with an explanation after its layer is closed", () =>
      Effect.gen(function* () {
        const { prefix } = yield* redisOf(server)
        const layer = RedisTokenStore.layer({ redis: { ...optionsOf(server), prefix } })
        const store = yield* Effect.provide(TokenStore.TokenStore, layer)
        expect((yield* Effect.flip(store.load("a"))).message).toBe(
          "The layer of this store is closed. Provide it around the layer that uses the store"
        )
      })
    )

    it.scopedLive("fails with the reason why Redis is unreachable", () =>
      Effect.gen(function* () {
        const store = yield* storeAt(yield* Scripted.closedPort, "x:")
        expect((yield* Effect.flip(store.load("a"))).message).toMatch(/^Redis is unreachable: .*ECONNREFUSED/)
      })
    )
  }
)
