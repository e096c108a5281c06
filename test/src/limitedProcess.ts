/**
 * A process of its own, which rateLimitRedis.test.ts starts: once told to go, it calls the server at the first argument,
 * eight calls at a time, within the limit that is kept in the Redis at the second, until it is told to stop. Then it says how
 * many calls succeeded, and how others failed.
 */
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as RateLimit from "effect-herald/rate-limit"
import { once } from "node:events"
import { bearing, at, once as unrepeated, thing } from "./kit.js"
import { limit, monotonic, type Outcome, redisStore } from "./redis.js"

const [server = "", redis = "", prefix = ""] = process.argv.slice(2)

/** When the store was asked for what it then gave, in the order in which calls are let through. */
const asked: Array<number> = []

const limiter = Layer.map(RateLimiter.layer, (context) => {
  const real = Context.get(context, RateLimiter.RateLimiter)
  return Context.make(RateLimiter.RateLimiter, {
    ...real,
    consume: (options) =>
      Effect.suspend(() => {
        const at = monotonic()
        return Effect.tap(real.consume(options), () => asked.push(at))
      })
  })
})

const caller = at(new URL(server), {
  authorise: (request) => bearing({ "x-asked": `${asked.shift()}`, "x-process": `${process.pid}` }).authorise(request)
}).pipe(
  Layer.provide(RateLimit.layer(limit)),
  Layer.provide(limiter),
  Layer.provide(redisStore(new URL(redis), { prefix }))
)

let stopped = false
const outcome: Outcome = { succeeded: 0, failures: [] }

const call = Effect.map(Effect.either(thing()), (result) => {
  if (Either.isRight(result)) outcome.succeeded += 1
  else outcome.failures.push(result.left.message)
})

const main = Effect.gen(function* () {
  process.send?.("ready")
  yield* Effect.promise(() => once(process, "message"))
  process.once("message", () => {
    stopped = true
  })
  yield* Effect.replicateEffect(Effect.repeat(call, { until: () => stopped }), 8, { concurrency: "unbounded" })
  process.send?.(outcome)
})

await main.pipe(
  Effect.provide(caller),
  Effect.provide(unrepeated),
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
process.disconnect()
