/**
 * A process that Tokens.races.test.ts, FileTokenStore.test.ts and RedisTokenStore.test.ts start. Its store is in the directory of the
 * second argument, or in the Redis of that URL, under the prefix of the fourth. The first argument selects what it does:
 *
 * - `call`: after a message, calls the server of the third argument, eight calls at a time, and reports the outcome
 * - `lock`: takes a lock, reports that, and holds it until the process is killed
 * - `write`: saves long texts, one after another, until the process is killed
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { TokenStore } from "effect-herald"
import { FileTokenStore } from "effect-herald/node"
import { RedisTokenStore } from "effect-herald/redis"
import { once } from "node:events"
import { Caller, once as withoutRetries, thing } from "./kit.js"
import { longTimeouts, optionsOf } from "./redis.js"
import { makeTokens, type Outcome } from "./tokenServer.js"

const [task, directory = "", server = "", prefix = ""] = process.argv.slice(2)

const store = directory.startsWith("redis:")
  ? RedisTokenStore.layer({ redis: { ...optionsOf(new URL(directory)), ...longTimeouts, prefix } })
  : FileTokenStore.layer({ directory }).pipe(Layer.provide(NodeFileSystem.layer), Layer.orDie)

const call = Effect.gen(function* () {
  process.send?.("ready")
  yield* Effect.promise(() => once(process, "message"))
  const api = Caller.layer({ baseUrl: server, credentials: makeTokens(new URL(server)) }).pipe(Layer.provide(store))
  const results = yield* Effect.replicateEffect(Effect.either(thing()), 8, { concurrency: "unbounded" }).pipe(
    Effect.provide(api)
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
  const saveNext = Effect.suspend(() => store.save("test", `${(count += 1)} `.repeat(20_000)))
  return Effect.zipRight(
    Effect.tap(saveNext, () => process.send?.("writing")),
    Effect.forever(saveNext)
  )
})

const main: Effect.Effect<unknown, unknown, HttpClient.HttpClient | TokenStore.TokenStore> =
  task === "call" ? call : task === "lock" ? lock : write

await main.pipe(
  Effect.provide(store),
  Effect.provide(withoutRetries),
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
// A connection that was left open would now keep the process from ending.
process.disconnect()
