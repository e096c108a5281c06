/**
 * A process of its own, for tokensRaces.test.ts, TokenStore.test.ts and tokenStoreRedis.test.ts. The store is in the directory at the
 * second argument, or in the Redis there, with the prefix at the fourth. What the first one says it does once it is told to go, or at once:
 *
 * - `call`: calls the server at the third, eight calls at a time, and says what came of them
 * - `lock`: takes a lock, says so, and keeps it
 * - `write`: saves long texts, one after another, until it is killed
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { Authoriser, TokenStore } from "effect-herald"
import * as TokenStoreRedis from "effect-herald/token-store-redis"
import { once } from "node:events"
import { Caller, once as unrepeated, thing } from "./kit.js"
import { optionsOf } from "./redis.js"
import { credentials, type Outcome } from "./tokenServer.js"

const [what, directory = "", server = "", prefix = ""] = process.argv.slice(2)

const store = directory.startsWith("redis:")
  ? TokenStoreRedis.layer({ redis: { ...optionsOf(new URL(directory)), prefix } })
  : TokenStore.layerFile({ directory }).pipe(Layer.provide(NodeFileSystem.layer))

const call = Effect.gen(function* () {
  process.send?.("ready")
  yield* Effect.promise(() => once(process, "message"))
  const caller = Authoriser.layer(Caller, { baseUrl: server, credentials: credentials(new URL(server)) }).pipe(
    Layer.provide(store)
  )
  const results = yield* Effect.replicateEffect(Effect.either(thing()), 8, { concurrency: "unbounded" }).pipe(
    Effect.provide(caller)
  )
  const failures = results.flatMap((result) => (Either.isLeft(result) ? [result.left.message] : []))
  process.send?.({ succeeded: results.length - failures.length, failures } satisfies Outcome)
})

const lock = Effect.scoped(
  Effect.flatMap(TokenStore.TokenStore, (store) =>
    store.lock("test").pipe(Effect.zipRight(Effect.sync(() => process.send?.("locked"))), Effect.zipRight(Effect.never))
  )
)

const write = Effect.flatMap(TokenStore.TokenStore, (store) => {
  let count = 0
  const next = Effect.suspend(() => store.save("test", `${(count += 1)} `.repeat(20_000)))
  return Effect.zipRight(
    Effect.tap(next, () => process.send?.("writing")),
    Effect.forever(next)
  )
})

const all: Effect.Effect<unknown, unknown, HttpClient.HttpClient | TokenStore.TokenStore> =
  what === "call" ? call : what === "lock" ? lock : write

await all.pipe(
  Effect.provide(store),
  Effect.provide(unrepeated),
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
// What still runs then keeps the process from its end.
process.disconnect()
